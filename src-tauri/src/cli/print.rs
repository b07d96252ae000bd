//! Everything that the program prints, in one place. Data goes to stdout, words to stderr, and both only as [`Printable`], so
//! that no text of others acts on a terminal. Printing never fails the program: a closed pipe ends it quietly, and a full
//! disk under stdout is said on stderr. May block as long as the terminal does.

mod safe;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::process::ExitCode;

use serde::Serialize;
use tracing_subscriber::fmt::MakeWriter;

use crate::contract::{Text, UiError};
use crate::messages;
pub(crate) use safe::{Printable, escaped};

/// Where lines of a transcript go.
pub(crate) trait Sheet {
    /// Prints this at once.
    fn print(&mut self, text: &Printable) -> io::Result<()>;
}

/// The program's stdout.
#[derive(Debug)]
pub(crate) struct Stdout;

impl Sheet for Stdout {
    fn print(&mut self, text: &Printable) -> io::Result<()> {
        write(&mut stdout(), text)
    }
}

fn stdout() -> impl Write + IsTerminal {
    io::stdout().lock()
}

fn stderr() -> impl Write + IsTerminal {
    io::stderr().lock()
}

fn write(out: &mut impl Write, text: &Printable) -> io::Result<()> {
    out.write_all(text.as_str().as_bytes())?;
    out.flush()
}

/// Whether what goes to stdout may have colours.
pub(crate) fn has_colours() -> bool {
    stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Prints a line on stderr. A failure is ignored: there is nowhere to report it.
pub(crate) fn note(words: impl Into<Printable>) {
    _ = write(&mut stderr(), &words.into().then("\n"));
}

/// Tells a person of an error or a notice.
pub(crate) fn say(error: &UiError) {
    let message = Printable::text(&format!("{}.", error.message()));
    let message = if stderr().is_terminal() { message.styled("1") } else { message };
    let mut words = message.then(format!(" {}", error.explanation()));
    if let Some(detail) = &error.detail {
        words = words.then(format!("\n  {detail}"));
    }
    note(words);
}

/// Prints data. Who closed stdout (`| head`) has seen enough; any other failure is said.
pub(crate) fn data(text: impl Into<Printable>) -> ExitCode {
    match Stdout.print(&text.into()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            note(stdout_failed(&error));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Prints the same as JSON.
pub(crate) fn json(value: &impl Serialize) -> ExitCode {
    match serde_json::to_string_pretty(value) {
        Ok(json) => data(escaped(&json).into_owned() + "\n"),
        Err(error) => {
            note(error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Words for a stdout that takes nothing.
pub(crate) fn stdout_failed(error: &io::Error) -> String {
    Text::new("stdout-failed").with("error", error.to_string()).words()
}

/// Prints what clap has to say, help or a mistake on the command line, which may repeat any argument.
pub(crate) fn command_line(said: &clap::Error) -> ExitCode {
    let rendered = said.render();
    let plain = rendered.to_string();
    let shown = Printable::text(&plain);
    let styled = |is_terminal: bool| {
        let wants = is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        if wants && shown.as_str() == plain {
            Printable::trusted(rendered.ansi().to_string())
        } else {
            shown.clone()
        }
    };
    if said.use_stderr() {
        let words = styled(stderr().is_terminal());
        _ = write(&mut stderr(), &words);
        return ExitCode::from(u8::try_from(said.exit_code()).unwrap_or(2));
    }
    let words = styled(stdout().is_terminal());
    data(words)
}

/// From now on the message of a panic is printed without terminal control codes.
pub(crate) fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| note(of_panic(panic))));
}

fn of_panic(panic: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
    let mut words = format!(
        "{}\n  thread {:?}{place}: {}",
        messages::text("panic"),
        thread.name().unwrap_or("without a name"),
        panic.payload_as_str().unwrap_or("no words")
    );
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        words = format!("{words}\n{trace}");
    }
    words
}

/// Takes the log to stderr. A log that can't be written is no error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The subscriber gives a whole line at once.
        _ = self::write(&mut stderr(), &Printable::text(&String::from_utf8_lossy(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}

#[cfg(test)]
impl Sheet for Vec<u8> {
    fn print(&mut self, text: &Printable) -> io::Result<()> {
        self.write_all(text.as_str().as_bytes())
    }
}

#[cfg(test)]
impl Sheet for &mut Vec<u8> {
    fn print(&mut self, text: &Printable) -> io::Result<()> {
        self.write_all(text.as_str().as_bytes())
    }
}
