//! A model's chat template: how its makers wrote conversations down. A template comes from a
//! stranger's file, so its work and its output are bounded.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, Value, context};

use super::HubError;
use crate::formats::chat_file::{Speaker, Turn};
use crate::formats::text::TextError;

/// Steps that one rendering may take.
const FUEL: u64 = 20_000_000;
/// Bytes that a template may add for each byte of the messages, and at all.
const MOST_GROWTH: usize = 16;
const MOST_ADDED: usize = 1 << 20;
const NAME: &str = "chat";

/// A chat template, compiled.
pub(crate) struct Template {
    environment: Environment<'static>,
    begin: String,
    end: String,
}

impl Template {
    /// Compiles `source`; `begin` and `end` are the texts of the marks of that name.
    pub(crate) fn new(source: &str, begin: &str, end: &str) -> Result<Self, HubError> {
        let mut environment = Environment::new();
        // As transformers sets jinja2 up.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.expect("the usual delimiters differ from each other"));
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(64);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |reason: String| -> Result<(), _> {
            Err(minijinja::Error::new(ErrorKind::InvalidOperation, reason))
        });
        environment
            .add_template_owned(NAME, source.to_owned())
            .map_err(|error| HubError::broken(format!("its chat template: {error}")))?;
        Ok(Self { environment, begin: begin.to_owned(), end: end.to_owned() })
    }

    /// Writes `turns`; with `ask`, up to where the model answers.
    pub(crate) fn render(&self, turns: &[Turn], ask: bool) -> Result<String, TextError> {
        let refuse = |error: minijinja::Error| TextError::Template {
            reason: error.detail().map_or_else(|| error.to_string(), str::to_owned),
        };
        let messages: Vec<Value> = turns
            .iter()
            .map(|turn| context! { role => role(turn.speaker), content => turn.text.clone() })
            .collect();
        let template = self.environment.get_template(NAME).map_err(refuse)?;
        let text = template
            .render(context! {
                messages, add_generation_prompt => ask, bos_token => self.begin.clone(),
                eos_token => self.end.clone(),
            })
            .map_err(refuse)?;
        let given: usize = turns.iter().map(|turn| turn.text.len()).sum();
        if text.len() > given.saturating_mul(MOST_GROWTH).saturating_add(MOST_ADDED) {
            return Err(TextError::Template {
                reason: "it writes far more than it is given".into(),
            });
        }
        Ok(text)
    }
}

fn role(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
        Speaker::Other => "tool",
    }
}
