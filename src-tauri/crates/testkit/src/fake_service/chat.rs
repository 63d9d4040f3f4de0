//! `/v1/chat/completions`: answers that are the same in every run.
//!
//! A trained model knows the questions of its file and gives the answer that stands there. Whatever
//! else is asked, of any model, is answered with the question's words in front of a mark.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};

use super::chat_pieces::{Piece, logprob, pieces};
use super::handle::Shared;
use super::models::{Base, no_model};
use super::refusal::Refusal;
use super::training_data::text_tokens;
use super::world::World;

/// A question that was understood.
struct Question {
    model: String,
    last: String,
    prompt_tokens: u64,
    most_pieces: Option<usize>,
    /// `Some` where log-probabilities are wanted, with how many alternatives.
    alternatives: Option<usize>,
    streams: bool,
    includes_usage: bool,
    obfuscates: bool,
}

/// An answer, before it is put into a shape.
struct Reply {
    id: String,
    created: u64,
    pieces: Vec<Piece>,
    finish_reason: &'static str,
}

/// `POST /v1/chat/completions`
pub(super) async fn complete(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let (mut world, account) = shared.enter(&headers)?;
    account.may_chat()?;
    let order: Value = serde_json::from_slice(&body).map_err(|_| Refusal::unreadable())?;
    let question = read(&order)?;
    let text = world.answer_to(&question, &account.organization)?;
    let mut pieces = pieces(&text);
    let is_cut = question.most_pieces.is_some_and(|most| most < pieces.len());
    pieces.truncate(question.most_pieces.unwrap_or(pieces.len()));
    let reply = Reply {
        id: world.new_id("chatcmpl-", 29),
        created: world.now(),
        pieces,
        finish_reason: if is_cut { "length" } else { "stop" },
    };
    drop(world);
    if question.streams {
        Ok(streamed(&question, &reply))
    } else {
        Ok(Json(whole(&question, &reply)).into_response())
    }
}

impl World {
    fn answer_to(&self, question: &Question, organization: &str) -> Result<String, Refusal> {
        let echo = || format!("You asked: {} (fake answer)", question.last);
        if Base::find(&question.model, self.now()).is_some() {
            return Ok(echo());
        }
        let trained = self.trained(&question.model, organization);
        let trained = trained.filter(|it| self.now_ms >= it.ready_ms);
        let trained = trained.ok_or_else(|| no_model(&question.model))?;
        let job = self.jobs.iter().find(|job| job.id == trained.job_id);
        let known = job.and_then(|job| job.plan.as_ref()?.data.answers.get(&question.last));
        Ok(known.cloned().unwrap_or_else(echo))
    }
}

fn read(order: &Value) -> Result<Question, Refusal> {
    let missing = |name: &str| {
        let message = format!("Missing required parameter: '{name}'.");
        Refusal::invalid(name, "missing_required_parameter", message)
    };
    let model = order["model"].as_str().ok_or_else(|| missing("model"))?;
    let messages = order["messages"].as_array().filter(|it| !it.is_empty());
    let messages = messages.ok_or_else(|| missing("messages"))?;
    let text = |message: &Value| message["content"].as_str().unwrap_or_default().to_owned();
    let last = messages.iter().rev().find(|it| it["role"] == "user").map(text);
    let tokens = |message: &Value| 4 + text_tokens(&text(message));
    for (name, least, most) in [("temperature", 0.0, 2.0), ("top_p", 0.0, 1.0), ("n", 1.0, 1.0)] {
        let is_in = |value: f64| value >= least && value <= most;
        if !order[name].is_null() && !order[name].as_f64().is_some_and(is_in) {
            let message = format!("Invalid '{name}': expected {least} to {most}.");
            return Err(Refusal::invalid(name, "invalid_value", message));
        }
    }
    let most = ["max_completion_tokens", "max_tokens"].iter().find_map(|it| order[*it].as_u64());
    let options = &order["stream_options"];
    Ok(Question {
        model: model.to_owned(),
        last: last.unwrap_or_default(),
        prompt_tokens: 3 + messages.iter().map(tokens).sum::<u64>(),
        most_pieces: most.and_then(|most| usize::try_from(most).ok()),
        alternatives: alternatives(order)?,
        streams: order["stream"] == true,
        includes_usage: options["include_usage"] == true,
        obfuscates: options["include_obfuscation"] != false,
    })
}

fn alternatives(order: &Value) -> Result<Option<usize>, Refusal> {
    let wanted = match &order["top_logprobs"] {
        Value::Null => Some(0),
        value => {
            value.as_u64().filter(|count| *count <= 20).and_then(|it| usize::try_from(it).ok())
        }
    };
    match (wanted, order["logprobs"] == true) {
        (Some(count), true) => Ok(Some(count)),
        (Some(_), false) if order["top_logprobs"].is_null() => Ok(None),
        _ => {
            let message = "Invalid 'top_logprobs': expected 0 to 20, with 'logprobs' being true.";
            Err(Refusal::invalid("top_logprobs", "invalid_value", message))
        }
    }
}

fn usage(question: &Question, reply: &Reply) -> Value {
    let answered = u64::try_from(reply.pieces.len()).expect("a length fits into 64 bits");
    json!({
        "prompt_tokens": question.prompt_tokens, "completion_tokens": answered,
        "total_tokens": question.prompt_tokens + answered,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    })
}

fn whole(question: &Question, reply: &Reply) -> Value {
    let logprobs = question.alternatives.map(|count| {
        let content: Vec<Value> = reply.pieces.iter().map(|piece| logprob(piece, count)).collect();
        json!({"content": content, "refusal": null})
    });
    json!({
        "id": reply.id, "object": "chat.completion", "created": reply.created,
        "model": question.model,
        "choices": [{
            "index": 0,
            "message": {
                "role": "assistant", "content": text_of(&reply.pieces),
                "refusal": null, "annotations": [],
            },
            "logprobs": logprobs, "finish_reason": reply.finish_reason,
        }],
        "usage": usage(question, reply),
        "service_tier": "default",
    })
}

fn text_of(pieces: &[Piece]) -> String {
    let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.clone()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One event a piece, each in a chunk of its own on the line.
fn streamed(question: &Question, reply: &Reply) -> Response {
    let role = json!({"role": "assistant", "content": "", "refusal": null});
    let mut events = vec![chunk(question, reply, &role, None, None)];
    // Bytes that are no whole letter yet wait for the piece that completes it.
    let mut waiting: Vec<&Piece> = Vec::new();
    for piece in &reply.pieces {
        waiting.push(piece);
        let bytes: Vec<u8> = waiting.iter().flat_map(|piece| piece.bytes.clone()).collect();
        if let Ok(text) = String::from_utf8(bytes) {
            let said = question.alternatives.map(|count| {
                let content: Vec<Value> = waiting.iter().map(|it| logprob(it, count)).collect();
                json!({"content": content, "refusal": null})
            });
            events.push(chunk(question, reply, &json!({"content": text}), said.as_ref(), None));
            waiting.clear();
        }
    }
    events.push(chunk(question, reply, &json!({}), None, Some(reply.finish_reason)));
    if question.includes_usage {
        let mut last = chunk(question, reply, &json!({}), None, None);
        last["choices"] = json!([]);
        last["usage"] = usage(question, reply);
        events.push(last);
    }
    let lines = events.into_iter().map(|event| format!("data: {event}\n\n"));
    let lines = lines.chain(["data: [DONE]\n\n".to_owned()]).map(Ok::<_, std::io::Error>);
    let lines: Vec<_> = lines.collect();
    let kind = [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")];
    (kind, Body::from_stream(stream::iter(lines))).into_response()
}

fn chunk(
    question: &Question,
    reply: &Reply,
    delta: &Value,
    logprobs: Option<&Value>,
    finish_reason: Option<&str>,
) -> Value {
    let mut chunk = json!({
        "id": reply.id, "object": "chat.completion.chunk", "created": reply.created,
        "model": question.model, "service_tier": "default",
        "choices": [{
            "index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason,
        }],
    });
    if question.includes_usage {
        chunk["usage"] = Value::Null;
    }
    if question.obfuscates {
        // Padding to one length, so that a listener on the line cannot tell short from long.
        let length = chunk.to_string().len() % 16;
        chunk["obfuscation"] = json!("x".repeat(16 - length));
    }
    chunk
}
