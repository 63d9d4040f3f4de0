//! Running a test: every kept-aside question once, stored as the answers come.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use attune_contract::{AppEvent, Failure, FailureCode, params};
use attune_dataset::Example;
use attune_evaluation::{AnswerKind, Answered, compare, is_right, kind, most_frequent, score};
use attune_store::{
    AnswerBefore, AnswerRow, EvaluationId, LaunchRow, Library, NewEvaluation, ProjectId,
};

use super::wire::StoredMetrics;
use super::{RunningTest, ask, price, read_examples};
use crate::answering::{Answerer, Meter, paid_place, price_unknown};
use crate::failures::{OrFailure, internal};
use crate::{App, locked};

/// Answers are stored and told in small batches: often enough to be live, seldom enough to be cheap.
const BATCH_TIME: Duration = Duration::from_millis(300);

/// Who is asked.
pub(super) struct Asked {
    pub(super) answerer: Answerer,
    /// The trained model.
    pub(super) model: String,
    /// What it was before.
    pub(super) before: Option<String>,
    pub(super) meter: Meter,
}

impl Asked {
    /// One model's answer to one example's question; nothing and the reason where it is too long.
    async fn answer(
        &mut self,
        app: &App,
        model: &str,
        question: (&Example, u32),
        running: &RunningTest,
    ) -> Result<(String, Option<FailureCode>), Failure> {
        let whom = (&self.answerer, &mut self.meter);
        ask::answer(app, whom, model, question, &|| running.is_stopped()).await
    }
}

/// What was answered so far.
#[derive(Default)]
struct BothAnswered {
    after: Vec<Answered>,
    /// Whether the model was right before it was trained; empty where it was nothing before.
    before: Vec<bool>,
    /// Why questions have no answer, by their index.
    unanswered: BTreeMap<u64, FailureCode>,
}

impl App {
    /// Records a test that begins; a second press finds the first one.
    pub(super) async fn begin_test(
        self: &Arc<Self>,
        project: i64,
        launch: &LaunchRow,
        questions: &[Example],
        most_micro_usd: Option<i64>,
    ) -> Result<(Arc<RunningTest>, Meter), Failure> {
        let expected: Vec<&str> = questions.iter().map(Example::answer).collect();
        let kind = match kind(&expected) {
            AnswerKind::Groups { .. } => "groups",
            AnswerKind::FreeText => "text",
        };
        let new = NewEvaluation {
            project: ProjectId(project),
            launch_id: launch.launch_id.clone(),
            kind: kind.to_owned(),
            examples: questions.len() as u64,
            created_at_ms: self.now_ms(),
            before_model: super::before_model(launch),
        };
        let (launch, questions) = (launch.clone(), questions.to_vec());
        self.on_library(move |app, library| {
            let mut tests = locked(&app.tests);
            if tests.contains_key(&project) {
                return Err(Failure::new(FailureCode::TestAlreadyRuns, params![]));
            }
            let meter = begin_paying(app, library, &launch, &questions, most_micro_usd)?;
            let test = library.evaluation_create(&new).or_failure()?;
            let running = Arc::new(RunningTest { test, stopped: AtomicBool::new(false) });
            tests.insert(project, Arc::clone(&running));
            Ok((running, meter))
        })
        .await
    }

    /// Asks every question, then judges. Whatever ends it is stored.
    pub(super) async fn run_test(
        self: &Arc<Self>,
        running: &RunningTest,
        asked: &mut Asked,
        launch: &LaunchRow,
        questions: Vec<Example>,
    ) {
        let mut answered = BothAnswered::default();
        let came = self.ask_all(running, asked, &questions, &mut answered).await;
        // Why a question has no answer is told whatever became of the others.
        let unanswered = answered.unanswered.clone();
        let (state, metrics) = match came {
            Ok(()) if answered.after.len() == questions.len() => {
                match self.judge(launch, answered).await {
                    Ok(metrics) => ("finished", metrics),
                    Err(failure) => ("failed", StoredMetrics::failed(&failure)),
                }
            }
            Ok(()) => ("stopped", StoredMetrics::default()),
            Err(failure) => ("failed", StoredMetrics::failed(&failure)),
        };
        if let Err(failure) = asked.meter.keep(self).await {
            tracing::error!(code = failure.code.as_text(), "what answers cost was not stored");
        }
        let cost_micro_usd = asked.meter.actual_micro_usd();
        let metrics = StoredMetrics { unanswered, cost_micro_usd, ..metrics };
        let test = running.test;
        let stored = self
            .on_library(move |app, library| {
                let json =
                    serde_json::to_string(&metrics).map_err(|error| internal(error.to_string()))?;
                library.evaluation_finish(test, state, Some(&json), app.now_ms()).or_failure()
            })
            .await;
        if let Err(failure) = stored {
            tracing::error!(code = failure.code.as_text(), "the end of a test was not stored");
        }
        self.tell_test(test).await;
    }

    async fn ask_all(
        self: &Arc<Self>,
        running: &RunningTest,
        asked: &mut Asked,
        questions: &[Example],
        answered: &mut BothAnswered,
    ) -> Result<(), Failure> {
        let longest = ask::longest_answer(questions);
        let mut batch = Vec::new();
        let mut since = Instant::now();
        for (index, example) in questions.iter().enumerate() {
            if running.is_stopped() {
                break;
            }
            let model = asked.model.clone();
            let (answer, unanswered) =
                asked.answer(self, &model, (example, longest), running).await?;
            if running.is_stopped() {
                break;
            }
            if let Some(reason) = unanswered {
                answered.unanswered.insert(index as u64, reason);
            }
            let expected = example.answer().to_owned();
            let before = match asked.before.clone() {
                Some(model) => {
                    let (answer, _) =
                        asked.answer(self, &model, (example, longest), running).await?;
                    let right = is_right(&expected, &answer);
                    answered.before.push(right);
                    Some(AnswerBefore { answer, right })
                }
                None => None,
            };
            batch.push(AnswerRow {
                index: index as u64,
                line: None,
                question: example.question().to_owned(),
                right: is_right(&expected, &answer),
                expected: expected.clone(),
                answer: answer.clone(),
                before,
            });
            answered.after.push(Answered { expected, answer, scores: None });
            if since.elapsed() >= BATCH_TIME {
                asked.meter.keep_so_far(self).await?;
                self.keep_answers(running.test, std::mem::take(&mut batch)).await?;
                since = Instant::now();
            }
        }
        self.keep_answers(running.test, batch).await
    }

    async fn keep_answers(
        self: &Arc<Self>,
        test: EvaluationId,
        batch: Vec<AnswerRow>,
    ) -> Result<(), Failure> {
        if batch.is_empty() {
            return Ok(());
        }
        self.on_library(move |_, library| {
            library.evaluation_answers_append(test, &batch).or_failure()
        })
        .await?;
        self.tell_test(test).await;
        Ok(())
    }

    /// Compares with the model before its training, question by question; what was nothing before,
    /// with "always the most frequent answer of the examples it learnt from".
    async fn judge(
        self: &Arc<Self>,
        launch: &LaunchRow,
        BothAnswered { after: answered, before, .. }: BothAnswered,
    ) -> Result<StoredMetrics, Failure> {
        let train_file = launch.train_file.clone();
        self.on_library(move |_, library| {
            let learnt = read_examples(library, &train_file)?;
            let answers: Vec<&str> = learnt.iter().map(Example::answer).collect();
            let baseline = most_frequent(&answers);
            let model_right: Vec<bool> =
                answered.iter().map(|it| is_right(&it.expected, &it.answer)).collect();
            let baseline_right: Vec<bool> =
                answered.iter().map(|it| is_right(&it.expected, &baseline)).collect();
            let compared = if before.is_empty() { &baseline_right } else { &before };
            let verdict =
                compare(&model_right, compared).map_err(|error| internal(error.to_string()))?;
            let expected: Vec<&str> = answered.iter().map(|it| it.expected.as_str()).collect();
            let has_groups = matches!(kind(&expected), AnswerKind::Groups { .. });
            let metrics = score(&answered);
            Ok(StoredMetrics {
                macro_f1: has_groups.then_some(metrics.macro_f1),
                baseline_answer: Some(baseline),
                baseline_right: baseline_right.iter().filter(|right| **right).count() as u64,
                better: verdict.better,
                same: verdict.same,
                worse: verdict.worse,
                interval: Some(verdict.interval),
                proven: verdict.proven,
                ..StoredMetrics::default()
            })
        })
        .await
    }

    async fn tell_test(self: &Arc<Self>, test: EvaluationId) {
        match self.test_report(test).await {
            Ok(report) => self.desktop.emit(AppEvent::TestChanged(report)),
            Err(failure) => {
                tracing::error!(code = failure.code.as_text(), "a test cannot be read");
            }
        }
    }
}

/// Writes down what a test may cost, where it costs money.
fn begin_paying(
    app: &App,
    library: &Library,
    launch: &LaunchRow,
    questions: &[Example],
    most_micro_usd: Option<i64>,
) -> Result<Meter, Failure> {
    let Some(place) = paid_place(app, library, launch)? else { return Ok(Meter::free()) };
    if place.rates.is_none() && !place.is_own {
        // Hundreds of answers at once need a bound, and without a price there is none.
        return Err(price_unknown(&place.title, &launch.model));
    }
    let amounts = price::amounts(&place, launch, questions, price::times_asked(launch))?;
    let needed = amounts.map(|amounts| amounts.most_micro_usd);
    let agreed = place.agreed(needed, most_micro_usd)?;
    let expected = amounts.map(|amounts| amounts.expected_micro_usd);
    Meter::begin(app, library, launch, &place, ("test", expected, agreed))
}
