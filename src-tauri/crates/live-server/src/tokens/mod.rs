//! Ephemeral tokens: made over plain HTTP, then opening sessions in place of a key (PROTOCOL.md §1.2).
//!
//! A mutex around a map, held for moments and never across an await. Bounded by number, and by the budget of what all
//! sessions keep.

mod lock;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::budget::Share;
use crate::close::Closing;
use crate::resumption::random_id;

pub(crate) use lock::Lock;

/// How each token's name begins.
pub(crate) const PREFIX: &str = "auth_tokens/";
/// Tokens that are kept at once.
const MOST: usize = 1_000;

/// The tokens of one server.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    inner: Mutex<HashMap<String, Token>>,
}

/// What a token allows.
#[derive(Debug)]
pub(crate) struct Token {
    /// When it ends, and every session that it opened.
    pub(crate) ends: Instant,
    /// Until when it opens sessions.
    pub(crate) opens_until: Instant,
    /// How many sessions it still opens; `None`: any number. Resuming one costs nothing.
    pub(crate) uses: Option<u32>,
    /// What of the setup is not the client's to choose.
    pub(crate) lock: Option<Arc<Lock>>,
    /// What it takes of what all sessions may keep.
    #[expect(dead_code, reason = "held until the token goes")]
    pub(crate) room: Share,
}

impl Tokens {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Token>> {
        // Nothing under this lock can leave it half-changed.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a token and returns its name; `None` when there are too many.
    pub(crate) fn add(&self, token: Token, now: Instant) -> Option<String> {
        let mut tokens = self.lock();
        tokens.retain(|_, token| token.ends > now);
        if tokens.len() >= MOST {
            return None;
        }
        let name = format!("{PREFIX}{}", random_id());
        tokens.insert(name.clone(), token);
        Some(name)
    }

    /// Checks that a token opens sessions now; returns what it locks, and when it ends.
    pub(crate) fn check(&self, name: &str, now: Instant) -> Result<(Option<Arc<Lock>>, Instant), Closing> {
        let tokens = self.lock();
        let token = tokens.get(name).ok_or_else(|| refused("is not known"))?;
        if token.ends <= now {
            return Err(refused("has expired"));
        }
        if token.opens_until <= now {
            return Err(refused("opens no more sessions: its newSessionExpireTime is over"));
        }
        Ok((token.lock.clone(), token.ends))
    }

    /// Counts a new session.
    pub(crate) fn count(&self, name: &str) -> Result<(), Closing> {
        match self.lock().get_mut(name).map(|token| &mut token.uses) {
            Some(None) => Ok(()),
            Some(Some(0)) => Err(refused("was used as often as it may be")),
            Some(Some(left)) => {
                *left -= 1;
                Ok(())
            }
            None => Err(refused("is not known")),
        }
    }
}

/// The service's words for this are not known.
fn refused(why: &str) -> Closing {
    Closing::new(1008, format!("The auth token {why}."))
}

/// A token has ended, and its sessions with it.
pub(crate) fn expired() -> Closing {
    refused("has expired")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::budget::Budgets;

    fn token(now: Instant, seconds: u64, uses: Option<u32>) -> Token {
        let ends = now + Duration::from_secs(seconds);
        let room = Share::of(&Budgets::default().kept);
        Token { ends, opens_until: ends, uses, lock: None, room }
    }

    #[tokio::test]
    async fn a_token_is_used_as_often_as_it_may_be() {
        let (tokens, now) = (Tokens::default(), Instant::now());
        let name = tokens.add(token(now, 60, Some(2)), now).expect("room");
        assert!(name.starts_with(PREFIX) && tokens.check(&name, now).is_ok());
        assert!(tokens.count(&name).is_ok() && tokens.count(&name).is_ok());
        assert_eq!(tokens.count(&name).map_err(|closing| closing.code), Err(1008));
        let name = tokens.add(token(now, 60, None), now).expect("room");
        assert!((0..100).all(|_| tokens.count(&name).is_ok()));
        assert!(
            tokens.check("auth_tokens/other", now).is_err() && tokens.count("auth_tokens/other").is_err()
        );
    }

    #[tokio::test]
    async fn tokens_are_bounded_and_expired_ones_make_room() {
        let (tokens, now) = (Tokens::default(), Instant::now());
        let added = (0..2 * MOST).filter(|_| tokens.add(token(now, 60, None), now).is_some()).count();
        assert_eq!(added, MOST);
        let later = now + Duration::from_mins(1);
        let name = tokens.add(token(later, 60, None), later).expect("the others have expired");
        assert_eq!(tokens.lock().len(), 1);
        assert!(tokens.check(&name, later).is_ok());
        assert!(tokens.check(&name, later + Duration::from_mins(1)).is_err());
    }
}
