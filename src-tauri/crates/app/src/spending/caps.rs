//! The caps: as the library keeps them, as the page sees them, and what they say in words.

use attune_contract::money::{SpendCap, SpendCaps, SpendNotice};
use attune_contract::orders::{OrderNotice, OrderNoticeCode};
use attune_contract::{Failure, FailureCode, Param, Params, params};
use attune_cost::{Cap, CapKind, CapLevel, CapNotice, Caps, MicroUsd, Spent, cap_level};
use attune_store::Library;
use serde::{Deserialize, Serialize};

use crate::failures::{OrFailure, input_invalid, internal};

/// Under which name the library keeps the caps.
const CAPS: &str = "caps";
/// Millionths of a US dollar in a cent.
const CENT: i64 = 10_000;

/// The caps as the library keeps them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct StoredCaps {
    per_job_micro_usd: Option<i64>,
    per_day_micro_usd: Option<i64>,
    per_month_micro_usd: Option<i64>,
}

impl StoredCaps {
    /// A cap that cannot be read allows nothing: whatever was wished for, more would be a surprise.
    fn caps(&self) -> Caps {
        let cap = |stored: Option<i64>| {
            let amount = stored.map(MicroUsd::from_micros);
            amount.and_then(|amount| Cap::new(amount).ok()).unwrap_or(Cap::NOTHING)
        };
        Caps {
            per_job: cap(self.per_job_micro_usd),
            per_day: cap(self.per_day_micro_usd),
            per_month: cap(self.per_month_micro_usd),
        }
    }
}

/// The caps in force: the usual ones until somebody chose others.
pub(super) fn read(library: &Library) -> Result<Caps, Failure> {
    let json = library.setting(CAPS).or_failure()?;
    Ok(json.map_or_else(Caps::default, |json| stored(&json)))
}

fn stored(json: &str) -> Caps {
    serde_json::from_str::<StoredCaps>(json).unwrap_or_default().caps()
}

/// Puts others in force.
pub(super) fn keep(library: &Library, caps: Caps) -> Result<(), Failure> {
    let SpendCaps { per_job_micro_usd, per_day_micro_usd, per_month_micro_usd } = shown(caps);
    let stored = StoredCaps {
        per_job_micro_usd: Some(per_job_micro_usd),
        per_day_micro_usd: Some(per_day_micro_usd),
        per_month_micro_usd: Some(per_month_micro_usd),
    };
    let json = serde_json::to_string(&stored).map_err(|error| internal(error.to_string()))?;
    library.setting_set(CAPS, &json).or_failure()
}

/// The caps that somebody typed, if they can be.
pub(super) fn typed(request: SpendCaps) -> Result<Caps, Failure> {
    let cap = |micros, field| {
        let cap = Cap::new(MicroUsd::from_micros(micros));
        cap.map_err(|error| input_invalid(field).with_detail(error.to_string()))
    };
    Ok(Caps {
        per_job: cap(request.per_job_micro_usd, "perJobMicroUsd")?,
        per_day: cap(request.per_day_micro_usd, "perDayMicroUsd")?,
        per_month: cap(request.per_month_micro_usd, "perMonthMicroUsd")?,
    })
}

pub(super) fn shown(caps: Caps) -> SpendCaps {
    let micros = |cap: Cap| cap.amount().micros();
    SpendCaps {
        per_job_micro_usd: micros(caps.per_job),
        per_day_micro_usd: micros(caps.per_day),
        per_month_micro_usd: micros(caps.per_month),
    }
}

/// Whether one of the caps lets nothing be spent at all.
pub(super) fn allow_nothing(caps: &Caps) -> bool {
    [caps.per_job, caps.per_day, caps.per_month].contains(&Cap::NOTHING)
}

/// The caps of which much is used.
pub(super) fn used(caps: Caps, spent: Spent) -> Vec<SpendNotice> {
    let of_day = (SpendCap::Day, caps.per_day, spent.today);
    let of_month = (SpendCap::Month, caps.per_month, spent.this_month);
    let notice = |(cap, limit, spent): (SpendCap, Cap, MicroUsd)| {
        Some(SpendNotice {
            cap,
            percent: percent(cap_level(limit, spent)?),
            spent_micro_usd: spent.micros(),
            limit_micro_usd: limit.amount().micros(),
        })
    };
    [of_day, of_month].into_iter().filter_map(notice).collect()
}

fn percent(level: CapLevel) -> u8 {
    match level {
        CapLevel::Half => 50,
        CapLevel::FourFifths => 80,
    }
}

/// What a person should hear of before spending.
pub(super) fn notice(notice: CapNotice) -> OrderNotice {
    let code = match notice.cap {
        CapKind::Month => OrderNoticeCode::SpendOfMonth,
        CapKind::Day | CapKind::Job => OrderNoticeCode::SpendOfDay,
    };
    let percent = u64::from(percent(notice.level));
    let (spent, limit) = (amount(notice.spent), amount(notice.limit));
    OrderNotice { code, params: params![percent, spent, limit] }
}

/// Why something may not be paid for.
pub(super) fn refusal(cap: CapKind, limit: MicroUsd, left: MicroUsd, needed: MicroUsd) -> Failure {
    let code = match cap {
        CapKind::Job => FailureCode::AboveJobCap,
        CapKind::Day => FailureCode::AboveDayCap,
        CapKind::Month => FailureCode::AboveMonthCap,
    };
    // Amounts are shown in cents and rounded up: what is left must not look like enough.
    let left = Param::MicroUsd(left.micros() - left.micros().rem_euclid(CENT));
    let (limit, needed) = (amount(limit), amount(needed));
    let params: Params = params![limit, left, needed];
    Failure::new(code, params)
}

fn amount(amount: MicroUsd) -> Param {
    Param::MicroUsd(amount.micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caps_that_cannot_be_read_allow_nothing() {
        let micros = |json: &str| {
            let SpendCaps { per_job_micro_usd, per_day_micro_usd, per_month_micro_usd } =
                shown(stored(json));
            [per_job_micro_usd, per_day_micro_usd, per_month_micro_usd]
        };
        let whole = r#"{"per_job_micro_usd":1,"per_day_micro_usd":2,"per_month_micro_usd":3}"#;
        assert_eq!(micros(whole), [1, 2, 3]);
        let part = r#"{"per_job_micro_usd":1,"per_day_micro_usd":-2,"per_year_micro_usd":3}"#;
        assert_eq!(micros(part), [1, 0, 0]);
        for wrong in ["", "[]", "null", "12"] {
            assert_eq!(micros(wrong), [0, 0, 0], "{wrong}");
        }
    }

    #[test]
    fn only_amounts_from_nothing_to_a_million_dollars_are_caps() {
        let most = Cap::MOST.amount().micros();
        let caps = |per_job_micro_usd, per_day_micro_usd, per_month_micro_usd| {
            let request = SpendCaps { per_job_micro_usd, per_day_micro_usd, per_month_micro_usd };
            typed(request).map(shown).map_err(|failure| failure.params)
        };
        assert!(caps(0, most, 1).is_ok());
        assert_eq!(caps(-1, 0, 0), Err(input_invalid("perJobMicroUsd").params));
        assert_eq!(caps(0, most + 1, 0), Err(input_invalid("perDayMicroUsd").params));
        assert_eq!(caps(0, 0, i64::MIN), Err(input_invalid("perMonthMicroUsd").params));
    }

    /// Where nobody knows an amount, only a cap of nothing can say no.
    #[test]
    fn a_cap_of_nothing_allows_nothing() {
        assert!(!allow_nothing(&Caps::default()));
        for caps in [
            Caps { per_job: Cap::NOTHING, ..Caps::default() },
            Caps { per_day: Cap::NOTHING, ..Caps::default() },
            Caps { per_month: Cap::NOTHING, ..Caps::default() },
        ] {
            assert!(allow_nothing(&caps), "{caps:?}");
        }
    }

    #[test]
    fn what_is_left_is_never_shown_as_more_than_it_is() {
        let dollars = MicroUsd::from_micros;
        let failure =
            refusal(CapKind::Day, dollars(25_000_000), dollars(9_994_999), dollars(10_000_000));
        assert_eq!(failure.code, FailureCode::AboveDayCap);
        assert_eq!(failure.params["left"], Param::MicroUsd(9_990_000));
        assert_eq!(failure.params["needed"], Param::MicroUsd(10_000_000));
    }

    #[test]
    fn half_and_four_fifths_of_a_day_and_a_month_are_told() {
        let spent = |today, this_month| Spent {
            today: MicroUsd::from_micros(today),
            this_month: MicroUsd::from_micros(this_month),
        };
        let told = |spent| -> Vec<(SpendCap, u8)> {
            let used = used(Caps::default(), spent).into_iter();
            used.map(|it| (it.cap, it.percent)).collect()
        };
        assert_eq!(told(spent(0, 24_999_999)), []);
        assert_eq!(
            told(spent(12_500_000, 25_000_000)),
            [(SpendCap::Day, 50), (SpendCap::Month, 50)]
        );
        assert_eq!(told(spent(0, 40_000_000)), [(SpendCap::Month, 80)]);
    }
}
