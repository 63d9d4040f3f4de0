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

/// Has every block of a training given back to the computer when it is freed. By itself glibc raises
/// the size from which it does so with each large block that it frees, up to 32 MiB (mallopt(3)), and
/// then keeps what lies between blocks: a second training in one process took a fifth more than
/// promised. Only large blocks that are reused from step to step matter here, so it costs no time.
pub(crate) fn give_back_freed_blocks() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const FROM_BYTES: i32 = 1 << 20;
        // SAFETY: glibc allows a call at any time, and from any thread; only later blocks are affected.
        #[expect(unsafe_code, reason = "a call to the C library")]
        let is_set = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, FROM_BYTES) } == 1;
        if !is_set {
            tracing::debug!("freed memory may stay with this process");
        }
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
    use std::sync::Mutex;

    #[cfg(target_env = "gnu")]
    use super::give_back_freed_blocks;
    use super::{free_memory, peak_memory, resident_memory, restart_peak};

    /// Both of the tests that hold much look at what the whole process holds.
    static HOLDS_MUCH: Mutex<()> = Mutex::new(());

    #[test]
    fn a_new_peak_begins_at_what_is_held() {
        let _alone = HOLDS_MUCH.lock();
        let large = std::hint::black_box(vec![1_u8; 256 << 20]);
        let with = peak_memory().unwrap();
        drop(large);
        restart_peak();
        // Other tests of this process hold memory too, but none as much.
        assert!(peak_memory().unwrap() < with);
        assert!(resident_memory().unwrap() < with);
    }

    #[test]
    #[cfg(target_env = "gnu")]
    fn what_is_freed_between_blocks_that_stay_is_given_back() {
        const BLOCK: usize = 4 << 20;
        let _alone = HOLDS_MUCH.lock();
        // A freed block as large as this has glibc keep all smaller ones.
        drop(std::hint::black_box(vec![1_u8; 24 << 20]));
        give_back_freed_blocks();
        let (mut large, mut small) = (Vec::new(), Vec::new());
        for _ in 0..48 {
            large.push(std::hint::black_box(vec![1_u8; BLOCK]));
            small.push(std::hint::black_box(vec![1_u8; 4 << 10]));
        }
        let with = resident_memory().unwrap();
        drop(large);
        // Other tests of this process come and go with memory of their own.
        let given_back = with.saturating_sub(resident_memory().unwrap());
        assert!(given_back > 32 * BLOCK as u64, "{given_back}");
        drop(small);
    }

    #[test]
    fn linux_tells_both() {
        assert!(peak_memory().is_some_and(|bytes| bytes > 1 << 20));
        assert!(free_memory().is_some_and(|bytes| bytes > 1 << 20));
    }
}
