//! The catalogue parses, and its small language fills gaps as the page does.

use super::*;
use crate::params;

#[track_caller]
fn check(template: &str, params: &Params, expected: &str) {
    assert_eq!(fill(template, params), expected);
}

#[test]
fn names_are_filled_and_unknown_ones_leave_nothing() {
    check("File {file} is empty.", &params!["file" => "a.csv"], "File a.csv is empty.");
    check("File {nothing}.", &params![], "File .");
}

#[test]
fn plurals_choose_by_number_and_show_it() {
    let template = "{n, plural, =0 {no examples} one {# example} other {# examples}} of {file}";
    check(template, &params!["n" => 0u64, "file" => "x"], "no examples of x");
    check(template, &params!["n" => 1u64, "file" => "x"], "1 example of x");
    check(template, &params!["n" => 12_345u64, "file" => "x"], "12,345 examples of x");
}

#[test]
fn selects_fall_back_to_other() {
    let template = "{what, select, xlsx {a workbook} other {a file}}";
    check(template, &params!["what" => "xlsx"], "a workbook");
    check(template, &params!["what" => "png"], "a file");
}

#[test]
fn money_is_rounded_up_to_the_cent() {
    let params = Params::from([("amount".to_owned(), Param::MicroUsd(2_100_001))]);
    check("{amount}", &params, "US$2.11");
}

#[test]
fn an_unclosed_brace_is_shown_as_it_is() {
    check("a {b", &params![], "a {b");
}

#[test]
fn the_catalogue_parses_and_has_words_for_the_worst() {
    assert!(has("failure.internal"));
}
