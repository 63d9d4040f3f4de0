//! Asking a model, with its answer streaming in.

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::http::{Http, refusal};
use crate::remote::text;
use crate::sse::EventReader;
use crate::{ChatOrder, ChatReply, ServiceError};

pub(super) async fn ask(
    http: &Http,
    order: &ChatOrder,
    on_piece: &mut (dyn FnMut(&str) + Send),
) -> Result<ChatReply, ServiceError> {
    let response = http.send(http.post("/chat/completions").json(&body(order))).await?;
    let status = response.status().as_u16();
    if !(200..300).contains(&status) {
        let body = response.bytes().await.map_err(|source| http.unreachable(source))?;
        return Err(ServiceError::Refused(refusal(status, &body)));
    }
    let mut stream = response.bytes_stream();
    let mut events = EventReader::default();
    let mut answer = Gathered::default();
    while let Some(chunk) = stream.next().await {
        // A connection that breaks in mid-answer is a cut answer, not an unreachable service.
        let chunk = chunk.map_err(|_| ServiceError::CutOff)?;
        let data = events.take(&chunk).map_err(|_| ServiceError::Garbled { what: "chat" })?;
        for event in data {
            answer.take(&event, on_piece)?;
        }
    }
    answer.finish()
}

fn body(order: &ChatOrder) -> Value {
    let message =
        |message: &crate::ChatMessage| json!({ "role": message.role, "content": message.content });
    let mut body = json!({
        "model": order.model,
        "messages": order.messages.iter().map(message).collect::<Vec<_>>(),
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    if let Some(fields) = body.as_object_mut() {
        let optional = [
            ("max_tokens", order.max_tokens.map(Value::from)),
            ("temperature", order.temperature.map(Value::from)),
        ];
        let named =
            optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        fields.extend(named);
    }
    body
}

/// The answer so far. It is whole only with a finish reason and the stream's own end mark.
#[derive(Debug, Default)]
struct Gathered {
    content: String,
    finish_reason: Option<String>,
    completion_tokens: Option<u64>,
    is_done: bool,
}

impl Gathered {
    fn take(
        &mut self,
        event: &str,
        on_piece: &mut (dyn FnMut(&str) + Send),
    ) -> Result<(), ServiceError> {
        if event == "[DONE]" {
            self.is_done = true;
            return Ok(());
        }
        let chunk: Value =
            serde_json::from_str(event).map_err(|_| ServiceError::Garbled { what: "chat" })?;
        if chunk.get("error").is_some_and(|error| !error.is_null()) {
            return Err(ServiceError::Refused(refusal(200, event.as_bytes())));
        }
        if let Some(tokens) = chunk.pointer("/usage/completion_tokens").and_then(Value::as_u64) {
            self.completion_tokens = Some(tokens);
        }
        let Some(choice) = chunk.pointer("/choices/0") else {
            return Ok(());
        };
        if let Some(piece) = choice.pointer("/delta/content").and_then(Value::as_str)
            && !piece.is_empty()
        {
            self.content += piece;
            on_piece(piece);
        }
        if let Some(reason) = text(choice.get("finish_reason")) {
            self.finish_reason = Some(reason);
        }
        Ok(())
    }

    fn finish(self) -> Result<ChatReply, ServiceError> {
        let (Some(finish_reason), true) = (self.finish_reason, self.is_done) else {
            return Err(ServiceError::CutOff);
        };
        Ok(ChatReply {
            content: self.content,
            finish_reason,
            completion_tokens: self.completion_tokens,
        })
    }
}
