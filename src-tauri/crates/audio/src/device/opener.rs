//! The device opener: opens, closes and looks for devices on its own thread, since each of these may take seconds while
//! the other device goes on. The audio thread sends requests; both queues are bounded, and neither side waits.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::Thread;
use std::time::{Duration, Instant};

use rtrb::Consumer;

use crate::device::callback::{PlayoutState, StreamStats};
use crate::device::list::{self, Device, DevicePreference, Devices};
use crate::device::stream::{self, OpenStream, SpeakerRings};
use crate::error::{AudioError, Side};

/// How often to check which devices would be opened now. A changed default is not reported otherwise.
const POLL_INTERVAL: Duration = Duration::from_millis(300);
/// The same where checking is expensive.
const SLOW_POLL_INTERVAL: Duration = Duration::from_secs(2);
/// How often to list the devices. A list is shown to a person, and costs more than a check.
const LIST_INTERVAL: Duration = Duration::from_secs(1);
/// Requests that wait; there is at most one to open and one to close for each side.
const REQUESTS: usize = 8;
/// Replies that wait; when the queue is full, [`OpenerReply::BestDevice`] is dropped.
const REPLIES: usize = 8;

/// A request of the audio thread.
pub(crate) enum OpenerRequest {
    /// Open this side's preferred device.
    Open(Side),
    /// Close a stream.
    Close(OpenStream),
    /// Change the preference of a side; `None` for no device at all.
    Prefer(Side, Option<DevicePreference>),
}

/// A microphone that runs.
pub(crate) struct NewMicrophone {
    pub(crate) open: OpenStream,
    pub(crate) ring: Consumer<f32>,
}

/// A speaker that runs.
pub(crate) struct NewSpeaker {
    pub(crate) open: OpenStream,
    pub(crate) rings: SpeakerRings,
    pub(crate) playout: Arc<PlayoutState>,
}

/// A reply to the audio thread.
pub(crate) enum OpenerReply {
    /// A microphone was opened, or not.
    Microphone(Result<NewMicrophone, AudioError>),
    /// A speaker was opened, or not.
    Speaker(Result<NewSpeaker, AudioError>),
    /// The id of the device that this side would get if it were opened now.
    BestDevice(Side, Option<String>),
    /// A device came or went, or the system's default changed.
    ListChanged,
}

/// The audio thread's end of it.
pub(crate) struct DeviceOpener {
    requests: SyncSender<OpenerRequest>,
    replies: Receiver<OpenerReply>,
}

impl DeviceOpener {
    /// Starts the thread; called on the audio thread. `epoch` is the zero of the engine's clock. The thread ends once
    /// this end is dropped.
    ///
    /// # Errors
    /// [`AudioError::Stuck`] if the thread can't be started.
    pub(crate) fn start(
        microphone: Option<DevicePreference>,
        speaker: Option<DevicePreference>,
        epoch: Instant,
    ) -> Result<Self, AudioError> {
        let (requests, received) = sync_channel(REQUESTS);
        let (reply_sender, replies) = sync_channel(REPLIES);
        let opener = OpenerThread {
            microphone,
            speaker,
            epoch,
            audio_thread: std::thread::current(),
            host: None,
            replies: reply_sender,
            list: None,
            next_list: epoch,
        };
        threads::spawn("audio-devices", move || opener.run(&received))
            .map_err(|error| AudioError::Stuck(Some(error)))?;
        Ok(Self { requests, replies })
    }

    /// Sends a request. Returns false if the queue is full or the thread is gone; try again later.
    pub(crate) fn request(&self, request: OpenerRequest) -> bool {
        self.requests.try_send(request).is_ok()
    }

    /// Returns the next reply if one waits.
    pub(crate) fn reply(&self) -> Option<OpenerReply> {
        self.replies.try_recv().ok()
    }
}

/// The thread's state.
struct OpenerThread {
    microphone: Option<DevicePreference>,
    speaker: Option<DevicePreference>,
    epoch: Instant,
    /// Woken by microphones that can.
    audio_thread: Thread,
    /// The connection to the sound system, kept while it works.
    host: Option<list::Host>,
    replies: SyncSender<OpenerReply>,
    /// The last list.
    list: Option<Devices>,
    next_list: Instant,
}

impl OpenerThread {
    fn run(mut self, received: &Receiver<OpenerRequest>) {
        let mut next_poll = Instant::now() + POLL_INTERVAL;
        loop {
            threads::test_point("audio-devices");
            let wait = next_poll.saturating_duration_since(Instant::now());
            match received.recv_timeout(wait) {
                Ok(OpenerRequest::Open(side)) => {
                    // If the audio thread is gone, the device closes again here.
                    if self.open(side).is_some_and(|reply| self.replies.send(reply).is_err()) {
                        return;
                    }
                    // A server that just came back may not have all its devices yet, so the preferred device may appear
                    // in a moment.
                    next_poll = next_poll.min(Instant::now() + self.poll_interval());
                }
                Ok(OpenerRequest::Close(open)) => drop(open),
                Ok(OpenerRequest::Prefer(Side::Microphone, preference)) => self.microphone = preference,
                Ok(OpenerRequest::Prefer(Side::Speaker, preference)) => self.speaker = preference,
                Err(RecvTimeoutError::Timeout) => {
                    self.poll(Side::Microphone);
                    self.poll(Side::Speaker);
                    self.list(Instant::now());
                    next_poll = Instant::now() + self.poll_interval();
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn preference(&self, side: Side) -> Option<DevicePreference> {
        match side {
            Side::Microphone => self.microphone.clone(),
            Side::Speaker => self.speaker.clone(),
        }
    }

    fn open(&mut self, side: Side) -> Option<OpenerReply> {
        let preference = self.preference(side)?;
        // A server that came back needs a new connection.
        self.host = None;
        let stats = Arc::new(StreamStats::default());
        let reply = match side {
            Side::Microphone => {
                OpenerReply::Microphone(self.find(side, &preference).and_then(|(device, is_chosen)| {
                    let (mut open, ring) = stream::open_microphone(&device, &stats, &self.audio_thread)?;
                    open.is_chosen = is_chosen;
                    Ok(NewMicrophone { open, ring })
                }))
            }
            Side::Speaker => {
                OpenerReply::Speaker(self.find(side, &preference).and_then(|(device, is_chosen)| {
                    let playout = Arc::new(PlayoutState::default());
                    let (mut open, rings) = stream::open_speaker(&device, &playout, &stats, self.epoch)?;
                    open.is_chosen = is_chosen;
                    Ok(NewSpeaker { open, rings, playout })
                }))
            }
        };
        Some(reply)
    }

    fn poll(&mut self, side: Side) {
        let Some(preference) = self.preference(side) else { return };
        let best = self.find(side, &preference).ok().and_then(|(device, _)| device.id());
        if best.is_none() {
            self.host = None;
        }
        // The queue is full only while the audio thread stalls; the next poll reports the same.
        _ = self.replies.try_send(OpenerReply::BestDevice(side, best));
    }

    /// Notices devices that come and go, which no stream reports.
    fn list(&mut self, now: Instant) {
        if now < self.next_list {
            return;
        }
        self.next_list = now + LIST_INTERVAL;
        let Ok(list) = list::list_devices(self.host.get_or_insert_with(list::host)) else {
            self.host = None;
            return;
        };
        let changed = self.list.as_ref() != Some(&list);
        // If the audio thread stalls, it is reported at the next poll.
        if !changed || self.replies.try_send(OpenerReply::ListChanged).is_ok() {
            self.list = Some(list);
        }
    }

    /// Polling a sound server is cheap. ALSA opens every device for it, and stands in for a server that may be back.
    fn poll_interval(&mut self) -> Duration {
        if self.host.as_ref().is_some_and(list::Host::is_fallback) {
            self.host = None;
            return SLOW_POLL_INTERVAL;
        }
        POLL_INTERVAL
    }

    fn find(&mut self, side: Side, preference: &DevicePreference) -> Result<(Device, bool), AudioError> {
        let host = self.host.get_or_insert_with(list::host);
        list::find_or_default(host, side, preference)
    }
}
