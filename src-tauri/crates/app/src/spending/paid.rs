//! Every paid action of the library: trainings, tests and answers, with what they cost and how much
//! of that counts as spent.

use std::collections::HashMap;

use attune_contract::Failure;
use attune_contract::money::{LedgerRow, PaidKind};
use attune_cost::{MicroUsd, Spent};
use attune_store::{AnswerSpendRow, LaunchRow, Library, ProjectId, SpendRow};

use crate::calendar::Began;
use crate::failures::OrFailure;
use crate::training;

/// A paid action.
#[derive(Debug, Clone)]
pub(super) struct Paid {
    pub(super) row: LedgerRow,
    /// What it took or may still take, in millionths of a US dollar.
    counts_micro_usd: i64,
}

/// What is needed to name a paid action.
struct Names {
    launches: HashMap<String, LaunchRow>,
    projects: HashMap<ProjectId, String>,
}

/// Every paid action, the newest first.
pub(super) fn all(library: &Library) -> Result<Vec<Paid>, Failure> {
    let launches = library.launches_all().or_failure()?.into_iter();
    // Those in the bin have names too.
    let projects = library.projects().or_failure()?.into_iter();
    let names = Names {
        launches: launches.map(|launch| (launch.launch_id.clone(), launch)).collect(),
        projects: projects.map(|project| (project.id, project.name)).collect(),
    };
    let answers = library.answer_spends_since(i64::MIN).or_failure()?;
    let mut paid: Vec<Paid> = answers.iter().filter_map(|spend| names.answers(spend)).collect();
    let trainings = library.spends().or_failure()?;
    paid.extend(trainings.iter().filter_map(|spend| names.training(spend)));
    // Stable: of what happened at the same moment, an answer came after its training.
    paid.sort_by_key(|paid| std::cmp::Reverse(paid.row.at_ms));
    Ok(paid)
}

/// What counts as spent of that.
pub(super) fn spent_since(paid: &[Paid], began: Began) -> Spent {
    let since = |since_ms: i64| {
        let counted = paid.iter().filter(|paid| paid.row.at_ms >= since_ms);
        let sum = counted.fold(0_i64, |sum, paid| sum.saturating_add(paid.counts_micro_usd));
        MicroUsd::from_micros(sum)
    };
    Spent { today: since(began.day_ms), this_month: since(began.month_ms) }
}

impl Names {
    fn training(&self, spend: &SpendRow) -> Option<Paid> {
        let launch = self.launches.get(&spend.launch_id)?;
        let (cost, counts_micro_usd) = training::paid(launch, spend);
        let row = LedgerRow {
            expected_micro_usd: cost.expected_micro_usd,
            ceiling_micro_usd: Some(cost.ceiling_micro_usd),
            actual_micro_usd: cost.actual_micro_usd,
            billed_tokens: cost.billed_tokens,
            ..self.row(launch, PaidKind::Training, spend.confirmed_at_ms)
        };
        Some(Paid { row, counts_micro_usd })
    }

    fn answers(&self, spend: &AnswerSpendRow) -> Option<Paid> {
        let launch = self.launches.get(&spend.launch_id)?;
        let kind = if spend.purpose == "test" { PaidKind::Test } else { PaidKind::Answer };
        let taken = spend.taken;
        let tokens = taken.input_tokens.saturating_add(taken.output_tokens);
        let is_counted = tokens > 0 || taken.actual_micro_usd.is_some();
        let row = LedgerRow {
            model: launch.result_model.clone().unwrap_or_else(|| launch.model.clone()),
            expected_micro_usd: spend.expected_micro_usd,
            ceiling_micro_usd: spend.ceiling_micro_usd,
            actual_micro_usd: taken.actual_micro_usd,
            billed_tokens: is_counted.then_some(tokens),
            ..self.row(launch, kind, spend.begun_at_ms)
        };
        let most = spend.ceiling_micro_usd.unwrap_or(0);
        Some(Paid { row, counts_micro_usd: taken.actual_micro_usd.unwrap_or(most) })
    }

    /// A paid action of a launch, without its amounts.
    fn row(&self, launch: &LaunchRow, kind: PaidKind, at_ms: i64) -> LedgerRow {
        let title = training::service_title(launch);
        LedgerRow {
            at_ms,
            kind,
            run: launch.launch_id.clone(),
            project: launch.project.0,
            project_name: self.projects.get(&launch.project).cloned().unwrap_or_default(),
            service_title: title.unwrap_or_else(|| launch.service.clone()),
            model: launch.model.clone(),
            expected_micro_usd: None,
            ceiling_micro_usd: None,
            actual_micro_usd: None,
            billed_tokens: None,
        }
    }
}
