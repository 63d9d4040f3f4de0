//! A model's chat template: how its makers wrote conversations down. A template comes from a
//! stranger's file, so its work and its output are bounded.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Rest};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value, context};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::HubError;
use super::clock::strftime;
use crate::formats::chat_file::{Speaker, Turn};
use crate::formats::text::TextError;

/// Templates have a few kilobytes.
const LONGEST_SOURCE: usize = 1 << 20;
/// Steps that one rendering may take, and more for each message.
const FUEL: u64 = 500_000;
const FUEL_A_MESSAGE: u64 = 20_000;
/// Bytes that a template may write for each byte of the messages, and at all.
const MOST_GROWTH: usize = 16;
const MOST_ADDED: usize = 1 << 20;
const MOST_NESTING: usize = 64;
const NAME: &str = "chat";

/// A chat template, compiled.
pub(crate) struct Template {
    environment: Environment<'static>,
    source: Arc<str>,
    begin: String,
    end: String,
}

impl Template {
    /// Compiles `source`; `begin` and `end` are the texts of the marks of that name.
    pub(crate) fn new(source: &str, begin: &str, end: &str) -> Result<Self, HubError> {
        if source.len() > LONGEST_SOURCE {
            return Err(HubError::broken("its chat template is far too long"));
        }
        let mut environment = environment();
        environment
            .add_template_owned(NAME, without_generation(source))
            .map_err(|error| HubError::broken(format!("its chat template: {error}")))?;
        let (begin, end) = (begin.to_owned(), end.to_owned());
        Ok(Self { environment, source: source.into(), begin, end })
    }

    /// The template itself.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The text of the mark that begins a conversation; empty for none.
    pub(super) fn begin(&self) -> &str {
        &self.begin
    }

    /// The text of the mark that ends one; empty for none.
    pub(super) fn end(&self) -> &str {
        &self.end
    }

    /// Writes `turns`; with `ask`, up to where the model answers.
    pub(crate) fn render(&self, turns: &[Turn], ask: bool) -> Result<String, TextError> {
        let messages: Vec<Value> = turns
            .iter()
            .map(|turn| context! { role => role(turn.speaker), content => turn.text.as_str() })
            .collect();
        let given: usize = turns.iter().map(|turn| turn.text.len()).sum();
        let limit = given.saturating_mul(MOST_GROWTH).saturating_add(MOST_ADDED);
        let mut out = Bounded { bytes: Vec::new(), limit, is_full: false };
        let mut environment = self.environment.clone();
        environment.set_fuel(Some(FUEL + FUEL_A_MESSAGE * turns.len() as u64));
        // transformers passes these two also where there are none.
        let none = Value::from(());
        let values = context! {
            messages, add_generation_prompt => ask, tools => none.clone(), documents => none,
            bos_token => self.begin.as_str(), eos_token => self.end.as_str(),
        };
        let template = environment.get_template(NAME).map_err(|error| refused(&error, false))?;
        let written = template.render_captured_to(values, &mut out).map(|_| ());
        written.map_err(|error| refused(&error, out.is_full))?;
        String::from_utf8(out.bytes)
            .map_err(|_| TextError::Template { reason: "it writes no text".to_owned() })
    }
}

fn refused(error: &Error, is_full: bool) -> TextError {
    let reason = match error.kind() {
        _ if is_full => "it writes far more than it is given".to_owned(),
        ErrorKind::OutOfFuel => "it does not come to an end".to_owned(),
        _ => error.detail().map_or_else(|| error.to_string(), str::to_owned),
    };
    TextError::Template { reason }
}

/// Templates are read as transformers sets jinja2 up.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("the usual delimiters differ from each other"));
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_recursion_limit(MOST_NESTING);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", |reason: String| -> Result<(), Error> {
        Err(Error::new(ErrorKind::InvalidOperation, reason))
    });
    environment.add_function("strftime_now", |format: &str| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        strftime(format, since.map_or(0, |since| since.as_secs()))
    });
    environment.add_filter("tojson", to_json);
    environment
}

/// `{% generation %}` marks answers for transformers and writes nothing itself.
fn without_generation(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let Some(length) = rest[start..].find("%}") else { break };
        let (before, block, after) =
            (&rest[..start], &rest[start..start + length + 2], &rest[start + length + 2..]);
        out += before;
        let inside = block.trim_matches(|it: char| matches!(it, '{' | '}' | '%' | '-' | '+'));
        match inside.trim() {
            "generation" => out += &block.replace("generation", "if true"),
            "endgeneration" => out += &block.replace("endgeneration", "endif"),
            _ => out += block,
        }
        rest = after;
    }
    out + rest
}

/// JSON as Python's `json.dumps` writes it, which is what transformers puts in place of jinja2's.
#[expect(clippy::needless_pass_by_value, reason = "the engine of the templates passes them so")]
fn to_json(value: &Value, rest: Rest<Value>, named: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = match rest.first() {
        Some(first) => usize::try_from(first.clone()).ok(),
        None => named.get("indent")?,
    };
    let blanks = vec![b' '; indent.unwrap_or(0).min(16)];
    let mut out = Vec::new();
    let written = match indent {
        Some(_) => value.serialize(&mut Serializer::with_formatter(
            &mut out,
            PrettyFormatter::with_indent(&blanks),
        )),
        None => value.serialize(&mut Serializer::with_formatter(&mut out, Spaced)),
    };
    let failed = |reason: String| Error::new(ErrorKind::BadSerialization, reason);
    written.map_err(|error| failed(error.to_string()))?;
    String::from_utf8(out).map_err(|error| failed(error.to_string()))
}

/// Python's separators: `, ` and `: `.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

/// Takes what a template writes, up to a limit.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
    is_full: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.is_full |= self.bytes.len().saturating_add(bytes.len()) > self.limit;
        if self.is_full {
            return Err(io::Error::other("the template writes too much"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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

#[cfg(test)]
mod tests;
