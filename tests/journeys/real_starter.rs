//! The starter itself, from the web to the disk: fetched in two goes, measured, trained, trained
//! on, taken along. The pictures of the guide's pages about models are taken here.

use std::path::PathBuf;

use attune_contract::params;
use attune_store::{LaunchRow, ProjectId};

use crate::steps::{self, Place};
use crate::support::{Journey, Wait, Web, Window, say, say_with};

/// Bytes that come before the line stands still.
const FIRST_PART: u64 = 42_000_000;
/// One round, so that the journey is short; all else as it is chosen.
const SHORT: [(&str, &str); 1] = [("setting.rounds", "1")];

#[test]
fn the_starter_is_fetched_trained_continued_and_taken_along() {
    let Some(file) = starter() else {
        crate::say_past_the_runner("LEFT OUT: the starter is not here (`cargo xtask starter`)");
        return;
    };
    let journey = Journey::begin("real_starter");
    let web = Web::serve(&file, FIRST_PART);
    let window =
        journey.open_with(&[("ATTUNE_STARTER", ""), ("ATTUNE_STARTER_URL", web.address())]);
    window.press("button", &say("action.start_sample"));
    steps::wait_route(&window, "examples");
    let project = steps::newest_project(&journey.library());
    steps::go_ready(&window, Place::Settings);
    journey.album.guide_picture(&window, "settings");
    steps::open_plan(&window);
    journey.album.guide_picture(&window, "models");
    fetch(&journey, &window, &web);
    settings(&journey, &window);
    window.press("button", &say("train.start"));
    let first = finished(&journey, &window, project, 1);
    assert_eq!(first.model, "starter");
    steps::they_fall(&steps::losses(&journey.library(), &first.launch_id));
    export(&journey, &window);
    go_on_from(&journey, &window, project, &first);
    window.quit();
}

/// The file that the stage `starter` fetched, or that a person names.
pub(crate) fn starter() -> Option<PathBuf> {
    let named = std::env::var_os("ATTUNE_STARTER").map(PathBuf::from);
    let fetched = "target/starter/SmolLM2-135M-Instruct.Q4_1.gguf";
    let file = named.unwrap_or_else(|| crate::support::checkout().join(fetched));
    file.is_file().then_some(file)
}

/// Fetches a part, stops, and fetches only the rest.
#[track_caller]
fn fetch(journey: &Journey, window: &Window, web: &Web) {
    window.choose_card("SmolLM2 135M Instruct");
    window.press("button", &say_with("models.fetch", &params!["size" => "99 MB"]));
    window.wait_text(Wait::Training, "42 MB of 99 MB");
    journey.album.guide_picture(window, "fetch");
    window.is_accessible();
    window.press("button", &say("models.fetch.stop"));
    let rest = say_with("models.fetch.rest", &params!["size" => "57 MB"]);
    window.press("button", &rest);
    web.go_on();
    const HERE: &str = "return document.querySelector('[data-model=starter] input:checked') \
        !== null && document.querySelector('[data-model=starter][data-readiness=ready]') !== null;";
    window.wait_for(Wait::Training, "the starter to be here", HERE);
    let asked = web.asked_from();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[1] > FIRST_PART / 2, "the rest began where the first part ended: {asked:?}");
}

/// The lab's form, then the dial, and two seconds of real work.
#[track_caller]
fn settings(journey: &Journey, window: &Window) {
    window.choose_card(&say("models.lab"));
    steps::unfold_settings(window);
    window.find("textbox", &say("setting.layers"));
    journey.album.guide_picture(window, "lab");
    window.choose_card("SmolLM2 135M Instruct");
    window.find("slider", &say("train.dial"));
    window.sees(&say("train.dial.sets"));
    journey.album.guide_picture(window, "dial");
    steps::set(window, &SHORT);
    window.press("button", &say("fit.try"));
    window.wait_text(Wait::Training, &say("fit.fits"));
    window.sees(&say("fit.speed"));
    journey.album.guide_picture(window, "fit");
}

/// Waits for the end of the project's training number `number`.
#[track_caller]
fn finished(journey: &Journey, window: &Window, project: ProjectId, number: usize) -> LaunchRow {
    let ended = || {
        let launches = journey.library().launches(project).ok()?;
        let is_last = launches.len() == number;
        let latest = launches.into_iter().max_by_key(|launch| launch.created_at_ms)?;
        (is_last && latest.state == "succeeded").then_some(latest)
    };
    let launch = crate::support::until(Wait::LongTraining, ended)
        .unwrap_or_else(|| window.give_up(&format!("training {number} to end")));
    window.wait_text(Wait::Training, &say("train.title.done"));
    launch
}

#[track_caller]
fn export(journey: &Journey, window: &Window) {
    let folder = journey.equipment.path().join("shop-assistant");
    journey.equipment.will_pick(&folder);
    window.choose_card(&say("export.adapter"));
    window.press("button", &say("export.start"));
    let proof = say_with("export.proof", &params!["asked" => 5_u64, "same" => 5_u64]);
    window.wait_text(Wait::Training, &proof);
    journey.album.guide_picture(window, "export");
    assert!(folder.join("adapter_model.safetensors").is_file());
}

#[track_caller]
fn go_on_from(journey: &Journey, window: &Window, project: ProjectId, first: &LaunchRow) {
    let model = first.result_model.as_deref().expect("a finished training has a model");
    steps::open_plan(window);
    crate::grown::choose_trained(window, model);
    journey.album.guide_picture(window, "continue");
    steps::set(window, &SHORT);
    window.press("button", &say("train.start"));
    let second = finished(journey, window, project, 2);
    assert_eq!(second.model, model, "the parent is stored");
    let began = |launch: &LaunchRow| steps::losses(&journey.library(), &launch.launch_id)[0].1;
    assert!(began(&second) < began(first) / 2.0, "it began with what was learned");
    window.find("navigation", &say("train.family"));
    journey.album.guide_picture(window, "family");
}
