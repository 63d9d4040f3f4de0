//! Memory of this process and of this computer, where the system tells. Nothing else asks the
//! system.

use std::fs;

/// The most memory this process held since [`restart_peak`], in bytes.
pub(crate) fn peak_memory() -> Option<u64> {
    kibibytes("/proc/self/status", "VmHWM:")
}

/// Lets [`peak_memory`] begin anew, so that it tells the peak of one training; where the system
/// cannot, it stays the peak of the whole process.
pub(crate) fn restart_peak() {
    if cfg!(target_os = "linux")
        && let Err(error) = fs::write("/proc/self/clear_refs", "5")
    {
        tracing::debug!(%error, "the peak of the memory could not be started anew");
    }
}

/// The memory that this process holds now, in bytes.
pub(crate) fn resident_memory() -> Option<u64> {
    kibibytes("/proc/self/status", "VmRSS:")
}

/// Memory that could be had now without pushing other programs out, in bytes.
#[must_use]
pub fn free_memory() -> Option<u64> {
    kibibytes("/proc/meminfo", "MemAvailable:")
}

/// The value of a line like `VmHWM:     1234 kB`, in bytes.
fn kibibytes(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{free_memory, peak_memory, resident_memory, restart_peak};

    #[test]
    fn a_new_peak_begins_at_what_is_held() {
        let large = std::hint::black_box(vec![1_u8; 256 << 20]);
        let with = peak_memory().unwrap();
        drop(large);
        restart_peak();
        // Other tests of this process hold memory too, but none as much.
        assert!(peak_memory().unwrap() < with);
        assert!(resident_memory().unwrap() < with);
    }

    #[test]
    fn linux_tells_both() {
        assert!(peak_memory().is_some_and(|bytes| bytes > 1 << 20));
        assert!(free_memory().is_some_and(|bytes| bytes > 1 << 20));
    }
}
