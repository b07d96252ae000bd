//! The message of a panic, and the hook that keeps it from the terminal, because the thread's owner reports it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{Location, PanicHookInfo};

/// The longest message of a death, in characters.
const LONGEST: usize = 300;

thread_local! {
    /// Nesting depth of catches on this thread.
    static GUARDED: Cell<u32> = const { Cell::new(0) };
    /// The place of this thread's last panic.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Installs a panic hook: a panic that this crate catches and reports prints nothing, any other goes to the previous
/// hook. With `RUST_BACKTRACE` every panic is printed.
pub fn install_hook() {
    let before = std::panic::take_hook();
    let prints = std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0");
    std::panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        let is_guarded = GUARDED.try_with(|depth| depth.get() > 0).unwrap_or(false);
        if is_guarded {
            _ = PLACE.try_with(|place| *place.borrow_mut() = info.location().map(short));
        }
        if prints || !is_guarded {
            before(info);
        }
    }));
}

/// Returns a place in the code without the folders of the build machine.
fn short(location: &Location<'_>) -> String {
    let parts: Vec<&str> = location.file().split(['/', '\\']).collect();
    let from =
        parts.iter().rposition(|part| *part == "src").map_or(parts.len() - 1, |src| src.saturating_sub(1));
    format!("{}:{}", parts[from..].join("/"), location.line())
}

/// Returns a guard: while it exists, this crate catches panics of this thread.
pub(crate) fn guarded() -> Guarded {
    _ = GUARDED.try_with(|depth| depth.set(depth.get() + 1));
    Guarded
}

pub(crate) struct Guarded;

impl Drop for Guarded {
    fn drop(&mut self) {
        _ = GUARDED.try_with(|depth| depth.set(depth.get().saturating_sub(1)));
    }
}

/// Returns the message of a panic and, with the hook, its place.
pub(crate) fn words(payload: &(dyn Any + Send)) -> String {
    let said = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without words");
    let place = PLACE.try_with(RefCell::take).ok().flatten();
    let place = place.map(|place| format!(" (at {place})")).unwrap_or_default();
    let safe = said.chars().map(|c| if is_unsafe(c) { ' ' } else { c });
    safe.take(LONGEST - place.len().min(LONGEST)).chain(place.chars()).collect()
}

/// Returns whether a character moves a terminal's cursor or changes the text direction.
fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
