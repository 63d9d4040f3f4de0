//! What a project has cost so far, and the time that a person works on its examples where they asked
//! for it to be counted.
//!
//! It must never keep any time while counting is off, nor what was done in it.

use std::sync::Arc;

use attune_contract::projects::ProjectRequest;
use attune_contract::work::{ProjectCosts, WorkAddRequest, WorkCounting, WorkSetRequest};
use attune_contract::{AppEvent, Failure, Nothing};
use attune_cost::{GivenPrice, MicroUsd};
use attune_store::{Library, ProjectId};
use serde::{Deserialize, Serialize};

use crate::failures::{OrFailure, input_invalid, internal};
use crate::projects::live_project;
use crate::{App, spending};

/// Under which name the library keeps whether time is counted.
const WORK: &str = "work";
const HOUR_SECONDS: i128 = 3_600;
/// The page tells of half a minute at a time; far more at once was not worked.
const MOST_SECONDS: u32 = 600;

/// Whether time is counted and what an hour is worth, as the library keeps it. What cannot be read
/// counts nothing: nobody asked for it in a way that is understood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Counting {
    is_counted: bool,
    hourly_micro_usd: Option<i64>,
}

impl App {
    /// What a project has cost so far.
    ///
    /// # Errors
    /// `ProjectMissing`; failures of the library.
    pub async fn costs_read(
        self: &Arc<Self>,
        request: ProjectRequest,
    ) -> Result<ProjectCosts, Failure> {
        self.on_library(move |_, library| costs(library, ProjectId(request.project))).await
    }

    /// Begins or stops counting the person's own time, and says what an hour is worth. What was counted
    /// before stays.
    ///
    /// # Errors
    /// `InputInvalid` for an hour that is worth no such amount, `ProjectMissing`; failures of the
    /// library. Nothing is changed then.
    pub async fn work_set(
        self: &Arc<Self>,
        request: WorkSetRequest,
    ) -> Result<ProjectCosts, Failure> {
        let WorkSetRequest { project, is_counted, hourly } = request;
        let hourly_micro_usd = hourly.as_deref().map(typed).transpose()?;
        self.on_library(move |app, library| {
            live_project(library, ProjectId(project))?;
            keep(library, Counting { is_counted, hourly_micro_usd })?;
            app.desktop.emit(AppEvent::WorkChanged(WorkCounting { is_counted }));
            costs(library, ProjectId(project))
        })
        .await
    }

    /// Adds time that a person worked on the examples of a project; nothing at all where nobody asked
    /// for it to be counted.
    ///
    /// # Errors
    /// `InputInvalid` for no time and for more than ten minutes, `ProjectMissing`; failures of the
    /// library.
    pub async fn work_add(self: &Arc<Self>, request: WorkAddRequest) -> Result<Nothing, Failure> {
        let WorkAddRequest { project, seconds } = request;
        self.on_library(move |app, library| {
            if !is_counted(library)? {
                return Ok(Nothing {});
            }
            if !(1..=MOST_SECONDS).contains(&seconds) {
                return Err(input_invalid("seconds"));
            }
            let project = live_project(library, ProjectId(project))?.id;
            let today = app.today().ok_or_else(|| internal("the clock stands outside all days"))?;
            library.worked_add(project, &today.to_string(), seconds).or_failure()?;
            Ok(Nothing {})
        })
        .await
    }

    /// Forgets all time that was counted of a project.
    ///
    /// # Errors
    /// `ProjectMissing`; failures of the library.
    pub async fn work_forget(
        self: &Arc<Self>,
        request: ProjectRequest,
    ) -> Result<ProjectCosts, Failure> {
        self.on_library(move |_, library| {
            let project = live_project(library, ProjectId(request.project))?.id;
            library.worked_forget(project).or_failure()?;
            costs(library, project)
        })
        .await
    }
}

/// Whether the person asked for their time to be counted.
pub(crate) fn is_counted(library: &Library) -> Result<bool, Failure> {
    Ok(read(library)?.is_counted)
}

fn costs(library: &Library, project: ProjectId) -> Result<ProjectCosts, Failure> {
    let project = live_project(library, project)?.id;
    let Counting { is_counted, hourly_micro_usd } = read(library)?;
    let worked_seconds = library.worked_seconds(project).or_failure()?;
    let work_micro_usd =
        hourly_micro_usd.map(|hourly| worth(worked_seconds, hourly)).transpose()?;
    let spent = spending::spent_on(library, project)?;
    let paid = spent.training_micro_usd.saturating_add(spent.use_micro_usd);
    Ok(ProjectCosts {
        is_counted,
        hourly_micro_usd,
        worked_seconds,
        work_micro_usd,
        trainings: spent.trainings,
        training_micro_usd: spent.training_micro_usd,
        uses: spent.uses,
        use_micro_usd: spent.use_micro_usd,
        open_actions: spent.open,
        total_micro_usd: paid.saturating_add(work_micro_usd.unwrap_or(0)),
    })
}

/// What so many seconds are worth, in millionths of a US dollar. Rounded up, as every amount is.
fn worth(seconds: u64, hourly_micro_usd: i64) -> Result<i64, Failure> {
    let exact = i128::from(seconds) * i128::from(hourly_micro_usd);
    let rounded_up = (exact + HOUR_SECONDS - 1) / HOUR_SECONDS;
    i64::try_from(rounded_up).map_err(|_| internal("the time is too long to have an amount"))
}

/// What a person typed as the worth of an hour. One that is worth nothing is left empty instead.
fn typed(hourly: &str) -> Result<i64, Failure> {
    let price = GivenPrice::read(hourly, "USD")
        .map_err(|error| input_invalid("hourly").with_detail(error.to_string()))?;
    if price.usd() == MicroUsd::ZERO {
        return Err(input_invalid("hourly"));
    }
    Ok(price.usd().micros())
}

fn read(library: &Library) -> Result<Counting, Failure> {
    let json = library.setting(WORK).or_failure()?;
    Ok(json.map_or_else(Counting::default, |json| stored(&json)))
}

fn stored(json: &str) -> Counting {
    let stored: Counting = serde_json::from_str(json).unwrap_or_default();
    let is_a_price = |micros: &i64| (1..=GivenPrice::MOST.usd().micros()).contains(micros);
    Counting { hourly_micro_usd: stored.hourly_micro_usd.filter(is_a_price), ..stored }
}

fn keep(library: &Library, counting: Counting) -> Result<(), Failure> {
    let json = serde_json::to_string(&counting).map_err(|error| internal(error.to_string()))?;
    library.setting_set(WORK, &json).or_failure()
}

#[cfg(test)]
mod tests {
    use attune_contract::FailureCode;

    use super::*;

    /// 30 dollars.
    const HOURLY: i64 = 30_000_000;

    #[test]
    fn time_is_worth_its_part_of_an_hour_rounded_up() {
        for (seconds, hourly, expected) in [
            (0, HOURLY, 0),
            (3_600, HOURLY, HOURLY),
            (12_000, HOURLY, 100_000_000),
            // A second of it is 8,333.33 millionths.
            (1, HOURLY, 8_334),
            (2, HOURLY, 16_667),
            (3, HOURLY, 25_000),
            (1, 1, 1),
            (3_600, 1, 1),
            (3_601, 1, 2),
            (90_000, 10_000_000_000, 250_000_000_000),
        ] {
            assert_eq!(worth(seconds, hourly), Ok(expected), "{seconds} s at {hourly}");
        }
    }

    #[test]
    fn what_is_too_long_to_have_an_amount_is_said_and_not_cut() {
        let longest = u64::try_from(i64::MAX).unwrap();
        assert_eq!(worth(longest, 3_600), Ok(i64::MAX));
        let refused = worth(longest + 1, 3_600).unwrap_err();
        assert_eq!(refused.code, FailureCode::Internal);
        worth(u64::MAX, i64::MAX).unwrap_err();
    }

    #[test]
    fn an_hour_is_worth_more_than_nothing_and_ten_thousand_dollars_at_most() {
        for (text, expected) in [
            ("30", 30_000_000),
            (" 12.50 ", 12_500_000),
            ("0.000001", 1),
            ("10000", 10_000_000_000),
        ] {
            assert_eq!(typed(text), Ok(expected), "{text}");
        }
        let field = input_invalid("hourly").params;
        for wrong in ["", " ", "0", "0.00", "-1", "NaN", "inf", "1e9", "10000.000001", "3O"] {
            let refused = typed(wrong).unwrap_err();
            assert_eq!((refused.code, &refused.params), (FailureCode::InputInvalid, &field));
        }
    }

    #[test]
    fn what_cannot_be_read_counts_nothing() {
        let counting = |is_counted, hourly_micro_usd| Counting { is_counted, hourly_micro_usd };
        let whole = r#"{"is_counted":true,"hourly_micro_usd":1,"since":2}"#;
        assert_eq!(stored(whole), counting(true, Some(1)));
        for micros in ["0", "-1", "10000000001", "null"] {
            let json = format!(r#"{{"is_counted":true,"hourly_micro_usd":{micros}}}"#);
            assert_eq!(stored(&json), counting(true, None), "{json}");
        }
        for wrong in ["", "[1]", "null", "12", r#"{"is_counted":"yes"}"#] {
            assert_eq!(stored(wrong), Counting::default(), "{wrong}");
        }
        assert_eq!(Counting::default(), counting(false, None));
    }
}
