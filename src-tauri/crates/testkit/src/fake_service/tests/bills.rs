//! What is billed, against real invoices.

use serde_json::{Value, json};

use super::client::{Asks, LONG, examples, order, started};
use crate::{LEFT_OUT_WORDS, reference_folder};

#[tokio::test]
async fn five_real_jobs_are_billed_to_the_token() {
    let Some(folder) = reference_folder() else {
        println!("{LEFT_OUT_WORDS}");
        return;
    };
    let read = |path: &str| std::fs::read_to_string(folder.join(path)).unwrap();
    let facts: Value = serde_json::from_str(&read("facts/billing-vectors.json")).unwrap();
    let vectors = facts["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 5);
    let (service, asks) = started();
    for vector in vectors {
        let name = vector["dataset"].as_str().unwrap();
        let content = read(&format!("data/billed-jobs/{name}.jsonl"));
        let file = asks.upload("train.jsonl", content).await;
        asks.post("/fine_tuning/jobs", &order(&file, name)).await;
    }
    service.advance(LONG);
    for (vector, job) in vectors.iter().zip(service.jobs()) {
        let row = service.ledger().rows().iter().find(|row| row.job_id == job.id).cloned().unwrap();
        let reported = vector["trained_tokens_reported"].as_u64().unwrap();
        assert_eq!(job.json["hyperparameters"]["n_epochs"], vector["n_epochs"], "{vector}");
        assert_eq!(job.json["trained_tokens"].as_u64(), Some(reported), "{vector}");
        // 3 dollars for a million tokens: three millionths a token.
        assert_eq!((row.billed_tokens, row.billed_micro_usd), (reported, 3 * reported));
        assert!(row.is_settled);
    }
}

#[tokio::test]
async fn an_order_keeps_its_launch_id_even_where_the_service_forgets_it() {
    use crate::fake_service::{FaultPlan, ListBehaviour};
    let (service, asks) = started();
    service.plan(FaultPlan::new().listing(ListBehaviour::WithoutMetadata));
    let file = asks.upload("train.jsonl", examples(10)).await;
    for _ in 0..2 {
        let reply = asks.request("POST", "/fine_tuning/jobs").json(&order(&file, "one")).send();
        let job: Value = serde_json::from_str(&reply.await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!(job.get("metadata"), None);
    }
    let ledger = service.ledger();
    assert_eq!(ledger.bought_twice(), ["one"]);
    assert_eq!(ledger.jobs_of("one").count(), 2);
    assert_eq!(ledger.created_per_launch().get("one"), Some(&2));
}

#[tokio::test]
async fn long_examples_are_billed_up_to_what_the_model_takes() {
    let (service, asks) = started();
    let long = "word ".repeat(70_000);
    let content = examples(9) + &examples(1).replace("Answer with one word.", &long);
    let file = asks.upload("train.jsonl", content).await;
    let mut order = order(&file, "long");
    order["method"] =
        json!({"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1}}});
    Asks::good(asks.send("POST", "/fine_tuning/jobs", |it| it.json(&order)).await);
    service.advance(LONG);
    let tokens = service.ledger().rows()[0].billed_tokens;
    assert!((65_536..65_536 + 9 * 40).contains(&tokens), "{tokens}");
}
