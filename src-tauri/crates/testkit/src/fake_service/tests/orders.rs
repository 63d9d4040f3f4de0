//! Orders for jobs: what is refused, what is taken, and how it is found again.

use serde_json::{Value, json};

use super::client::{LONG, examples, order, started};
use super::jobs::{JOBS, create};

#[tokio::test]
async fn wrong_orders_are_refused_and_buy_nothing() {
    let (service, asks) = started();
    let file = asks.upload("train.jsonl", examples(10)).await;
    let method = |kind: &str, settings: Value| {
        let mut method = json!({"type": kind});
        method[kind] = json!({"hyperparameters": settings});
        method
    };
    let changes = [
        ("model", json!("gpt-6-luna"), "model_not_available"),
        ("model", json!("gpt-4.1-nano"), "model_not_available"),
        ("model", json!("ft:none"), "model_not_available"),
        ("model", Value::Null, "missing_required_parameter"),
        ("training_file", json!("file-none"), "file_not_found"),
        ("training_file", Value::Null, "missing_required_parameter"),
        ("validation_file", json!("file-none"), "file_not_found"),
        ("suffix", json!("x".repeat(65)), "string_above_max_length"),
        ("suffix", json!(""), "string_above_max_length"),
        ("seed", json!(-1), "invalid_type"),
        ("metadata", json!({"k": 5}), "invalid_type"),
        ("metadata", json!({"k": "x".repeat(513)}), "string_above_max_length"),
        ("method", json!({"type": "other"}), "invalid_value"),
        ("method", method("reinforcement", json!({})), "model_not_available"),
        ("method", method("dpo", json!({})), "model_not_available"),
        ("method", method("supervised", json!({"n_epochs": 51})), "invalid_hyperparameters"),
        ("method", method("supervised", json!({"n_epochs": 1.5})), "invalid_hyperparameters"),
        ("method", method("supervised", json!({"batch_size": 0})), "invalid_hyperparameters"),
        (
            "method",
            method("supervised", json!({"learning_rate_multiplier": 0})),
            "invalid_hyperparameters",
        ),
        ("method", method("supervised", json!({"beta": 1})), "unknown_parameter"),
        ("surprise", json!(1), ""),
    ];
    for (name, value, code) in changes {
        let mut wrong = order(&file, "one");
        wrong[name] = value;
        assert_eq!(asks.refused(JOBS, &wrong).await, (400, code.to_owned()), "{name}");
    }
    let sent = asks.send("POST", JOBS, |it| it.body("{")).await;
    assert_eq!(sent.0, 400);
    assert_eq!(service.ledger().rows(), []);
}

#[tokio::test]
async fn preferences_train_where_the_model_takes_them() {
    let (service, asks) = started();
    let line = |n: usize| {
        json!({
            "input": {"messages": [{"role": "user", "content": format!("q {n}")}]},
            "preferred_output": [{"role": "assistant", "content": "good"}],
            "non_preferred_output": [{"role": "assistant", "content": "bad"}],
        })
        .to_string()
            + "\n"
    };
    let file = asks.upload("pairs.jsonl", (0..10).map(line).collect::<String>()).await;
    let mut order = order(&file, "one");
    order["model"] = json!("gpt-4.1");
    order["method"] =
        json!({"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.5, "n_epochs": 1}}});
    let id = create(&asks, &order).await;
    service.advance(LONG);
    let job = asks.get(&format!("{JOBS}/{id}")).await;
    assert_eq!(job["status"], "succeeded");
    assert_eq!(job["method"]["dpo"]["hyperparameters"]["beta"], 0.5);
    // 1 + (4 + "q", " ", "7") + (4 + "good") + (4 + "bad"), ten times.
    assert_eq!(job["trained_tokens"], 10 * (1 + 7 + 5 + 5));
}

#[tokio::test]
async fn a_trained_model_is_trained_further() {
    let (service, asks) = started();
    let file = asks.upload("train.jsonl", examples(10)).await;
    let first = create(&asks, &order(&file, "one")).await;
    service.advance(LONG);
    let model = asks.get(&format!("{JOBS}/{first}")).await["fine_tuned_model"].clone();
    let mut again = order(&file, "two");
    again["model"] = model.clone();
    again["suffix"] = json!("more");
    let second = create(&asks, &again).await;
    service.advance(LONG);
    let job = asks.get(&format!("{JOBS}/{second}")).await;
    assert_eq!(job["model"], model);
    let name = job["fine_tuned_model"].as_str().unwrap();
    assert!(name.starts_with("ft:gpt-4o-mini-2024-07-18:org-fake:more:"), "{name}");
    asks.delete(&format!("/models/{name}")).await;
    again["model"] = json!(name);
    assert_eq!(asks.refused(JOBS, &again).await.1, "model_not_available");
}

#[tokio::test]
async fn the_list_filters_by_metadata_and_comes_in_pages() {
    let (_service, asks) = started();
    let file = asks.upload("train.jsonl", examples(10)).await;
    let mut made = Vec::new();
    for launch in ["a", "b", "a"] {
        made.push(create(&asks, &order(&file, launch)).await);
    }
    let mut bare = order(&file, "");
    bare["metadata"] = Value::Null;
    let bare = create(&asks, &bare).await;
    let ids = |page: Value| -> Vec<String> {
        let ids =
            page["data"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned());
        ids.collect()
    };
    let by = |launch: &str| format!("{JOBS}?metadata[launch_id]={launch}");
    assert_eq!(ids(asks.get(&by("a")).await), [made[2].clone(), made[0].clone()]);
    assert_eq!(ids(asks.get(&by("c")).await), [""; 0]);
    assert_eq!(ids(asks.get(&format!("{JOBS}?metadata=null")).await), std::slice::from_ref(&bare));
    let page = asks.get(&format!("{JOBS}?limit=2")).await;
    assert_eq!(ids(page), [bare, made[2].clone()]);
    let page = asks.get(&format!("{JOBS}?limit=2&after={}", made[2])).await;
    assert_eq!(
        (ids(page.clone()), &page["has_more"]),
        (vec![made[1].clone(), made[0].clone()], &json!(false))
    );
}
