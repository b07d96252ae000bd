//! What each endpoint really sends, tried on this computer.

mod endpoints;
