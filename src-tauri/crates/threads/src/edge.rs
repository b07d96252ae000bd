//! Catches panics in a device callback. It runs on a system thread, where a panic would abort the program or be lost.

use crate::{Owner, catch, test_point};

/// Runs the body of a callback. After a panic it runs nothing.
#[derive(Debug)]
pub struct Edge {
    name: &'static str,
    owner: Owner,
    is_dead: bool,
}

impl Edge {
    /// Creates the edge of a callback that belongs to the current owner.
    pub fn new(name: &'static str) -> Self {
        crate::inject::prepare();
        Self { name, owner: Owner::current(), is_dead: false }
    }

    /// Runs `body`. Returns false when it panicked, now or before; the panic is reported once.
    pub fn run(&mut self, body: impl FnOnce()) -> bool {
        if self.is_dead {
            return false;
        }
        let caught = catch(self.name, || {
            test_point(self.name);
            body();
        });
        if let Err(death) = caught {
            self.is_dead = true;
            self.owner.tell(death);
        }
        !self.is_dead
    }
}
