//! Amounts never drift and never overflow silently.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::MicroUsd;

#[track_caller]
fn check(micros: i64, expected: &Expect) {
    expected.assert_eq(&MicroUsd::from_micros(micros).to_string());
}

#[test]
fn shows_dollars_with_at_least_two_places() {
    check(0, &expect!["0.00"]);
    check(800_000, &expect!["0.80"]);
    check(1, &expect!["0.000001"]);
    check(12_345_678, &expect!["12.345678"]);
    check(1_250_000_000, &expect!["1250.00"]);
    check(-1_500_000, &expect!["-1.50"]);
    check(i64::MIN, &expect!["-9223372036854.775808"]);
}

#[test]
fn sums_beyond_the_range_are_refused() {
    let most = MicroUsd::from_micros(i64::MAX);
    assert_eq!(most.checked_add(MicroUsd::from_micros(1)), None);
    assert_eq!(most.checked_mul(2), None);
    assert_eq!(MicroUsd::from_micros(3).checked_mul(4), Some(MicroUsd::from_micros(12)));
}

#[test]
fn only_plain_numbers_of_dollars_are_amounts() {
    let read = |text: &str| text.parse::<MicroUsd>().ok().map(MicroUsd::micros);
    assert_eq!(read("3"), Some(3_000_000));
    assert_eq!(read("0.4"), Some(400_000));
    for wrong in ["", ".", "3.", ".5", "+3", "1,000", "1e3", "NaN", " 3", "0.0000001", "--1"] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
    assert_eq!(read("9223372036855"), None);
}

proptest! {
    #[test]
    fn what_is_shown_can_be_read(micros in any::<i64>()) {
        let shown = MicroUsd::from_micros(micros).to_string();
        prop_assert_eq!(shown.parse(), Ok(MicroUsd::from_micros(micros)));
    }

    #[test]
    fn what_is_shown_is_the_amount(micros in any::<i64>()) {
        let shown = MicroUsd::from_micros(micros).to_string();
        let (whole, fraction) = shown.split_once('.').unwrap();
        let digits = format!("{whole}{fraction:0<6}");
        prop_assert_eq!(digits.parse::<i64>().unwrap(), micros);
    }
}
