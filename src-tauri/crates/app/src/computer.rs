//! What this computer has: cores, free memory, free room. What cannot be told is absent.

use std::path::Path;

/// Cores of this computer that can train: real ones, as threads of one core only disturb each other.
#[must_use]
pub fn cores() -> usize {
    let usable = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    physical().map_or(usable, |physical| physical.min(usable)).max(1)
}

/// Cores that train when nobody said how many: one stays free for everything else.
#[must_use]
pub fn automatic_cores() -> usize {
    cores().saturating_sub(1).max(1)
}

/// Real cores, where the system names them.
fn physical() -> Option<usize> {
    let processors = std::fs::read_dir("/sys/devices/system/cpu").ok()?;
    let mut seen = std::collections::BTreeSet::new();
    for processor in processors.flatten() {
        let place = processor.path().join("topology");
        let number = |name: &str| std::fs::read_to_string(place.join(name)).ok();
        if let (Some(package), Some(core)) = (number("physical_package_id"), number("core_id")) {
            seen.insert((package, core));
        }
    }
    (!seen.is_empty()).then_some(seen.len())
}

/// Memory that programs can take now, in bytes.
pub(crate) fn free_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1_024)
}

/// Room on the disk of a folder that the person may fill, in bytes.
pub(crate) fn free_disk(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let found = rustix::fs::statvfs(folder).ok()?;
        found.f_bavail.checked_mul(found.f_frsize)
    }
    #[cfg(not(unix))]
    {
        // Nothing is said where it cannot be told; a full disk is noticed when it is written to.
        let _ = folder;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_one_core_trains_and_one_stays_free_where_there_are_more() {
        assert!(automatic_cores() >= 1);
        assert!(cores() == 1 || automatic_cores() < cores());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_what_is_free() {
        assert!(free_memory().is_some_and(|bytes| bytes > 1 << 20));
        assert!(free_disk(Path::new("/")).is_some());
    }
}
