//! A person reads a sentence once: 25 words are the end.

use super::{Violation, tree::Tree};
use crate::codegen::CATALOGUE;
use crate::codegen::catalogue::Catalogue;

const MOST_WORDS: usize = 25;

/// No sentence of the catalogue is longer than 25 words.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    // A catalogue that cannot be read is the business of another rule.
    let Some(Ok(catalogue)) = tree.text(CATALOGUE).map(Catalogue::parse) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (key, text) in catalogue.texts() {
        let longest = sentences(text).map(words).max().unwrap_or(0);
        if longest > MOST_WORDS {
            let what = format!("`{key}` has a sentence of {longest} words");
            found.push(Violation::new(CATALOGUE, 0, what));
        }
    }
    found
}

/// Pieces between sentence ends; the cases of a plural stand for each other, so a brace ends too.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(['.', '!', '?', ':', ';', '\n', '{', '}'])
}

fn words(sentence: &str) -> usize {
    let is_word = |word: &&str| word.contains(char::is_alphabetic);
    sentence.split_whitespace().filter(is_word).count()
}
