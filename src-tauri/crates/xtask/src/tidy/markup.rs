//! Takes the template of a component apart into what a person may read on the screen.
//!
//! No full parser: it knows tags, attributes, expressions in braces, comments, and that scripts
//! and style sheets are no template. Byte offsets are those of the component's text.

/// A part of a template.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text between tags.
    Text { at: usize, text: &'a str },
    /// What stands in braces between tags.
    Expression { at: usize, code: &'a str },
    /// A written attribute; the value without its quotes, an expression with its braces.
    Attribute { at: usize, name: &'a str, value: &'a str },
}

/// The text with scripts, style sheets and comments blanked out, byte for byte.
pub(super) fn template(component: &str) -> String {
    let mut text = component.to_owned();
    for (open, close) in [("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>")] {
        let mut from = 0;
        while let Some(start) = text[from..].find(open).map(|at| from + at) {
            let end = text[start..].find(close).map_or(text.len(), |at| start + at + close.len());
            let blank: String = text[start..end].bytes().map(blank).collect();
            text.replace_range(start..end, &blank);
            from = end;
        }
    }
    text
}

fn blank(byte: u8) -> char {
    if byte == b'\n' { '\n' } else { ' ' }
}

/// The parts of a template from [`template`], in order.
pub(super) fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < template.len() {
        let rest = &template[at..];
        if rest.starts_with('{') {
            let end = at + braces(rest);
            let code = template[at + 1..end].trim_end_matches('}');
            pieces.push(Piece::Expression { at: at + 1, code });
            at = end;
        } else if is_tag(rest) {
            at = tag(template, at, &mut pieces);
        } else {
            let end = text_end(rest);
            pieces.push(Piece::Text { at, text: &rest[..end] });
            at += end;
        }
    }
    pieces
}

fn is_tag(rest: &str) -> bool {
    let next = rest.strip_prefix('<').and_then(|behind| behind.chars().next());
    next.is_some_and(|next| next.is_ascii_alphabetic() || next == '/' || next == '!')
}

/// The first character always belongs to the text, so that no call returns 0.
fn text_end(rest: &str) -> usize {
    let starts = rest.char_indices().skip(1);
    let mut ends = starts.filter(|(at, it)| *it == '{' || is_tag(&rest[*at..]));
    ends.next().map_or(rest.len(), |(at, _)| at)
}

/// Reads a tag that starts at `start`; returns the offset behind it.
fn tag<'a>(template: &'a str, start: usize, pieces: &mut Vec<Piece<'a>>) -> usize {
    let is_end = |it: char| it.is_whitespace() || ['>', '{', '='].contains(&it);
    let length = |from: usize| template[from..].find(is_end).unwrap_or(template.len() - from);
    let mut at = start + length(start);
    while let Some(next) = template[at..].chars().next() {
        match next {
            '>' => return at + 1,
            '{' => at += braces(&template[at..]),
            _ if is_end(next) => at += next.len_utf8(),
            _ => {
                let name = &template[at..at + length(at)];
                let behind = at + name.len();
                let (value, end) = attribute_value(template, behind);
                if let Some(value) = value {
                    pieces.push(Piece::Attribute { at, name, value });
                }
                at = end;
            }
        }
    }
    at
}

/// The value behind an attribute's name, and the offset behind it.
fn attribute_value(template: &str, behind: usize) -> (Option<&str>, usize) {
    let Some(rest) = template[behind..].strip_prefix('=') else {
        return (None, behind);
    };
    let at = behind + 1;
    match rest.chars().next() {
        Some('{') => {
            let end = at + braces(rest);
            (Some(&template[at..end]), end)
        }
        Some(quote @ ('"' | '\'')) => {
            let end = at + 1 + quoted(&rest[1..], quote);
            (Some(&template[at + 1..end]), (end + 1).min(template.len()))
        }
        _ => {
            let length = rest.find(|it: char| it.is_whitespace() || it == '>');
            let end = at + length.unwrap_or(rest.len());
            (Some(&template[at..end]), end)
        }
    }
}

/// Length up to the closing quote; quotes inside braces do not close.
fn quoted(rest: &str, quote: char) -> usize {
    let mut at = 0;
    while let Some(next) = rest[at..].chars().next() {
        match next {
            '{' => at += braces(&rest[at..]),
            _ if next == quote => return at,
            _ => at += next.len_utf8(),
        }
    }
    at
}

/// Length of an expression with its braces; braces inside strings do not count.
fn braces(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut string: Option<char> = None;
    let mut is_escaped = false;
    for (at, it) in rest.char_indices() {
        match string {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if it == '\\' => is_escaped = true,
            Some(quote) if it == quote => string = None,
            Some(_) => {}
            None if ['"', '\'', '`'].contains(&it) => string = Some(it),
            None if it == '{' => depth += 1,
            None if it == '}' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            None => {}
        }
    }
    rest.len()
}

/// String literals of an expression with their offsets.
pub(super) fn literals(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, char)> = None;
    let mut is_escaped = false;
    for (at, it) in code.char_indices() {
        match open {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if it == '\\' => is_escaped = true,
            Some((start, quote)) if it == quote => {
                found.push((start, &code[start..at]));
                open = None;
            }
            Some(_) => {}
            None if ['"', '\'', '`'].contains(&it) => open = Some((at + 1, it)),
            None => {}
        }
    }
    found
}
