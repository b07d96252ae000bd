//! Where the sound comes from and goes to: a device, a file, nobody. Opening blocks; only used before the first sound, and for
//! what is no device.

use std::sync::Arc;
use std::thread::Thread;
use std::time::Instant;

use rtrb::Consumer;

use super::clock::Pace;
use crate::capture::file::FileMic;
use crate::config::{Microphone, SpeakerChoice};
use crate::device::callback::{Health, Playout, PlayoutBody};
use crate::device::list::{self, Wish};
use crate::device::mic_health::{self, Condition};
use crate::device::stream::{self, Open, SpeakerEnds};
use crate::device::watchdog::Watch;
use crate::echo::FarEnd;
use crate::error::{AudioError, Fault, Side};

/// The rate of a speaker that is nobody.
pub(crate) const VIRTUAL_RATE: u32 = 48_000;

/// Where the voice comes from.
pub(crate) enum Mic {
    Device { open: Open, ring: Consumer<f32>, watch: Watch, condition: Condition },
    File { file: FileMic, pace: Pace },
    None,
}

/// Where the replies go.
pub(crate) enum Speaker {
    Device {
        open: Open,
        watch: Watch,
    },
    /// The device is gone, and another is being opened: nothing moves.
    Pause,
    /// Nobody listens: the callback's body is run by the clock.
    Virtual {
        body: Box<PlayoutBody>,
        pace: Pace,
    },
}

impl Mic {
    /// What it is called.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Mic::Device { open, .. } => Some(open.name.clone()),
            Mic::File { file, .. } => Some(file.name().to_owned()),
            Mic::None => None,
        }
    }

    /// A device that runs from `now` on.
    pub(crate) fn device(open: Open, ring: Consumer<f32>, now: Instant) -> Self {
        let call_mode = condition::is_call_mode(&open.id, &open.name, open.rate);
        Mic::Device { open, ring, watch: Watch::new(now), condition: Condition::new(call_mode, now) }
    }
}

impl Speaker {
    /// What it is called; `None` when nobody listens.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Speaker::Device { open, .. } => Some(open.name.clone()),
            Speaker::Pause | Speaker::Virtual { .. } => None,
        }
    }
}

/// The device that a choice means; `None` when it means none.
pub(crate) fn wish_for_microphone(choice: &Microphone) -> Option<Wish> {
    match choice {
        Microphone::Default => Some(Wish::Default),
        Microphone::Named(name) => Some(Wish::Named(name.clone())),
        Microphone::File(_) | Microphone::None => None,
    }
}

/// The device that a choice means; `None` when it means none.
pub(crate) fn wish_for_speaker(choice: &SpeakerChoice) -> Option<Wish> {
    match choice {
        SpeakerChoice::Default => Some(Wish::Default),
        SpeakerChoice::Named(name) => Some(Wish::Named(name.clone())),
        SpeakerChoice::None => None,
    }
}

/// Opens a microphone and says its rate and channels; `taker` is the thread that takes its sound.
pub(crate) fn open_microphone(
    choice: &Microphone,
    health: &Arc<Health>,
    taker: &Thread,
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
    let device = devices::find(Side::Microphone, wanted)?;
    let opened = stream::open_microphone(&device, health, taker);
    let (mut open, ring) = opened.map_err(|error| error.asked_for(wanted))?;
    open.is_chosen = wanted.is_some();
    let format = (open.rate, open.channels);
    Ok((Mic::device(open, ring, Instant::now()), Some(format)))
}

/// Opens a speaker and says its rate.
pub(crate) fn open_speaker(
    choice: &SpeakerChoice,
    playout: &Arc<Playout>,
    health: &Arc<Health>,
    epoch: Instant,
) -> Result<(Speaker, SpeakerEnds, u32), AudioError> {
    let wanted = match choice {
        SpeakerChoice::None => {
            let (speaker, ends) = virtual_speaker(VIRTUAL_RATE, playout, health, epoch);
            return Ok((speaker, ends, VIRTUAL_RATE));
        }
        SpeakerChoice::Default => None,
        SpeakerChoice::Named(name) => Some(name.as_str()),
    };
    let device = devices::find(Side::Speaker, wanted)?;
    let opened = stream::open_speaker(&device, playout, health, epoch);
    let (mut open, ends) = opened.map_err(|error| error.asked_for(wanted))?;
    open.is_chosen = wanted.is_some();
    let rate = open.rate;
    Ok((Speaker::Device { open, watch: Watch::new(epoch) }, ends, rate))
}

/// A speaker that is nobody.
pub(crate) fn virtual_speaker(
    rate: u32,
    playout: &Arc<Playout>,
    health: &Arc<Health>,
    now: Instant,
) -> (Speaker, SpeakerEnds) {
    let (body, ends) = stream::playout_body(playout, health, (rate, 1));
    (Speaker::Virtual { body: Box::new(body), pace: Pace::new(rate, now) }, ends)
}

/// What a speaker of `rate` Hz plays.
pub(crate) fn far_end(tap: Consumer<f32>, rate: u32) -> Result<FarEnd, AudioError> {
    FarEnd::new(tap, rate).map_err(|error| AudioError::unsupported_rate(Side::Speaker, error))
}
