//! No job passes a cap, and nobody is surprised by one.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Cap, CapKind, CapLevel, Caps, Spent, Verdict, cap_level, check_caps};
use crate::MicroUsd;

/// A case is data: "spent-today spent-this-month ceiling" in dollars; caps are the usual ones.
#[track_caller]
fn check(case: &str, expected: &Expect) {
    let [today, this_month, ceiling] = case.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let spent = Spent { today: today.parse().unwrap(), this_month: this_month.parse().unwrap() };
    let verdict = check_caps(&Caps::default(), spent, ceiling.parse().unwrap());
    expected.assert_eq(&shown(&verdict));
}

fn shown(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Allowed { notices } => notices.iter().fold("allowed".to_owned(), |text, it| {
            format!("{text}, {:?} {:?} ${} of ${}", it.cap, it.level, it.spent, it.limit)
        }),
        Verdict::Refused { cap, limit, left, needed } => {
            format!("refused: {cap:?} ${limit} leaves ${left}, not ${needed}")
        }
    }
}

#[test]
fn the_last_cent_may_be_spent_and_nothing_beyond_it() {
    check("0 0 10", &expect!["allowed"]);
    check("0 0 10.000001", &expect!["refused: Job $10.00 leaves $10.00, not $10.000001"]);
    check(
        "15 15 10",
        &expect!["allowed, Day FourFifths $25.00 of $25.00, Month Half $25.00 of $50.00"],
    );
    check("15.01 15.01 10", &expect!["refused: Day $25.00 leaves $9.99, not $10.00"]);
    check("0 41 9.5", &expect!["refused: Month $50.00 leaves $9.00, not $9.50"]);
    check("25 50 0.01", &expect!["refused: Day $25.00 leaves $0.00, not $0.01"]);
}

#[test]
fn the_cap_that_leaves_the_least_is_named() {
    check("20 49 8", &expect!["refused: Month $50.00 leaves $1.00, not $8.00"]);
    check("24 40 12", &expect!["refused: Day $25.00 leaves $1.00, not $12.00"]);
    check("0 40 11", &expect!["refused: Job $10.00 leaves $10.00, not $11.00"]);
}

#[test]
fn half_and_four_fifths_are_told() {
    check("2.49 2.49 10", &expect!["allowed"]);
    check("2.50 2.50 10", &expect!["allowed, Day Half $12.50 of $25.00"]);
    check(
        "10 15 10",
        &expect!["allowed, Day FourFifths $20.00 of $25.00, Month Half $25.00 of $50.00"],
    );
    check("0 39.99 0.01", &expect!["allowed, Month FourFifths $40.00 of $50.00"]);
}

#[test]
fn what_costs_nothing_is_always_allowed_and_without_a_word() {
    check("25 50 0", &expect!["allowed"]);
    check("99 99 0", &expect!["allowed"]);
    let none = Caps { per_job: Cap::NOTHING, per_day: Cap::NOTHING, per_month: Cap::NOTHING };
    let (free, cent) = (MicroUsd::ZERO, MicroUsd::from_micros(10_000));
    assert_eq!(shown(&check_caps(&none, Spent::default(), free)), "allowed");
    let refused = shown(&check_caps(&none, Spent::default(), cent));
    assert_eq!(refused, "refused: Job $0.00 leaves $0.00, not $0.01");
}

/// A refund, a fault of the record and a number beyond all sense.
#[test]
fn no_odd_amount_widens_a_cap_or_overflows() {
    check("-90 -90 10.01", &expect!["refused: Job $10.00 leaves $10.00, not $10.01"]);
    check("-90 -90 -5", &expect!["allowed"]);
    check("24 0 2", &expect!["refused: Day $25.00 leaves $1.00, not $2.00"]);
    check(
        "9223372036854.775807 9223372036854.775807 9223372036854.775807",
        &expect!["refused: Day $25.00 leaves $0.00, not $9223372036854.775807"],
    );
}

#[test]
fn caps_are_read_as_they_are_typed() {
    let read = |text: &str| match text.parse::<Cap>() {
        Ok(cap) => format!("${}", cap.amount()),
        Err(err) => err.to_string(),
    };
    expect!["$10.00"].assert_eq(&read(" 10 "));
    expect!["$0.00"].assert_eq(&read("0"));
    expect!["$1000000.00"].assert_eq(&read("1000000"));
    expect!["a cap is at most `1000000.00` dollars, and `1000000.01` is more"]
        .assert_eq(&read("1000000.01"));
    expect!["a cap is never below nothing, and `-1.00` is"].assert_eq(&read("-1"));
    for wrong in ["", "ten", "NaN", "inf", "1e3", "1,000", "$5", "99999999999999"] {
        let expected = "a cap is an amount in dollars, with at most six digits behind a point";
        assert_eq!(read(wrong), expected, "{wrong}");
    }
}

fn any_cap() -> impl Strategy<Value = Cap> {
    (0..=Cap::MOST.amount().micros()).prop_map(|it| Cap::new(MicroUsd::from_micros(it)).unwrap())
}

proptest! {
    #[test]
    fn what_is_allowed_never_passes_a_cap(
        caps in (any_cap(), any_cap(), any_cap()), today in any::<i64>(), month in any::<i64>(),
        ceiling in 1..i64::MAX,
    ) {
        let caps = Caps { per_job: caps.0, per_day: caps.1, per_month: caps.2 };
        let (today, this_month) = (MicroUsd::from_micros(today), MicroUsd::from_micros(month));
        let needed = MicroUsd::from_micros(ceiling);
        let after = |spent: MicroUsd| i128::from(spent.micros().max(0)) + i128::from(ceiling);
        let within = |cap: Cap, after: i128| after <= i128::from(cap.amount().micros());
        let fits = within(caps.per_job, ceiling.into())
            && within(caps.per_day, after(today))
            && within(caps.per_month, after(this_month.max(today)));
        match check_caps(&caps, Spent { today, this_month }, needed) {
            Verdict::Allowed { notices } => {
                prop_assert!(fits);
                prop_assert!(notices.iter().all(|it| it.cap != CapKind::Job));
            }
            Verdict::Refused { left, needed, .. } => prop_assert!(!fits && left < needed),
        }
    }

    #[test]
    fn more_spent_is_never_a_lower_level(limit in any_cap(), spent in 0..i64::MAX - 1) {
        let level = |spent| cap_level(limit, MicroUsd::from_micros(spent));
        prop_assert!(level(spent) <= level(spent + 1));
        prop_assert_eq!(level(i64::MAX), Some(CapLevel::FourFifths));
    }
}
