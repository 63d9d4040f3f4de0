//! How figures get into the page, and how they are read out of what programs say.

use expect_test::expect;

use super::{corpus, hardware, lab, markers, timing};

#[test]
fn a_section_replaces_its_old_figures_and_nothing_else() {
    let page =
        "# Measurements\n\nWords.\n\n<!-- bench:lab -->\nold\n<!-- /bench:lab -->\n\nMore.\n";
    expect![[r#"
        # Measurements

        Words.

        <!-- bench:lab -->
        new
        <!-- /bench:lab -->

        More.
    "#]]
    .assert_eq(&markers::replace(page, "lab", "new\n"));
}

#[test]
fn a_section_without_markers_is_appended() {
    expect![[r#"
        # Measurements

        ## lab

        <!-- bench:lab -->
        new
        <!-- /bench:lab -->
    "#]]
    .assert_eq(&markers::replace("# Measurements\n", "lab", "new"));
}

#[test]
fn days_are_right_around_leap_days_and_year_ends() {
    let day = 86_400;
    for (seconds, shown) in [
        (0, "1970-01-01"),
        (day * 59 - 1, "1970-02-28"),
        (951_782_400, "2000-02-29"),
        (951_782_400 + day, "2000-03-01"),
        (1_798_761_599, "2026-12-31"),
        (1_798_761_600, "2027-01-01"),
    ] {
        assert_eq!(hardware::date(seconds), shown);
    }
}

#[test]
fn fields_of_the_system_are_read() {
    let text = "processor\t: 0\nmodel name\t: Some CPU @ 2.0GHz\n";
    assert_eq!(hardware::field(text, "model name"), Some("Some CPU @ 2.0GHz"));
    assert_eq!(hardware::field(text, "MemTotal"), None);
}

#[test]
fn the_median_ignores_an_outlier() {
    assert!((timing::median(vec![9.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    assert!(timing::median(Vec::new()).is_nan());
}

#[test]
fn made_up_rows_are_the_same_for_the_same_seed_and_sound() {
    let (jsonl, csv) = corpus::questions(20, 1);
    assert_eq!((jsonl.clone(), csv.clone()), corpus::questions(20, 1));
    assert_ne!(jsonl, corpus::questions(20, 2).0);
    assert_eq!(csv.lines().count(), 21, "a header and a line a row");
    for line in jsonl.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(row["messages"].as_array().map(Vec::len), Some(2));
    }
    let task = corpus::first_key_word(50, 1);
    assert!(task.lines().skip(1).all(|line| line.split(',').count() == 2));
}

#[test]
fn the_labs_figures_are_read_out_of_its_events() {
    let lines = [
        (0.1, r#"{"event":"queued"}"#),
        (1.0, r#"{"event":"step","step":1,"train_loss":2.5,"tokens_per_second":100.0}"#),
        (9.0, r#"{"event":"step","step":300,"train_loss":0.125,"tokens_per_second":300.0}"#),
        (11.0, r#"{"event":"succeeded","model":"ft:lab:attune:x:1"}"#),
    ];
    expect![[r#"
        800 examples in which the first of two key words decides; the lab's own settings.

        | what | figure |
        | --- | ---: |
        | steps | 300 |
        | from the command to the first real loss | 1.0 s |
        | from the command to the end | 12.0 s |
        | training tokens a second (median of the steps) | 300 |
        | loss, first and last step | 2.500 and 0.125 |
        | most memory of the command (the engine is a process of its own) | 90 MiB |"#]]
    .assert_eq(&lab::shown(&lines).unwrap());
}

#[test]
fn a_training_that_failed_gives_no_figures() {
    let lines =
        [(1.0, r#"{"event":"step","step":1,"train_loss":2.5}"#), (2.0, r#"{"event":"failed"}"#)];
    let error = lab::shown(&lines).unwrap_err().to_string();
    assert!(error.contains("failed"), "{error}");
}

#[test]
fn a_task_is_shown_with_what_was_right_before_and_after() {
    let task = attune_testkit::tasks::sort_messages(1);
    let before = serde_json::json!({ "examples": 36, "metrics": { "exact_match": 0.25 } });
    let after = serde_json::json!({ "examples": 72, "metrics": { "accuracy": 0.75 } });
    let row = super::tasks::row(&task, [&before, &after], [91.2, 40.0]);
    let shown = "| sort messages | 240 | 25.0 % of 36 | 75.0 % of 72 | 91 s | 40 s |";
    assert_eq!(row.as_deref(), Some(shown));
    let nothing = serde_json::json!({ "examples": 72 });
    assert_eq!(super::tasks::row(&task, [&nothing, &after], [1.0, 1.0]), None);
}
