//! Testing a model on a file, for the command line: the same questions, metrics and verdict.

use std::sync::Arc;

use attune_contract::answers::TestAmounts;
use attune_contract::{Failure, FailureCode, Param, params};
use attune_dataset::{Example, RowOutcome};
use attune_evaluation::most_frequent;
use attune_evaluation::{AnswerKind, Answered, Metrics, Verdict, compare, is_right, kind, score};
use attune_store::{LaunchRow, Library};

use super::{ask, price};
use crate::answering::{Answerer, Meter, PaidPlace, far_launch_of, paid_place, price_unknown};
use crate::failures::internal;
use crate::{App, SourceFile, TableColumns};

/// A test on a file.
#[derive(Debug, Clone)]
pub struct FileTest {
    /// The file with questions and right answers.
    pub source: SourceFile,
    /// Its columns, where it is a table.
    pub columns: TableColumns,
    /// The model.
    pub model: String,
    /// The model to compare with; "always the most frequent answer of the file" when absent.
    pub baseline: Option<String>,
    /// The most that the answers of models at services may cost, in millionths of a US dollar, where the
    /// person agreed to one.
    pub most_micro_usd: Option<i64>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct FileTestReport {
    /// The model's figures.
    pub metrics: Metrics,
    /// Questions that the model could not read, as they are too long; they count as wrong.
    pub unanswered: u64,
    /// Whether answers are groups (or free text).
    pub has_groups: bool,
    /// The comparison with the baseline.
    pub verdict: Verdict,
}

impl App {
    /// Tests a model on a file. A model at a service is asked for the amount that was agreed to and no
    /// more; one that it is compared with likewise.
    ///
    /// # Errors
    /// `NothingKeptAside` for a file without usable examples; `CeilingNeeded`, `AboveCeiling`,
    /// `PriceUnknown`, `AboveJobCap`, `AboveDayCap`, `AboveMonthCap` for a model at a service; failures of
    /// the file, the engine, the service or the library.
    pub async fn test_file(self: &Arc<Self>, test: &FileTest) -> Result<FileTestReport, Failure> {
        let examples = examples_of(&test.source, &test.columns)?;
        if examples.is_empty() {
            return Err(Failure::new(FailureCode::NothingKeptAside, params![]));
        }
        let models = std::iter::once(&test.model).chain(&test.baseline).cloned().collect();
        let askers = self.askers(models, &examples, test.most_micro_usd).await?;
        let mut each = self.all_answers(askers, &examples).await?.into_iter();
        let (answered, unanswered) = each.next().unwrap_or_default();
        let right = |answered: &[Answered]| -> Vec<bool> {
            answered.iter().map(|it| is_right(&it.expected, &it.answer)).collect()
        };
        let expected: Vec<&str> = examples.iter().map(Example::answer).collect();
        let baseline = match each.next() {
            Some((answered, _)) => right(&answered),
            None => {
                let always = most_frequent(&expected);
                expected.iter().map(|expected| is_right(expected, &always)).collect()
            }
        };
        let verdict =
            compare(&right(&answered), &baseline).map_err(|error| internal(error.to_string()))?;
        Ok(FileTestReport {
            metrics: score(&answered),
            unanswered,
            has_groups: matches!(kind(&expected), AnswerKind::Groups { .. }),
            verdict,
        })
    }

    /// Who answers for these models. What those at services may cost is written down, all of it or
    /// nothing.
    async fn askers(
        self: &Arc<Self>,
        models: Vec<String>,
        examples: &[Example],
        most_micro_usd: Option<i64>,
    ) -> Result<Vec<Asker>, Failure> {
        let examples = examples.to_vec();
        let begun = self
            .on_library(move |app, library| begin(app, library, models, &examples, most_micro_usd))
            .await?;
        let mut askers = Vec::with_capacity(begun.len());
        let mut problem = None;
        for Begun { model, launch, meter } in begun {
            let answerer = match (&problem, &launch) {
                (Some(_), _) => Err(internal("nothing is asked any more")),
                (None, Some(launch)) => self.answerer(launch).await,
                (None, None) => self.answerer_here().await,
            };
            match answerer {
                Ok(answerer) => askers.push(Asker { model, answerer, meter }),
                Err(failure) => {
                    problem.get_or_insert(failure);
                    meter.keep_unasked(self).await?;
                }
            }
        }
        let Some(failure) = problem else { return Ok(askers) };
        for asker in &askers {
            asker.meter.keep_unasked(self).await?;
        }
        Err(failure)
    }

    /// What each of them answers. Those that are free come first: what they lack is found out before
    /// anything is paid for. Where one fails, the others are not asked, and that costs nothing.
    async fn all_answers(
        self: &Arc<Self>,
        askers: Vec<Asker>,
        examples: &[Example],
    ) -> Result<Vec<(Vec<Answered>, u64)>, Failure> {
        let mut in_turn: Vec<(usize, Asker)> = askers.into_iter().enumerate().collect();
        in_turn.sort_by_key(|(_, asker)| asker.meter.is_paid());
        let mut answers = Vec::with_capacity(in_turn.len());
        let mut in_turn = in_turn.into_iter();
        while let Some((place, asker)) = in_turn.next() {
            match self.answers(asker, examples).await {
                Ok(answered) => answers.push((place, answered)),
                Err(failure) => {
                    for (_, unasked) in in_turn {
                        unasked.meter.keep_unasked(self).await?;
                    }
                    return Err(failure);
                }
            }
        }
        answers.sort_by_key(|(place, _)| *place);
        Ok(answers.into_iter().map(|(_, answered)| answered).collect())
    }

    /// The answers to all questions, and how many of these have none. What they cost is kept, whatever
    /// ends them.
    async fn answers(
        self: &Arc<Self>,
        mut asker: Asker,
        examples: &[Example],
    ) -> Result<(Vec<Answered>, u64), Failure> {
        let answered = self.ask_each(&mut asker, examples).await;
        asker.meter.keep(self).await?;
        answered
    }

    async fn ask_each(
        self: &Arc<Self>,
        asker: &mut Asker,
        examples: &[Example],
    ) -> Result<(Vec<Answered>, u64), Failure> {
        let (mut answered, mut unanswered) = (Vec::with_capacity(examples.len()), 0);
        let longest = ask::longest_answer(examples);
        for example in examples {
            let whom = (&asker.answerer, &mut asker.meter);
            let (answer, reason) =
                ask::answer(self, whom, &asker.model, (example, longest), &|| false).await?;
            unanswered += u64::from(reason.is_some());
            let expected = example.answer().to_owned();
            answered.push(Answered { expected, answer, scores: None });
        }
        Ok((answered, unanswered))
    }
}

/// A model that may be asked: what it may cost is written down.
struct Begun {
    model: String,
    /// The training that it came of, where it answers at a service.
    launch: Option<LaunchRow>,
    meter: Meter,
}

/// A model, who answers for it, and what that takes.
struct Asker {
    model: String,
    answerer: Answerer,
    meter: Meter,
}

/// Writes down what the answers of each model may cost, if all of them together are within what was
/// agreed to.
fn begin(
    app: &App,
    library: &Library,
    models: Vec<String>,
    examples: &[Example],
    most_micro_usd: Option<i64>,
) -> Result<Vec<Begun>, Failure> {
    let priced = models.into_iter().map(|model| priced_model(app, library, model, examples));
    let priced: Vec<Priced> = priced.collect::<Result<_, _>>()?;
    let needed: i64 = priced.iter().filter_map(Priced::most).fold(0, i64::saturating_add);
    let is_paid = priced.iter().any(|it| it.place.is_some());
    let most = match (is_paid, most_micro_usd) {
        (true, None) => return Err(Failure::new(FailureCode::CeilingNeeded, params![])),
        (true, Some(most)) if needed > most => {
            let (ceiling, most) = (Param::MicroUsd(needed), Param::MicroUsd(most));
            return Err(Failure::new(FailureCode::AboveCeiling, params![ceiling, most]));
        }
        (_, most) => most,
    };
    let unpriced = priced.iter().filter(|it| it.place.is_some() && it.amounts.is_none()).count();
    // One test, however many models answer in it.
    let whole = if unpriced > 0 { most.unwrap_or(needed) } else { needed };
    if let Some(refusal) = app.judged(library, whole)?.refusal {
        return Err(refusal);
    }
    // Where no price is known, what was agreed to and is not needed elsewhere is all there is.
    let left = most.map(|most| (most - needed) / i64::try_from(unpriced.max(1)).unwrap_or(1));
    let mut begun: Vec<Begun> = Vec::with_capacity(priced.len());
    for Priced { model, place, amounts } in priced {
        let meter = match &place {
            Some((launch, place)) => {
                let expected = amounts.map(|amounts| amounts.expected_micro_usd);
                let most = amounts.map_or(left, |amounts| Some(amounts.most_micro_usd));
                Meter::begin(app, library, launch, place, ("test", expected, most))
            }
            None => Ok(Meter::free()),
        };
        match meter {
            Ok(meter) => {
                begun.push(Begun { model, launch: place.map(|(launch, _)| launch), meter });
            }
            Err(failure) => {
                for earlier in &begun {
                    earlier.meter.store_unasked(app, library)?;
                }
                return Err(failure);
            }
        }
    }
    Ok(begun)
}

/// A model with what its answers cost, where they cost something.
struct Priced {
    model: String,
    place: Option<(LaunchRow, PaidPlace)>,
    amounts: Option<TestAmounts>,
}

impl Priced {
    fn most(&self) -> Option<i64> {
        self.amounts.map(|amounts| amounts.most_micro_usd)
    }
}

fn priced_model(
    app: &App,
    library: &Library,
    model: String,
    examples: &[Example],
) -> Result<Priced, Failure> {
    let launch = far_launch_of(library, &model)?;
    let place = match &launch {
        Some(launch) => paid_place(app, library, launch)?,
        None => None,
    };
    let Some((launch, place)) = launch.zip(place) else {
        return Ok(Priced { model, place: None, amounts: None });
    };
    if place.rates.is_none() && !place.is_own {
        // Many answers at once need a bound, and without a price there is none.
        return Err(price_unknown(&place.title, &launch.model));
    }
    let amounts = price::amounts(&place, &launch, examples, 1)?;
    Ok(Priced { model, place: Some((launch, place)), amounts })
}

fn examples_of(source: &SourceFile, columns: &TableColumns) -> Result<Vec<Example>, Failure> {
    let mut examples = Vec::new();
    for row in source.rows(columns, &Arc::default())? {
        if let RowOutcome::Example(example, _) = row?.outcome
            && !example.answer().trim().is_empty()
        {
            examples.push(example);
        }
    }
    Ok(examples)
}
