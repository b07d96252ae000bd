//! Opens, closes and looks for devices on a thread of its own, since each of these may take seconds and the sound of the
//! other device must go on. The audio thread asks and goes on; both queues are bounded, and neither side waits.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::Thread;
use std::time::{Duration, Instant};

use rtrb::Consumer;

use crate::device::callback::{Health, Playout};
use crate::device::list::{self, Device, Devices, Wish};
use crate::device::stream::{self, Open, SpeakerEnds};
use crate::error::{AudioError, Side};

/// How often it is looked which devices would be opened now: a changed default comes with no message.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// The same where looking is costly.
const LOOK_SELDOM: Duration = Duration::from_secs(2);
/// How often it is looked which devices there are: a list is for a person's eyes, and costs more than a look.
const LIST_EVERY: Duration = Duration::from_secs(1);
/// Asks that wait; there are no more than an open and a close for each side.
const ASKS: usize = 8;
/// Answers that wait; looks are left out when it is full.
const ANSWERS: usize = 8;

/// What the audio thread wants.
pub(crate) enum Ask {
    /// Open what this side wishes for.
    Open(Side),
    /// Let go of a stream.
    Close(Open),
    /// From now on this side wishes for something else; `None` for no device at all.
    Wish(Side, Option<Wish>),
}

/// A microphone that runs.
pub(crate) struct NewMicrophone {
    pub(crate) open: Open,
    pub(crate) ring: Consumer<f32>,
}

/// A speaker that runs.
pub(crate) struct NewSpeaker {
    pub(crate) open: Open,
    pub(crate) ends: SpeakerEnds,
    pub(crate) playout: Arc<Playout>,
}

/// What the audio thread hears.
pub(crate) enum Answer {
    /// A microphone was opened, or not.
    Microphone(Result<NewMicrophone, AudioError>),
    /// A speaker was opened, or not.
    Speaker(Result<NewSpeaker, AudioError>),
    /// The id of what this side would get if it were opened now.
    Seen(Side, Option<String>),
    /// Devices came or went, or another one is the system's choice.
    Listed,
}

/// The audio thread's end.
pub(crate) struct Installer {
    asks: SyncSender<Ask>,
    answers: Receiver<Answer>,
}

impl Installer {
    /// Starts the thread; called by the audio thread. `epoch` is the zero of the engine's clock. It ends by itself once this end is gone.
    pub(crate) fn start(
        microphone: Option<Wish>,
        speaker: Option<Wish>,
        epoch: Instant,
    ) -> Result<Self, AudioError> {
        let (asks, asked) = sync_channel(ASKS);
        let (told, answers) = sync_channel(ANSWERS);
        let site = Site {
            microphone,
            speaker,
            epoch,
            taker: std::thread::current(),
            host: None,
            told,
            list: None,
            next_list: epoch,
        };
        threads::spawn("audio-devices", move || site.run(&asked))
            .map_err(|error| AudioError::Stuck(Some(error)))?;
        Ok(Self { asks, answers })
    }

    /// False when it is too busy, or gone: ask again later.
    pub(crate) fn ask(&self, ask: Ask) -> bool {
        self.asks.try_send(ask).is_ok()
    }

    /// The next answer, when there is one.
    pub(crate) fn answer(&self) -> Option<Answer> {
        self.answers.try_recv().ok()
    }
}

/// The thread's own state.
struct Site {
    microphone: Option<Wish>,
    speaker: Option<Wish>,
    epoch: Instant,
    /// The audio thread.
    taker: Thread,
    /// The way to the sound system, kept while it works.
    host: Option<devices::Host>,
    told: SyncSender<Answer>,
    /// What could be chosen when it was looked last.
    list: Option<Devices>,
    next_list: Instant,
}

impl Site {
    fn run(mut self, asked: &Receiver<Ask>) {
        let mut next_look = Instant::now() + LOOK_EVERY;
        loop {
            threads::test_point("audio-devices");
            let wait = next_look.saturating_duration_since(Instant::now());
            match asked.recv_timeout(wait) {
                Ok(Ask::Open(side)) => {
                    // Whoever asked may be gone: then the device closes again right here.
                    if self.open(side).is_some_and(|answer| self.told.send(answer).is_err()) {
                        return;
                    }
                    // A server that just came back may not yet have all its devices: what was opened now need not be
                    // what is wanted in a moment.
                    next_look = next_look.min(Instant::now() + self.pause());
                }
                Ok(Ask::Close(open)) => drop(open),
                Ok(Ask::Wish(Side::Microphone, wish)) => self.microphone = wish,
                Ok(Ask::Wish(Side::Speaker, wish)) => self.speaker = wish,
                Err(RecvTimeoutError::Timeout) => {
                    self.look(Side::Microphone);
                    self.look(Side::Speaker);
                    self.list(Instant::now());
                    next_look = Instant::now() + self.pause();
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn wish(&self, side: Side) -> Option<Wish> {
        match side {
            Side::Microphone => self.microphone.clone(),
            Side::Speaker => self.speaker.clone(),
        }
    }

    fn open(&mut self, side: Side) -> Option<Answer> {
        let wish = self.wish(side)?;
        // A server that came back is another one.
        self.host = None;
        let health = Arc::new(Health::default());
        let answer = match side {
            Side::Microphone => Answer::Microphone(self.find(side, &wish).and_then(|(device, is_chosen)| {
                let (mut open, ring) = stream::open_microphone(&device, &health, &self.taker)?;
                open.is_chosen = is_chosen;
                Ok(NewMicrophone { open, ring })
            })),
            Side::Speaker => Answer::Speaker(self.find(side, &wish).and_then(|(device, is_chosen)| {
                let playout = Arc::new(Playout::default());
                let (mut open, ends) = stream::open_speaker(&device, &playout, &health, self.epoch)?;
                open.is_chosen = is_chosen;
                Ok(NewSpeaker { open, ends, playout })
            })),
        };
        Some(answer)
    }

    fn look(&mut self, side: Side) {
        let Some(wish) = self.wish(side) else { return };
        let best = self.find(side, &wish).ok().and_then(|(device, _)| device.id());
        if best.is_none() {
            self.host = None;
        }
        // A full queue means that the audio thread stands still; the next look tells the same.
        _ = self.told.try_send(Answer::Seen(side, best));
    }

    /// Notices devices that come and go, of which no stream tells.
    fn list(&mut self, now: Instant) {
        if now < self.next_list {
            return;
        }
        self.next_list = now + LIST_EVERY;
        let Ok(list) = devices::listed(self.host.get_or_insert_with(devices::host)) else {
            self.host = None;
            return;
        };
        let is_news = self.list.as_ref() != Some(&list);
        // Told again at the next look while the audio thread stands still.
        if !is_news || self.told.try_send(Answer::Listed).is_ok() {
            self.list = Some(list);
        }
    }

    /// Looking is cheap with a sound server. ALSA opens every device for it, and stands in for a server that may be back.
    fn pause(&mut self) -> Duration {
        if self.host.as_ref().is_some_and(devices::Host::is_makeshift) {
            self.host = None;
            return LOOK_SELDOM;
        }
        LOOK_EVERY
    }

    fn find(&mut self, side: Side, wish: &Wish) -> Result<(Device, bool), AudioError> {
        let host = self.host.get_or_insert_with(devices::host);
        devices::find_or_stand_in(host, side, wish)
    }
}
