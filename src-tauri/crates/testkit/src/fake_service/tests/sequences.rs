//! Whatever is asked in whatever order, the ledger is right: 2,000 random sequences.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::client::{examples, order};
use crate::fake_service::handle::Shared;
use crate::fake_service::ledger::LedgerRow;
use crate::fake_service::router::routes;
use crate::fake_service::{FakeSettings, Fate};

/// One thing that somebody does.
#[derive(Debug, Clone)]
enum Act {
    Upload(usize),
    Order { file: usize, launch: usize, model: usize, token: usize },
    Steer { job: usize, action: usize },
    DeleteFile(usize),
    List { launch: usize },
    Pass { ms: u64 },
    Doom { steps: u64 },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (8_usize..14).prop_map(Act::Upload),
        4 => (0_usize..4, 0_usize..4, 0_usize..3, 0_usize..3)
            .prop_map(|(file, launch, model, token)| Act::Order { file, launch, model, token }),
        3 => (0_usize..6, 0_usize..3).prop_map(|(job, action)| Act::Steer { job, action }),
        1 => (0_usize..4).prop_map(Act::DeleteFile),
        1 => (0_usize..4).prop_map(|launch| Act::List { launch }),
        5 => (0_u64..90_000).prop_map(|ms| Act::Pass { ms }),
        1 => (0_u64..40).prop_map(|steps| Act::Doom { steps }),
    ]
}

/// The service without a socket, and what its client was told.
struct Driven {
    shared: Shared,
    routes: Router,
    files: Vec<String>,
    jobs: Vec<String>,
    before: BTreeMap<String, LedgerRow>,
}

impl Driven {
    fn new() -> Self {
        let shared = Shared::new(FakeSettings::default());
        let routes = routes(shared.clone());
        let (files, jobs) = (Vec::new(), Vec::new());
        Self { shared, routes, files, jobs, before: BTreeMap::new() }
    }

    async fn ask(&self, method: &str, path: &str, token: usize, body: Value) -> (u16, Value) {
        let tokens =
            [FakeSettings::TOKEN, FakeSettings::LOCKED_OUT_TOKEN, FakeSettings::NO_CREDIT_TOKEN];
        let request = Request::builder()
            .method(method)
            .uri(format!("/v1{path}"))
            .header("authorization", format!("Bearer {}", tokens[token]))
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = TowerToHyperService::new(self.routes.clone()).call(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn perform(&mut self, act: Act) {
        match act {
            Act::Upload(count) => {
                let sent = crate::fake_service::files::SentFile {
                    filename: Some("a.jsonl".to_owned()),
                    purpose: Some("fine-tune".to_owned()),
                    expires_after: None,
                    content: examples(count).into(),
                };
                let mut world = self.shared.world();
                self.files.push(world.keep_file("org-fake", sent).unwrap().id.clone());
            }
            Act::Order { file, launch, model, token } => {
                self.order(file, launch, model, token).await;
            }
            Act::Steer { job, action } => {
                let Some(id) = self.jobs.get(job) else { return };
                let action = ["cancel", "pause", "resume"][action];
                let path = format!("/fine_tuning/jobs/{id}/{action}");
                let (status, _) = self.ask("POST", &path, 0, json!({})).await;
                assert!(status == 200 || status == 400, "{status}");
            }
            Act::DeleteFile(file) => {
                let Some(id) = self.files.get(file) else { return };
                let (status, _) = self.ask("DELETE", &format!("/files/{id}"), 0, json!({})).await;
                assert!(status == 200 || status == 404, "{status}");
            }
            Act::List { launch } => {
                let path = format!("/fine_tuning/jobs?limit=100&metadata[launch_id]=l{launch}");
                let (_, page) = self.ask("GET", &path, 0, json!({})).await;
                let listed = page["data"].as_array().unwrap().len();
                let world = self.shared.world();
                assert_eq!(listed, world.ledger.jobs_of(&format!("l{launch}")).count());
            }
            Act::Pass { ms } => self.shared.world().advance(ms),
            Act::Doom { steps } => {
                let (code, message) = ("server_error".to_owned(), "oh".to_owned());
                self.shared.world().fates.push_back(Fate::FailsAfter { steps, code, message });
            }
        }
    }

    async fn order(&mut self, file: usize, launch: usize, model: usize, token: usize) {
        let missing = "file-none".to_owned();
        let file = self.files.get(file).unwrap_or(&missing);
        let mut body = order(file, &format!("l{launch}"));
        body["model"] = json!(["gpt-4o-mini", "gpt-4.1", "gpt-none"][model]);
        let (status, reply) = self.ask("POST", "/fine_tuning/jobs", token, body).await;
        match (status, token) {
            (200, 0) => self.jobs.push(reply["id"].as_str().unwrap().to_owned()),
            (400, 0) | (403, 1) | (429, 2) => {}
            other => panic!("{other:?}: {reply}"),
        }
    }

    /// What must hold after every act.
    fn check(&mut self) {
        let world = self.shared.world();
        let rows = world.ledger.rows();
        let ids: Vec<&str> = rows.iter().map(|row| row.job_id.as_str()).collect();
        assert_eq!(ids, self.jobs, "the ledger has exactly what was acknowledged, in its order");
        for (row, job) in rows.iter().zip(&world.jobs) {
            let json = job.to_json(&world.settings, &world.plan.list);
            let status = json["status"].as_str().unwrap();
            assert_eq!(row.launch_id.as_deref(), json["metadata"]["launch_id"].as_str());
            let is_final = matches!(status, "succeeded" | "failed" | "cancelled");
            assert_eq!(row.is_settled, is_final, "{status}");
            if matches!(status, "validating_files" | "queued") {
                assert_eq!(row.billed_tokens, 0);
            }
            if status == "succeeded" {
                let plan = job.plan.as_ref().unwrap();
                let all: u64 = plan.data.tokens.iter().sum::<u64>() * plan.chosen.epochs;
                assert_eq!((row.billed_tokens, json["trained_tokens"].as_u64()), (all, Some(all)));
            } else {
                assert_eq!(json["trained_tokens"], Value::Null);
            }
            let price = if job.base.contains("mini") { 3 } else { 25 };
            assert_eq!(row.billed_micro_usd, row.billed_tokens * price);
            if let Some(before) = self.before.get(&row.job_id) {
                assert!(row.billed_tokens >= before.billed_tokens, "a bill never shrinks");
                assert!(!before.is_settled || before == row, "a settled bill never changes");
            }
        }
        self.before = rows.iter().map(|row| (row.job_id.clone(), row.clone())).collect();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_is_right_after_everything(acts in proptest::collection::vec(act(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut driven = Driven::new();
            for act in acts {
                driven.perform(act).await;
                driven.check();
            }
        });
    }
}
