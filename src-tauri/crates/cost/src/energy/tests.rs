//! Electricity has a price in the person's own currency.

use proptest::prelude::*;

use super::*;

/// A case is data: "watts seconds tariff".
#[track_caller]
fn check(case: &str, expected: &str) {
    let [watts, seconds, tariff] = case.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let cost = |watts: &str, seconds: &str, tariff: &str| {
        let (watts, seconds) = (Watts::new(watts.parse().unwrap())?, seconds.parse().unwrap());
        let cost = energy_cost(watts, seconds, tariff.parse()?)?;
        Ok(format!("{cost} for {} Wh", watt_hours(watts, seconds)?))
    };
    let shown = cost(watts, seconds, tariff).unwrap_or_else(|err: EnergyError| err.to_string());
    assert_eq!(shown, expected);
}

#[test]
fn an_hour_costs_its_kilowatt_hours() {
    check("1000 3600 0.30", "0.30 for 1000 Wh");
    check("65 1800 0.345678", "0.011235 for 33 Wh");
    check("65 1 0.30", "0.000006 for 1 Wh");
    check("65 0 0.30", "0.00 for 0 Wh");
    check("65 3600 0", "0.00 for 65 Wh");
    check("65 3600 2500", "162.50 for 65 Wh");
}

#[test]
fn refuses_what_is_no_computer_and_no_tariff() {
    check("0 1 1", "a computer draws from 1 to 100000 watts, not `0`");
    check("100001 1 1", "a computer draws from 1 to 100000 watts, not `100001`");
    for wrong in ["NaN", "inf", "", "0,30", "1e9"] {
        let expected =
            "a tariff is an amount for a kilowatt-hour, with at most six digits behind a point";
        check(&format!("65 1 {wrong}"), expected);
    }
    check("65 1 -0.01", "a tariff is from 0 to 1000000.00 for a kilowatt-hour");
    check("65 1 1000000.01", "a tariff is from 0 to 1000000.00 for a kilowatt-hour");
    check("65 18446744073709551615 1000000", "18446744073709551615 seconds are too long to price");
    check("100000 18446744073709551615 0", "18446744073709551615 seconds are too long to price");
}

proptest! {
    #[test]
    fn more_power_longer_and_dearer_never_cost_less(
        watts in 1..100_000_u32, seconds in 0..1_000_000_000_u64, tariff in 0..1_000_000_000_u64,
    ) {
        let cost = |watts, seconds, tariff| {
            energy_cost(Watts::new(watts).unwrap(), seconds, Tariff::from_micros(tariff).unwrap()).unwrap()
        };
        let one = cost(watts, seconds, tariff);
        prop_assert!(cost(watts + 1, seconds, tariff) >= one);
        prop_assert!(cost(watts, seconds + 1, tariff) >= one);
        prop_assert!(cost(watts, seconds, tariff + 1) >= one);
    }
}
