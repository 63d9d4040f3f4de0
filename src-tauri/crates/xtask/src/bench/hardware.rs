//! On what and when something was measured; a figure without both says nothing.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::process;

const UNKNOWN: &str = "unknown";

/// "Measured 2026-11-22 on CPU, 2 cores, 24 GiB, linux."
pub(super) fn line() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    format!(
        "Measured {} on {}, {cores} cores, {} of memory, {}.",
        date(seconds),
        processor(),
        memory(),
        std::env::consts::OS,
    )
}

fn processor() -> String {
    if cfg!(target_os = "macos") {
        return asked("sysctl", &["-n", "machdep.cpu.brand_string"]);
    }
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    field(&text, "model name").map_or_else(|| UNKNOWN.to_owned(), str::to_owned)
}

fn memory() -> String {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kibibytes =
        field(&text, "MemTotal").and_then(|value| value.split(' ').next()?.parse().ok());
    let bytes = if cfg!(target_os = "macos") {
        asked("sysctl", &["-n", "hw.memsize"]).parse().ok()
    } else {
        kibibytes.map(|kibibytes: u64| kibibytes * 1024)
    };
    bytes.map_or_else(|| UNKNOWN.to_owned(), |bytes: u64| format!("{} GiB", gibibytes(bytes)))
}

/// Rounded to the next whole one: the system keeps a part of what was bought.
fn gibibytes(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 30)
}

/// The value of the first line `NAME : VALUE`.
pub(super) fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}

fn asked(program: &str, arguments: &[&str]) -> String {
    let said = process::output(Command::new(program).args(arguments));
    said.map_or_else(|_| UNKNOWN.to_owned(), |said| said.trim().to_owned())
}

/// The day in UTC, `YYYY-MM-DD`, of seconds since 1970 (H. Hinnant, "chrono-compatible low-level
/// date algorithms", `civil_from_days`, for days from 1970 on).
pub(super) fn date(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
