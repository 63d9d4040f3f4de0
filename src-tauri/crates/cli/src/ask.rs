//! `attune chat --model M PROMPT`: one question, one answer.

use std::sync::Arc;

use attune_app::{App, ChatReply};
use attune_contract::Failure;
use serde_json::{Value, json};

use crate::arguments::ChatArguments;
use crate::output::{Ending, line, piece};
use crate::{far, open};

pub(crate) async fn run(arguments: ChatArguments) -> Result<Ending, Failure> {
    let app = open::app_with(arguments.cores).await?;
    let is_json = arguments.json;
    let mut on_piece = |text: &str| {
        if !is_json {
            piece(text);
        }
    };
    let asked = ask(&app, &arguments, &mut on_piece).await;
    app.put_away().await;
    let reply = asked?;
    if is_json {
        let mut document = json!({ "answer": reply.content, "finish_reason": reply.finish_reason });
        if let (Some(tokens), Some(fields)) = (reply.completion_tokens, document.as_object_mut()) {
            fields.insert("tokens".to_owned(), Value::from(tokens));
        }
        line(&document.to_string());
    } else {
        line("");
    }
    Ok(Ending::Done)
}

async fn ask(
    app: &Arc<App>,
    arguments: &ChatArguments,
    on_piece: &mut (dyn FnMut(&str) + Send),
) -> Result<ChatReply, Failure> {
    far::lend_key(app)?;
    let most = arguments.ceiling.as_deref().map(far::ceiling).transpose()?;
    let agreed = most.filter(|_| arguments.yes);
    app.ask_once(&arguments.model, &arguments.prompt, agreed, on_piece).await
}
