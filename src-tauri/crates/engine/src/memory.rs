//! Memory of this process and of this computer, where the system tells. Nothing else asks the
//! system.

use std::fs;

/// The most memory this process ever held, in bytes.
pub(crate) fn peak_memory() -> Option<u64> {
    kibibytes("/proc/self/status", "VmHWM:")
}

/// The memory that this process holds now, in bytes.
pub(crate) fn resident_memory() -> Option<u64> {
    kibibytes("/proc/self/status", "VmRSS:")
}

/// Memory that could be had now without pushing other programs out, in bytes.
pub(crate) fn free_memory() -> Option<u64> {
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
    use super::{free_memory, peak_memory};

    #[test]
    fn linux_tells_both() {
        assert!(peak_memory().is_some_and(|bytes| bytes > 1 << 20));
        assert!(free_memory().is_some_and(|bytes| bytes > 1 << 20));
    }
}
