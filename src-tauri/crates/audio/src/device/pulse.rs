//! Streams of a PulseAudio (or PipeWire) server, with one connection and one thread each. The thread acts as the device
//! callback: it blocks on the socket only.
//!
//! cpal has streams of its own, but the client below them clears a megabyte of memory for every read, requests the
//! timing after every buffer and needs three threads per stream: 3 to 7 % of a core. Here a read costs what was sent,
//! and the timing is requested four times a second. Devices are listed in `server`.

mod server;

use std::ffi::CString;
use std::io::{BufReader, Cursor, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant, SystemTime};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pulseaudio::ClientError;
use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{
    self, AuthParams, AuthReply, ChannelMap, Command, CommandReply, CreatePlaybackStreamReply,
    CreateRecordStreamReply, DESCRIPTOR_SIZE, LatencyParams, PlaybackLatency, PlaybackStreamParams, Prop,
    Props, ProtocolError, RecordLatency, RecordStreamParams, SampleFormat, SampleSpec, SetClientNameReply,
    TagStructReader,
};

use crate::device::callback::{CaptureCallback, PlayoutCallback, StreamStats};

pub(crate) use server::{HOST, PulseDevice, Server};

/// How long the server may take to reply while a stream is created.
const REPLY_TIMEOUT: Duration = Duration::from_secs(2);
/// How often the timing is requested. In between it is extrapolated: two clocks differ by less than a microsecond in
/// that time.
const TIMING_INTERVAL: Duration = Duration::from_millis(250);
/// The longest message that is accepted: 1 MiB.
const MAX_MESSAGE: usize = 1 << 20;
/// The audio thread is woken after this many buffers at the latest.
const MAX_WAKE_BUFFERS: usize = 4;
/// Bytes of a sample.
const SAMPLE_BYTES: usize = 4;
/// The tag of the timing request, which tells its reply from others.
const TIMING_REQUEST: u32 = 100;

/// What to request from the server.
#[derive(Clone, Debug)]
pub(crate) struct StreamSpec {
    /// The server's name for the device.
    pub(crate) device: String,
    pub(crate) rate: u32,
    /// The device's own.
    pub(crate) channels: ChannelMap,
    /// Frames of one buffer.
    pub(crate) buffer: u32,
}

/// A running stream. Dropping it ends its thread and waits for that.
pub(crate) struct PulseStream {
    socket: UnixStream,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<Option<()>>>,
}

impl Drop for PulseStream {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the thread from its read. If the socket is closed already, the thread has ended.
        _ = self.socket.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

/// Records from the device of `spec` into `body`, and wakes `audio_thread` for what came.
pub(crate) fn record(
    spec: &StreamSpec,
    body: CaptureCallback,
    audio_thread: Thread,
) -> Result<PulseStream, ClientError> {
    let mut connection = Connection::open()?;
    let length = spec.bytes();
    let reply: CreateRecordStreamReply =
        connection.request(&Command::CreateRecordStream(RecordStreamParams {
            sample_spec: spec.sample_spec(),
            channel_map: spec.channels,
            source_name: Some(spec.name()?),
            buffer_attr: BufferAttr {
                max_length: length * 4,
                fragment_size: length,
                ..BufferAttr::default()
            },
            flags: StreamFlags { adjust_latency: true, ..StreamFlags::default() },
            ..RecordStreamParams::default()
        }))?;
    let (spec, stats) = (spec.clone(), Arc::clone(&body.stats));
    let stream = RecordStream {
        channel: reply.channel,
        body,
        audio_thread,
        frames_since_wake: 0,
        samples: Vec::new(),
        latency_us: 0,
        requested_at: None,
    };
    connection.spawn(stats, move |connection| stream.run(connection, &spec))
}

/// Plays from `body` to the device of `spec`; `epoch` is the zero of the engine's clock.
pub(crate) fn play(
    spec: &StreamSpec,
    body: PlayoutCallback,
    epoch: Instant,
) -> Result<PulseStream, ClientError> {
    let mut connection = Connection::open()?;
    let length = spec.bytes();
    let reply: CreatePlaybackStreamReply =
        connection.request(&Command::CreatePlaybackStream(PlaybackStreamParams {
            sample_spec: spec.sample_spec(),
            channel_map: spec.channels,
            sink_name: Some(spec.name()?),
            buffer_attr: BufferAttr {
                max_length: length * 2,
                target_length: length * 2,
                // The server lets its device hold half of what two requests leave of the target. If they leave nothing,
                // the device runs with the smallest buffers it can: that costs more, and a virtual device loses its
                // clock.
                minimum_request_length: length / 2,
                ..BufferAttr::default()
            },
            flags: StreamFlags { adjust_latency: true, ..StreamFlags::default() },
            ..PlaybackStreamParams::default()
        }))?;
    let (spec, stats) = (spec.clone(), body.stats());
    let stream = PlaybackStream {
        channel: reply.channel,
        body,
        epoch,
        spec,
        sent: 0,
        clock: None,
        requested_at: None,
    };
    let first = reply.requested_bytes as usize;
    connection.spawn(stats, move |connection| stream.run(connection, first))
}

impl StreamSpec {
    fn name(&self) -> Result<CString, ClientError> {
        CString::new(self.device.as_str())
            .map_err(|_| ClientError::Protocol(ProtocolError::Invalid("a device's name with a zero".into())))
    }

    fn sample_spec(&self) -> SampleSpec {
        let channels = self.channels.num_channels();
        SampleSpec { format: SampleFormat::Float32Le, channels, sample_rate: self.rate }
    }

    fn frame(&self) -> usize {
        usize::from(self.channels.num_channels().max(1)) * SAMPLE_BYTES
    }

    /// Returns the bytes of one buffer.
    fn bytes(&self) -> u32 {
        self.buffer.saturating_mul(self.frame() as u32)
    }

    /// Returns the duration of this many bytes in µs.
    fn micros(&self, bytes: i64) -> i64 {
        bytes / self.frame().cast_signed() as i64 * 1_000_000 / i64::from(self.rate.max(1))
    }
}

/// A connection to the server.
struct Connection {
    reader: BufReader<UnixStream>,
    version: u16,
    next: u32,
    /// The message being sent.
    message: Vec<u8>,
}

/// A message of the server.
enum Message {
    /// Samples of a channel, in the buffer.
    Audio(u32),
    /// The reply to the timing request; its body starts here in the buffer.
    Timing(usize),
    /// The server wants this many bytes for a channel.
    Request(u32, usize),
    /// The stream ran dry.
    Underflow,
    /// The server ended the stream.
    Killed,
    /// Anything else.
    Other,
}

impl Connection {
    fn open() -> Result<Self, ClientError> {
        let path = pulseaudio::socket_path_from_env().ok_or(ClientError::ServerUnavailable)?;
        let cookie = pulseaudio::cookie_path_from_env().and_then(|path| std::fs::read(path).ok());
        let socket = UnixStream::connect(path)?;
        socket.set_read_timeout(Some(REPLY_TIMEOUT))?;
        socket.set_write_timeout(Some(REPLY_TIMEOUT))?;
        let mut connection = Self {
            reader: BufReader::with_capacity(1 << 16, socket),
            version: protocol::MAX_VERSION,
            next: 0,
            message: Vec::new(),
        };
        let auth: AuthReply = connection.request(&Command::Auth(AuthParams {
            version: protocol::MAX_VERSION,
            supports_shm: false,
            supports_memfd: false,
            cookie: cookie.unwrap_or_default(),
        }))?;
        connection.version = auth.version.min(protocol::MAX_VERSION);
        let mut props = Props::new();
        props.set(Prop::ApplicationName, c"Vivavoce");
        let _: SetClientNameReply = connection.request(&Command::SetClientName(props))?;
        Ok(connection)
    }

    fn request<R: CommandReply>(&mut self, command: &Command) -> Result<R, ClientError> {
        self.next += 1;
        self.send(self.next, command)?;
        match protocol::read_reply_message(&mut self.reader, self.version) {
            Ok((_, reply)) => Ok(reply),
            Err(ProtocolError::ServerError(error)) => Err(ClientError::ServerError(error)),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends a command in one write: each write wakes the server, and its reply wakes us.
    fn send(&mut self, number: u32, command: &Command) -> Result<(), ClientError> {
        self.message.clear();
        protocol::write_command_message(&mut self.message, number, command, self.version)?;
        Ok(self.reader.get_mut().write_all(&self.message)?)
    }

    /// Runs `body` on a thread of its own. If it returns by itself, the stream is dead.
    fn spawn(
        self,
        stats: Arc<StreamStats>,
        body: impl FnOnce(Connection) -> Result<(), ClientError> + Send + 'static,
    ) -> Result<PulseStream, ClientError> {
        let socket = self.reader.get_ref().try_clone()?;
        socket.set_read_timeout(None)?;
        let ended = Arc::new(AtomicBool::new(false));
        let expected = Arc::clone(&ended);
        let thread = threads::spawn("audio-pulse", move || {
            let end = threads::watched("audio-pulse", || body(self));
            if !expected.load(Ordering::Relaxed) {
                tracing::debug!(?end, "the stream is over");
                stats.note_error(cpal::ErrorKind::StreamInvalidated);
            }
        })?;
        Ok(PulseStream { socket, ended, thread: Some(thread) })
    }

    /// Waits until there is something to read. Waiting in the read itself would also be woken whenever the server has
    /// read what we sent.
    fn wait(&self) -> Result<(), ClientError> {
        if !self.reader.buffer().is_empty() {
            return Ok(());
        }
        let mut sockets = [PollFd::new(self.reader.get_ref().as_fd(), PollFlags::POLLIN)];
        loop {
            match poll(&mut sockets, PollTimeout::NONE) {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(std::io::Error::from(error).into()),
            }
        }
    }

    /// Waits for a message and reads its body into `body`.
    fn next(&mut self, body: &mut Vec<u8>) -> Result<Message, ClientError> {
        self.wait()?;
        let descriptor = protocol::read_descriptor(&mut self.reader)?;
        let length = descriptor.length as usize;
        if length > MAX_MESSAGE {
            return Err(ClientError::Protocol(ProtocolError::Invalid(format!(
                "a message of {length} bytes"
            ))));
        }
        body.resize(length, 0);
        self.reader.read_exact(body)?;
        if descriptor.channel != u32::MAX {
            return Ok(Message::Audio(descriptor.channel));
        }
        let mut cursor = Cursor::new(&body[..]);
        // Commands that this version of the protocol does not know are ignored.
        Ok(match Command::read_tag_prefixed(&mut cursor, self.version) {
            Ok((TIMING_REQUEST, Command::Reply)) => Message::Timing(cursor.position() as usize),
            Ok((_, Command::Request(request))) => Message::Request(request.channel, request.length as usize),
            Ok((_, Command::Underflow(_))) => Message::Underflow,
            Ok((_, Command::RecordStreamKilled(_) | Command::PlaybackStreamKilled(_))) => Message::Killed,
            _ => Message::Other,
        })
    }

    /// Requests the latency of the stream, unless the last reply is recent.
    fn request_timing(
        &mut self,
        requested_at: &mut Option<Instant>,
        command: &Command,
    ) -> Result<bool, ClientError> {
        if requested_at.is_some_and(|requested_at| requested_at.elapsed() < TIMING_INTERVAL) {
            return Ok(false);
        }
        *requested_at = Some(Instant::now());
        self.send(TIMING_REQUEST, command)?;
        Ok(true)
    }

    fn read<R: CommandReply>(&self, body: &[u8]) -> Result<R, ClientError> {
        let mut cursor = Cursor::new(body);
        Ok(TagStructReader::new(&mut cursor, self.version).read()?)
    }
}

fn latency_params(channel: u32) -> LatencyParams {
    LatencyParams { channel, now: SystemTime::now() }
}

/// The thread of a microphone.
struct RecordStream {
    channel: u32,
    body: CaptureCallback,
    /// The consumer of the ring. Other systems forbid their callbacks to wake a thread; this thread is ours.
    audio_thread: Thread,
    /// Frames since the audio thread was woken.
    frames_since_wake: usize,
    samples: Vec<f32>,
    latency_us: u32,
    requested_at: Option<Instant>,
}

impl RecordStream {
    /// Returns true if these frames complete what the audio thread waits for, and at least one buffer. A server may
    /// split a buffer.
    fn should_wake(&mut self, frames: usize, buffer: usize) -> bool {
        self.frames_since_wake += frames;
        let wanted = self.body.stats.wanted_frames.load(Ordering::Relaxed);
        let enough = self.frames_since_wake >= wanted.clamp(buffer, buffer.saturating_mul(MAX_WAKE_BUFFERS));
        if enough {
            self.frames_since_wake = 0;
        }
        enough
    }

    fn run(mut self, mut connection: Connection, spec: &StreamSpec) -> Result<(), ClientError> {
        let mut message = Vec::new();
        loop {
            threads::test_point("audio-pulse");
            match connection.next(&mut message)? {
                Message::Audio(channel) if channel == self.channel => {
                    self.samples.clear();
                    let samples = message.chunks_exact(SAMPLE_BYTES);
                    self.samples.extend(samples.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
                    // Its first sample is as old as the message is long, plus what the server holds.
                    let length = limit_latency(spec.micros(message.len().cast_signed() as i64));
                    self.body.on_input(&self.samples, self.latency_us.saturating_add(length));
                    if self.should_wake(message.len() / spec.frame(), spec.buffer as usize) {
                        self.audio_thread.unpark();
                    }
                    connection.request_timing(
                        &mut self.requested_at,
                        &Command::GetRecordLatency(latency_params(self.channel)),
                    )?;
                }
                Message::Timing(from) => {
                    let time: RecordLatency = connection.read(&message[from..])?;
                    let waiting = spec.micros(time.write_offset.saturating_sub(time.read_offset).max(0));
                    let late = i64::try_from(time.source_usec).unwrap_or(0).saturating_add(waiting);
                    self.latency_us = limit_latency(late);
                }
                Message::Killed => return Ok(()),
                Message::Audio(_) | Message::Request(..) | Message::Underflow | Message::Other => {}
            }
        }
    }
}

/// The position of the speaker at a moment.
#[derive(Clone, Copy)]
struct Clock {
    at: Instant,
    /// What we had sent by then and was not played, and what the device holds beyond that, in µs.
    late_us: i64,
    /// Bytes we had sent.
    sent: i64,
}

/// The thread of a speaker.
struct PlaybackStream {
    channel: u32,
    body: PlayoutCallback,
    epoch: Instant,
    spec: StreamSpec,
    /// Bytes sent so far.
    sent: i64,
    clock: Option<Clock>,
    /// When the timing was requested.
    requested_at: Option<Instant>,
}

impl PlaybackStream {
    fn run(mut self, mut connection: Connection, first: usize) -> Result<(), ClientError> {
        let (mut message, mut samples, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
        self.send_audio(&mut connection, first, &mut samples, &mut bytes)?;
        let mut sent_when_asked = 0;
        loop {
            threads::test_point("audio-pulse");
            match connection.next(&mut message)? {
                Message::Request(channel, length) if channel == self.channel => {
                    self.send_audio(&mut connection, length, &mut samples, &mut bytes)?;
                    let question = Command::GetPlaybackLatency(latency_params(self.channel));
                    if connection.request_timing(&mut self.requested_at, &question)? {
                        sent_when_asked = self.sent;
                    }
                }
                Message::Timing(from) => {
                    let time: PlaybackLatency = connection.read(&message[from..])?;
                    let waiting = self.spec.micros(time.write_offset.saturating_sub(time.read_offset).max(0));
                    let late_us = i64::try_from(time.sink_usec).unwrap_or(0).saturating_add(waiting);
                    self.clock = Some(Clock { at: Instant::now(), late_us, sent: sent_when_asked });
                }
                Message::Underflow => self.body.stats().note_error(cpal::ErrorKind::Xrun),
                Message::Killed => return Ok(()),
                Message::Audio(_) | Message::Request(..) | Message::Other => {}
            }
        }
    }

    /// Sends what the server asked for, in whole frames.
    fn send_audio(
        &mut self,
        connection: &mut Connection,
        length: usize,
        samples: &mut Vec<f32>,
        bytes: &mut Vec<u8>,
    ) -> Result<(), ClientError> {
        let length = length.min(MAX_MESSAGE) / self.spec.frame() * self.spec.frame();
        if length == 0 {
            return Ok(());
        }
        samples.resize(length / SAMPLE_BYTES, 0.0);
        let now_ns = self.epoch.elapsed().as_nanos() as i64;
        self.body.fill(samples, now_ns, self.latency_us());
        let descriptor = protocol::Descriptor {
            length: length as u32,
            channel: self.channel,
            offset: 0,
            flags: protocol::DescriptorFlags::empty(),
        };
        let mut head = [0; DESCRIPTOR_SIZE];
        protocol::encode_descriptor(&mut head, &descriptor);
        bytes.clear();
        bytes.extend_from_slice(&head);
        bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        connection.reader.get_mut().write_all(bytes)?;
        self.sent += length.cast_signed() as i64;
        Ok(())
    }

    /// Returns how long it takes until the next byte sounds.
    fn latency_us(&self) -> u32 {
        let Some(clock) = self.clock else {
            return limit_latency(self.spec.micros(self.sent));
        };
        let since = self.spec.micros(self.sent - clock.sent);
        let passed = i64::try_from(clock.at.elapsed().as_micros()).unwrap_or(i64::MAX);
        limit_latency(clock.late_us.saturating_add(since).saturating_sub(passed))
    }
}

/// Limits a latency to 0 to 1 s; more can only be wrong.
fn limit_latency(micros: i64) -> u32 {
    u32::try_from(micros.clamp(0, 1_000_000)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
