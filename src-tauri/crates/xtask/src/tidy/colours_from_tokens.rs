//! Colours come from the tokens, so that both themes and their contrast stay right everywhere.

use super::tree::{SourceFile, Tree};
use super::{Violation, line_at};

const TOKENS: &str = "ui/src/design/tokens.css";
const FUNCTIONS: [&str; 10] =
    ["rgb(", "rgba(", "hsl(", "hsla(", "hwb(", "lab(", "lch(", "oklab(", "oklch(", "color("];

/// No style sheet and no component has a colour of its own.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let files = tree.written(&["svelte", "css"]).filter(|file| file.path != TOKENS);
    files.flat_map(check_file).collect()
}

fn check_file(file: &SourceFile) -> Vec<Violation> {
    let text = &file.text;
    let mut found: Vec<(usize, &str)> = Vec::new();
    for (at, _) in text.match_indices('#') {
        found.extend(hex_colour(text, at).map(|colour| (at, colour)));
    }
    for function in FUNCTIONS {
        for (at, _) in text.match_indices(function) {
            let is_whole =
                !text[..at].ends_with(|it: char| it.is_alphanumeric() || "-_.".contains(it));
            // A colour made from a token is still a token's.
            let is_derived = text[at + function.len()..].trim_start().starts_with("from var(");
            if is_whole && !is_derived {
                found.push((at, function));
            }
        }
    }
    found.sort_unstable();
    found
        .into_iter()
        .map(|(at, colour)| {
            let what = format!("`{colour}` is no token of {TOKENS}");
            Violation::new(&file.path, line_at(text, at), what)
        })
        .collect()
}

/// The colour that starts with the `#` at `at`, if it is one: not a link inside the page, not a
/// reference inside a drawing, not a private name or a block of a template.
fn hex_colour(text: &str, at: usize) -> Option<&str> {
    let digits = text[at + 1..].split(|it: char| !it.is_alphanumeric()).next().unwrap_or("");
    let is_hex = [3, 4, 6, 8].contains(&digits.len())
        && digits.chars().all(|digit| digit.is_ascii_hexdigit());
    let before = &text[..at];
    let is_value = before.ends_with(['"', '\'', '`', ':', ',', '('])
        || before.ends_with(char::is_whitespace) && !is_in_script(before);
    let is_selector = before.rsplit('\n').next().is_some_and(|line| line.trim().is_empty());
    let is_link =
        ["href=\"", "href='", "url(", "url(\"", "url('"].iter().any(|it| before.ends_with(it));
    (is_hex && is_value && !is_selector && !is_link).then(|| &text[at..=at + digits.len()])
}

fn is_in_script(before: &str) -> bool {
    match (before.rfind("<script"), before.rfind("</script>")) {
        (Some(open), Some(close)) => open > close,
        (open, _) => open.is_some(),
    }
}
