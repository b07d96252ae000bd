//! Doubles for tests: a scripted Live peer, a manual clock.
