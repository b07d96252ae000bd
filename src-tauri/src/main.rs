//! Hands over to the window or to a subcommand.
fn main() {}
