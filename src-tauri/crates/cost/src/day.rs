//! A day of the calendar, to say how long something still lasts and how old a price is.
//!
//! It must never ask what day it is: today is an argument.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

/// A day of the Gregorian calendar, written `YYYY-MM-DD`, from the year 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

/// A text that is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a day of the calendar is written as in `2027-01-14`")]
pub struct DayTextError;

impl Day {
    /// Days from this one to `other`; negative where `other` is earlier.
    #[must_use]
    pub fn days_until(self, other: Day) -> i32 {
        other.number() - self.number()
    }

    /// Days since 1 March of the year 0. A year is taken to begin in March, so that the day which a
    /// leap year has more is its last one; 153 days are five months from March or from August on.
    fn number(self) -> i32 {
        let (month, day) = (i32::from(self.month), i32::from(self.day));
        let year = i32::from(self.year) - i32::from(month <= 2);
        let leap_days = year / 4 - year / 100 + year / 400;
        let months = (month + 9) % 12;
        year * 365 + leap_days + (153 * months + 2) / 5 + day - 1
    }
}

fn days_of_month(year: u16, month: u8) -> u8 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl FromStr for Day {
    type Err = DayTextError;

    fn from_str(text: &str) -> Result<Self, DayTextError> {
        let is_shaped = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !is_shaped {
            return Err(DayTextError);
        }
        let number = |text: &str| text.parse::<u8>().map_err(|_| DayTextError);
        let year = text[..4].parse().map_err(|_| DayTextError)?;
        let (month, day) = (number(&text[5..7])?, number(&text[8..])?);
        let exists = year >= 1
            && (1..=12).contains(&month)
            && (1..=days_of_month(year, month)).contains(&day);
        exists.then_some(Day { year, month, day }).ok_or(DayTextError)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests;
