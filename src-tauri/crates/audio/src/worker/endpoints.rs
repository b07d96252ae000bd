//! The two endpoints of the sound: a device, a file or nothing as the microphone; a device or nothing as the speaker.
//!
//! Opening blocks. It is done here only before the first sound, and for what is not a device.

use std::sync::Arc;
use std::thread::Thread;
use std::time::Instant;

use rtrb::Consumer;

use super::clock::Pace;
use crate::capture::file::FileMic;
use crate::config::{Microphone, SpeakerChoice};
use crate::device::callback::{PlayoutCallback, PlayoutState, StreamStats};
use crate::device::list::{self, DevicePreference};
use crate::device::mic_health::{self, MicHealth};
use crate::device::stream::{self, OpenStream, SpeakerRings};
use crate::device::watchdog::StallWatchdog;
use crate::echo::FarEnd;
use crate::error::{AudioError, Side};

/// The rate of a virtual speaker, in Hz.
pub(crate) const VIRTUAL_RATE: u32 = 48_000;

/// The microphone endpoint.
pub(crate) enum Mic {
    Device { open: OpenStream, ring: Consumer<f32>, watchdog: StallWatchdog, health: MicHealth },
    File { file: FileMic, pace: Pace },
    None,
}

/// The speaker endpoint.
pub(crate) enum SpeakerEndpoint {
    Device {
        open: OpenStream,
        watchdog: StallWatchdog,
    },
    /// The device is lost and another one is being opened; nothing is played.
    Pause,
    /// Nobody listens: the callback is called by the clock.
    Virtual {
        body: Box<PlayoutCallback>,
        pace: Pace,
    },
}

impl Mic {
    /// Returns its name.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Mic::Device { open, .. } => Some(open.name.clone()),
            Mic::File { file, .. } => Some(file.name().to_owned()),
            Mic::None => None,
        }
    }

    /// Creates the endpoint for a device that starts at `now`.
    pub(crate) fn device(open: OpenStream, ring: Consumer<f32>, now: Instant) -> Self {
        let call_mode = mic_health::is_call_mode(&open.id, &open.name, open.rate);
        Mic::Device { open, ring, watchdog: StallWatchdog::new(now), health: MicHealth::new(call_mode, now) }
    }
}

impl SpeakerEndpoint {
    /// Returns its name; `None` while nobody listens.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            SpeakerEndpoint::Device { open, .. } => Some(open.name.clone()),
            SpeakerEndpoint::Pause | SpeakerEndpoint::Virtual { .. } => None,
        }
    }
}

/// Returns which device the choice asks for; `None` if it is not a device.
pub(crate) fn microphone_preference(choice: &Microphone) -> Option<DevicePreference> {
    match choice {
        Microphone::Default => Some(DevicePreference::Default),
        Microphone::Named(name) => Some(DevicePreference::Named(name.clone())),
        Microphone::File(_) | Microphone::None => None,
    }
}

/// Returns which device the choice asks for; `None` if it is not a device.
pub(crate) fn speaker_preference(choice: &SpeakerChoice) -> Option<DevicePreference> {
    match choice {
        SpeakerChoice::Default => Some(DevicePreference::Default),
        SpeakerChoice::Named(name) => Some(DevicePreference::Named(name.clone())),
        SpeakerChoice::None => None,
    }
}

/// Opens a microphone. Also returns its rate and channels. `audio_thread` is woken for its samples.
///
/// # Errors
/// If the device or the file can't be opened.
pub(crate) fn open_microphone(
    choice: &Microphone,
    stats: &Arc<StreamStats>,
    audio_thread: &Thread,
) -> Result<(Mic, Option<(u32, usize)>), AudioError> {
    let wanted = match choice {
        Microphone::None => return Ok((Mic::None, None)),
        Microphone::File(path) => {
            let file = FileMic::open(path)?;
            let format = file.format();
            return Ok((Mic::File { file, pace: Pace::new(format.0, Instant::now()) }, Some(format)));
        }
        Microphone::Default => None,
        Microphone::Named(name) => Some(name.as_str()),
    };
    let device = list::find(Side::Microphone, wanted)?;
    let opened = stream::open_microphone(&device, stats, audio_thread);
    let (mut open, ring) = opened.map_err(|error| error.asked_for(wanted))?;
    open.is_chosen = wanted.is_some();
    let format = (open.rate, open.channels);
    Ok((Mic::device(open, ring, Instant::now()), Some(format)))
}

/// Opens a speaker. Also returns its rate.
///
/// # Errors
/// If the device can't be opened.
pub(crate) fn open_speaker(
    choice: &SpeakerChoice,
    playout: &Arc<PlayoutState>,
    stats: &Arc<StreamStats>,
    epoch: Instant,
) -> Result<(SpeakerEndpoint, SpeakerRings, u32), AudioError> {
    let wanted = match choice {
        SpeakerChoice::None => {
            let (speaker, rings) = virtual_speaker(VIRTUAL_RATE, playout, stats, epoch);
            return Ok((speaker, rings, VIRTUAL_RATE));
        }
        SpeakerChoice::Default => None,
        SpeakerChoice::Named(name) => Some(name.as_str()),
    };
    let device = list::find(Side::Speaker, wanted)?;
    let opened = stream::open_speaker(&device, playout, stats, epoch);
    let (mut open, rings) = opened.map_err(|error| error.asked_for(wanted))?;
    open.is_chosen = wanted.is_some();
    let rate = open.rate;
    Ok((SpeakerEndpoint::Device { open, watchdog: StallWatchdog::new(epoch) }, rings, rate))
}

/// Creates a virtual speaker.
pub(crate) fn virtual_speaker(
    rate: u32,
    playout: &Arc<PlayoutState>,
    stats: &Arc<StreamStats>,
    now: Instant,
) -> (SpeakerEndpoint, SpeakerRings) {
    let (body, rings) = stream::playout_body(playout, stats, (rate, 1));
    (SpeakerEndpoint::Virtual { body: Box::new(body), pace: Pace::new(rate, now) }, rings)
}

/// Creates the canceller's reference for a speaker of `rate` Hz.
///
/// # Errors
/// If `rate` can't be resampled.
pub(crate) fn far_end(tap: Consumer<f32>, rate: u32) -> Result<FarEnd, AudioError> {
    FarEnd::new(tap, rate).map_err(|error| AudioError::unsupported_rate(Side::Speaker, error))
}
