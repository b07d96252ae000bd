//! Connections, tried on this computer.

mod proxies;
