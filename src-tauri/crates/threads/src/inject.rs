//! Panics on demand, for the test that every thread's death is noticed. Only in builds with debug assertions.

/// Panics here when the environment's `VIVAVOCE_PANIC_IN` is `name`, or `name:N` and this is the Nth time after the first.
/// Does nothing in a release build.
#[inline]
pub fn test_point(name: &str) {
    #[cfg(debug_assertions)]
    armed::reach(name);
    #[cfg(not(debug_assertions))]
    let _ = name;
}

/// Reads the environment in advance, so that a device callback need not.
pub(crate) fn prepare() {
    #[cfg(debug_assertions)]
    armed::order();
}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    const VARIABLE: &str = "VIVAVOCE_PANIC_IN";

    pub(super) struct Order {
        name: String,
        left: AtomicU64,
        /// Whether it fired: a replacement of the thread must live.
        is_done: AtomicBool,
    }

    pub(super) fn order() -> Option<&'static Order> {
        static ORDER: OnceLock<Option<Order>> = OnceLock::new();
        let read = || {
            let value = std::env::var(VARIABLE).ok()?;
            let (name, left) = value.split_once(':').unwrap_or((&value, "0"));
            Some(Order {
                name: name.to_owned(),
                left: AtomicU64::new(left.parse().ok()?),
                is_done: AtomicBool::new(false),
            })
        };
        ORDER.get_or_init(read).as_ref()
    }

    pub(super) fn reach(name: &str) {
        let Some(order) = order().filter(|order| order.name == name) else { return };
        let one_less = |left: u64| left.checked_sub(1);
        if order.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
            return;
        }
        let was_done = order.is_done.swap(true, Ordering::Relaxed);
        if !was_done {
            // The test measures the time from here.
            tracing::debug!(name, "panics on demand");
        }
        assert!(was_done, "{VARIABLE} asked for it in {name}");
    }
}
