//! What the electricity of a training on this computer costs, in the person's own currency.
//!
//! It must never be mixed with what services ask: that is in dollars, this is not.

use std::fmt;
use std::str::FromStr;

use crate::money::MicroUsd;

/// A watt for a second, in a kilowatt for an hour.
const WATT_SECONDS_PER_KWH: u128 = 3_600_000;
const WATT_SECONDS_PER_WATT_HOUR: u128 = 3_600;

/// Millionths of a unit of the person's currency, whichever that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MicroUnits(u64);

impl MicroUnits {
    /// The amount in millionths of a unit.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }
}

/// Units as a decimal number with at least two places.
impl fmt::Display for MicroUnits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:06}", self.0 % 1_000_000);
        let (cents, rest) = fraction.split_at(2);
        write!(f, "{}.{cents}{}", self.0 / 1_000_000, rest.trim_end_matches('0'))
    }
}

/// How much a computer draws while it trains: 1 to 100,000 watts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Watts(u32);

/// What a kilowatt-hour costs: nothing to a million units of the person's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tariff(MicroUnits);

/// Electricity that cannot be priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnergyError {
    /// No computer draws so much or so little.
    #[error("a computer draws from 1 to {most} watts, not `{0}`", most = Watts::MOST.watts())]
    Watts(u32),
    /// It cannot be read as an amount.
    #[error("a tariff is an amount for a kilowatt-hour, with at most six digits behind a point")]
    NotAnAmount,
    /// It is below nothing, or beyond what is asked anywhere.
    #[error("a tariff is from 0 to {most} for a kilowatt-hour", most = Tariff::MOST.per_kwh())]
    TariffRange,
    /// The amount is beyond what can be counted.
    #[error("{0} seconds are too long to price")]
    TooLarge(u64),
}

impl Watts {
    /// The most a computer draws.
    pub const MOST: Watts = Watts(100_000);

    /// So many watts.
    ///
    /// # Errors
    /// [`EnergyError::Watts`].
    pub fn new(watts: u32) -> Result<Self, EnergyError> {
        let is_some = (1..=Self::MOST.0).contains(&watts);
        is_some.then_some(Watts(watts)).ok_or(EnergyError::Watts(watts))
    }

    /// The power in watts.
    #[must_use]
    pub const fn watts(self) -> u32 {
        self.0
    }
}

impl Tariff {
    /// The highest tariff.
    pub const MOST: Tariff = Tariff(MicroUnits(1_000_000_000_000));

    /// So many millionths of a unit for a kilowatt-hour.
    ///
    /// # Errors
    /// [`EnergyError::TariffRange`].
    pub fn from_micros(micros: u64) -> Result<Self, EnergyError> {
        let tariff = Tariff(MicroUnits(micros));
        if tariff > Self::MOST { Err(EnergyError::TariffRange) } else { Ok(tariff) }
    }

    /// The price of a kilowatt-hour.
    #[must_use]
    pub const fn per_kwh(self) -> MicroUnits {
        self.0
    }
}

/// Reads what a person typed; blanks around it do not count.
impl FromStr for Tariff {
    type Err = EnergyError;

    fn from_str(text: &str) -> Result<Self, EnergyError> {
        // A decimal number is a decimal number, in whichever currency.
        let amount: MicroUsd = text.trim().parse().map_err(|_| EnergyError::NotAnAmount)?;
        let micros = u64::try_from(amount.micros()).map_err(|_| EnergyError::TariffRange)?;
        Self::from_micros(micros)
    }
}

/// What the electricity of so many seconds costs, rounded up.
///
/// # Errors
/// [`EnergyError::TooLarge`] beyond the range of amounts.
pub fn energy_cost(watts: Watts, seconds: u64, tariff: Tariff) -> Result<MicroUnits, EnergyError> {
    let too_large = EnergyError::TooLarge(seconds);
    let exact = watt_seconds(watts, seconds).checked_mul(tariff.0.0.into()).ok_or(too_large)?;
    let micros = u64::try_from(exact.div_ceil(WATT_SECONDS_PER_KWH)).map_err(|_| too_large)?;
    Ok(MicroUnits(micros))
}

/// The electricity of so many seconds in watt-hours, rounded up.
///
/// # Errors
/// [`EnergyError::TooLarge`] beyond the range of numbers.
pub fn watt_hours(watts: Watts, seconds: u64) -> Result<u64, EnergyError> {
    let hours = watt_seconds(watts, seconds).div_ceil(WATT_SECONDS_PER_WATT_HOUR);
    u64::try_from(hours).map_err(|_| EnergyError::TooLarge(seconds))
}

fn watt_seconds(watts: Watts, seconds: u64) -> u128 {
    u128::from(watts.0) * u128::from(seconds)
}

#[cfg(test)]
mod tests;
