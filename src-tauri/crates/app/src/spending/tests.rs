//! A cap holds for everybody together, however many spend at once.

use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::Duration;

use attune_contract::FailureCode;
use attune_store::{LaunchCounts, LaunchRow, NewAnswerSpend, NewProject};

use super::*;
use crate::{AppOptions, KeyringOptions, SilentDesktop, SystemPauses, starter_file};

const NOON_MS: i64 = 1_795_348_800_000;
/// All that one thing may take; the day has 25 dollars.
const MOST: i64 = 10_000_000;
/// Far longer than anybody takes who need not wait.
const PATIENCE: Duration = Duration::from_millis(200);

fn app(home: PathBuf) -> Arc<App> {
    let options = AppOptions {
        home,
        engine_program: PathBuf::new(),
        clock: || NOON_MS,
        starter: starter_file(),
        cores: None,
        keyring: KeyringOptions::default,
        pauses: Arc::new(SystemPauses),
    };
    App::open(options, Arc::new(SilentDesktop))
}

/// A training whose model is asked.
fn trained(library: &Library) {
    let project = NewProject {
        name: "Letters".to_owned(),
        goal: None,
        source_name: None,
        sample: false,
        split_seed: 1,
        now_ms: NOON_MS,
    };
    let launch = LaunchRow {
        launch_id: "L1".to_owned(),
        project: library.project_create(&project).unwrap(),
        service: "openai".to_owned(),
        model: "gpt-4o-mini".to_owned(),
        state: "succeeded".to_owned(),
        job_id: None,
        request_json: "{}".to_owned(),
        request_sha: String::new(),
        train_file: String::new(),
        validate_file: String::new(),
        test_file: String::new(),
        recipe_json: "{}".to_owned(),
        counts: LaunchCounts { train: 10, validate: 0, test: 0 },
        dataset_version: 1,
        created_at_ms: NOON_MS,
        changed_at_ms: NOON_MS,
        server_ms: None,
        finished_at_ms: Some(NOON_MS),
        result_model: Some("ft:gpt-4o-mini".to_owned()),
        progress_json: None,
        error_json: None,
    };
    library.launch_insert(&launch).unwrap();
}

fn ask(app: &App, library: &Library, before_it_is_written: impl FnOnce()) -> Result<(), Failure> {
    let new = NewAnswerSpend {
        launch_id: "L1".to_owned(),
        purpose: "chat",
        begun_at_ms: NOON_MS,
        expected_micro_usd: None,
        ceiling_micro_usd: Some(MOST),
    };
    app.spend_within_caps(library, "OpenAI", Some(MOST), || {
        before_it_is_written();
        library.answer_spend_begin(&new).map(drop).map_err(crate::IntoFailure::into_failure)
    })
}

#[test]
fn many_at_once_pass_no_cap_together() {
    let home = tempfile::tempdir().unwrap();
    let app = app(home.path().to_owned());
    let library = app.library().unwrap();
    trained(&library);
    let (told, heard) = channel();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let mut others = Vec::new();
        let first = ask(&app, &library, || {
            // While this is allowed and not written down yet, two more ask.
            for _ in 0..2 {
                let (told, app, library) = (told.clone(), &app, &library);
                others.push(scope.spawn(move || {
                    let answer = ask(app, library, || ());
                    told.send(()).unwrap();
                    answer
                }));
            }
            // Neither comes through; whoever did would have been judged without this one.
            assert!(heard.recv_timeout(PATIENCE).is_err());
        });
        let others = others.into_iter().map(|other| other.join().unwrap());
        std::iter::once(first).chain(others).collect()
    });
    // Two of ten dollars fit into the day.
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 2, "{answers:?}");
    let refused = answers.iter().find_map(|answer| answer.as_ref().err()).unwrap();
    assert_eq!(refused.code, FailureCode::AboveDayCap);
    assert_eq!(app.spent(&library).unwrap().today.micros(), 2 * MOST);
}
