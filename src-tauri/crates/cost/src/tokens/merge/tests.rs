//! Merging agrees with `bpe-openai`, which does it in another way.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{Merger, WINDOW, WORD};

fn both() -> [&'static Merger; 2] {
    static O200K: LazyLock<Merger> = LazyLock::new(|| Merger::new(&bpe_openai::o200k_base().bpe));
    static CL100K: LazyLock<Merger> = LazyLock::new(|| Merger::new(&bpe_openai::cl100k_base().bpe));
    [&O200K, &CL100K]
}

#[track_caller]
fn check_equal(piece: &[u8]) {
    for merger in both() {
        let expected = merger.all.count(piece) as u64;
        let start = String::from_utf8_lossy(&piece[..piece.len().min(40)]);
        assert_eq!(merger.count(piece), expected, "{} bytes, {start:?}", piece.len());
    }
}

/// Only then does every token have the couple that it is made of.
#[test]
fn every_token_of_a_vocabulary_is_one() {
    for merger in both() {
        for rank in 0..u32::try_from(merger.all.num_tokens()).unwrap() {
            let token = merger.all.token_bytes(rank);
            assert_eq!(merger.count(token), 1, "{token:?}");
        }
    }
}

#[test]
fn runs_around_the_size_of_a_window_are_merged_as_a_whole() {
    for unit in ["a", " ", "-", "\n", "ab", "é", "中", "of", "the", "\u{0}", "=-"] {
        for length in [1, 2, WORD - 1, WORD, WORD + 1, WINDOW - 1, WINDOW, WINDOW + 1, 4 * WINDOW] {
            let run = unit.repeat(length);
            check_equal(&run.as_bytes()[..length]);
            check_equal(run.as_bytes());
        }
    }
}

/// `bpe-openai` takes a microsecond for each byte of such a run.
#[test]
fn windows_of_a_long_run_agree() {
    for merger in both() {
        for unit in ["a", " ", "-", "/", "ab", "中", "word", "\u{301}"] {
            assert_ne!(merger.count_long(unit.repeat(WINDOW).as_bytes()), None, "{unit:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_are_merged_alike(
        piece in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..100),
            prop::collection::vec(prop::sample::select(b"ab".to_vec()), 0..3000),
            prop::collection::vec(prop::sample::select(b"einstrao -\n".to_vec()), 0..3000),
            prop::collection::vec(prop::sample::select(vec![0xe4, 0xb8, 0xad, 0x80]), 0..1500),
        ]
    ) {
        for merger in both() {
            prop_assert_eq!(merger.count(&piece), merger.all.count(&piece) as u64);
        }
    }
}
