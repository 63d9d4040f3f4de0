//! Low, expected and high stay in this order.

use proptest::prelude::*;

use super::Spread;

#[track_caller]
fn check(samples: &[u64], expected: Option<(u64, u64, u64)>) {
    let spread = Spread::of_samples(samples.iter().copied());
    assert_eq!(spread.map(|it| (it.low(), it.expected(), it.high())), expected);
}

#[test]
fn samples_give_their_tenths_and_their_mean() {
    check(&[], None);
    check(&[7], Some((7, 7, 7)));
    check(&[1, 2], Some((1, 2, 2)));
    let hundred: Vec<u64> = (1..=100).collect();
    check(&hundred, Some((10, 51, 91)));
    check(&[u64::MAX; 3], Some((u64::MAX, u64::MAX, u64::MAX)));
}

/// One letter among a hundred words: the year is paid by the letter.
#[test]
fn a_mean_beyond_the_tenths_becomes_the_end() {
    let mut samples = [1; 100];
    samples[0] = 1_000_000;
    check(&samples, Some((1, 10_001, 10_001)));
}

#[test]
fn what_is_out_of_order_is_refused() {
    assert_eq!(Spread::new(2, 1, 3), None);
    assert_eq!(Spread::new(1, 3, 2), None);
    assert_eq!(Spread::new(1, 1, 1), Some(Spread::exactly(1)));
}

proptest! {
    #[test]
    fn samples_are_never_out_of_order(samples in prop::collection::vec(any::<u64>(), 1..60)) {
        let spread = Spread::of_samples(samples.iter().copied()).unwrap();
        prop_assert!(spread.low() <= spread.expected() && spread.expected() <= spread.high());
        prop_assert!(samples.contains(&spread.low()) || spread.low() == spread.expected());
    }
}
