//! Opens the sound engine so that a missing device never prevents a conversation: without a microphone one types, without
//! a speaker one reads. What blocks in here runs off the session task, which has the [`port`].

mod events;
mod port;

use std::path::PathBuf;

use audio::{
    AudioError, Engine, EngineConfig, MicReceiver, Microphone, Side, SpeakerChoice, TroubleReceiver,
};

use crate::trouble::{Trouble, TroubleKind, joined, of_audio};

pub(crate) use events::{cleared, of_sound};
#[cfg(test)]
pub(crate) use port::Opener;
pub(crate) use port::{SoundEvent, SoundPort};

/// A running engine and what comes out of it.
pub(crate) struct Sound {
    /// Plays, mutes, measures.
    pub engine: Engine,
    /// 20 ms chunks of your voice.
    pub voice: MicReceiver,
    /// Devices that went away.
    pub troubles: TroubleReceiver,
    told_of_drops: bool,
    told_of_end: bool,
    microphone: Microphone,
    speaker: SpeakerChoice,
    names: Names,
    /// Which list of devices was told.
    list: u64,
}

/// What microphone and speaker are called; `None` without one.
type Names = (Option<String>, Option<String>);

/// Milliseconds of a chunk of your voice.
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

    /// There is a microphone.
    pub(crate) fn hears(&self) -> bool {
        self.engine.microphone_name().is_some()
    }

    /// What is used now.
    pub(crate) fn names(&mut self) -> Names {
        self.names = (self.engine.current_microphone(), self.engine.current_speaker());
        self.names.clone()
    }

    /// What is used now, when it is not what was told last.
    pub(crate) fn other_names(&mut self) -> Option<Names> {
        let before = self.names.clone();
        let now = self.names();
        (now != before).then_some(now)
    }

    /// The list of devices is another one since the last call.
    pub(crate) fn other_list(&mut self) -> bool {
        let now = self.engine.device_list_version();
        std::mem::replace(&mut self.list, now) != now
    }

    /// A file in the microphone's place is over, and that was not told yet.
    pub(crate) fn ends_now(&mut self) -> bool {
        self.engine.microphone_file_ended() && !std::mem::replace(&mut self.told_of_end, true)
    }

    /// The first loss of your voice to a slow connection. Told once: what a person can do about it does not change.
    pub(crate) fn first_drop(&mut self) -> Option<Trouble> {
        let dropped = self.voice.dropped();
        if dropped == 0 || self.told_of_drops {
            return None;
        }
        self.told_of_drops = true;
        Some(Trouble::new(TroubleKind::SoundDropped, format!("{} ms so far", dropped * CHUNK_MS)))
    }
}

/// What is to be opened.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Where your voice comes from.
    pub(crate) microphone: Microphone,
    /// Where the replies go.
    pub(crate) speaker: SpeakerChoice,
    /// A file for the replies.
    pub(crate) save: Option<PathBuf>,
}

/// What came of it: the devices, absent when the sound system does not answer at all, and what can't be had.
pub(crate) type Got = (Option<Sound>, Vec<Trouble>);

/// Opens both devices and the recording; what can't be had is left out and said. Blocks, for some seconds with a device that
/// does not answer.
pub(crate) fn open_blocking(wanted: Wanted) -> Got {
    let Wanted { mut microphone, mut speaker, mut save } = wanted;
    let mut troubles = Vec::new();
    // Each round takes away what failed, so there are four at most.
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
                    troubles: receiver,
                    told_of_drops: false,
                    told_of_end: false,
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
