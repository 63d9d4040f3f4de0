//! Running a test: every kept-aside question once, stored as the answers come.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use attune_contract::{AppEvent, Failure, FailureCode, params};
use attune_dataset::Example;
use attune_evaluation::{AnswerKind, Answered, compare, is_right, kind, most_frequent, score};
use attune_services::OpenAiCompatible;
use attune_store::{AnswerBefore, AnswerRow, EvaluationId, LaunchRow, NewEvaluation, ProjectId};

use super::wire::StoredMetrics;
use super::{RunningTest, ask, read_examples};
use crate::failures::{OrFailure, internal};
use crate::{App, locked};

/// Answers are stored and told in small batches: often enough to be live, seldom enough to be cheap.
const BATCH_TIME: Duration = Duration::from_millis(300);

/// Who is asked.
pub(super) struct Asked {
    pub(super) service: OpenAiCompatible,
    /// The trained model.
    pub(super) model: String,
    /// What it was before.
    pub(super) before: Option<String>,
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
    ) -> Result<Arc<RunningTest>, Failure> {
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
        self.on_library(move |app, library| {
            let mut tests = locked(&app.tests);
            if tests.contains_key(&project) {
                return Err(Failure::new(FailureCode::TestAlreadyRuns, params![]));
            }
            let test = library.evaluation_create(&new).or_failure()?;
            let running = Arc::new(RunningTest { test, stopped: AtomicBool::new(false) });
            tests.insert(project, Arc::clone(&running));
            Ok(running)
        })
        .await
    }

    /// Asks every question, then judges. Whatever ends it is stored.
    pub(super) async fn run_test(
        self: &Arc<Self>,
        running: &RunningTest,
        asked: &Asked,
        launch: &LaunchRow,
        questions: Vec<Example>,
    ) {
        let mut answered = BothAnswered::default();
        let asked = self.ask_all(running, asked, &questions, &mut answered).await;
        // Why a question has no answer is told whatever became of the others.
        let unanswered = answered.unanswered.clone();
        let (state, metrics) = match asked {
            Ok(()) if answered.after.len() == questions.len() => {
                match self.judge(launch, answered).await {
                    Ok(metrics) => ("finished", metrics),
                    Err(failure) => ("failed", StoredMetrics::failed(&failure)),
                }
            }
            Ok(()) => ("stopped", StoredMetrics::default()),
            Err(failure) => ("failed", StoredMetrics::failed(&failure)),
        };
        let metrics = StoredMetrics { unanswered, ..metrics };
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
        asked: &Asked,
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
            let answer = ask::answer(&asked.service, &asked.model, example, longest).await;
            let (answer, unanswered) = ask::answer_or_reason(answer)?;
            if running.is_stopped() {
                break;
            }
            if let Some(reason) = unanswered {
                answered.unanswered.insert(index as u64, reason);
            }
            let expected = example.answer().to_owned();
            let before = match &asked.before {
                Some(model) => {
                    let answer = ask::answer(&asked.service, model, example, longest).await;
                    let (answer, _) = ask::answer_or_reason(answer)?;
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
