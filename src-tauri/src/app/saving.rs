//! What a saved reply is called. Pure, but for the system's time zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A name for a reply that ended at `at`, in milliseconds since 1970: two replies of a person have two names.
pub(crate) fn proposed_name(at: u64) -> String {
    name_in(at, TimeZone::system())
}

fn name_in(at: u64, zone: TimeZone) -> String {
    let at = i64::try_from(at).ok().and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or_default();
    format!("vivavoce-reply-{}.wav", at.to_zoned(zone).strftime("%Y-%m-%d-%H%M%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_local_time_and_no_sign_that_a_file_system_minds() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(name_in(1_763_911_447_500, zone), "vivavoce-reply-2025-11-23-172407.wav");
        assert_eq!(name_in(u64::MAX, TimeZone::UTC), "vivavoce-reply-1970-01-01-000000.wav");
    }
}
