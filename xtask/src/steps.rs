//! The steps of a command: each is announced, timed, and named when it fails. A table at the end lists them.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use crate::process::Failure;

/// The steps so far.
pub(crate) struct Steps<'a> {
    only: Option<&'a str>,
    met: bool,
    done: Vec<(&'static str, Duration)>,
    names: Vec<&'static str>,
}

impl<'a> Steps<'a> {
    /// With `only`, [`Steps::one`] skips every other step.
    pub(crate) fn new(only: Option<&'a str>) -> Self {
        Self { only, met: false, done: Vec::new(), names: Vec::new() }
    }

    /// Runs a step that `--only` may skip.
    pub(crate) fn one(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if self.only.is_some_and(|only| only != name) {
            self.names.push(name);
            return Ok(());
        }
        self.always(name, work)
    }

    /// Runs a step that every other step needs.
    pub(crate) fn always(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.names.push(name);
        self.met |= self.only == Some(name);
        println!("==> {name}");
        // The next lines may come from another process with its own buffer.
        io::stdout().flush()?;
        let start = Instant::now();
        work().map_err(|failure| Failure(format!("step `{name}` failed: {failure}")))?;
        self.done.push((name, start.elapsed()));
        Ok(())
    }

    /// Prints the table; fails when `--only` named no step.
    pub(crate) fn report(&self) -> Result<(), Failure> {
        if let Some(only) = self.only.filter(|_| !self.met) {
            return Err(Failure(format!("no step `{only}`; there are: {}", self.names.join(", "))));
        }
        println!("\nAll steps passed:");
        for (name, time) in &self.done {
            println!("  {name:<12} {:>7.1} s", time.as_secs_f64());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_and_what_it_builds_on() {
        let mut done = Vec::new();
        let mut steps = Steps::new(Some("b"));
        steps
            .always("setup", || {
                done.push("setup");
                Ok(())
            })
            .unwrap();
        steps
            .one("a", || {
                done.push("a");
                Ok(())
            })
            .unwrap();
        steps
            .one("b", || {
                done.push("b");
                Ok(())
            })
            .unwrap();
        steps.report().unwrap();
        assert_eq!(done, ["setup", "b"]);
    }

    #[test]
    fn a_failure_names_its_step_and_an_unknown_step_is_refused() {
        let mut steps = Steps::new(None);
        let failed = steps.one("lint", || Err(Failure::from("it is ugly")));
        assert_eq!(failed.unwrap_err().0, "step `lint` failed: it is ugly");
        let mut steps = Steps::new(Some("lent"));
        steps.one("lint", || Ok(())).unwrap();
        assert!(steps.report().unwrap_err().0.contains("there are: lint"));
    }
}
