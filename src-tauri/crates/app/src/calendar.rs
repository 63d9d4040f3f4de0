//! The days and months that money is counted by: those of UTC, the same for everybody.
//!
//! It must never ask a clock of its own: the moment comes in, from the program's options.

use attune_cost::Day;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::App;

/// When the day and the month of a moment began, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Began {
    pub(crate) day_ms: i64,
    pub(crate) month_ms: i64,
}

/// When the day and the month of `now_ms` began. Where no calendar reaches they began before
/// everything, so that all that was ever spent counts.
pub(crate) fn began(now_ms: i64) -> Began {
    let date = date(now_ms);
    let ms = |date: Option<Date>| date.and_then(beginning).unwrap_or(i64::MIN);
    Began { day_ms: ms(date), month_ms: ms(date.map(Date::first_of_month)) }
}

/// The day of a moment; none where no calendar reaches.
pub(crate) fn day(now_ms: i64) -> Option<Day> {
    date(now_ms)?.to_string().parse().ok()
}

/// A moment as ISO 8601 writes it, to the second: `2026-11-22T12:00:00Z`. Empty where no calendar
/// reaches.
pub(crate) fn written(at_ms: i64) -> String {
    let moment = Timestamp::from_second(at_ms.div_euclid(1_000));
    moment.map_or_else(|_| String::new(), |moment| moment.to_string())
}

fn date(now_ms: i64) -> Option<Date> {
    let now = Timestamp::from_millisecond(now_ms).ok()?;
    Some(now.to_zoned(TimeZone::UTC).date())
}

fn beginning(date: Date) -> Option<i64> {
    let midnight = date.to_zoned(TimeZone::UTC).ok()?;
    Some(midnight.timestamp().as_millisecond())
}

impl App {
    /// The day it is; none where the clock stands before or after all days.
    pub(crate) fn today(&self) -> Option<Day> {
        day(self.now_ms())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 60 * 60 * 1_000;
    /// 22 November 2026, midnight.
    const MIDNIGHT: i64 = 1_795_305_600_000;

    #[test]
    fn a_day_and_a_month_begin_at_midnight() {
        let first = MIDNIGHT - 21 * 24 * HOUR;
        for now in [MIDNIGHT, MIDNIGHT + 12 * HOUR, MIDNIGHT + 24 * HOUR - 1] {
            assert_eq!(began(now), Began { day_ms: MIDNIGHT, month_ms: first }, "{now}");
            assert_eq!(day(now).unwrap().to_string(), "2026-11-22");
        }
        let before = began(MIDNIGHT - 1);
        assert_eq!(before, Began { day_ms: MIDNIGHT - 24 * HOUR, month_ms: first });
        assert_eq!(began(first).day_ms, first);
    }

    #[test]
    fn where_no_calendar_reaches_everything_counts() {
        assert_eq!(began(i64::MAX), Began { day_ms: i64::MIN, month_ms: i64::MIN });
        assert_eq!((day(i64::MAX), written(i64::MAX)), (None, String::new()));
    }

    #[test]
    fn a_moment_is_written_to_the_second() {
        assert_eq!(written(MIDNIGHT + 12 * HOUR + 345), "2026-11-22T12:00:00Z");
    }
}
