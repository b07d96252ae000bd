//! What the partner knows by itself: sums, units, the time, the calendar, timers, pictures in numbers, and small things. Pure.

mod arithmetic;
mod calendar;
mod clock;
mod picture;
mod small;
mod timer;
mod units;

pub(super) use arithmetic::sum_in;
pub(super) use calendar::date_answer;
pub(super) use clock::{asks_time, time_answer, time_there};
pub(crate) use picture::{PictureFacts, sentence_of_picture};
pub(super) use small::small_answer;
pub(super) use timer::{Timers, duration_in};
pub(super) use units::conversion_in;
