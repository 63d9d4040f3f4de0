//! Figures between markers in a page that people also write in.

/// Puts `figures` between the markers of `name`; appends both where the page lacks them.
pub(super) fn replace(page: &str, name: &str, figures: &str) -> String {
    let (open, close) = (format!("<!-- bench:{name} -->"), format!("<!-- /bench:{name} -->"));
    let section = format!("{open}\n{}\n{close}", figures.trim());
    let found = page.find(&open).and_then(|start| {
        let end = page[start..].find(&close)?;
        Some((start, start + end + close.len()))
    });
    match found {
        Some((start, end)) => format!("{}{section}{}", &page[..start], &page[end..]),
        None => format!("{}\n\n## {name}\n\n{section}\n", page.trim_end()),
    }
}
