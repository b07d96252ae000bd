//! Streams of a PulseAudio (or PipeWire) server, one connection and one thread for each. The thread is the device callback:
//! it blocks on the socket alone, and calls the bodies of `callback`.
//!
//! cpal has streams of its own, but the client below them clears a megabyte of memory for every read, asks for the time after
//! every buffer and needs three threads for a stream: 3 to 7 % of a core. Here a read costs what was sent, and the time is
//! asked for four times a second. What devices there are says `server`.

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

use crate::device::callback::{CaptureBody, Health, PlayoutBody};

pub(crate) use server::{HOST, Listed, Server};

/// How long the server may take to answer while a stream is made.
const ANSWER: Duration = Duration::from_secs(2);
/// How often the time is asked for. In between it is counted: two clocks differ by less than a microsecond in that time.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// A longer message than this is no message: 1 MiB.
const LONGEST: usize = 1 << 20;
/// Whoever takes the sound is woken for so many buffers at the latest.
const MOST_BUFFERS: usize = 4;
/// Bytes of a sample.
const SAMPLE: usize = 4;
/// The number of the question that waits, so that its answer is told from others.
const TIME_QUESTION: u32 = 100;

/// What to ask a server for.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// The device by the server's name for it.
    pub(crate) device: String,
    pub(crate) rate: u32,
    /// The server's own.
    pub(crate) channels: ChannelMap,
    /// Frames of one buffer.
    pub(crate) buffer: u32,
}

/// A running stream; dropping it ends its thread and waits for it.
pub(crate) struct PulseStream {
    socket: UnixStream,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<Option<()>>>,
}

impl Drop for PulseStream {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the thread out of its read. A socket that is closed already has ended it.
        _ = self.socket.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

/// Records from the device of `terms` into `body`, and wakes `taker` for everything that came.
pub(crate) fn record(terms: &Terms, body: CaptureBody, taker: Thread) -> Result<PulseStream, ClientError> {
    let mut link = Link::open()?;
    let length = terms.bytes();
    let reply: CreateRecordStreamReply = link.ask(&Command::CreateRecordStream(RecordStreamParams {
        sample_spec: terms.sample_spec(),
        channel_map: terms.channels,
        source_name: Some(terms.name()?),
        buffer_attr: BufferAttr { max_length: length * 4, fragment_size: length, ..BufferAttr::default() },
        flags: StreamFlags { adjust_latency: true, ..StreamFlags::default() },
        ..RecordStreamParams::default()
    }))?;
    let (terms, health) = (terms.clone(), Arc::clone(&body.health));
    let recording = Recording {
        channel: reply.channel,
        body,
        taker,
        untold: 0,
        samples: Vec::new(),
        latency_us: 0,
        asked: None,
    };
    link.spawn(health, move |link| recording.run(link, &terms))
}

/// Plays from `body` to the device of `terms`; `epoch` is the zero of the engine's clock.
pub(crate) fn play(terms: &Terms, body: PlayoutBody, epoch: Instant) -> Result<PulseStream, ClientError> {
    let mut link = Link::open()?;
    let length = terms.bytes();
    let reply: CreatePlaybackStreamReply =
        link.ask(&Command::CreatePlaybackStream(PlaybackStreamParams {
            sample_spec: terms.sample_spec(),
            channel_map: terms.channels,
            sink_name: Some(terms.name()?),
            buffer_attr: BufferAttr {
                max_length: length * 2,
                target_length: length * 2,
                // The server has its device hold half of what two requests leave of the target. Where they leave nothing, the
                // device runs in the smallest pieces that it can: it costs more, and a virtual one loses its clock over it.
                minimum_request_length: length / 2,
                ..BufferAttr::default()
            },
            flags: StreamFlags { adjust_latency: true, ..StreamFlags::default() },
            ..PlaybackStreamParams::default()
        }))?;
    let (terms, health) = (terms.clone(), body.health());
    let playing = Playing { channel: reply.channel, body, epoch, terms, sent: 0, clock: None, asked: None };
    let first = reply.requested_bytes as usize;
    link.spawn(health, move |link| playing.run(link, first))
}

impl Terms {
    fn name(&self) -> Result<CString, ClientError> {
        CString::new(self.device.as_str())
            .map_err(|_| ClientError::Protocol(ProtocolError::Invalid("a device's name with a zero".into())))
    }

    fn sample_spec(&self) -> SampleSpec {
        let channels = self.channels.num_channels();
        SampleSpec { format: SampleFormat::Float32Le, channels, sample_rate: self.rate }
    }

    fn frame(&self) -> usize {
        usize::from(self.channels.num_channels().max(1)) * SAMPLE
    }

    /// Bytes of one buffer.
    fn bytes(&self) -> u32 {
        self.buffer.saturating_mul(self.frame() as u32)
    }

    /// How long so many bytes sound, in µs.
    fn micros(&self, bytes: i64) -> i64 {
        bytes / self.frame().cast_signed() as i64 * 1_000_000 / i64::from(self.rate.max(1))
    }
}

/// A connection.
struct Link {
    reader: BufReader<UnixStream>,
    version: u16,
    next: u32,
    /// What is being sent.
    message: Vec<u8>,
}

/// What came.
enum Message {
    /// Sound of a channel, in the buffer.
    Sound(u32),
    /// The answer to the question about time; its body is in the buffer from here on.
    Time(usize),
    /// The server wants so many bytes for a channel.
    Request(u32, usize),
    /// The stream ran dry.
    Underflow,
    /// The stream is over.
    Killed,
    /// Something that does not matter.
    Other,
}

impl Link {
    fn open() -> Result<Self, ClientError> {
        let path = pulseaudio::socket_path_from_env().ok_or(ClientError::ServerUnavailable)?;
        let cookie = pulseaudio::cookie_path_from_env().and_then(|path| std::fs::read(path).ok());
        let socket = UnixStream::connect(path)?;
        socket.set_read_timeout(Some(ANSWER))?;
        socket.set_write_timeout(Some(ANSWER))?;
        let mut link = Self {
            reader: BufReader::with_capacity(1 << 16, socket),
            version: protocol::MAX_VERSION,
            next: 0,
            message: Vec::new(),
        };
        let auth: AuthReply = link.ask(&Command::Auth(AuthParams {
            version: protocol::MAX_VERSION,
            supports_shm: false,
            supports_memfd: false,
            cookie: cookie.unwrap_or_default(),
        }))?;
        link.version = auth.version.min(protocol::MAX_VERSION);
        let mut props = Props::new();
        props.set(Prop::ApplicationName, c"Vivavoce");
        let _: SetClientNameReply = link.ask(&Command::SetClientName(props))?;
        Ok(link)
    }

    fn ask<R: CommandReply>(&mut self, command: &Command) -> Result<R, ClientError> {
        self.next += 1;
        self.send(self.next, command)?;
        match protocol::read_reply_message(&mut self.reader, self.version) {
            Ok((_, reply)) => Ok(reply),
            Err(ProtocolError::ServerError(error)) => Err(ClientError::ServerError(error)),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends a command as one piece: the server is woken by each, and so are we when it answers.
    fn send(&mut self, number: u32, command: &Command) -> Result<(), ClientError> {
        self.message.clear();
        protocol::write_command_message(&mut self.message, number, command, self.version)?;
        Ok(self.reader.get_mut().write_all(&self.message)?)
    }

    /// Runs `body` on a thread of its own; when it ends by itself the stream is dead.
    fn spawn(
        self,
        health: Arc<Health>,
        body: impl FnOnce(Link) -> Result<(), ClientError> + Send + 'static,
    ) -> Result<PulseStream, ClientError> {
        let socket = self.reader.get_ref().try_clone()?;
        socket.set_read_timeout(None)?;
        let ended = Arc::new(AtomicBool::new(false));
        let wished = Arc::clone(&ended);
        let thread = threads::spawn("audio-pulse", move || {
            let end = threads::watched("audio-pulse", || body(self));
            if !wished.load(Ordering::Relaxed) {
                tracing::debug!(?end, "the stream is over");
                health.note_error(cpal::ErrorKind::StreamInvalidated);
            }
        })?;
        Ok(PulseStream { socket, ended, thread: Some(thread) })
    }

    /// Waits until something can be read. A thread that waits in the reading itself is woken by everything that the server has
    /// read of ours, too.
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

    /// Waits for a message; its body is in `body`.
    fn next(&mut self, body: &mut Vec<u8>) -> Result<Message, ClientError> {
        self.wait()?;
        let descriptor = protocol::read_descriptor(&mut self.reader)?;
        let length = descriptor.length as usize;
        if length > LONGEST {
            return Err(ClientError::Protocol(ProtocolError::Invalid(format!(
                "a message of {length} bytes"
            ))));
        }
        body.resize(length, 0);
        self.reader.read_exact(body)?;
        if descriptor.channel != u32::MAX {
            return Ok(Message::Sound(descriptor.channel));
        }
        let mut cursor = Cursor::new(&body[..]);
        // What this version of the protocol does not know can't be meant for us.
        Ok(match Command::read_tag_prefixed(&mut cursor, self.version) {
            Ok((TIME_QUESTION, Command::Reply)) => Message::Time(cursor.position() as usize),
            Ok((_, Command::Request(request))) => Message::Request(request.channel, request.length as usize),
            Ok((_, Command::Underflow(_))) => Message::Underflow,
            Ok((_, Command::RecordStreamKilled(_) | Command::PlaybackStreamKilled(_))) => Message::Killed,
            _ => Message::Other,
        })
    }

    /// Asks how late the stream is, when the last answer is old.
    fn ask_time(&mut self, asked: &mut Option<Instant>, command: &Command) -> Result<bool, ClientError> {
        if asked.is_some_and(|asked| asked.elapsed() < ASK_EVERY) {
            return Ok(false);
        }
        *asked = Some(Instant::now());
        self.send(TIME_QUESTION, command)?;
        Ok(true)
    }

    fn read<R: CommandReply>(&self, body: &[u8]) -> Result<R, ClientError> {
        let mut cursor = Cursor::new(body);
        Ok(TagStructReader::new(&mut cursor, self.version).read()?)
    }
}

fn time_of(channel: u32) -> LatencyParams {
    LatencyParams { channel, now: SystemTime::now() }
}

/// A microphone's thread.
struct Recording {
    channel: u32,
    body: CaptureBody,
    /// Who takes it out of the ring. This thread is ours and no device's: it may wake another.
    taker: Thread,
    /// Frames that came since it was last woken.
    untold: usize,
    samples: Vec<f32>,
    latency_us: u32,
    asked: Option<Instant>,
}

impl Recording {
    /// With these, is there as much as is wanted, and a whole buffer at least? A server may send half of one and then the rest.
    fn is_enough(&mut self, frames: usize, buffer: usize) -> bool {
        self.untold += frames;
        let wanted = self.body.health.wanted_frames.load(Ordering::Relaxed);
        let enough = self.untold >= wanted.clamp(buffer, buffer.saturating_mul(MOST_BUFFERS));
        if enough {
            self.untold = 0;
        }
        enough
    }

    fn run(mut self, mut link: Link, terms: &Terms) -> Result<(), ClientError> {
        let mut message = Vec::new();
        loop {
            threads::test_point("audio-pulse");
            match link.next(&mut message)? {
                Message::Sound(channel) if channel == self.channel => {
                    self.samples.clear();
                    let samples = message.chunks_exact(SAMPLE);
                    self.samples.extend(samples.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
                    // Its first sample is as old as the whole of it, and what lies before it at the server.
                    let length = believed(terms.micros(message.len().cast_signed() as i64));
                    self.body.take(&self.samples, self.latency_us.saturating_add(length));
                    if self.is_enough(message.len() / terms.frame(), terms.buffer as usize) {
                        self.taker.unpark();
                    }
                    link.ask_time(&mut self.asked, &Command::GetRecordLatency(time_of(self.channel)))?;
                }
                Message::Time(from) => {
                    let time: RecordLatency = link.read(&message[from..])?;
                    let waiting = terms.micros(time.write_offset.saturating_sub(time.read_offset).max(0));
                    let late = i64::try_from(time.source_usec).unwrap_or(0).saturating_add(waiting);
                    self.latency_us = believed(late);
                }
                Message::Killed => return Ok(()),
                Message::Sound(_) | Message::Request(..) | Message::Underflow | Message::Other => {}
            }
        }
    }
}

/// Where the speaker was at a moment.
#[derive(Clone, Copy)]
struct Clock {
    at: Instant,
    /// Bytes we had sent by then and the speaker had not played, as a time in µs, and what the device holds beyond.
    late_us: i64,
    /// Bytes we had sent.
    sent: i64,
}

/// A speaker's thread.
struct Playing {
    channel: u32,
    body: PlayoutBody,
    epoch: Instant,
    terms: Terms,
    /// Bytes sent so far.
    sent: i64,
    clock: Option<Clock>,
    /// When the time was asked for.
    asked: Option<Instant>,
}

impl Playing {
    fn run(mut self, mut link: Link, first: usize) -> Result<(), ClientError> {
        let (mut message, mut samples, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
        self.give(&mut link, first, &mut samples, &mut bytes)?;
        let mut sent_when_asked = 0;
        loop {
            threads::test_point("audio-pulse");
            match link.next(&mut message)? {
                Message::Request(channel, length) if channel == self.channel => {
                    self.give(&mut link, length, &mut samples, &mut bytes)?;
                    let question = Command::GetPlaybackLatency(time_of(self.channel));
                    if link.ask_time(&mut self.asked, &question)? {
                        sent_when_asked = self.sent;
                    }
                }
                Message::Time(from) => {
                    let time: PlaybackLatency = link.read(&message[from..])?;
                    let waiting =
                        self.terms.micros(time.write_offset.saturating_sub(time.read_offset).max(0));
                    let late_us = i64::try_from(time.sink_usec).unwrap_or(0).saturating_add(waiting);
                    self.clock = Some(Clock { at: Instant::now(), late_us, sent: sent_when_asked });
                }
                Message::Underflow => self.body.health().note_error(cpal::ErrorKind::Xrun),
                Message::Killed => return Ok(()),
                Message::Sound(_) | Message::Request(..) | Message::Other => {}
            }
        }
    }

    /// Sends what the server asked for, in whole frames.
    fn give(
        &mut self,
        link: &mut Link,
        length: usize,
        samples: &mut Vec<f32>,
        bytes: &mut Vec<u8>,
    ) -> Result<(), ClientError> {
        let length = length.min(LONGEST) / self.terms.frame() * self.terms.frame();
        if length == 0 {
            return Ok(());
        }
        samples.resize(length / SAMPLE, 0.0);
        let now_ns = self.epoch.elapsed().as_nanos() as i64;
        self.body.give(samples, now_ns, self.latency_us());
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
        link.reader.get_mut().write_all(bytes)?;
        self.sent += length.cast_signed() as i64;
        Ok(())
    }

    /// How long it takes until the next byte is heard.
    fn latency_us(&self) -> u32 {
        let Some(clock) = self.clock else {
            return believed(self.terms.micros(self.sent));
        };
        let since = self.terms.micros(self.sent - clock.sent);
        let passed = i64::try_from(clock.at.elapsed().as_micros()).unwrap_or(i64::MAX);
        believed(clock.late_us.saturating_add(since).saturating_sub(passed))
    }
}

/// A latency of more than a second is not believed.
fn believed(micros: i64) -> u32 {
    u32::try_from(micros.clamp(0, 1_000_000)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
