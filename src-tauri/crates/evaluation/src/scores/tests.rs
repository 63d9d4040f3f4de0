//! Log loss and areas under curves against values worked out by hand.

use expect_test::{Expect, expect};

use super::{auc_roc_macro, log_loss};
use crate::metrics::Answered;

/// A case is "right|a=0.8 b=0.2;right|...", with probabilities.
#[track_caller]
fn check(case: &str, expected: &Expect) {
    let answered: Vec<Answered> = case
        .split(';')
        .map(|part| {
            let (right, scores) = part.split_once('|').unwrap();
            let scores = scores.split_whitespace().map(|it| {
                let (label, probability) = it.split_once('=').unwrap();
                (label.to_owned(), probability.parse::<f64>().unwrap().ln())
            });
            let scores = Some(scores.collect());
            Answered { expected: right.to_owned(), answer: String::new(), scores }
        })
        .collect();
    let shown = |value: Option<f64>| value.map_or("none".to_owned(), |it| format!("{it:.4}"));
    let (loss, area) = (log_loss(&answered), auc_roc_macro(&answered));
    expected.assert_eq(&format!("log loss {}, area {}", shown(loss), shown(area)));
}

#[test]
fn the_loss_is_the_mean_of_minus_the_log() {
    // By hand: (-ln 0.8 - ln 0.6) / 2 = (0.2231 + 0.5108) / 2.
    check("a|a=0.8 b=0.2;b|a=0.4 b=0.6", &expect!["log loss 0.3670, area 1.0000"]);
    // Certainty costs nothing; half and half costs ln 2.
    check("a|a=1 b=0;b|a=0.5 b=0.5", &expect!["log loss 0.3466, area 1.0000"]);
}

#[test]
fn the_area_is_that_of_the_textbook() {
    // scikit-learn's own example: scores 0.1 0.4 0.35 0.8 of classes 0 0 1 1 have the area 0.75.
    check(
        "a|a=0.9 b=0.1;a|a=0.6 b=0.4;b|a=0.65 b=0.35;b|a=0.2 b=0.8",
        &expect!["log loss 0.4723, area 0.7500"],
    );
    // All alike: half of every pair.
    check("a|a=0.5 b=0.5;b|a=0.5 b=0.5", &expect!["log loss 0.6931, area 0.5000"]);
}

#[test]
fn scores_that_do_not_sum_to_one_are_made_to() {
    // 0.2 of 0.2 + 0.2 is a half.
    check("a|a=0.2 b=0.2;b|a=0.1 b=0.1", &expect!["log loss 0.6931, area 0.5000"]);
}

#[test]
fn a_right_label_without_a_score_costs_the_most() {
    // -ln of the epsilon of a 64-bit float.
    check("c|a=0.5 b=0.5", &expect!["log loss 36.0437, area none"]);
}

#[test]
fn without_scores_there_is_no_loss() {
    check("a|a=0.8 b=0.2;b|", &expect!["log loss none, area none"]);
    check("a|a=0 b=0", &expect!["log loss none, area none"]);
    assert_eq!(log_loss(&[]), None);
    assert_eq!(log_loss(&[Answered::default()]), None);
    let mut broken =
        Answered { scores: Some([("a".to_owned(), f64::NAN)].into()), ..Default::default() };
    assert_eq!(log_loss(std::slice::from_ref(&broken)), None);
    broken.scores = Some([("a".to_owned(), f64::INFINITY)].into());
    assert_eq!(log_loss(&[broken]), None);
}
