//! Who may do what; models, answers, moderation, costs.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Asks, LONG, examples, order, started};
use super::schemas;
use crate::fake_service::{FakeService, FakeSettings, Pace};

const CHAT: &str = "/chat/completions";

fn question(model: &str, text: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": text}]})
}

/// A service with one trained model.
async fn trained() -> (FakeService, Asks, String) {
    let (service, asks) = started();
    let file = asks.upload("train.jsonl", examples(10)).await;
    asks.post("/fine_tuning/jobs", &order(&file, "one")).await;
    service.advance(LONG);
    let model = service.jobs()[0].json["fine_tuned_model"].as_str().unwrap().to_owned();
    (service, asks, model)
}

#[tokio::test]
async fn each_kind_of_token_is_answered_as_it_is() {
    let (service, asks) = started();
    let file = asks.upload("train.jsonl", examples(10)).await;
    let as_other = |token| Asks::with_token(service.base_url(), token);
    let locked = as_other(FakeSettings::LOCKED_OUT_TOKEN);
    let own = locked.upload("train.jsonl", examples(10)).await;
    let refusal = locked.refused("/fine_tuning/jobs", &order(&own, "a")).await;
    assert_eq!(refusal, (403, "training_not_available".to_owned()));
    locked.post(CHAT, &question("gpt-4o-mini", "hello")).await;

    let broke = as_other(FakeSettings::NO_CREDIT_TOKEN);
    broke.upload("train.jsonl", examples(10)).await;
    for (path, body) in
        [("/fine_tuning/jobs", order(&file, "b")), (CHAT, question("gpt-4o-mini", "x"))]
    {
        assert_eq!(broke.refused(path, &body).await, (429, "insufficient_quota".to_owned()));
    }

    let admin = as_other(FakeSettings::ADMIN_TOKEN);
    assert_eq!(admin.send("GET", "/models", |it| it).await.0, 403);
    assert_eq!(asks.send("GET", "/organization/costs?start_time=0", |it| it).await.0, 403);

    let (status, reply) = as_other("sk-nobody-1234567890").send("GET", "/models", |it| it).await;
    assert_eq!((status, reply["error"]["code"].as_str()), (401, Some("invalid_api_key")));
    assert!(!reply.to_string().contains("nobody"), "the key is not repeated");
    let bare = asks.http.get(format!("{}/models", service.base_url())).send().await.unwrap();
    assert_eq!(bare.status(), 401);
    service.revoke(FakeSettings::TOKEN);
    assert_eq!(asks.send("GET", "/models", |it| it).await.0, 401);
    assert_eq!(service.ledger().rows(), []);
}

#[tokio::test]
async fn the_log_has_every_request_and_no_token() {
    let (service, asks) = started();
    let with =
        |it: reqwest::RequestBuilder| it.header("OpenAI-Project", "proj_1").json(&json!({"a": 1}));
    asks.send("POST", "/uploads?x=y", with).await;
    let log = service.log();
    let entry = &log[0];
    assert_eq!(
        (entry.method.as_str(), entry.path.as_str(), entry.query.as_str()),
        ("POST", "/v1/uploads", "x=y")
    );
    assert_eq!((entry.body_bytes, entry.status, entry.fault), (7, Some(400), None));
    let hash = crate::fake_service::request_log::sha256(br#"{"a":1}"#);
    assert_eq!(entry.body_sha256.as_deref(), Some(hash.as_str()));
    assert_eq!(entry.header("openai-project"), Some("proj_1"));
    assert!(!format!("{log:?}").contains(FakeSettings::TOKEN));
}

#[tokio::test]
async fn models_end_on_their_day_and_orders_end_before() {
    let (service, asks, model) = trained().await;
    let listed = |reply: &Value| {
        reply["data"].as_array().unwrap().iter().any(|it| it["id"] == model.as_str())
    };
    assert_eq!(asks.get("/models/gpt-4o-mini").await["shutdown_date"], "2027-01-14");
    assert_eq!(asks.get("/models/gpt-6-luna").await["shutdown_date"], Value::Null);
    assert_eq!(asks.send("GET", "/models/gpt-4.1-nano", |it| it).await.0, 404);
    assert_eq!(asks.get(&format!("/models/{model}")).await["owned_by"], "org-fake");
    service.advance(Duration::from_secs(1_799_193_600 - service.now()));
    let file = asks.upload("late.jsonl", examples(10)).await;
    let refusal = asks.refused("/fine_tuning/jobs", &order(&file, "late")).await;
    assert_eq!(refusal, (403, "training_not_available".to_owned()));
    assert!(listed(&asks.get("/models").await));
    service.advance(Duration::from_secs(8 * 86_400));
    assert!(!listed(&asks.get("/models").await));
    assert_eq!(
        asks.refused(CHAT, &question(&model, "x")).await,
        (404, "model_not_found".to_owned())
    );
}

#[tokio::test]
async fn a_trained_model_gives_the_answers_of_its_file() {
    let (_service, asks, model) = trained().await;
    let text =
        |reply: &Value| reply["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    let reply = asks.post(CHAT, &question(&model, "What is word 7?")).await;
    assert_eq!(
        (text(&reply).as_str(), &reply["choices"][0]["finish_reason"]),
        ("word-7", &json!("stop"))
    );
    let usage = &reply["usage"];
    assert_eq!(
        usage["total_tokens"].as_u64().unwrap(),
        usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap()
    );
    let checkpoint = question(&format!("{model}:ckpt-step-100"), "What is word 7?");
    assert_eq!(text(&asks.post(CHAT, &checkpoint).await), "word-7");
    let gone = question(&format!("{model}:ckpt-step-10"), "What is word 7?");
    assert_eq!(asks.refused(CHAT, &gone).await.0, 404);
    let other = asks.post(CHAT, &question(&model, "Something else")).await;
    assert_eq!(
        text(&other),
        text(&asks.post(CHAT, &question("gpt-4o-mini", "Something else")).await)
    );
    let mut short = question(&model, "What is word 7?");
    short["max_tokens"] = json!(1);
    assert_eq!(asks.post(CHAT, &short).await["choices"][0]["finish_reason"], "length");
    for (name, value) in [
        ("temperature", json!(3)),
        ("top_logprobs", json!(2)),
        ("n", json!(2)),
        ("messages", json!([])),
    ] {
        let mut wrong = question(&model, "x");
        wrong[name] = value;
        assert_eq!(asks.refused(CHAT, &wrong).await.0, 400, "{name}");
    }
    asks.delete(&format!("/models/{model}")).await;
    assert_eq!(asks.refused(CHAT, &question(&model, "x")).await.0, 404);
}

#[tokio::test]
async fn a_new_model_may_need_a_while() {
    let pace = Pace { model_ready: Duration::from_secs(300), ..Pace::default() };
    let service = FakeService::start(FakeSettings { pace, ..FakeSettings::default() });
    let asks = Asks::new(service.base_url());
    let file = asks.upload("train.jsonl", examples(10)).await;
    asks.post("/fine_tuning/jobs", &order(&file, "one")).await;
    service.advance(Duration::from_secs(20 + 40 + 100));
    let model = service.jobs()[0].json["fine_tuned_model"].as_str().unwrap().to_owned();
    assert_eq!(asks.refused(CHAT, &question(&model, "x")).await.0, 404);
    service.advance(Duration::from_secs(300));
    asks.post(CHAT, &question(&model, "x")).await;
}

#[tokio::test]
async fn log_probabilities_add_up() {
    let (_service, asks) = started();
    let mut asked = question("gpt-4.1", "Was kostet das Zögern? 🧭");
    (asked["logprobs"], asked["top_logprobs"]) = (json!(true), json!(5));
    let reply = asks.post(CHAT, &asked).await;
    let places = reply["choices"][0]["logprobs"]["content"].as_array().unwrap();
    let mut bytes = Vec::new();
    for place in places {
        let tops = place["top_logprobs"].as_array().unwrap();
        let chances: Vec<f64> =
            tops.iter().map(|it| it["logprob"].as_f64().unwrap().exp()).collect();
        assert_eq!(chances.len(), 5);
        assert!(
            chances.iter().sum::<f64>() <= 1.0 && chances.is_sorted_by(|a, b| a >= b),
            "{chances:?}"
        );
        assert_eq!((&tops[0]["token"], &tops[0]["logprob"]), (&place["token"], &place["logprob"]));
        bytes.extend(
            place["bytes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| u8::try_from(it.as_u64().unwrap()).unwrap()),
        );
    }
    let content = reply["choices"][0]["message"]["content"].as_str().unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), content);
    assert_eq!(places.len() as u64, reply["usage"]["completion_tokens"].as_u64().unwrap());
}

#[tokio::test]
async fn a_stream_says_the_same_in_pieces() {
    let (_service, asks) = started();
    let mut asked = question("gpt-4.1", "Say 🧭 and 語 please");
    let whole = asks.post(CHAT, &asked).await;
    asked["stream"] = json!(true);
    asked["logprobs"] = json!(true);
    for (options, has_usage, obfuscates) in [
        (json!({"include_usage": true}), true, true),
        (json!({"include_obfuscation": false}), false, false),
    ] {
        asked["stream_options"] = options;
        let response = asks.request("POST", CHAT).json(&asked).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
        let text = response.text().await.unwrap();
        let mut lines: Vec<&str> = text.split("\n\n").collect();
        assert_eq!(lines.split_off(lines.len() - 2), ["data: [DONE]", ""]);
        let chunks: Vec<Value> = lines
            .iter()
            .map(|line| serde_json::from_str(line.strip_prefix("data: ").unwrap()).unwrap())
            .collect();
        chunks.iter().for_each(schemas::check_chunk);
        let said: String = chunks
            .iter()
            .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
            .collect();
        assert_eq!(said, whole["choices"][0]["message"]["content"].as_str().unwrap());
        let usage: Vec<&Value> = chunks.iter().filter(|it| it["usage"].is_object()).collect();
        assert_eq!(usage.len(), usize::from(has_usage));
        assert!(usage.iter().all(|it| it["usage"] == whole["usage"] && it["choices"] == json!([])));
        assert_eq!(
            chunks.iter().filter(|it| it["choices"][0]["finish_reason"] == "stop").count(),
            1
        );
        assert!(chunks.iter().all(|it| it["obfuscation"].is_string() == obfuscates));
    }
}

#[tokio::test]
async fn moderation_flags_what_names_a_category() {
    let (_service, asks) = started();
    let body = json!({"input": ["a knife for bread", "[[violence]] and [[hate]]"]});
    let reply = asks.post("/moderations", &body).await;
    assert_eq!(reply["results"][0]["flagged"], false);
    let flags = reply["results"][1]["categories"].as_object().unwrap();
    let flagged: Vec<&String> =
        flags.iter().filter(|(_, flag)| **flag == json!(true)).map(|(name, _)| name).collect();
    assert_eq!(flagged, ["hate", "violence"]);
    let parts = json!({"input": [{"type": "text", "text": "[[sexual]]"}], "model": "omni-moderation-latest"});
    assert_eq!(asks.post("/moderations", &parts).await["results"][0]["flagged"], true);
    assert_eq!(asks.refused("/moderations", &json!({})).await.0, 400);
}

#[tokio::test]
async fn an_admin_key_reads_what_was_billed() {
    let (service, _asks, _model) = trained().await;
    let admin = Asks::with_token(service.base_url(), FakeSettings::ADMIN_TOKEN);
    let costs = admin.get("/organization/costs?start_time=0").await;
    let value = costs["data"][0]["results"][0]["amount"]["value"].as_f64().unwrap();
    let billed = service.ledger().billed_micro_usd();
    assert!(billed > 0);
    assert_eq!(format!("{value:.6}"), format!("{}.{:06}", billed / 1_000_000, billed % 1_000_000));
    assert_eq!(admin.send("GET", "/organization/costs", |it| it).await.0, 400);
}

#[tokio::test]
async fn another_process_moves_time_plans_faults_and_reads_the_ledger() {
    use crate::fake_service::{Fault, FaultPlan, Rule};
    let (service, asks) = started();
    let root = format!("http://{}/fake", service.address());
    let began = service.now();
    asks.http.post(format!("{root}/advance")).json(&json!({"seconds": 90.5})).send().await.unwrap();
    assert_eq!(service.now() - began, 90);
    let plan = FaultPlan::new().with(Rule::new("GET", "/models", Fault::Conflict));
    let sent = asks.http.put(format!("{root}/plan")).json(&plan).send().await.unwrap();
    assert_eq!(sent.status(), 200);
    assert_eq!(asks.send("GET", "/models", |it| it).await.0, 409);
    let read = asks.http.get(format!("{root}/ledger")).send().await.unwrap().text().await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&read).unwrap(), json!({"rows": []}));
    assert_eq!(service.log().len(), 1, "the controls are not in the log");
}
