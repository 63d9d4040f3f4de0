//! Amounts for tokens, which are never low: fractions round up, and the most is in whole cents.

use crate::billing::TrainingTokens;
use crate::money::MicroUsd;

/// A cent. Nobody is shown less as the most that can be spent.
const CENT: i64 = 10_000;
/// Where the count is only about right, the ceiling lies a third above it: the share by which the
/// text of tools could be longer than the service's own rendering of it is not published.
const MARGIN: (i128, i128) = (4, 3);

/// What tokens cost. Rounds up: it may be a fraction of a cent high, never low. None beyond the
/// range of amounts.
#[must_use]
pub fn price_of(tokens: TrainingTokens, per_million_tokens: MicroUsd) -> Option<MicroUsd> {
    let exact = i128::from(tokens.0).checked_mul(i128::from(per_million_tokens.micros()))?;
    i64::try_from(exact.div_ceil_by(1_000_000)).ok().map(MicroUsd::from_micros)
}

/// The most that a count can be which is only about right. `count` is far below the range's third.
pub(crate) fn with_margin(count: i128) -> i128 {
    let (above, below) = MARGIN;
    (count * above).div_ceil_by(below)
}

/// The next whole cent. None beyond the range of amounts.
pub(crate) fn whole_cents(micros: i128) -> Option<MicroUsd> {
    let cents = micros.div_ceil_by(CENT.into());
    i64::try_from(cents.checked_mul(CENT.into())?).ok().map(MicroUsd::from_micros)
}

/// Division that rounds up.
trait DivCeilBy {
    fn div_ceil_by(self, by: i128) -> i128;
}

impl DivCeilBy for i128 {
    fn div_ceil_by(self, by: i128) -> i128 {
        self.div_euclid(by) + i128::from(self.rem_euclid(by) > 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fractions_round_up_and_what_is_too_large_has_no_price() {
        let price =
            |tokens, micros| price_of(TrainingTokens(tokens), MicroUsd::from_micros(micros));
        assert_eq!(price(1, 1), Some(MicroUsd::from_micros(1)));
        assert_eq!(price(1, 3_000_000), Some(MicroUsd::from_micros(3)));
        assert_eq!(price(1_000_000, i64::MAX), Some(MicroUsd::from_micros(i64::MAX)));
        assert_eq!(price(1_000_001, i64::MAX), None);
        assert_eq!(whole_cents(1), Some(MicroUsd::from_micros(10_000)));
        assert_eq!(whole_cents(i64::MAX.into()), None);
        assert_eq!(with_margin(100_001), 133_335);
    }

    proptest! {
        #[test]
        fn an_amount_is_never_below_the_exact_price(
            price in 0..100_000_000_i64, tokens in 0..10_000_000_000_u64,
        ) {
            let amount = price_of(TrainingTokens(tokens), MicroUsd::from_micros(price)).unwrap();
            let exact = i128::from(tokens) * i128::from(price);
            prop_assert!(i128::from(amount.micros()) * 1_000_000 >= exact);
            prop_assert!((i128::from(amount.micros()) - 1) * 1_000_000 < exact);
            let cents = whole_cents(amount.micros().into()).unwrap();
            prop_assert!(cents >= amount && cents.micros() - amount.micros() < CENT);
        }
    }
}
