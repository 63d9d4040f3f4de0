//! Which stages run for which words, and how the end looks.

use std::time::Duration;

use expect_test::expect;

use super::table::{self, Outcome, Row};
use super::{STAGES, choose};

fn chosen(wanted: &[&str]) -> Result<Vec<&'static str>, String> {
    let wanted: Vec<String> = wanted.iter().map(|&name| name.to_owned()).collect();
    match choose(&wanted) {
        Ok(stages) => Ok(stages.iter().map(|stage| stage.name).collect()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn no_name_means_every_stage() {
    assert_eq!(chosen(&[]).unwrap().len(), STAGES.len());
}

#[test]
fn named_stages_run_in_the_order_of_the_house() {
    assert_eq!(chosen(&["tests", "format"]), Ok(vec!["format", "tests"]));
}

#[test]
fn a_mistyped_stage_is_named_and_nothing_runs() {
    expect!["`clippy` is no stage; the stages are: setup format page-install page-build tidy codegen page-check page-tests lints build sdk starter tests journeys"].assert_eq(&chosen(&["format", "clippy"]).unwrap_err());
}

#[test]
fn the_table_says_how_each_stage_ended() {
    let rows = [
        Row { name: "format", outcome: Outcome::Passed, took: Duration::from_millis(1_234) },
        Row { name: "lints", outcome: Outcome::Failed, took: Duration::from_secs(125) },
        Row { name: "build", outcome: Outcome::NotRun, took: Duration::ZERO },
    ];
    expect![[r#"

        format        passed             1.2 s
        lints         FAILED        2 min 05 s
        build         not run
        total         FAILED        2 min 07 s"#]]
    .assert_eq(&table::show(&rows, Duration::from_secs(127)));
}
