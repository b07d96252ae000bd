//! Plays one recorded connection to one client. Pure; the time is handed in.

use std::collections::VecDeque;

use tokio::time::Instant;

use super::{Answer, Kind, Section};

/// One client's player.
pub(crate) struct Player {
    sections: VecDeque<Section>,
    /// What the client has yet to send before the next answers.
    missing: VecDeque<Kind>,
    /// Answers on their way.
    due: VecDeque<(Instant, Answer)>,
}

impl Player {
    pub(crate) fn new(sections: &[Section]) -> Self {
        let mut player =
            Self { sections: sections.to_vec().into(), missing: VecDeque::new(), due: VecDeque::new() };
        player.await_next();
        player
    }

    fn await_next(&mut self) {
        if let Some(next) = self.sections.front() {
            self.missing = next.asked.iter().copied().collect();
        }
    }

    /// The client sent this.
    pub(crate) fn on_message(&mut self, kind: Kind, now: Instant) {
        match self.missing.front() {
            Some(expected) if *expected == kind => drop(self.missing.pop_front()),
            Some(expected) if kind != Kind::Media => {
                return tracing::warn!(?expected, got = ?kind, "a client does not send what the recording's client sent");
            }
            _ => return,
        }
        if !self.missing.is_empty() {
            return;
        }
        if let Some(section) = self.sections.pop_front() {
            let at = |(after, answer)| Some((now.checked_add(after)?, answer));
            self.due.extend(section.answers.into_iter().filter_map(at));
        }
        self.await_next();
    }

    /// When the next answer is due.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due.front().map(|(at, _)| *at)
    }

    /// The next answer, once it is due.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Answer> {
        let (_, answer) = self.due.pop_front_if(|(at, _)| *at <= now)?;
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn section(asked: &[Kind], after: u64, code: u16) -> Section {
        let close = Answer::Close { code, reason: String::new() };
        Section { asked: asked.to_vec(), answers: vec![(Duration::from_millis(after), close)] }
    }

    fn codes(player: &mut Player, now: Instant) -> Vec<u16> {
        let code = |answer| match answer {
            Answer::Close { code, .. } => code,
            Answer::Frame(_) | Answer::Cut => 0,
        };
        std::iter::from_fn(|| player.poll(now)).map(code).collect()
    }

    #[test]
    fn answers_come_when_all_was_asked_and_in_their_time() {
        let now = Instant::now();
        let sections = [section(&[Kind::Setup], 0, 1), section(&[Kind::Media, Kind::Mark], 50, 2)];
        let mut player = Player::new(&sections);
        player.on_message(Kind::Setup, now);
        assert_eq!(codes(&mut player, now), [1]);
        // Sound that goes on, and what the recording's client did not send, ask for nothing.
        for kind in [Kind::Text, Kind::Media, Kind::Media] {
            player.on_message(kind, now);
        }
        assert_eq!(player.due(), None);
        player.on_message(Kind::Mark, now);
        let later = now + Duration::from_millis(50);
        assert_eq!((codes(&mut player, now), player.due()), (vec![], Some(later)));
        assert_eq!(codes(&mut player, later), [2]);
        player.on_message(Kind::Media, later);
        assert_eq!(player.due(), None, "it is over");
    }
}
