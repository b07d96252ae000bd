//! Opens the audio engine so that a missing device never prevents a conversation: without a microphone you type,
//! without a speaker you read. Blocking calls run outside the session task, which uses the [`port`].

mod events;
mod port;

use std::path::PathBuf;

use audio::{AudioError, Engine, EngineConfig, EventReceiver, MicReceiver, Microphone, Side, SpeakerChoice};

use crate::trouble::{Trouble, TroubleKind, joined, of_audio};

pub(crate) use events::{cleared, of_sound};
#[cfg(test)]
pub(crate) use port::Opener;
pub(crate) use port::{SoundEvent, SoundPort};

/// A running engine and its outputs.
pub(crate) struct Sound {
    /// Plays, mutes, measures.
    pub engine: Engine,
    /// 20 ms chunks of your voice.
    pub voice: MicReceiver,
    /// Reports of lost devices.
    pub events: EventReceiver,
    reported_drops: bool,
    reported_end: bool,
    microphone: Microphone,
    speaker: SpeakerChoice,
    names: Names,
    /// The version of the device lists that was reported.
    list: u64,
}

/// The names of microphone and speaker; `None` without one.
type Names = (Option<String>, Option<String>);

/// Length of a chunk, in milliseconds.
const CHUNK_MS: u64 = 20;

impl Sound {
    /// Takes other devices, where they are others, and says for which sides. The replies and the file of them go on.
    pub(crate) fn choose(&mut self, microphone: Microphone, speaker: SpeakerChoice) -> Vec<Side> {
        let mut sides = Vec::new();
        if self.microphone != microphone {
            self.engine.choose_microphone(microphone.clone());
            self.microphone = microphone;
            sides.push(Side::Microphone);
        }
        if self.speaker != speaker {
            self.engine.choose_speaker(speaker.clone());
            self.speaker = speaker;
            sides.push(Side::Speaker);
        }
        sides
    }

    /// Returns whether there is a microphone.
    pub(crate) fn hears(&self) -> bool {
        self.engine.microphone_name().is_some()
    }

    /// Returns the names of the current devices.
    pub(crate) fn names(&mut self) -> Names {
        self.names = (self.engine.current_microphone(), self.engine.current_speaker());
        self.names.clone()
    }

    /// Returns the names of the current devices if they changed since the last report.
    pub(crate) fn other_names(&mut self) -> Option<Names> {
        let before = self.names.clone();
        let now = self.names();
        (now != before).then_some(now)
    }

    /// Returns whether the device lists changed since the last call.
    pub(crate) fn other_list(&mut self) -> bool {
        let now = self.engine.device_list_version();
        std::mem::replace(&mut self.list, now) != now
    }

    /// Returns whether a file in place of the microphone has ended since the last call.
    pub(crate) fn ends_now(&mut self) -> bool {
        self.engine.microphone_file_ended() && !std::mem::replace(&mut self.reported_end, true)
    }

    /// Returns the first loss of microphone audio to a slow connection. It is reported once.
    pub(crate) fn first_drop(&mut self) -> Option<Trouble> {
        let dropped = self.voice.dropped();
        if dropped == 0 || self.reported_drops {
            return None;
        }
        self.reported_drops = true;
        Some(Trouble::new(TroubleKind::SoundDropped, format!("{} ms so far", dropped * CHUNK_MS)))
    }
}

/// The devices to open.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The microphone.
    pub(crate) microphone: Microphone,
    /// The speaker.
    pub(crate) speaker: SpeakerChoice,
    /// A file for the replies.
    pub(crate) save: Option<PathBuf>,
}

/// The result: the devices, absent when the audio system does not answer, and the failures.
pub(crate) type Got = (Option<Sound>, Vec<Trouble>);

/// Opens both devices and the recording; failures are reported, and the rest is opened. Blocks, for some seconds if a
/// device does not answer.
pub(crate) fn open_blocking(wanted: Wanted) -> Got {
    let Wanted { mut microphone, mut speaker, mut save } = wanted;
    let mut troubles = Vec::new();
    // Each round drops what failed, so there are at most four.
    loop {
        let config = EngineConfig {
            microphone: microphone.clone(),
            speaker: speaker.clone(),
            save: save.clone(),
            ..EngineConfig::default()
        };
        match Engine::start(config) {
            Ok((engine, voice, receiver)) => {
                let mut sound = Sound {
                    engine,
                    voice,
                    events: receiver,
                    reported_drops: false,
                    reported_end: false,
                    microphone,
                    speaker,
                    names: (None, None),
                    list: 0,
                };
                sound.names();
                return (Some(sound), joined(troubles));
            }
            Err(error) => {
                troubles.push(of_audio(&error));
                match error.side() {
                    Some(Side::Microphone) if microphone != Microphone::None => microphone = Microphone::None,
                    Some(Side::Speaker) if speaker != SpeakerChoice::None => speaker = SpeakerChoice::None,
                    None if matches!(error, AudioError::Save { .. }) && save.is_some() => save = None,
                    _ => return (None, joined(troubles)),
                }
            }
        }
    }
}
