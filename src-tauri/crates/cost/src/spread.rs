//! A figure that is not known to the unit: low, expected and high.
//!
//! The three must never be out of order.

/// Low, expected and high of the same thing, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Spread<T> {
    low: T,
    expected: T,
    high: T,
}

/// One of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Low,
    Expected,
    High,
}

impl<T: Copy + Ord> Spread<T> {
    /// The three as they are given. None where they are out of order.
    #[must_use]
    pub fn new(low: T, expected: T, high: T) -> Option<Self> {
        (low <= expected && expected <= high).then_some(Spread { low, expected, high })
    }

    /// Three times the same: it is known.
    #[must_use]
    pub fn exactly(value: T) -> Self {
        Spread { low: value, expected: value, high: value }
    }

    /// The least that is to be expected.
    #[must_use]
    pub fn low(self) -> T {
        self.low
    }

    /// What is most to be expected.
    #[must_use]
    pub fn expected(self) -> T {
        self.expected
    }

    /// The most that is to be expected.
    #[must_use]
    pub fn high(self) -> T {
        self.high
    }

    pub(crate) fn of(self, case: Case) -> T {
        match case {
            Case::Low => self.low,
            Case::Expected => self.expected,
            Case::High => self.high,
        }
    }

    /// The three, worked out one by one. `work_out` must grow from low to high.
    pub(crate) fn try_each<E>(mut work_out: impl FnMut(Case) -> Result<T, E>) -> Result<Self, E> {
        let low = work_out(Case::Low)?;
        let expected = work_out(Case::Expected)?;
        let high = work_out(Case::High)?;
        debug_assert!(low <= expected && expected <= high, "the three are out of order");
        Ok(Spread { low, expected, high })
    }
}

impl Spread<u64> {
    /// What samples say of the next one: the tenth part is below `low`, the tenth part above
    /// `high`, and `expected` is the mean, rounded up, because totals follow the mean and not the
    /// middle. Where few samples are very large the mean can lie outside; then it is the end
    /// itself. None without a sample.
    #[must_use]
    pub fn of_samples(samples: impl IntoIterator<Item = u64>) -> Option<Self> {
        let mut samples: Vec<u64> = samples.into_iter().collect();
        samples.sort_unstable();
        let count = samples.len();
        let low = *samples.get(count.checked_sub(1)? / 10)?;
        let high = *samples.get(count - 1 - (count - 1) / 10)?;
        let sum: u128 = samples.iter().copied().map(u128::from).sum();
        let expected = u64::try_from(sum.div_ceil(count as u128)).ok()?;
        Some(Spread { low: low.min(expected), expected, high: high.max(expected) })
    }
}

#[cfg(test)]
mod tests;
