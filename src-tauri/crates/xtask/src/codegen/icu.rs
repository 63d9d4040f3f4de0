//! The part of the ICU message format that the catalogue may use.
//!
//! `{name}`, `{n, plural, one {…} other {…}}`, `{x, select, a {…} other {…}}` and `#` inside a
//! plural. Apostrophes are letters here, since English is full of them; a literal brace cannot be
//! written. This file finds what a text asks for; putting values in happens in the page and in
//! the contract.

use std::collections::BTreeMap;

/// What kind of value fills a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// `{name}`: a text or a number.
    Any,
    /// `{x, select, …}`: a text.
    Select,
    /// `{n, plural, …}`: a number.
    Plural,
}

/// The gaps of one text by name.
pub(crate) type Gaps = BTreeMap<String, Kind>;

/// Why a text is not in the format.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IcuError {
    #[error("a brace is opened and not closed")]
    Unclosed,
    #[error("a brace is closed that was not opened")]
    Unopened,
    #[error("`{name}` is no name of a value")]
    Name { name: String },
    #[error("`{name}` asks for `{kind}`; only plural and select are known")]
    UnknownKind { name: String, kind: String },
    #[error("`{name}` has no case `other`")]
    NoOther { name: String },
    #[error("`{name}` has the case `{case}`, which plural does not know")]
    UnknownCase { name: String, case: String },
    #[error("`{name}` is asked for as a number and as a text")]
    TwoKinds { name: String },
}

/// Finds the gaps of `text` and checks that it keeps to the format.
pub(crate) fn gaps(text: &str) -> Result<Gaps, IcuError> {
    let mut parser = Parser { rest: text, gaps: Gaps::new() };
    parser.text()?;
    if parser.rest.is_empty() { Ok(parser.gaps) } else { Err(IcuError::Unopened) }
}

struct Parser<'a> {
    rest: &'a str,
    gaps: Gaps,
}

impl Parser<'_> {
    /// Reads up to the closing brace of the surrounding case, or to the end.
    fn text(&mut self) -> Result<(), IcuError> {
        while let Some(brace) = self.rest.find(['{', '}']) {
            if self.rest[brace..].starts_with('}') {
                self.rest = &self.rest[brace..];
                return Ok(());
            }
            self.rest = &self.rest[brace + 1..];
            self.gap()?;
        }
        self.rest = "";
        Ok(())
    }

    /// Reads one gap, whose opening brace is already read.
    fn gap(&mut self) -> Result<(), IcuError> {
        let name = self.word([',', '}'])?;
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
        if !is_name {
            return Err(IcuError::Name { name });
        }
        if self.eat('}') {
            return self.add(name, Kind::Any);
        }
        self.eat(',');
        let kind = match self.word([',', '}'])?.as_str() {
            "plural" => Kind::Plural,
            "select" => Kind::Select,
            other => return Err(IcuError::UnknownKind { name, kind: other.to_owned() }),
        };
        self.eat(',');
        self.cases(&name, kind)?;
        self.add(name, kind)
    }

    fn cases(&mut self, name: &str, kind: Kind) -> Result<(), IcuError> {
        let mut has_other = false;
        while !self.eat('}') {
            let case = self.word(['{', '}'])?;
            let is_known = kind == Kind::Select || is_plural_case(&case);
            if !is_known || case.is_empty() {
                return Err(IcuError::UnknownCase { name: name.to_owned(), case });
            }
            has_other |= case == "other";
            if !self.eat('{') {
                return Err(IcuError::Unopened);
            }
            self.text()?;
            if !self.eat('}') {
                return Err(IcuError::Unclosed);
            }
        }
        if has_other { Ok(()) } else { Err(IcuError::NoOther { name: name.to_owned() }) }
    }

    /// Reads up to one of `ends`, which stays, and trims.
    fn word(&mut self, ends: [char; 2]) -> Result<String, IcuError> {
        let end = self.rest.find(ends).ok_or(IcuError::Unclosed)?;
        let word = self.rest[..end].trim().to_owned();
        self.rest = &self.rest[end..];
        Ok(word)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let rest = self.rest.trim_start().strip_prefix(wanted);
        // Behind a gap or a case every blank belongs to the text; inside, none does.
        if let Some(rest) = rest {
            self.rest = rest;
        }
        rest.is_some()
    }

    fn add(&mut self, name: String, kind: Kind) -> Result<(), IcuError> {
        let known = self.gaps.get(&name).copied().unwrap_or(kind);
        if known != kind && known != Kind::Any && kind != Kind::Any {
            return Err(IcuError::TwoKinds { name });
        }
        self.gaps.insert(name, known.max(kind));
        Ok(())
    }
}

fn is_plural_case(case: &str) -> bool {
    let is_exact = case.strip_prefix('=').is_some_and(|number| number.parse::<u64>().is_ok());
    is_exact || ["zero", "one", "two", "few", "many", "other"].contains(&case)
}
