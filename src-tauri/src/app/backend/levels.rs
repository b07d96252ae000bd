//! Which levels the window is given. Pure.

use conversation::Levels;

/// A rise that is shown at once, of the whole height: the begin of a syllable is seen when it is heard.
const JUMP: f32 = 0.125;

/// Holds back what would be drawn for nothing: the same again, and every second level unless one of them jumps up. Ten levels
/// a second look no different from twenty, and each one costs the page drawing and the webview some memory that it keeps.
#[derive(Debug, Default)]
pub(super) struct ShownLevels {
    /// What the window has; nothing before the first and for a new subscriber.
    shown: Option<Levels>,
    /// The newest one was held back.
    held_back: bool,
}

impl ShownLevels {
    /// Whether the window is to be given these, the next ones.
    pub(super) fn admit(&mut self, levels: Levels) -> bool {
        let is_due = match self.shown {
            None => true,
            Some(shown) if shown == levels => false,
            Some(shown) => jumps(&shown, &levels) || self.held_back,
        };
        self.held_back = !is_due && self.shown != Some(levels);
        if is_due {
            self.shown = Some(levels);
        }
        is_due
    }
}

fn jumps(shown: &Levels, levels: &Levels) -> bool {
    let pairs = [
        (shown.you, levels.you),
        (shown.you_peak, levels.you_peak),
        (shown.gemini, levels.gemini),
        (shown.gemini_peak, levels.gemini_peak),
    ];
    pairs.iter().any(|(shown, level)| level - shown >= JUMP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(you: f32) -> Levels {
        Levels {
            you,
            you_peak: you,
            gemini: 0.0,
            gemini_peak: 0.0,
            you_db: you * 60.0 - 60.0,
            gemini_db: -60.0,
        }
    }

    fn admitted(steps: &[f32]) -> Vec<f32> {
        let mut shown = ShownLevels::default();
        steps.iter().copied().filter(|step| shown.admit(of(*step))).collect()
    }

    #[test]
    fn a_jump_is_shown_at_once_and_the_rest_at_every_second_step() {
        assert_eq!(admitted(&[0.0, 0.4, 0.8, 0.7, 0.6, 0.5, 0.4, 0.9]), [0.0, 0.4, 0.8, 0.6, 0.4, 0.9]);
        assert_eq!(admitted(&[0.5, 0.55, 0.6, 0.65, 0.7]), [0.5, 0.6, 0.7]);
    }

    #[test]
    fn what_looks_the_same_is_shown_once() {
        assert_eq!(admitted(&[0.0, 0.0, 0.5, 0.5, 0.5]), [0.0, 0.5]);
    }

    #[test]
    fn it_comes_to_rest_where_the_level_does() {
        // The last step of the fall is held back; the same again brings it.
        assert_eq!(admitted(&[0.5, 0.2, 0.1, 0.0, 0.0, 0.0]), [0.5, 0.1, 0.0]);
    }
}
