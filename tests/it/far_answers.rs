//! Answers of a model at a service: asked for the amount that was agreed to and no more, and counted.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use attune_app::{FileTest, SourceFile};
use attune_contract::chat::{ChatSendRequest, ChatState};
use attune_contract::money::LedgerRequest;
use attune_contract::orders::OrderSettings;
use attune_contract::projects::ProjectRequest;
use attune_contract::testing::{TestPhase, TestStartRequest, TestState};
use attune_contract::{Failure, FailureCode, Nothing, Param};
use attune_testkit::fake_service::{FakeSettings, Fault, FaultPlan, RetryAfter, Rule};
use attune_testkit::{GroupTask, chat_jsonl};

use crate::support::LOOK;
use crate::support::far::FarHouse;

/// A trained model at the fake.
async fn trained() -> (FarHouse, String) {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let quote = far.quote(OrderSettings::default()).await;
    let run = far.place(&quote).await.unwrap().summary.run;
    let done = far.rest(&run).await;
    assert!(done.summary.model.is_some(), "{:?}", done.summary);
    (far, run)
}

fn named(far: &FarHouse) -> ProjectRequest {
    ProjectRequest { project: far.project }
}

async fn chat(far: &FarHouse) -> ChatState {
    far.house.app.chat_read(named(far)).await.unwrap()
}

async fn test(far: &FarHouse) -> TestState {
    far.house.app.test_read(named(far)).await.unwrap()
}

fn question(far: &FarHouse, text: &str, most_micro_usd: Option<i64>) -> ChatSendRequest {
    ChatSendRequest { project: far.project, text: text.to_owned(), most_micro_usd }
}

/// As the page computes it.
fn most(state: &ChatState, text: &str) -> i64 {
    let rates = state.price.as_ref().unwrap().rates.unwrap();
    let bytes = i64::try_from(text.len()).unwrap();
    rates.fixed_micro_usd + (bytes * rates.per_million_bytes_micro_usd + 999_999) / 1_000_000
}

fn asked(far: &FarHouse) -> usize {
    far.service.log().iter().filter(|it| it.path.ends_with("/chat/completions")).count()
}

/// Millionths of a dollar spent this month, as the page shows it.
async fn spent(far: &FarHouse) -> i64 {
    far.house.app.app_read(Nothing {}).await.unwrap().spent_this_month_micro_usd
}

fn code<T: std::fmt::Debug>(result: Result<T, Failure>) -> FailureCode {
    result.unwrap_err().code
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_asked_for_the_amount_on_its_button() {
    let (far, _) = trained().await;
    let before = spent(&far).await;
    let state = chat(&far).await;
    let text = state.suggestions[0].as_str();
    let most = most(&state, text);
    let app = &far.house.app;
    // The page knows less of what is said, so its bound is a little higher.
    for too_little in [None, Some(0), Some(most - 20)] {
        let refused = app.chat_send(question(&far, text, too_little)).await;
        assert_eq!(code(refused), FailureCode::AnswersCostMoney);
    }
    assert_eq!((asked(&far), chat(&far).await.lines.len()), (0, 0));
    let told = || far.house.desktop.spent.load(Ordering::SeqCst);
    let told_before = told();
    let answer = app.chat_send(question(&far, text, Some(most))).await.unwrap();
    assert!(told() >= told_before + 2, "when it is agreed to, and when it is known");
    assert_eq!(far.house.desktop.answered.load(Ordering::SeqCst), 4);
    assert!(!answer.answer.text.is_empty());
    let cost = answer.cost_micro_usd.unwrap();
    assert!((1..=most).contains(&cost), "{cost} of {most}");
    assert_eq!((asked(&far), chat(&far).await.lines.len()), (1, 2));
    assert_eq!(spent(&far).await - before, cost);
    // The ledger has what was expected of it; the next guess knows how long this answer was.
    app.chat_send(question(&far, text, Some(most))).await.unwrap();
    let listed = app.ledger_read(LedgerRequest { start: 0, count: 2 }).await.unwrap();
    for row in &listed.rows {
        let expected = row.expected_micro_usd.unwrap();
        assert!((1..=most).contains(&expected), "{row:?}");
    }
    assert_eq!(listed.rows[0].expected_micro_usd, listed.rows[0].actual_micro_usd);
}

/// Whoever left the chat while an answer came finds it again, and what would tear it apart waits.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_coming_is_found_again_and_not_cleared_away() {
    let (far, _) = trained().await;
    let most = most(&chat(&far).await, "Hello");
    let hangs = Fault::Hang { accept: true };
    far.plan(FaultPlan::new().with(Rule::new("POST", "/chat/completions", hangs)));
    let (app, asked) = (Arc::clone(&far.house.app), question(&far, "Hello", Some(most)));
    let asking = tokio::spawn(async move { app.chat_send(asked).await });
    let coming = loop {
        let state = chat(&far).await;
        if state.answering.is_some() {
            break state;
        }
        assert!(!asking.is_finished(), "the answer ended before it could be looked at");
        tokio::time::sleep(LOOK).await;
    };
    assert_eq!((coming.lines.len(), coming.answering.as_deref()), (1, Some("")));
    assert_eq!(code(far.house.app.chat_clear(named(&far)).await), FailureCode::ChatBusy);
    far.house.app.chat_stop(named(&far)).await.unwrap();
    asking.await.unwrap().unwrap();
    let ended = chat(&far).await;
    assert_eq!((ended.lines.len(), ended.answering), (2, None));
    assert!(far.house.app.chat_clear(named(&far)).await.unwrap().lines.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_free_and_what_breaks_off_counts_as_the_most() {
    let (far, _) = trained().await;
    let before = spent(&far).await;
    let most = most(&chat(&far).await, "Hello");
    let ask = || far.house.app.chat_send(question(&far, "Hello", Some(most)));
    let refuses = Fault::Reply { status: 401, headers: Vec::new(), body: "{}".to_owned() };
    far.plan(FaultPlan::new().with(Rule::new("POST", "/chat/completions", refuses)));
    assert_eq!(code(ask().await), FailureCode::KeyRefused);
    assert_eq!(spent(&far).await, before);
    let cut = Fault::CutResponse { bytes: 300 };
    far.plan(FaultPlan::new().with(Rule::new("POST", "/chat/completions", cut)));
    assert_eq!(code(ask().await), FailureCode::ServiceGarbled);
    let counted = spent(&far).await - before;
    assert!((most - 20..=most).contains(&counted), "{counted} of {most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_costs_no_more_than_its_button_says() {
    let (far, run) = trained().await;
    let before = spent(&far).await;
    let price = test(&far).await.price.unwrap();
    let amounts = price.amounts.unwrap();
    assert_eq!(price.service_title, "OpenAI");
    assert!(0 < amounts.expected_micro_usd && amounts.expected_micro_usd <= amounts.most_micro_usd);
    let app = &far.house.app;
    let start = |most_micro_usd| TestStartRequest {
        project: far.project,
        run: run.clone(),
        most_micro_usd,
    };
    for too_little in [None, Some(amounts.most_micro_usd - 1)] {
        let refused = app.test_start(start(too_little)).await;
        assert_eq!(code(refused), FailureCode::AnswersCostMoney);
    }
    assert_eq!(asked(&far), 0);
    // A busy service is asked again.
    let busy = Fault::TooMany { retry_after: RetryAfter::Text("3".to_owned()) };
    let busy = Rule::new("POST", "/chat/completions", busy).starting_at(2).times(2);
    far.plan(FaultPlan::new().with(busy));
    app.test_start(start(Some(amounts.most_micro_usd))).await.unwrap();
    let report = loop {
        let report = test(&far).await.report.unwrap();
        if report.phase != TestPhase::Running {
            break report;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!((report.phase, report.failure), (TestPhase::Finished, None));
    // The fake's models know what they learned and echo the rest: before the training nothing is right.
    assert_eq!(report.before_right, Some(0));
    assert_eq!(asked(&far) as u64, 2 * report.total + 2);
    let cost = report.cost_micro_usd.unwrap();
    assert!((1..=amounts.most_micro_usd).contains(&cost), "{cost} of {amounts:?}");
    assert_eq!(spent(&far).await - before, cost);
}

/// A file of questions, and the most that a bought model may take for them.
async fn file_test(far: &FarHouse, run: &str) -> (FileTest, i64) {
    let model = far.read(run).await.summary.model.unwrap();
    let file = far.house.home.path().join("test.jsonl");
    std::fs::write(&file, chat_jsonl(&GroupTask { seed: 63, groups: 3, rows: 12 }.pairs()))
        .unwrap();
    let source = SourceFile::open(file).unwrap();
    let columns = source.guessed_columns().unwrap();
    let test = FileTest { source, columns, model, baseline: None, most_micro_usd: Some(1) };
    let refused = far.house.app.test_file(&test).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::AboveCeiling);
    let Some(Param::MicroUsd(most)) = refused.params.get("ceiling").cloned() else {
        panic!("{refused:?}")
    };
    (test, most)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_tested_within_what_was_agreed_to() {
    let (far, run) = trained().await;
    let (test, most) = file_test(&far, &run).await;
    let app = &far.house.app;
    let before = spent(&far).await;
    let with = |baseline: Option<&str>, most_micro_usd| FileTest {
        baseline: baseline.map(str::to_owned),
        most_micro_usd,
        ..test.clone()
    };
    let both = |most| with(Some(&test.model), Some(most));
    assert_eq!(code(app.test_file(&with(None, None)).await), FailureCode::CeilingNeeded);
    // Held against itself it is asked twice as much.
    assert_eq!(code(app.test_file(&both(2 * most - 1)).await), FailureCode::AboveCeiling);
    // A cap that has room for the first alone lets neither be asked: it is one test, on one day.
    far.allow([most, 9_000_000, 9_000_000]).await;
    assert_eq!(code(app.test_file(&both(2 * most)).await), FailureCode::AboveJobCap);
    far.allow([2 * most, before + most, 9_000_000]).await;
    assert_eq!(code(app.test_file(&both(2 * most)).await), FailureCode::AboveDayCap);
    assert_eq!((asked(&far), spent(&far).await), (0, before));
    let report = app.test_file(&with(None, Some(most))).await.unwrap();
    assert_eq!((asked(&far), report.metrics.examples), (12, 12));
    let cost = spent(&far).await - before;
    assert!((1..=most).contains(&cost), "{cost} of {most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_asked_after_a_failure_costs_nothing() {
    let (far, run) = trained().await;
    let (test, most) = file_test(&far, &run).await;
    let app = &far.house.app;
    let before = spent(&far).await;
    // A model that nobody knows is found out before anything is paid for.
    let baseline = Some("ft:nobody:made:this".to_owned());
    let unknown = FileTest { baseline, most_micro_usd: Some(most), ..test.clone() };
    assert_eq!(code(app.test_file(&unknown).await), FailureCode::ModelMissing);
    assert_eq!((asked(&far), spent(&far).await), (0, before));
    // The first model fails in the midst; the one it is held against is not asked any more.
    let refuses = Fault::Reply { status: 401, headers: Vec::new(), body: "{}".to_owned() };
    far.plan(FaultPlan::new().with(Rule::new("POST", "/chat/completions", refuses).starting_at(2)));
    let baseline = Some(test.model.clone());
    let both = FileTest { baseline, most_micro_usd: Some(2 * most), ..test };
    assert_eq!(code(app.test_file(&both).await), FailureCode::KeyRefused);
    let cost = spent(&far).await - before;
    assert!((1..most / 4).contains(&cost), "{cost} of {most}");
    let listed = app.ledger_read(LedgerRequest { start: 0, count: 3 }).await.unwrap();
    assert!(listed.rows.iter().all(|row| row.actual_micro_usd.is_some()), "{listed:?}");
}
