//! Questions: typed ones, those without an answer, and a conversation that left its track. On the session task.

use live_proto::CloseCause;

use super::Task;
use crate::event::Event;
use crate::exchange::NoAnswer;
use crate::off_track::OffTrack;
use crate::trouble::{Trouble, TroubleKind, of_no_answer, words_of};

impl Task {
    /// A typed message.
    pub(super) async fn on_text(&mut self, text: String) {
        let now = self.clock.now();
        let events = self.transcript.typed(&text, now);
        self.emit_all(events).await;
        self.watch.typed(&text);
        self.tell(text).await;
    }

    /// A text for the model that is no turn of the transcript.
    pub(super) async fn tell(&mut self, text: String) {
        // A reply that it does not cut goes on, and the wait for the answer begins after it.
        if !self.exchange.typed(self.rules.typed_turn_cuts) {
            self.reply.asked(self.clock.now().steady);
        }
        self.send_in_turn(live_proto::Command::Text(text)).await;
    }

    /// Resumes the session and asks again what has no answer.
    pub(super) async fn ask_again(&mut self) {
        self.answer_is_not_missed().await;
        self.send(live_proto::Command::AskAgain).await;
    }

    /// Continues in a new session of the service, which is told the transcript.
    pub(super) async fn start_fresh(&mut self) {
        self.starts_fresh = self.is_set_up;
        self.watch.started_fresh();
        self.emit(Event::TroubleGone(TroubleKind::OffTrack(OffTrack::SameAnswer))).await;
        self.send(live_proto::Command::StartFresh).await;
    }

    /// The session misses an answer. While a reply still plays nobody else does.
    pub(super) fn on_no_answer_yet(&mut self) {
        self.misses_answer = true;
    }

    /// Tells that there is no answer yet, once nothing plays.
    pub(super) async fn tell_no_answer_yet(&mut self) {
        if self.misses_answer && !self.phase_inputs.playing {
            self.misses_answer = false;
            self.reported_no_answer = true;
            self.emit(Event::Trouble(of_no_answer(NoAnswer::NotYet, None))).await;
        }
    }

    /// An answer came, or none is expected: a notice about that is over.
    pub(super) async fn answer_is_not_missed(&mut self) {
        self.misses_answer = false;
        if std::mem::take(&mut self.reported_no_answer) {
            self.emit(Event::TroubleGone(TroubleKind::NoAnswer(NoAnswer::Silent))).await;
        }
    }

    /// Looks at an exchange that is over, whether the conversation is still on its track.
    pub(super) async fn look_at_exchange(&mut self) {
        if self.watch.recovered() {
            self.emit(Event::TroubleGone(TroubleKind::OffTrack(OffTrack::SameClose))).await;
        }
        if let Some(why) = self.watch.turn_complete() {
            self.emit(Event::Trouble(Trouble::new(TroubleKind::OffTrack(why), None))).await;
        }
    }

    /// Looks at the end of a connection, whether the service ends every one in the same way.
    pub(super) async fn look_at_close(&mut self, cause: &CloseCause) {
        if self.watch.closed(cause) {
            let why = TroubleKind::OffTrack(OffTrack::SameClose);
            self.emit(Event::Trouble(Trouble::new(why, words_of(cause)))).await;
        }
    }
}
