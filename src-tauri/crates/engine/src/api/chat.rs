//! `/v1/chat/completions`: whole answers and answers as they come.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::body::{JsonBody, blocking};
use super::clock::{new_id, now_seconds};
use super::engine::Engine;
use super::failure::Refusal;
use crate::formats::chat_file::{RawMessage, conversation};
use crate::formats::rows::Row;
use crate::formats::text::TextError;
use crate::sample::answer::{Finish, Finished, Likely, Model, Part, Request};
use crate::sample::picking::Picking;

/// The body of a request.
#[derive(Deserialize)]
pub(crate) struct ChatBody {
    model: String,
    messages: Vec<RawMessage>,
    #[serde(default)]
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    seed: Option<i64>,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
    stop: Option<Stop>,
    logprobs: Option<bool>,
    top_logprobs: Option<usize>,
    n: Option<u64>,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Several(Vec<String>),
}

struct Asked {
    id: String,
    created: u64,
    name: String,
    model: Arc<Model>,
    question: Row,
    request: Request,
    on_point: fn(&'static str),
}

/// `POST /v1/chat/completions`
pub(crate) async fn complete(
    State(engine): State<Arc<Engine>>,
    JsonBody(body): JsonBody<ChatBody>,
) -> Result<Response, Refusal> {
    let request = request_of(&body)?;
    let conversation = conversation(&body.messages)
        .map_err(|error| Refusal::invalid("messages", "invalid_messages", error.to_string()))?;
    let name = body.model.clone();
    let on_point = engine.on_point;
    let asking = engine.clone();
    let model = blocking(move || asking.model(&name)).await??;
    let question = model.question(&conversation).map_err(|error| {
        let code = match &error {
            TextError::TooLong { .. } => "context_length_exceeded",
            _ => "invalid_messages",
        };
        Refusal::invalid("messages", code, error.to_string())
    })?;
    engine.make_room(model.asking_bytes(&question, &request)).map_err(Refusal::memory)?;
    let asked = Asked {
        id: new_id("chatcmpl-"),
        created: now_seconds(),
        name: body.model,
        model,
        question,
        request,
        on_point,
    };
    if body.stream == Some(true) {
        let usage = body.stream_options.is_some_and(|options| options.include_usage);
        return Ok(stream(asked, usage));
    }
    Ok(Json(blocking(move || whole(&asked)).await?).into_response())
}

fn request_of(body: &ChatBody) -> Result<Request, Refusal> {
    let temperature = body.temperature.unwrap_or(0.0);
    let top_p = body.top_p.unwrap_or(1.0);
    let alternatives = body.top_logprobs.unwrap_or(0);
    let most = body.max_completion_tokens.or(body.max_tokens);
    let wrong = [
        ("temperature", !(0.0..=2.0).contains(&temperature)),
        ("top_p", !(0.0..=1.0).contains(&top_p)),
        ("top_logprobs", alternatives > 20 || (alternatives > 0 && body.logprobs != Some(true))),
        ("max_tokens", most == Some(0)),
        ("n", body.n.is_some_and(|count| count != 1)),
    ];
    if let Some((param, _)) = wrong.into_iter().find(|(_, wrong)| *wrong) {
        let message = format!("`{param}` has a value that cannot be used");
        return Err(Refusal::invalid(param, "invalid_value", message));
    }
    let stop = match &body.stop {
        None => Vec::new(),
        Some(Stop::One(stop)) => vec![stop.clone()],
        Some(Stop::Several(stops)) => stops.clone(),
    };
    let seed = body.seed.map_or_else(
        || u64::try_from(ulid::Ulid::new().random() >> 16).unwrap_or_default(),
        i64::cast_unsigned,
    );
    let picking = Picking { temperature, top_p, seed };
    let alternatives = (body.logprobs == Some(true)).then_some(alternatives);
    Ok(Request { picking, most_pieces: most, stop, alternatives })
}

fn whole(asked: &Asked) -> Value {
    let mut text = String::new();
    let mut likely = Vec::new();
    let finished = asked.model.answer(&asked.question, &asked.request, |part| {
        text.push_str(&part.text);
        likely.extend(logprobs(&part));
        (asked.on_point)("engine.chat.mid");
        true
    });
    let logprobs = asked.request.alternatives.map(|_| json!({"content": likely, "refusal": null}));
    json!({
        "id": asked.id, "object": "chat.completion", "created": asked.created,
        "model": asked.name, "usage": usage(finished),
        "choices": [{
            "index": 0, "finish_reason": reason(finished.finish), "logprobs": logprobs,
            "message": {"role": "assistant", "content": text, "refusal": null},
        }],
    })
}

fn stream(asked: Asked, with_usage: bool) -> Response {
    let (sender, receiver) = mpsc::channel::<String>(64);
    tokio::task::spawn_blocking(move || send_parts(&asked, with_usage, &sender));
    let lines = futures_util::stream::unfold(receiver, |mut receiver| async move {
        let line = receiver.recv().await?;
        Some((Ok::<_, Infallible>(line), receiver))
    });
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    (headers, Body::from_stream(lines)).into_response()
}

fn send_parts(asked: &Asked, with_usage: bool, sender: &mpsc::Sender<String>) {
    let send = |choices: Value, usage: Value| {
        let chunk = json!({
            "id": asked.id, "object": "chat.completion.chunk", "created": asked.created,
            "model": asked.name, "choices": choices, "usage": usage,
        });
        sender.blocking_send(format!("data: {chunk}\n\n")).is_ok()
    };
    let choice = |delta: Value, logprobs: Value, finish: Option<&str>| json!([{"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}]);
    let begin = choice(json!({"role": "assistant", "content": ""}), Value::Null, None);
    if !send(begin, Value::Null) {
        return;
    }
    let mut listened = true;
    let finished = asked.model.answer(&asked.question, &asked.request, |part| {
        let likely: Vec<Value> = logprobs(&part).into_iter().collect();
        let likely = if likely.is_empty() { Value::Null } else { json!({"content": likely}) };
        listened = send(choice(json!({"content": part.text}), likely, None), Value::Null);
        (asked.on_point)("engine.chat.mid");
        listened
    });
    if !listened {
        return;
    }
    // An answer without any piece passes here alone.
    (asked.on_point)("engine.chat.mid");
    listened = send(choice(json!({}), Value::Null, Some(reason(finished.finish))), Value::Null);
    if listened && with_usage {
        listened = send(json!([]), usage(finished));
    }
    if listened {
        // Nobody is left to be told when this fails.
        let _ = sender.blocking_send("data: [DONE]\n\n".to_owned());
    }
}

fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
    }
}

fn usage(finished: Finished) -> Value {
    let (question, answer) = (finished.question_pieces, finished.answer_pieces);
    json!({
        "prompt_tokens": question, "completion_tokens": answer,
        "total_tokens": question + answer,
    })
}

fn logprobs(part: &Part) -> Option<Value> {
    let mut shown = likely_json(part.piece.as_ref()?);
    let alternatives: Vec<Value> = part.alternatives.iter().map(likely_json).collect();
    shown["top_logprobs"] = json!(alternatives);
    Some(shown)
}

fn likely_json(likely: &Likely) -> Value {
    let token = String::from_utf8_lossy(&likely.bytes);
    json!({"token": token, "logprob": likely.log_probability, "bytes": likely.bytes})
}
