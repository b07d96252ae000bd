//! Opens device streams and connects the callbacks. Blocks while it opens.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::Thread;
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, FromSample, I24, SampleFormat, SizedSample, StreamConfig, U24};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::device::callback::{
    CaptureCallback, PlayoutCallback, PlayoutState, RING_CAPACITY_MS, StreamStats,
};
use crate::device::list::Device;
#[cfg(target_os = "linux")]
use crate::device::pulse::{self, PulseDevice, PulseStream, StreamSpec};
use crate::device::recovery::OpenedDevice;
use crate::device::watchdog::StreamActivity;
use crate::error::{AudioError, Side};

/// Device buffers requested on Linux, where the server's default would be two seconds. The microphone's is one frame of
/// the canceller: a longer one would only add delay.
const MIC_BUFFER_MS: u32 = 10;
const SPEAKER_BUFFER_MS: u32 = 20;
/// Capacity of the ring from the microphone callback to the audio thread.
const MIC_RING_MS: usize = 200;
/// Capacity of the ring from the speaker callback to the audio thread, for the far end.
const TAP_RING_MS: usize = 200;
/// How long a sound server may take to create a stream.
const OPEN_LIMIT: Duration = Duration::from_secs(2);
/// Time stamps that claim more are wrong.
const LATENCY_LIMIT: Duration = Duration::from_secs(1);

/// What runs the callbacks.
enum Backend {
    Cpal {
        _stream: cpal::Stream,
    },
    #[cfg(target_os = "linux")]
    Pulse {
        _stream: PulseStream,
    },
}

/// A running stream. Dropping it ends its callbacks and waits for the last one.
pub(crate) struct OpenStream {
    stream: Backend,
    pub(crate) stats: Arc<StreamStats>,
    /// Stable across restarts and replugging.
    pub(crate) id: String,
    pub(crate) name: String,
    /// It was chosen by name; false for the system's default.
    pub(crate) is_chosen: bool,
    pub(crate) rate: u32,
    pub(crate) channels: usize,
}

/// The audio thread's ends of a speaker's rings.
pub(crate) struct SpeakerRings {
    pub(crate) ring: Producer<f32>,
    pub(crate) tap: Consumer<f32>,
}

/// Opens `device` and starts it. Its samples come out of the ring, interleaved. Where possible, `audio_thread` is woken
/// for them (see [`OpenStream::wakes`]).
#[cfg_attr(
    not(target_os = "linux"),
    allow(unused_variables, reason = "other systems call us on threads of theirs")
)]
pub(crate) fn open_microphone(
    device: &Device,
    stats: &Arc<StreamStats>,
    audio_thread: &Thread,
) -> Result<(OpenStream, Consumer<f32>), AudioError> {
    let name = device.name().unwrap_or_default();
    let fail = |error| AudioError::device(Side::Microphone, Some(&name), error);
    let plan = StreamPlan::of(device, Side::Microphone).map_err(fail)?;
    let (channels, rate) = (usize::from(plan.config.channels), plan.config.sample_rate);
    let (stream, ring) = plan
        .open(|config| {
            let (producer, ring) = RingBuffer::new(rate as usize * MIC_RING_MS / 1_000 * channels);
            let body = CaptureCallback { ring: producer, channels, stats: Arc::clone(stats) };
            let stream = match device {
                Device::Cpal(device) => started(build_input(device, config, plan.format, body)?)?,
                #[cfg(target_os = "linux")]
                Device::Pulse(device) => {
                    let spec = spec(device, MIC_BUFFER_MS);
                    Backend::Pulse { _stream: pulse::record(&spec, body, audio_thread.clone())? }
                }
            };
            Ok((stream, ring))
        })
        .map_err(fail)?;
    Ok((OpenStream::new(stream, device, (stats, name), (rate, channels)), ring))
}

/// Opens `device` and starts it; what is pushed into the ring is played. `epoch` is the zero of the engine's clock.
pub(crate) fn open_speaker(
    device: &Device,
    playout: &Arc<PlayoutState>,
    stats: &Arc<StreamStats>,
    epoch: Instant,
) -> Result<(OpenStream, SpeakerRings), AudioError> {
    let name = device.name().unwrap_or_default();
    let fail = |error| AudioError::device(Side::Speaker, Some(&name), error);
    let plan = StreamPlan::of(device, Side::Speaker).map_err(fail)?;
    let (channels, rate) = (usize::from(plan.config.channels), plan.config.sample_rate);
    let (stream, rings) = plan
        .open(|config| {
            let (body, rings) = playout_body(playout, stats, (rate, channels));
            let stream = match device {
                Device::Cpal(device) => started(build_output(device, config, plan.format, body, epoch)?)?,
                #[cfg(target_os = "linux")]
                Device::Pulse(device) => {
                    let spec = spec(device, SPEAKER_BUFFER_MS);
                    Backend::Pulse { _stream: pulse::play(&spec, body, epoch)? }
                }
            };
            Ok((stream, rings))
        })
        .map_err(fail)?;
    Ok((OpenStream::new(stream, device, (stats, name), (rate, channels)), rings))
}

/// Creates a playout callback and the audio thread's ends of its rings.
pub(crate) fn playout_body(
    playout: &Arc<PlayoutState>,
    stats: &Arc<StreamStats>,
    (rate, channels): (u32, usize),
) -> (PlayoutCallback, SpeakerRings) {
    let (ring, consumer) = RingBuffer::new((u64::from(rate) * RING_CAPACITY_MS / 1_000) as usize);
    let (tap_in, tap) = RingBuffer::new(rate as usize * TAP_RING_MS / 1_000);
    let body =
        PlayoutCallback::new(consumer, tap_in, Arc::clone(playout), Arc::clone(stats), (rate, channels));
    (body, SpeakerRings { ring, tap })
}

fn started(stream: cpal::Stream) -> Result<Backend, cpal::Error> {
    stream.play()?;
    Ok(Backend::Cpal { _stream: stream })
}

/// What to request from a device.
struct StreamPlan {
    config: StreamConfig,
    format: SampleFormat,
}

impl StreamPlan {
    /// Takes the device's own rate and channels. A Pulse server converts formats, so there it is always `f32`. With
    /// WASAPI and CoreAudio the buffer size is the device's own, too.
    fn of(device: &Device, side: Side) -> Result<Self, cpal::Error> {
        let own = match device {
            Device::Cpal(device) => match side {
                Side::Microphone => device.default_input_config(),
                Side::Speaker => device.default_output_config(),
            }?,
            #[cfg(target_os = "linux")]
            Device::Pulse(device) => {
                let config = StreamConfig {
                    channels: u16::from(device.channels.num_channels().max(1)),
                    sample_rate: device.rate,
                    buffer_size: BufferSize::Default,
                };
                return Ok(Self { config, format: SampleFormat::F32 });
            }
        };
        let mut plan = Self { config: own.config(), format: own.sample_format() };
        if cfg!(target_os = "linux") {
            let ms = if side == Side::Microphone { MIC_BUFFER_MS } else { SPEAKER_BUFFER_MS };
            plan.config.buffer_size = BufferSize::Fixed(plan.config.sample_rate * ms / 1_000);
        }
        Ok(plan)
    }

    /// Tries the preferred buffer size, then the device's own.
    fn open<T>(&self, build: impl Fn(StreamConfig) -> Result<T, cpal::Error>) -> Result<T, cpal::Error> {
        match build(self.config) {
            Err(error)
                if error.kind() == cpal::ErrorKind::UnsupportedConfig
                    && self.config.buffer_size != BufferSize::Default =>
            {
                build(StreamConfig { buffer_size: BufferSize::Default, ..self.config })
            }
            other => other,
        }
    }
}

/// What to request from a sound server.
#[cfg(target_os = "linux")]
fn spec(device: &PulseDevice, ms: u32) -> StreamSpec {
    let buffer = device.rate / 1_000 * ms;
    StreamSpec { device: device.name.clone(), rate: device.rate, channels: device.channels, buffer }
}

fn micros(latency: Duration) -> u32 {
    latency.min(LATENCY_LIMIT).as_micros() as u32
}

/// Calls a generic function with the sample type of a format.
macro_rules! with_sample_type {
    ($format:expr, $function:ident($($argument:expr),*)) => {
        match $format {
            SampleFormat::I8 => $function::<i8>($($argument),*),
            SampleFormat::I16 => $function::<i16>($($argument),*),
            SampleFormat::I24 => $function::<I24>($($argument),*),
            SampleFormat::I32 => $function::<i32>($($argument),*),
            SampleFormat::I64 => $function::<i64>($($argument),*),
            SampleFormat::U8 => $function::<u8>($($argument),*),
            SampleFormat::U16 => $function::<u16>($($argument),*),
            SampleFormat::U24 => $function::<U24>($($argument),*),
            SampleFormat::U32 => $function::<u32>($($argument),*),
            SampleFormat::U64 => $function::<u64>($($argument),*),
            SampleFormat::F32 => $function::<f32>($($argument),*),
            SampleFormat::F64 => $function::<f64>($($argument),*),
            other => Err(cpal::Error::with_message(
                cpal::ErrorKind::UnsupportedConfig,
                format!("samples of the format {other}"),
            )),
        }
    };
}

fn build_input(
    device: &cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
    body: CaptureCallback,
) -> Result<cpal::Stream, cpal::Error> {
    with_sample_type!(format, input_of(device, config, body))
}

fn input_of<T>(
    device: &cpal::Device,
    config: StreamConfig,
    mut body: CaptureCallback,
) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let stats = Arc::clone(&body.stats);
    let mut edge = threads::Edge::new("audio-input");
    let data = move |data: &[T], info: &cpal::InputCallbackInfo| {
        let times = info.timestamp();
        let latency_us = micros(times.callback.saturating_duration_since(times.capture));
        _ = edge.run(|| body.on_input(data, latency_us));
    };
    device.build_input_stream(config, data, move |error| stats.note_error(error.kind()), Some(OPEN_LIMIT))
}

fn build_output(
    device: &cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
    body: PlayoutCallback,
    epoch: Instant,
) -> Result<cpal::Stream, cpal::Error> {
    with_sample_type!(format, output_of(device, config, body, epoch))
}

fn output_of<T>(
    device: &cpal::Device,
    config: StreamConfig,
    mut body: PlayoutCallback,
    epoch: Instant,
) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample + FromSample<f32>,
{
    let stats = body.stats();
    let mut edge = threads::Edge::new("audio-output");
    let data = move |data: &mut [T], info: &cpal::OutputCallbackInfo| {
        let times = info.timestamp();
        let latency = micros(times.playback.saturating_duration_since(times.callback));
        if !edge.run(|| body.fill(data, epoch.elapsed().as_nanos() as i64, latency)) {
            data.fill(T::EQUILIBRIUM);
        }
    };
    device.build_output_stream(config, data, move |error| stats.note_error(error.kind()), Some(OPEN_LIMIT))
}

impl OpenStream {
    fn new(
        stream: Backend,
        device: &Device,
        (stats, name): (&Arc<StreamStats>, String),
        (rate, channels): (u32, usize),
    ) -> Self {
        let id = device.id().unwrap_or_default();
        Self { stream, stats: Arc::clone(stats), id, name, is_chosen: false, rate, channels }
    }

    /// Returns true if the audio thread is woken for samples and need not poll.
    pub(crate) fn wakes(&self) -> bool {
        match self.stream {
            Backend::Cpal { .. } => false,
            #[cfg(target_os = "linux")]
            Backend::Pulse { .. } => true,
        }
    }

    /// Returns what its callbacks have counted so far.
    pub(crate) fn activity(&self) -> StreamActivity {
        StreamActivity {
            callbacks: self.stats.callbacks.load(Ordering::Relaxed),
            errors: self.stats.errors.load(Ordering::Relaxed),
            dead: self.stats.dead.load(Ordering::Relaxed) != 0,
        }
    }

    /// Returns the device, as [`crate::device::recovery`] identifies it.
    pub(crate) fn identity(&self) -> OpenedDevice {
        OpenedDevice { id: self.id.clone(), name: self.name.clone(), is_chosen: self.is_chosen }
    }
}
