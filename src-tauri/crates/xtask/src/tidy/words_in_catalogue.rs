//! Every visible word lives in the catalogue, where it can be read, checked and translated.

use super::markup::{self, Piece};
use super::tree::{SourceFile, Tree};
use super::{Violation, line_at};

/// Attributes, and properties of components, whose value a person reads or hears.
const READ: [&str; 9] = [
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "aria-valuetext",
    "aria-placeholder",
    "title",
    "placeholder",
    "alt",
    "label",
];

/// No component has words of its own, between tags or in an attribute.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let components = tree.written(&["svelte"]).filter(|file| !file.path.contains(".test."));
    components.flat_map(check_component).collect()
}

fn check_component(file: &SourceFile) -> Vec<Violation> {
    let template = markup::template(&file.text);
    let mut found = Vec::new();
    for piece in markup::pieces(&template) {
        for (at, words) in words_of(&piece) {
            let what = format!("`{}` is not in the catalogue", words.trim());
            found.push(Violation::new(&file.path, line_at(&template, at), what));
        }
    }
    found
}

/// The written words of a piece with their offsets.
fn words_of<'a>(piece: &Piece<'a>) -> Vec<(usize, &'a str)> {
    match *piece {
        Piece::Text { at, text } if has_letters(text) => {
            let indent = text.len() - text.trim_start().len();
            vec![(at + indent, text)]
        }
        Piece::Expression { at, code } => sentences(at, code),
        Piece::Attribute { at, name, value } if READ.contains(&name) => {
            if has_letters(&outside_braces(value)) {
                vec![(at, value)]
            } else {
                sentences(at, value)
            }
        }
        Piece::Text { .. } | Piece::Attribute { .. } => Vec::new(),
    }
}

/// Literals in an expression that read like words rather than like a key or a state: they begin
/// with a capital letter or have a blank between letters. Control blocks compare, they show nothing.
fn sentences(at: usize, code: &str) -> Vec<(usize, &str)> {
    if code.trim_start().starts_with(['#', ':', '/', '@']) {
        return Vec::new();
    }
    let reads_like_words = |literal: &str| {
        let plain = outside_braces(literal);
        literal.starts_with(char::is_uppercase) || plain.trim().contains(' ') && has_letters(&plain)
    };
    let literals = markup::literals(code).into_iter();
    literals
        .filter(|(_, literal)| reads_like_words(literal))
        .map(|(start, literal)| (at + start, literal))
        .collect()
}

/// Whether a letter is left once entities such as `&nbsp;` are taken out.
fn has_letters(text: &str) -> bool {
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        if rest[..start].contains(char::is_alphabetic) {
            return true;
        }
        let name = rest[start + 1..].split(|it: char| !it.is_ascii_alphanumeric() && it != '#');
        let length = name.map(str::len).next().unwrap_or(0);
        rest = &rest[start + 1 + length..];
    }
    rest.contains(char::is_alphabetic)
}

/// The text with everything in braces left out.
fn outside_braces(text: &str) -> String {
    let mut depth = 0_i32;
    let mut outside = String::new();
    for it in text.chars() {
        match it {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ if depth == 0 => outside.push(it),
            _ => {}
        }
    }
    outside
}
