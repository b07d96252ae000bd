//! From the replies of the service to the speaker's ring.

pub(crate) mod ducking;
pub(crate) mod player;
pub(crate) mod queue;
