//! Figures against values worked out by hand.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Answered, Metrics, is_right, score};

fn answered(pairs: &str) -> Vec<Answered> {
    pairs
        .split(',')
        .map(|pair| {
            let (expected, answer) = pair.split_once('>').unwrap();
            Answered { expected: expected.into(), answer: answer.into(), scores: None }
        })
        .collect()
}

/// A case is "expected>given,expected>given,...".
#[track_caller]
fn check(pairs: &str, expected: &Expect) {
    let it = score(&answered(pairs));
    assert_eq!(it.exact_match, it.accuracy, "one share under two names");
    expected.assert_eq(&format!(
        "{}/{} accuracy {:.4} balanced {:.4} F1 {:.4} weighted {:.4} precision {:.4} recall {:.4}",
        it.right,
        it.examples,
        it.accuracy,
        it.balanced_accuracy,
        it.macro_f1,
        it.weighted_f1,
        it.macro_precision,
        it.macro_recall
    ));
}

#[test]
fn scores_three_groups() {
    // By hand: recall 2/3, 1/2, 1; precision 1, 1/2, 1/2; F1 4/5, 1/2, 2/3.
    // Balanced (2/3 + 1/2 + 1) / 3; macro F1 (0.8 + 0.5 + 0.6667) / 3;
    // weighted (3 * 0.8 + 2 * 0.5 + 0.6667) / 6.
    check(
        "a>a,a>a,a>b,b>b,b>c,c>c",
        &expect![
            "4/6 accuracy 0.6667 balanced 0.7222 F1 0.6556 weighted 0.6778 precision 0.6667 recall 0.7222"
        ],
    );
}

#[test]
fn an_answer_outside_the_groups_is_a_class_of_its_own() {
    // By hand: classes a, b, x with F1 2/3, 1, 0; balanced accuracy is over a and b only.
    check(
        "a>a,a>x,b>b",
        &expect![
            "2/3 accuracy 0.6667 balanced 0.7500 F1 0.5556 weighted 0.7778 precision 0.6667 recall 0.5000"
        ],
    );
}

#[test]
fn always_the_most_frequent_answer_is_unmasked_by_balance() {
    check(
        "a>a,a>a,a>a,b>a",
        &expect![
            "3/4 accuracy 0.7500 balanced 0.5000 F1 0.4286 weighted 0.6429 precision 0.3750 recall 0.5000"
        ],
    );
}

#[test]
fn white_space_is_forgiven_and_case_is_not() {
    assert!(is_right("to  be\nsent", " to be sent "));
    assert!(!is_right("Delivery", "delivery"));
    check(
        "a>a ,B>b",
        &expect![
            "1/2 accuracy 0.5000 balanced 0.5000 F1 0.3333 weighted 0.5000 precision 0.3333 recall 0.3333"
        ],
    );
}

#[test]
fn no_answers_score_zero() {
    assert_eq!(score(&[]), Metrics::default());
}

proptest! {
    #[test]
    fn every_share_is_one(pairs in prop::collection::vec(("[abc]", "[abcd ]"), 1..40)) {
        let answered: Vec<Answered> = pairs
            .into_iter()
            .map(|(expected, answer)| Answered { expected, answer, scores: None })
            .collect();
        let it = score(&answered);
        for share in [it.accuracy, it.balanced_accuracy, it.macro_f1, it.weighted_f1,
                      it.macro_precision, it.macro_recall] {
            prop_assert!((0.0..=1.0 + 1e-12).contains(&share), "{it:?}");
        }
        prop_assert_eq!(it.right == it.examples, it.accuracy == 1.0);
    }
}
