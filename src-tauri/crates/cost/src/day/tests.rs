//! Days are those of the calendar, and what is no day is refused.

use proptest::prelude::*;

use super::{Day, days_of_month};

#[track_caller]
fn check(from: &str, to: &str, days: i32) {
    let (from, to) = (from.parse::<Day>().unwrap(), to.parse::<Day>().unwrap());
    assert_eq!(from.days_until(to), days);
    assert_eq!(to.days_until(from), -days);
}

#[test]
fn counts_days_over_months_years_and_leap_days() {
    check("2026-11-22", "2026-11-22", 0);
    check("2026-11-22", "2027-01-14", 53);
    check("2027-02-28", "2027-03-01", 1);
    check("2028-02-28", "2028-03-01", 2);
    check("2100-02-28", "2100-03-01", 1);
    check("2000-02-28", "2000-03-01", 2);
    check("1970-01-01", "2026-11-22", 20_779);
    check("0001-01-01", "9999-12-31", 3_652_058);
}

#[test]
fn what_is_no_day_is_refused() {
    let wrong = [
        "",
        "2026",
        "2026-1-1",
        "2026-13-01",
        "2026-00-10",
        "2026-02-29",
        "2026-04-31",
        "2026-01-00",
        "0000-01-01",
        "2026/01/01",
        "2026-01-01 ",
        "+026-01-01",
        "２026-01-01",
        "2026-01-0é",
    ];
    for text in wrong {
        assert!(text.parse::<Day>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn each_day_is_one_after_the_day_before(year in 1..=9998_u16, month in 1..=12_u8, day in 1..=31_u8) {
        let day = Day { year, month, day: day.min(days_of_month(year, month)) };
        let next = if day.day < days_of_month(year, month) {
            Day { day: day.day + 1, ..day }
        } else if month < 12 {
            Day { year, month: month + 1, day: 1 }
        } else {
            Day { year: year + 1, month: 1, day: 1 }
        };
        prop_assert_eq!(day.days_until(next), 1);
        prop_assert!(day < next);
        prop_assert_eq!(day.to_string().parse(), Ok(day));
    }
}
