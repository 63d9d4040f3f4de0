//! Which modules a script or a component of the page imports. Shared by the rules on the page.

use super::tree::SourceFile;

/// One import: the line, what is written, and the path it leads to inside the checkout
/// (only for relative ones; an alias stays as written).
pub(super) struct Import {
    pub(super) line: usize,
    pub(super) written: String,
    pub(super) leads_to: Option<String>,
}

/// Every module that `file` names behind `from`, `import` or in `import(…)`.
pub(super) fn of(file: &SourceFile) -> Vec<Import> {
    let mut found = Vec::new();
    for (number, line) in file.lines() {
        let code = line.trim_start();
        if code.starts_with("//") || code.starts_with('*') {
            continue;
        }
        for opening in ["from ", "import ", "import(", "export * from "] {
            for (start, _) in code.match_indices(opening) {
                if let Some(written) = quoted(code[start + opening.len()..].trim_start()) {
                    found.push(import(file, number, written));
                }
            }
        }
    }
    found.dedup_by(|one, other| one.line == other.line && one.written == other.written);
    found
}

/// The text between quotes at the very start of `code`.
fn quoted(code: &str) -> Option<&str> {
    let quote = code.chars().next().filter(|first| ['"', '\''].contains(first))?;
    code[1..].split(quote).next()
}

fn import(file: &SourceFile, line: usize, written: &str) -> Import {
    let leads_to = written.starts_with('.').then(|| resolve(&file.path, written));
    Import { line, written: written.to_owned(), leads_to }
}

/// The path a relative import leads to.
fn resolve(from: &str, import: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in import.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}
