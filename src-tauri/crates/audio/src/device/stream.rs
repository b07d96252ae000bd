//! Opens device streams and hangs the callback bodies into them. Runs on the audio thread; blocks while it opens.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::Thread;
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, FromSample, I24, SampleFormat, SizedSample, StreamConfig, U24};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::device::callback::{CaptureBody, Health, Playout, PlayoutBody, RING_CAPACITY_MS};
use crate::device::list::Device;
#[cfg(target_os = "linux")]
use crate::device::pulse::{self, Listed, PulseStream, Terms};
use crate::device::recovery::Opened;
use crate::device::watchdog::Pulse;
use crate::error::{AudioError, Side};

/// Device buffers asked for on Linux, where the server's own choice would be two seconds. A microphone's is as long as the
/// canceller's frame: a longer one only waits.
const MIC_BUFFER_MS: u32 = 10;
const SPEAKER_BUFFER_MS: u32 = 20;
/// Between microphone callback and audio thread.
const MIC_RING_MS: usize = 200;
/// Between speaker callback and audio thread: what the far end may wait.
const TAP_RING_MS: usize = 200;
/// How long a sound server may take to make one stream.
const OPEN_LIMIT: Duration = Duration::from_secs(2);
/// A time stamp that claims more is not believed.
const LATENCY_LIMIT: Duration = Duration::from_secs(1);

/// Whose callbacks they are.
enum Running {
    Cpal {
        _stream: cpal::Stream,
    },
    #[cfg(target_os = "linux")]
    Pulse {
        _stream: PulseStream,
    },
}

/// A running stream; dropping it ends its callbacks and waits for the last one.
pub(crate) struct Open {
    stream: Running,
    pub(crate) health: Arc<Health>,
    /// Stable across restarts and replugging.
    pub(crate) id: String,
    pub(crate) name: String,
    /// A person chose it by name; false for the system's choice.
    pub(crate) is_chosen: bool,
    pub(crate) rate: u32,
    pub(crate) channels: usize,
}

/// The ends of a speaker's rings that the audio thread holds.
pub(crate) struct SpeakerEnds {
    pub(crate) ring: Producer<f32>,
    pub(crate) tap: Consumer<f32>,
}

/// Opens `device` and starts it; its samples, interleaved, come out of the ring. Where that can be, `taker` is woken for
/// them ([`Open::wakes`]).
#[cfg_attr(
    not(target_os = "linux"),
    allow(unused_variables, reason = "other systems call us on threads of theirs")
)]
pub(crate) fn open_microphone(
    device: &Device,
    health: &Arc<Health>,
    taker: &Thread,
) -> Result<(Open, Consumer<f32>), AudioError> {
    let name = device.name().unwrap_or_default();
    let fail = |error| AudioError::device(Side::Microphone, Some(&name), error);
    let plan = Plan::of(device, Side::Microphone).map_err(fail)?;
    let (channels, rate) = (usize::from(plan.config.channels), plan.config.sample_rate);
    let (stream, ring) = plan
        .open(|config| {
            let (producer, ring) = RingBuffer::new(rate as usize * MIC_RING_MS / 1_000 * channels);
            let body = CaptureBody { ring: producer, channels, health: Arc::clone(health) };
            let stream = match device {
                Device::Cpal(device) => started(build_input(device, config, plan.format, body)?)?,
                #[cfg(target_os = "linux")]
                Device::Pulse(device) => {
                    let terms = terms(device, MIC_BUFFER_MS);
                    Running::Pulse { _stream: pulse::record(&terms, body, taker.clone())? }
                }
            };
            Ok((stream, ring))
        })
        .map_err(fail)?;
    Ok((Open::new(stream, device, (health, name), (rate, channels)), ring))
}

/// Opens `device` and starts it; what is put into the ring is heard. `epoch` is the zero of the engine's clock.
pub(crate) fn open_speaker(
    device: &Device,
    playout: &Arc<Playout>,
    health: &Arc<Health>,
    epoch: Instant,
) -> Result<(Open, SpeakerEnds), AudioError> {
    let name = device.name().unwrap_or_default();
    let fail = |error| AudioError::device(Side::Speaker, Some(&name), error);
    let plan = Plan::of(device, Side::Speaker).map_err(fail)?;
    let (channels, rate) = (usize::from(plan.config.channels), plan.config.sample_rate);
    let (stream, ends) = plan
        .open(|config| {
            let (body, ends) = playout_body(playout, health, (rate, channels));
            let stream = match device {
                Device::Cpal(device) => started(build_output(device, config, plan.format, body, epoch)?)?,
                #[cfg(target_os = "linux")]
                Device::Pulse(device) => {
                    let terms = terms(device, SPEAKER_BUFFER_MS);
                    Running::Pulse { _stream: pulse::play(&terms, body, epoch)? }
                }
            };
            Ok((stream, ends))
        })
        .map_err(fail)?;
    Ok((Open::new(stream, device, (health, name), (rate, channels)), ends))
}

/// A playout body and the other ends of its rings.
pub(crate) fn playout_body(
    playout: &Arc<Playout>,
    health: &Arc<Health>,
    (rate, channels): (u32, usize),
) -> (PlayoutBody, SpeakerEnds) {
    let (ring, consumer) = RingBuffer::new((u64::from(rate) * RING_CAPACITY_MS / 1_000) as usize);
    let (tap_in, tap) = RingBuffer::new(rate as usize * TAP_RING_MS / 1_000);
    let body = PlayoutBody::new(consumer, tap_in, Arc::clone(playout), Arc::clone(health), (rate, channels));
    (body, SpeakerEnds { ring, tap })
}

fn started(stream: cpal::Stream) -> Result<Running, cpal::Error> {
    stream.play()?;
    Ok(Running::Cpal { _stream: stream })
}

/// What to ask a device for.
struct Plan {
    config: StreamConfig,
    format: SampleFormat,
}

impl Plan {
    /// The device's own rate and channels. A Pulse server converts formats, so there it is always `f32`; WASAPI and
    /// CoreAudio are taken as they are, buffer size included.
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

    /// Tries the wanted buffer size, then the device's own.
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

/// What to ask a sound server for.
#[cfg(target_os = "linux")]
fn terms(device: &Listed, ms: u32) -> Terms {
    let buffer = device.rate / 1_000 * ms;
    Terms { device: device.name.clone(), rate: device.rate, channels: device.channels, buffer }
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
    body: CaptureBody,
) -> Result<cpal::Stream, cpal::Error> {
    with_sample_type!(format, input_of(device, config, body))
}

fn input_of<T>(
    device: &cpal::Device,
    config: StreamConfig,
    mut body: CaptureBody,
) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let health = Arc::clone(&body.health);
    let mut edge = threads::Edge::new("audio-input");
    let data = move |data: &[T], info: &cpal::InputCallbackInfo| {
        let times = info.timestamp();
        let latency_us = micros(times.callback.saturating_duration_since(times.capture));
        _ = edge.run(|| body.take(data, latency_us));
    };
    device.build_input_stream(config, data, move |error| health.note_error(error.kind()), Some(OPEN_LIMIT))
}

fn build_output(
    device: &cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
    body: PlayoutBody,
    epoch: Instant,
) -> Result<cpal::Stream, cpal::Error> {
    with_sample_type!(format, output_of(device, config, body, epoch))
}

fn output_of<T>(
    device: &cpal::Device,
    config: StreamConfig,
    mut body: PlayoutBody,
    epoch: Instant,
) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample + FromSample<f32>,
{
    let health = body.health();
    let mut edge = threads::Edge::new("audio-output");
    let data = move |data: &mut [T], info: &cpal::OutputCallbackInfo| {
        let times = info.timestamp();
        let latency = micros(times.playback.saturating_duration_since(times.callback));
        if !edge.run(|| body.give(data, epoch.elapsed().as_nanos() as i64, latency)) {
            data.fill(T::EQUILIBRIUM);
        }
    };
    device.build_output_stream(config, data, move |error| health.note_error(error.kind()), Some(OPEN_LIMIT))
}

impl Open {
    fn new(
        stream: Running,
        device: &Device,
        (health, name): (&Arc<Health>, String),
        (rate, channels): (u32, usize),
    ) -> Self {
        let id = device.id().unwrap_or_default();
        Self { stream, health: Arc::clone(health), id, name, is_chosen: false, rate, channels }
    }

    /// True when whoever takes a microphone's sound is woken for it, and need not look.
    pub(crate) fn wakes(&self) -> bool {
        match self.stream {
            Running::Cpal { .. } => false,
            #[cfg(target_os = "linux")]
            Running::Pulse { .. } => true,
        }
    }

    /// What its callbacks have counted so far.
    pub(crate) fn pulse(&self) -> Pulse {
        Pulse {
            callbacks: self.health.callbacks.load(Ordering::Relaxed),
            errors: self.health.errors.load(Ordering::Relaxed),
            dead: self.health.dead.load(Ordering::Relaxed) != 0,
        }
    }

    /// What the supervisor knows it by.
    pub(crate) fn opened(&self) -> Opened {
        Opened { id: self.id.clone(), name: self.name.clone(), is_chosen: self.is_chosen }
    }
}
