//! Orders that cost money: the confirmation is used up with the order, or neither is there.

use super::{open, project};
use crate::tests::records::launch;
use crate::{
    AnswersTaken, LaunchChange, NewAnswerSpend, PriceCorrectionRow, SentFileRow, SpendRow,
    StoreError,
};

fn spend(token: &str, launch_id: &str) -> SpendRow {
    SpendRow {
        token_sha: token.to_owned(),
        launch_id: launch_id.to_owned(),
        request_sha: "request".to_owned(),
        expected_micro_usd: Some(1_234_567),
        ceiling_micro_usd: 1_240_000,
        confirmed_at_ms: 5,
    }
}

#[test]
fn a_confirmation_pays_for_one_order_and_never_again() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    library.launch_insert_paid(&launch(project, "L1", "intent"), &spend("T1", "L1")).unwrap();
    assert_eq!(library.spend("L1").unwrap(), Some(spend("T1", "L1")));
    assert_eq!(library.spend("L2").unwrap(), None);

    let over = LaunchChange { state: Some("failed".to_owned()), ..LaunchChange::default() };
    library.launch_update("L1", &over).unwrap();
    let again = library.launch_insert_paid(&launch(project, "L2", "intent"), &spend("T1", "L2"));
    assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
    assert!(matches!(library.launch("L2"), Err(StoreError::Missing { .. })), "no order without it");
}

#[test]
fn an_order_that_cannot_be_leaves_its_confirmation_unused() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    library.launch_insert(&launch(project, "L1", "running")).unwrap();
    let refused = library.launch_insert_paid(&launch(project, "L2", "intent"), &spend("T1", "L2"));
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    let over = LaunchChange { state: Some("failed".to_owned()), ..LaunchChange::default() };
    library.launch_update("L1", &over).unwrap();
    library.launch_insert_paid(&launch(project, "L2", "intent"), &spend("T1", "L2")).unwrap();
}

#[test]
fn a_sent_file_is_known_until_it_is_removed_at_the_service() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let sent = |launch: &str, name: &str| SentFileRow {
        launch_id: launch.to_owned(),
        name: name.to_owned(),
        service: "openai".to_owned(),
        hash: "0".repeat(64),
        upload_json: Some("{}".to_owned()),
        file_id: None,
        begun_at_ms: 7,
        deleted_at_ms: None,
    };
    let orphan = library.sent_file_put(&sent("L1", "train"));
    assert!(matches!(orphan, Err(StoreError::Missing { .. })), "{orphan:?}");
    library.launch_insert(&launch(project(&library), "L1", "intent")).unwrap();
    library.sent_file_put(&sent("L1", "validate")).unwrap();
    library.sent_file_put(&sent("L1", "train")).unwrap();
    let there = SentFileRow {
        file_id: Some("file-1".to_owned()),
        upload_json: None,
        ..sent("L1", "train")
    };
    library.sent_file_put(&there).unwrap();
    assert_eq!(library.sent_file("L1", "train").unwrap(), Some(there.clone()));
    assert_eq!(library.sent_files("L1").unwrap().len(), 2);
    assert_eq!(library.sent_files_at("openai").unwrap().len(), 2);
    assert_eq!(library.sent_files_at("nebius").unwrap(), []);
    library.sent_file_put(&SentFileRow { deleted_at_ms: Some(9), ..there }).unwrap();
    let left = library.sent_files_at("openai").unwrap();
    assert_eq!(left, [sent("L1", "validate")]);
}

#[test]
fn answers_are_agreed_to_before_they_are_asked_for_and_counted_afterwards() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    library.launch_insert(&launch(project, "L1", "succeeded")).unwrap();
    let new = |launch_id: &str, begun_at_ms: i64| NewAnswerSpend {
        launch_id: launch_id.to_owned(),
        purpose: "chat",
        begun_at_ms,
        expected_micro_usd: Some(40),
        ceiling_micro_usd: Some(900),
    };
    library.answer_spend_begin(&new("nobody", 1)).unwrap_err();
    let early = library.answer_spend_begin(&new("L1", 1)).unwrap();
    let id = library.answer_spend_begin(&new("L1", 20)).unwrap();
    let taken =
        AnswersTaken { answers: 1, input_tokens: 30, output_tokens: 5, actual_micro_usd: Some(40) };
    library.answer_spend_take(id, &taken).unwrap();
    let rows = library.answer_spends_since(0).unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [id, early]);
    assert_eq!((rows[0].taken, rows[1].taken), (taken, AnswersTaken::default()));
    assert_eq!(library.answer_spends_since(2).unwrap().len(), 1);
}

#[test]
fn all_that_was_agreed_to_is_listed_the_latest_first() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    for (launch_id, confirmed_at_ms) in [("L1", 5), ("L2", 9), ("L3", 5)] {
        let row = launch(project(&library), launch_id, "intent");
        let agreed = SpendRow { confirmed_at_ms, ..spend(launch_id, launch_id) };
        library.launch_insert_paid(&row, &agreed).unwrap();
    }
    let listed: Vec<_> = library.spends().unwrap().into_iter().map(|it| it.launch_id).collect();
    assert_eq!(listed, ["L2", "L3", "L1"]);
}

#[test]
fn what_was_typed_as_a_price_stays_when_it_is_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let row = |micro_usd| PriceCorrectionRow {
        service: "openai".to_owned(),
        model: "gpt-4o-mini-2024-07-18".to_owned(),
        price_for: "training".to_owned(),
        counted_by: "million_tokens".to_owned(),
        micro_usd,
        from_day: "2026-11-22".to_owned(),
        typed_at_ms: 7,
    };
    let rows = [row(Some(4_000_000)), row(Some(0)), row(None)];
    for row in &rows {
        library.price_correction_add(row).unwrap();
    }
    assert_eq!(library.price_corrections().unwrap(), rows);
    library.price_correction_add(&row(Some(-1))).unwrap_err();
    drop(library);
    assert_eq!(open(home.path()).price_corrections().unwrap(), rows);
}
