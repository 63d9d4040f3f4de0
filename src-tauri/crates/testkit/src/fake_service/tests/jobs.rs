//! Jobs: how they live, and what they leave.

use std::time::Duration;

use base64::Engine as _;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::client::{Asks, LONG, examples, order, started};
use crate::fake_service::{FakeService, FakeSettings, Fate, Quirks};

pub(super) const JOBS: &str = "/fine_tuning/jobs";

pub(super) async fn create(asks: &Asks, order: &Value) -> String {
    asks.post(JOBS, order).await["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_job_goes_through_its_states_by_virtual_time_alone() {
    let (service, asks) = started();
    let file = asks.upload("train.jsonl", examples(40)).await;
    let id = create(&asks, &order(&file, "one")).await;
    let path = format!("{JOBS}/{id}");
    // 20 s of validation, 40 s in the queue, 3 epochs of 40 steps of 1 s.
    let expected = [
        (0, "validating_files"),
        (19, "validating_files"),
        (1, "queued"),
        (39, "queued"),
        (1, "running"),
        (119, "running"),
        (1, "succeeded"),
        (500, "succeeded"),
    ];
    for (seconds, status) in expected {
        service.advance(Duration::from_secs(seconds));
        assert_eq!(asks.get(&path).await["status"], status);
    }
    let job = asks.get(&path).await;
    assert_eq!(job["finished_at"].as_u64().unwrap() - job["created_at"].as_u64().unwrap(), 180);
    assert_eq!(job["error"], Value::Null);
    assert_eq!(job["estimated_finish"], Value::Null);
}

#[tokio::test]
async fn auto_is_shown_until_it_is_resolved_and_then_as_published() {
    let (service, asks) = started();
    let resolved = |examples_count: usize| {
        let asks = &asks;
        let service = &service;
        async move {
            let file = asks.upload("train.jsonl", examples(examples_count)).await;
            let mut order = order(&file, "any");
            order["suffix"] = json!("mine");
            let id = create(asks, &order).await;
            let path = format!("{JOBS}/{id}");
            let before = asks.get(&path).await;
            assert_eq!(before["hyperparameters"]["n_epochs"], "auto");
            service.advance(Duration::from_secs(60));
            let job = asks.get(&path).await;
            assert_eq!(job["method"]["supervised"]["hyperparameters"], job["hyperparameters"]);
            assert_eq!(job["model"], "gpt-4o-mini-2024-07-18");
            assert_eq!(job["user_provided_suffix"], "mine");
            let chosen = &job["hyperparameters"];
            assert_eq!(chosen["learning_rate_multiplier"], 1.8);
            (chosen["n_epochs"].as_u64().unwrap(), chosen["batch_size"].as_u64().unwrap())
        }
    };
    // Every published job: facts of OpenAI's users, 10 -> 10, 24 -> 4, 40 to 108 -> 3, 12 -> 8.
    for (count, epochs) in [(10, 10), (12, 8), (24, 4), (40, 3), (59, 3), (100, 3), (108, 3)] {
        assert_eq!(resolved(count).await, (epochs, 1), "{count} examples");
    }
    assert_eq!(resolved(1_500).await, (3, 3));
    assert_eq!(resolved(12_600).await, (1, 25));
}

#[tokio::test]
async fn the_diary_has_the_real_order_and_comes_newest_first_in_pages() {
    let (service, asks) = started();
    let train = asks.upload("train.jsonl", examples(20)).await;
    let watched = asks.upload("watch.jsonl", examples(3)).await;
    let mut order = order(&train, "one");
    order["validation_file"] = json!(watched);
    let id = create(&asks, &order).await;
    service.advance(LONG);
    let (mut lines, mut after): (Vec<Value>, String) = (Vec::new(), String::new());
    loop {
        let page = asks.get(&format!("{JOBS}/{id}/events?limit=7{after}")).await;
        lines.extend(page["data"].as_array().unwrap().iter().cloned());
        after = format!("&after={}", lines.last().unwrap()["id"].as_str().unwrap());
        if page["has_more"] == false {
            break;
        }
    }
    lines.reverse();
    let words: Vec<&str> = lines.iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(
        words[..4],
        [
            format!("Created fine-tuning job: {id}"),
            format!("Validating training file: {train} and validation file: {watched}"),
            "Files validated, moving job to queued state".to_owned(),
            "Fine-tuning job started".to_owned(),
        ]
    );
    assert!(words[4].starts_with("Step 1/100: training loss="), "{}", words[4]);
    assert!(words[4].contains(", validation loss="), "{}", words[4]);
    assert!(
        words[104]
            .starts_with("New fine-tuned model created: ft:gpt-4o-mini-2024-07-18:org-fake::")
    );
    assert_eq!(words[105..], ["The job has successfully completed"]);
    let losses: Vec<f64> =
        lines.iter().filter_map(|line| line["data"]["train_loss"].as_f64()).collect();
    assert_eq!(losses.len(), 100);
    assert!(losses[99] < losses[0] / 2.0, "{losses:?}");
    assert_eq!(lines[23]["data"]["full_valid_loss"], lines[23]["data"]["valid_loss"]);
}

#[tokio::test]
async fn a_finished_job_leaves_a_model_checkpoints_and_a_table() {
    let (service, asks) = started();
    let file = asks.upload("train.jsonl", examples(24)).await;
    let id = create(&asks, &order(&file, "one")).await;
    service.advance(LONG);
    let job = asks.get(&format!("{JOBS}/{id}")).await;
    let model = job["fine_tuned_model"].as_str().unwrap();
    let listed = asks.get("/models").await;
    assert!(listed["data"].as_array().unwrap().iter().any(|it| it["id"] == model));

    let kept = asks.get(&format!("{JOBS}/{id}/checkpoints?limit=2")).await;
    assert_eq!(kept["has_more"], true);
    let steps = |page: &Value| -> Vec<u64> {
        page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["step_number"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(steps(&kept), [96, 72]);
    let rest = format!("{JOBS}/{id}/checkpoints?after={}", kept["last_id"].as_str().unwrap());
    assert_eq!(steps(&asks.get(&rest).await), [48], "only the last three are kept");

    let path = format!("/files/{}/content", job["result_files"][0].as_str().unwrap());
    let table = asks.request("GET", &path).send().await.unwrap().text().await.unwrap();
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows[0], "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy");
    assert_eq!(rows.len(), 97);
    assert!(rows[96].starts_with("96,") && rows[96].ends_with(",,"), "{}", rows[96]);
}

#[tokio::test]
async fn a_table_can_come_as_base64_and_shapes_can_be_strange() {
    let quirks =
        Quirks { base64_results: true, hollow_error: true, null_preference_settings: true };
    let service = FakeService::start(FakeSettings { quirks, ..FakeSettings::default() });
    let asks = Asks::new(service.base_url());
    let file = asks.upload("train.jsonl", examples(10)).await;
    // These shapes are not in the document, so nothing is held against it here.
    let sent = asks.request("POST", JOBS).json(&order(&file, "one")).send().await.unwrap();
    let job: Value = serde_json::from_str(&sent.text().await.unwrap()).unwrap();
    assert_eq!(job["error"], json!({"code": null, "message": null, "param": null}));
    service.advance(LONG);
    let files = service.files();
    let table = base64::engine::general_purpose::STANDARD.decode(&files[1].content).unwrap();
    assert!(table.starts_with(b"step,train_loss"));
}

#[tokio::test]
async fn jobs_pause_go_on_and_are_cancelled() {
    let (service, asks) = started();
    let file = asks.upload("train.jsonl", examples(40)).await;
    let id = create(&asks, &order(&file, "one")).await;
    let act = |action: &'static str| format!("{JOBS}/{id}/{action}");
    service.advance(Duration::from_secs(70));
    assert_eq!(asks.post(&act("pause"), &json!({})).await["status"], "paused");
    let billed = service.ledger().rows()[0].billed_tokens;
    service.advance(LONG);
    assert_eq!(service.jobs()[0].steps_done, 10);
    assert_eq!(service.ledger().rows()[0].billed_tokens, billed, "pausing costs nothing");
    assert_eq!(asks.refused(&act("pause"), &json!({})).await, (400, "invalid_status".to_owned()));
    assert_eq!(asks.post(&act("resume"), &json!({})).await["status"], "running");
    assert_eq!(asks.refused(&act("resume"), &json!({})).await.0, 400);
    service.advance(Duration::from_secs(5));
    let job = asks.post(&act("cancel"), &json!({})).await;
    assert_eq!((job["status"].as_str(), &job["trained_tokens"]), (Some("cancelled"), &Value::Null));
    service.advance(LONG);
    assert_eq!(service.jobs()[0].steps_done, 15);
    let ledger = service.ledger();
    let row = &ledger.rows()[0];
    assert!(row.is_settled && row.billed_tokens == billed / 10 * 15, "{row:?}");
    for action in ["cancel", "pause", "resume"] {
        assert_eq!(asks.refused(&act(action), &json!({})).await.0, 400);
    }
    assert_eq!(asks.refused(&format!("{JOBS}/ftjob-none/cancel"), &json!({})).await.0, 404);
}

#[tokio::test]
async fn a_file_that_is_no_training_file_fails_its_job_after_a_while() {
    let (service, asks) = started();
    let mark = examples(10) + &examples(1).replace("word-0", "a <|fim_suffix|> b");
    let role = examples(10) + &examples(1).replace("\"user\"", "\"narrator\"");
    let alone = examples(10) + "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}\n";
    let cases = [
        (
            examples(7),
            "invalid_n_examples",
            "Training file has 7 example(s), but must have at least 10 examples",
        ),
        (
            mark,
            "invalid_file_format",
            "Example 11 message contains an invalid token: <|fim_suffix|>",
        ),
        (role, "invalid_file_format", "unknown role `narrator`"),
        (alone, "invalid_file_format", "has no message of the assistant"),
        (examples(10) + "{broken\n", "invalid_file_format", "Line 11 is not valid JSON"),
        ("\u{feff}".to_owned() + &examples(10), "invalid_file_format", "Line 1 is not valid JSON"),
    ];
    for (content, code, words) in cases {
        let file = asks.upload("train.jsonl", content).await;
        let id = create(&asks, &order(&file, "one")).await;
        service.advance(LONG);
        let job = asks.get(&format!("{JOBS}/{id}")).await;
        assert_eq!(
            (job["status"].as_str(), job["error"]["code"].as_str()),
            (Some("failed"), Some(code))
        );
        assert!(job["error"]["message"].as_str().unwrap().contains(words), "{job}");
        assert_eq!(service.ledger().rows().last().unwrap().billed_tokens, 0);
    }
}

#[tokio::test]
async fn fates_are_fulfilled_in_their_order() {
    let (service, asks) = started();
    let file = asks.upload("train.jsonl", examples(10)).await;
    let text = str::to_owned;
    service.next_job(Fate::RefusedFile { code: text("unsafe_file"), message: text("no") });
    service.next_job(Fate::FailsAfter {
        steps: 5,
        code: text("server_error"),
        message: text("oh"),
    });
    service.next_job(Fate::StuckInQueue);
    for launch in ["a", "b", "c", "d"] {
        create(&asks, &order(&file, launch)).await;
    }
    service.advance(LONG);
    let states: Vec<_> = service.jobs().iter().map(|job| (job.status, job.steps_done)).collect();
    assert_eq!(states, [("failed", 0), ("failed", 5), ("queued", 0), ("succeeded", 100)]);
    assert_eq!(service.jobs()[0].json["error"]["code"], "unsafe_file");
    let billed: Vec<u64> = service.ledger().rows().iter().map(|row| row.billed_tokens).collect();
    assert!(billed[0] == 0 && billed[2] == 0 && billed[1] * 20 == billed[3], "{billed:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_moves_of_the_clock_do_not_matter(moves in proptest::collection::vec(0_u64..40_000, 1..40)) {
        use crate::fake_service::world::World;
        let settings = FakeSettings::default();
        let account = settings.accounts[0].clone();
        let grown = |moves: &[u64]| {
            let mut world = World::new(FakeSettings::default());
            let sent = crate::fake_service::files::SentFile {
                filename: Some("a.jsonl".to_owned()),
                purpose: Some("fine-tune".to_owned()),
                expires_after: None,
                content: examples(30).into(),
            };
            let file = world.keep_file("org-fake", sent).unwrap().id.clone();
            world.create_job(&account, &order(&file, "one"), String::new()).unwrap();
            for by_ms in moves {
                world.advance(*by_ms);
            }
            let list = crate::fake_service::ListBehaviour::Instant;
            let job = &world.jobs[0];
            (job.to_json(&world.settings, &list), job.events_json(), world.ledger.clone())
        };
        prop_assert_eq!(grown(&moves), grown(&[moves.iter().sum()]));
    }
}
