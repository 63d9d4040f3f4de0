//! Tokens and money: how much text a training reads, what that costs, and what may be spent.
//!
//! Invariant: nothing in this crate reads a file, a clock or the network, money is never a float,
//! and every amount a person sees comes from here.

mod billing;
mod break_even;
mod corrections;
mod counted;
mod day;
mod energy;
mod guard;
mod images;
mod model_name;
mod money;
mod outlook;
mod prices;
mod rounding;
mod rules;
mod savings;
mod spread;
mod standing;
mod token_range;
mod tokens;
mod training;
mod untuned;
mod usage;
mod usual;

pub use billing::{TrainingTokens, auto_epochs, example_tokens};
pub use break_even::{BreakEven, BreakEvenCase, break_even};
pub use corrections::{Correction, GivenPrice, GivenPriceError};
pub use counted::{DatasetCount, ExampleCount, Inexact, count_dataset, count_example};
pub use day::{Day, DayTextError};
pub use energy::{EnergyError, MicroUnits, Tariff, Watts, energy_cost, watt_hours};
pub use guard::{
    Cap, CapError, CapKind, CapLevel, CapNotice, Caps, Spent, TYPED_ABOVE, Verdict, cap_level,
    check_caps,
};
pub use money::{MicroUsd, MoneyTextError};
pub use outlook::{Outlook, OutlookError, OutlookWish, outlook, side_by_side};
pub use prices::{
    OLD_AFTER_DAYS, Price, PriceAge, PriceBook, PriceKind, PriceUnit, PricedModel, TrainingTier,
};
pub use rounding::price_of;
pub use rules::{BillingRules, CancelledBilling, HourlyRange, ServiceRules, ValidationBilling};
pub use savings::{
    Saving, SavingKind, SavingRisk, SavingsCase, SavingsError, StandingTokens, UsualCall, savings,
    usual_epochs,
};
pub use spread::Spread;
pub use standing::{StandingText, standing_text};
pub use token_range::TokenRange;
pub use tokens::{
    Encoding, FileTokenizer, FileTokenizerError, MAX_REFERENCE_BYTES, PiecesError, TokenCounter,
    TokenPiece, bulk_counter, pieces, reference_counter,
};
pub use training::{
    BilledBefore, CancelledCost, StepsDone, TrainingCost, TrainingCostError, TrainingOrder,
    ValidationRun, cancelled_cost, training_cost,
};
pub use untuned::{PaysOff, UntunedUse, pays_off};
pub use usage::{
    CallCost, CallTier, CallTokens, MinutesADay, Percent, UsageCost, UsageError, UsagePlan,
    UsagePrices, days_served, usage_cost,
};
pub use usual::{usual_batch_size, usual_learning_rate_multiplier};
