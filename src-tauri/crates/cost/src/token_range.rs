//! A number of tokens that is not known to the token.
//!
//! The three must never be out of order.

/// So many tokens: at least, expected, and at most where there is an upper end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenRange {
    pub(crate) low: u64,
    pub(crate) expected: u64,
    pub(crate) high: Option<u64>,
}

impl TokenRange {
    /// A range. None where it is out of order.
    #[must_use]
    pub fn new(low: u64, expected: u64, high: Option<u64>) -> Option<Self> {
        let is_ordered = low <= expected && high.is_none_or(|high| expected <= high);
        is_ordered.then_some(TokenRange { low, expected, high })
    }

    /// A known number.
    #[must_use]
    pub fn exactly(tokens: u64) -> Self {
        TokenRange { low: tokens, expected: tokens, high: Some(tokens) }
    }

    /// At least so many: those that invoices prove.
    #[must_use]
    pub fn low(self) -> u64 {
        self.low
    }

    /// What is most to be expected.
    #[must_use]
    pub fn expected(self) -> u64 {
        self.expected
    }

    /// At most so many; none where there is no upper end.
    #[must_use]
    pub fn high(self) -> Option<u64> {
        self.high
    }

    /// Whether the number is known.
    #[must_use]
    pub fn is_exact(self) -> bool {
        self.high == Some(self.low)
    }

    /// The range of both together. None beyond the range of numbers.
    #[must_use]
    pub fn checked_add(self, other: TokenRange) -> Option<Self> {
        Some(TokenRange {
            low: self.low.checked_add(other.low)?,
            expected: self.expected.checked_add(other.expected)?,
            high: match (self.high, other.high) {
                (Some(one), Some(other)) => Some(one.checked_add(other)?),
                _ => None,
            },
        })
    }

    /// The range of so many of the same. None beyond the range of numbers.
    #[must_use]
    pub fn checked_mul(self, times: u64) -> Option<Self> {
        Some(TokenRange {
            low: self.low.checked_mul(times)?,
            expected: self.expected.checked_mul(times)?,
            high: match self.high {
                Some(high) => Some(high.checked_mul(times)?),
                None => None,
            },
        })
    }

    /// The range where no more than `most` count. What has no upper end keeps none.
    pub(crate) fn at_most(self, most: u64) -> Self {
        TokenRange {
            low: self.low.min(most),
            expected: self.expected.min(most),
            high: self.high.map(|high| high.min(most)),
        }
    }
}
