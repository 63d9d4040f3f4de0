//! Finds text whatever its case, in any script. Pure; it never looks at more than the text it is given.

/// What is looked for, prepared once for a whole scan.
pub(crate) struct Needle {
    folded: String,
    /// Room for the folded text, reused so that a scan of a million rows allocates once.
    room: String,
}

impl Needle {
    /// None if there is nothing to look for.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let mut folded = String::new();
        fold(text, &mut folded);
        Some(Self { folded, room: String::new() })
    }

    /// Whether `text` contains it.
    pub(crate) fn is_in(&mut self, text: &str) -> bool {
        fold(text, &mut self.room);
        self.room.contains(&self.folded)
    }
}

/// Writes `text` to `folded` so that texts which differ only in case become equal.
fn fold(text: &str, folded: &mut String) {
    folded.clear();
    if text.is_ascii() {
        folded.push_str(text);
        folded.make_ascii_lowercase();
        return;
    }
    for character in text.chars() {
        if character.is_ascii() {
            folded.push(character.to_ascii_lowercase());
        } else {
            // Lower, upper, lower again: `ẞ`, `ß` and `SS` meet, and so do `Σ`, `σ` and the final `ς`.
            folded.extend(
                character.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase),
            );
        }
    }
}
