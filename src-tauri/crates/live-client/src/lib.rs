//! The socket driver for live-proto: endpoints, authentication, TLS.
