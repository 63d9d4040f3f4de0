//! Asking a model, with its answer streaming in or in one piece.

use futures_util::StreamExt;
use serde_json::{Map, Value, json};

use crate::http::{Http, refusal_in};
use crate::remote::{count, text};
use crate::sse::EventReader;
use crate::{ChatOrder, ChatReply, ServiceError, TokenLogprob};

const PATH: &str = "/chat/completions";
/// More other pieces than this no service shows.
const MOST_TOP: u8 = 20;
/// An answer in one piece may take as long as a stream is silent, several times over.
const LONGEST_ANSWER: std::time::Duration = std::time::Duration::from_secs(600);

pub(super) async fn ask(
    http: &Http,
    order: &ChatOrder,
    on_piece: &mut (dyn FnMut(&str) + Send),
) -> Result<ChatReply, ServiceError> {
    let request = http.post(PATH).json(&question(http, order, true));
    let mut stream = http.stream("chat", request).await?.bytes_stream();
    let mut answer = Gathered::default();
    while let Some(chunk) = stream.next().await {
        // A connection that breaks in mid-answer is a cut answer, not an unreachable service.
        let taken = answer.take(&chunk.map_err(|_| ServiceError::CutOff)?, on_piece);
        taken.map_err(|error| http.without_key(error))?;
    }
    answer.finish()
}

pub(super) async fn ask_whole(http: &Http, order: &ChatOrder) -> Result<ChatReply, ServiceError> {
    let request = http.post(PATH).json(&question(http, order, false)).timeout(LONGEST_ANSWER);
    read_whole(&http.json("chat", request).await?)
}

/// What is asked. A service without likelihoods would refuse the whole question for them.
fn question(http: &Http, order: &ChatOrder, is_stream: bool) -> Value {
    let mut body = body(order, is_stream);
    if !http.capabilities().logprobs
        && let Some(fields) = body.as_object_mut()
    {
        fields.remove("logprobs");
        fields.remove("top_logprobs");
    }
    body
}

pub(super) fn body(order: &ChatOrder, is_stream: bool) -> Value {
    let message =
        |message: &crate::ChatMessage| json!({ "role": message.role, "content": message.content });
    let mut body = Map::new();
    let mut add = |name: &str, value: Value| body.insert(name.to_owned(), value);
    add("model", Value::from(order.model.as_str()));
    add("messages", order.messages.iter().map(message).collect());
    add("stream", Value::from(is_stream));
    if is_stream {
        add("stream_options", json!({ "include_usage": true }));
    }
    if let Some(tokens) = order.max_tokens {
        add("max_tokens", Value::from(tokens));
    }
    if let Some(temperature) = order.temperature {
        add("temperature", Value::from(temperature));
    }
    if let Some(seed) = order.seed {
        add("seed", Value::from(seed));
    }
    if let Some(top) = order.logprobs {
        add("logprobs", Value::from(true));
        add("top_logprobs", Value::from(top.min(MOST_TOP)));
    }
    Value::Object(body)
}

/// The answer so far. It is whole only with a finish reason and the stream's own end mark.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    events: EventReader,
    reply: ChatReply,
    finish_reason: Option<String>,
    is_done: bool,
}

impl Gathered {
    /// Takes more bytes of the stream, however they are cut.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        on_piece: &mut (dyn FnMut(&str) + Send),
    ) -> Result<(), ServiceError> {
        let mut events = Vec::new();
        let taken = self.events.take(bytes, &mut events);
        for event in events {
            self.take_event(&event, on_piece)?;
        }
        match taken {
            // What comes behind the end mark is nobody's.
            Err(_) if !self.is_done => Err(ServiceError::Garbled { what: "chat" }),
            _ => Ok(()),
        }
    }

    fn take_event(
        &mut self,
        event: &str,
        on_piece: &mut (dyn FnMut(&str) + Send),
    ) -> Result<(), ServiceError> {
        if self.is_done {
            return Ok(());
        }
        if event.trim() == "[DONE]" {
            self.is_done = true;
            return Ok(());
        }
        let chunk: Value =
            serde_json::from_str(event).map_err(|_| ServiceError::Garbled { what: "chat" })?;
        if chunk.get("error").is_some_and(|error| !error.is_null()) {
            let refused = refusal_in(200, event.as_bytes());
            return Err(ServiceError::Refused(Box::new(refused)));
        }
        read_usage(&chunk, &mut self.reply);
        let Some(choice) = chunk.pointer("/choices/0") else {
            return Ok(());
        };
        if let Some(piece) = choice.pointer("/delta/content").and_then(Value::as_str)
            && !piece.is_empty()
        {
            self.reply.content += piece;
            on_piece(piece);
        }
        if let Some(piece) = choice.pointer("/delta/refusal").and_then(Value::as_str) {
            self.reply.refusal.get_or_insert_default().push_str(piece);
        }
        self.reply.logprobs.extend(logprobs(choice));
        if let Some(reason) = text(choice.get("finish_reason")) {
            self.finish_reason = Some(reason);
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<ChatReply, ServiceError> {
        let (Some(finish_reason), true) = (self.finish_reason, self.is_done) else {
            return Err(ServiceError::CutOff);
        };
        Ok(ChatReply { finish_reason, ..self.reply })
    }
}

/// An answer in one piece. Without a finish reason it is none.
pub(super) fn read_whole(answer: &Value) -> Result<ChatReply, ServiceError> {
    let garbled = || ServiceError::Garbled { what: "chat" };
    let choice = answer.pointer("/choices/0").ok_or_else(garbled)?;
    let said = |name: &str| choice.get("message").and_then(|it| it.get(name));
    let mut reply = ChatReply {
        content: said("content").and_then(Value::as_str).unwrap_or_default().to_owned(),
        refusal: said("refusal").and_then(Value::as_str).map(str::to_owned),
        finish_reason: text(choice.get("finish_reason")).ok_or_else(garbled)?,
        logprobs: logprobs(choice).collect(),
        ..ChatReply::default()
    };
    read_usage(answer, &mut reply);
    Ok(reply)
}

fn read_usage(answer: &Value, reply: &mut ChatReply) {
    let tokens = |name: &str| count(answer.get("usage").and_then(|usage| usage.get(name)));
    reply.prompt_tokens = tokens("prompt_tokens").or(reply.prompt_tokens);
    reply.completion_tokens = tokens("completion_tokens").or(reply.completion_tokens);
}

fn logprobs(choice: &Value) -> impl Iterator<Item = TokenLogprob> {
    let rows = choice.pointer("/logprobs/content").and_then(Value::as_array);
    let read = |row: &Value| {
        let bytes = row.get("bytes").and_then(Value::as_array).and_then(|bytes| {
            bytes.iter().map(|it| u8::try_from(it.as_u64()?).ok()).collect::<Option<Vec<u8>>>()
        });
        let top = row.get("top_logprobs").and_then(Value::as_array);
        Some(TokenLogprob {
            token: text(row.get("token"))?,
            logprob: row.get("logprob").and_then(Value::as_f64)?,
            bytes,
            top: top.into_iter().flatten().filter_map(top_row).collect(),
        })
    };
    rows.into_iter().flatten().filter_map(read)
}

fn top_row(row: &Value) -> Option<(String, f64)> {
    Some((text(row.get("token"))?, row.get("logprob").and_then(Value::as_f64)?))
}
