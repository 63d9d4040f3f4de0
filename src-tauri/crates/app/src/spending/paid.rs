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

/// What a project has cost at services so far; what is not known counts as the most that was agreed to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ProjectSpent {
    pub(crate) trainings: u64,
    pub(crate) training_micro_usd: i64,
    /// Tests and answers.
    pub(crate) uses: u64,
    pub(crate) use_micro_usd: i64,
    /// How many of them nobody knows the cost of.
    pub(crate) open: u64,
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

/// What of that a project has cost. What came to nothing is no training and no answer.
pub(super) fn spent_on(paid: &[Paid], project: ProjectId) -> ProjectSpent {
    let of_project = paid.iter().filter(|paid| paid.row.project == project.0);
    let mut spent = ProjectSpent::default();
    for paid in of_project.filter(|paid| !paid.came_to_nothing()) {
        let (count, sum) = match paid.row.kind {
            PaidKind::Training => (&mut spent.trainings, &mut spent.training_micro_usd),
            PaidKind::Test | PaidKind::Answer => (&mut spent.uses, &mut spent.use_micro_usd),
        };
        *count += 1;
        *sum = sum.saturating_add(paid.counts_micro_usd);
        spent.open += u64::from(paid.is_open());
    }
    spent
}

impl Paid {
    /// Whether a bill is still to come. Of what has no price and no bound none ever does.
    fn is_open(&self) -> bool {
        self.row.actual_micro_usd.is_none() && self.row.ceiling_micro_usd.is_some()
    }

    /// Whether nothing was ordered or asked after all, and so nothing was billed.
    fn came_to_nothing(&self) -> bool {
        let is_unbilled = self.row.billed_tokens.is_none_or(|tokens| tokens == 0);
        self.row.actual_micro_usd == Some(0) && is_unbilled
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: ProjectId = ProjectId(1);

    /// A paid action that counts so much, of so many billed tokens.
    fn paid(kind: PaidKind, counts_micro_usd: i64, billed_tokens: Option<u64>) -> Paid {
        let row = LedgerRow {
            at_ms: 5,
            kind,
            run: "01J".to_owned(),
            project: PROJECT.0,
            project_name: "Shop".to_owned(),
            service_title: "OpenAI".to_owned(),
            model: "gpt-4o-mini".to_owned(),
            expected_micro_usd: None,
            ceiling_micro_usd: Some(900),
            actual_micro_usd: billed_tokens.map(|_| counts_micro_usd),
            billed_tokens,
        };
        Paid { row, counts_micro_usd }
    }

    #[test]
    fn trainings_and_uses_of_a_project_add_up_and_what_is_open_counts_as_the_most() {
        let mut elsewhere = paid(PaidKind::Training, 5_000, Some(9));
        elsewhere.row.project = 2;
        let all = [
            paid(PaidKind::Training, 300, Some(40)),
            paid(PaidKind::Training, 900, None),
            paid(PaidKind::Test, 70, Some(12)),
            paid(PaidKind::Answer, 8, Some(3)),
            paid(PaidKind::Answer, 900, None),
            elsewhere,
        ];
        let expected = ProjectSpent {
            trainings: 2,
            training_micro_usd: 1_200,
            uses: 3,
            use_micro_usd: 978,
            open: 2,
        };
        assert_eq!(spent_on(&all, PROJECT), expected);
        assert_eq!(spent_on(&all, ProjectId(3)), ProjectSpent::default());
    }

    /// An order that was refused and a question that was never asked are written down too.
    #[test]
    fn what_came_to_nothing_is_not_counted_and_what_was_free_is() {
        let mut unsold = paid(PaidKind::Training, 0, None);
        unsold.row.actual_micro_usd = Some(0);
        let (unasked, free) =
            (paid(PaidKind::Answer, 0, Some(0)), paid(PaidKind::Answer, 0, Some(3)));
        let expected = ProjectSpent { uses: 1, ..ProjectSpent::default() };
        assert_eq!(spent_on(&[unsold, unasked, free], PROJECT), expected);
    }

    #[test]
    fn sums_beyond_all_bounds_stay_at_the_bound() {
        let all = [paid(PaidKind::Test, i64::MAX, None), paid(PaidKind::Answer, 1, Some(3))];
        assert_eq!(spent_on(&all, PROJECT).use_micro_usd, i64::MAX);
    }
}
