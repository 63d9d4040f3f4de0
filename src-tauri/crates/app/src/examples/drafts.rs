//! From the editor's text back to an example, without losing what the editor does not show.

use attune_contract::Failure;
use attune_contract::examples::{MessageDraft, MessageRole};
use attune_dataset::{Example, Message, Role};

use crate::failures::input_invalid;

/// A message longer than this is no message.
const LONGEST_TEXT: usize = 1 << 20;
const MOST_MESSAGES: usize = 1_000;

/// The stored example with the drafts' texts. A draft with a source keeps that message's role and
/// every field the editor does not show.
pub(super) fn apply(stored: &Example, drafts: &[MessageDraft]) -> Result<Example, Failure> {
    if drafts.is_empty() || drafts.len() > MOST_MESSAGES {
        return Err(input_invalid("messages"));
    }
    let mut example = stored.clone();
    example.messages =
        drafts.iter().map(|draft| message(stored, draft)).collect::<Result<_, _>>()?;
    Ok(example)
}

fn message(stored: &Example, draft: &MessageDraft) -> Result<Message, Failure> {
    check_length(&draft.content)?;
    let Some(source) = draft.source else {
        return Ok(Message::new(role(draft.role)?, draft.content.clone()));
    };
    let source = stored.messages.get(source as usize).ok_or_else(|| input_invalid("source"))?;
    let mut message = source.clone();
    if message.content != draft.content {
        message.content.clone_from(&draft.content);
        message.has_content = true;
    }
    Ok(message)
}

fn role(role: MessageRole) -> Result<Role, Failure> {
    match role {
        MessageRole::Instructions => Ok(Role::System),
        MessageRole::Question => Ok(Role::User),
        MessageRole::Answer => Ok(Role::Assistant),
        // A new message of an unknown kind would be one that no service takes.
        MessageRole::Other => Err(input_invalid("role")),
    }
}

/// Refuses a text that is too long.
pub(super) fn check_length(text: &str) -> Result<(), Failure> {
    if text.len() > LONGEST_TEXT { Err(input_invalid("content")) } else { Ok(()) }
}
