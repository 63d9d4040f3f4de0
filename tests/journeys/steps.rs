//! What a person does on the way, in their words: bringing a file in, walking from step to step,
//! training. The journeys put these together and assert what came of it.

use std::collections::BTreeMap;
use std::path::Path;

use attune_contract::params;
use attune_store::{ExampleId, LaunchRow, Library, OperationRow, ProjectId};
use attune_testkit::Pair;
use serde_json::json;

use crate::support::{Journey, Wait, Window, say, say_with, until};

/// Settings with which a small task trains in seconds: rounds, layers, width.
pub(crate) const SMALL: [(&str, &str); 3] =
    [("setting.rounds", "8"), ("setting.layers", "1"), ("setting.width", "64")];

/// The same, long enough to be watched while it learns.
pub(crate) const LIVE: [(&str, &str); 3] =
    [("setting.rounds", "50"), ("setting.layers", "2"), ("setting.width", "128")];

/// Settings with which an add-on to the tiny model trains in seconds.
pub(crate) const ADD_ON: [(&str, &str); 3] =
    [("setting.rounds", "3"), ("setting.rank", "4"), ("setting.patience", "0")];

/// An example as the library has it: enough to see any difference.
pub(crate) type Snapshot = Vec<(ExampleId, i64, String)>;

/// The places of the window that are reached over the rail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The list and the card.
    Examples,
    /// The lights and the problems.
    Check,
    /// Planning, watching and ending a training.
    Train,
    /// The honest test and the chat.
    Test,
    /// What was spent and may be spent.
    Spending,
    /// The theme, and about the program.
    Settings,
    /// How it works.
    Help,
}

impl Place {
    /// The key of its name on the rail, and the route's name.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Examples => ("rail.examples", "examples"),
            Self::Check => ("rail.check", "check"),
            Self::Train => ("rail.train", "train"),
            Self::Test => ("rail.test", "test"),
            Self::Spending => ("rail.spent", "spending"),
            Self::Settings => ("rail.settings", "settings"),
            Self::Help => ("rail.help", "help"),
        }
    }
}

/// The route that the page is on.
#[track_caller]
pub(crate) fn wait_route(window: &Window, route: &str) {
    let there = format!("return document.documentElement.dataset.route === '{route}';");
    window.wait_for(Wait::Usual, &format!("the route `{route}`"), &there);
}

/// Waits until the main view is in this state: loading, failed, empty or ready.
#[track_caller]
pub(crate) fn wait_state(window: &Window, state: &str) {
    let there = format!("return document.querySelector('main')?.dataset.state === '{state}';");
    window.wait_for(Wait::Usual, &format!("the view to be `{state}`"), &there);
}

/// Walks to a place over the rail and waits until it is drawn.
#[track_caller]
pub(crate) fn go(window: &Window, place: Place) {
    let (name, route) = place.names();
    // The name of the spending ends in an amount.
    window.press_beginning(say(name).trim_end());
    wait_route(window, route);
}

/// Walks to a place and waits until what it shows is there.
#[track_caller]
pub(crate) fn go_ready(window: &Window, place: Place) {
    go(window, place);
    wait_state(window, "ready");
}

/// Walks to the welcome page, from wherever the window opened.
#[track_caller]
pub(crate) fn to_welcome(window: &Window) {
    const ROUTE: &str = "return document.documentElement.dataset.route;";
    if window.script(ROUTE, &json!([])) != "welcome" {
        window.press_beginning(&say("rail.home"));
    }
    wait_route(window, "welcome");
}

/// Brings a file in over the welcome page's dialog with the columns as guessed, and ends on the
/// list of its examples.
#[track_caller]
pub(crate) fn bring_in(journey: &Journey, window: &Window, file: &Path) -> ProjectId {
    to_welcome(window);
    pick(journey, window, file);
    wait_route(window, "import");
    window.press("button", &say("import.start"));
    window.sees(&say("import.done.heading"));
    window.press("button", &say("import.done.see"));
    wait_route(window, "examples");
    wait_state(window, "ready");
    newest_project(&journey.library())
}

/// Chooses a file over the dialog of the welcome page.
#[track_caller]
pub(crate) fn pick(journey: &Journey, window: &Window, file: &Path) {
    journey.equipment.will_pick(file);
    window.press("button", &say("action.choose_file"));
}

/// The project that was made last.
#[track_caller]
pub(crate) fn newest_project(library: &Library) -> ProjectId {
    let projects = library.projects().unwrap();
    projects.iter().map(|project| project.id).max().expect("there is a project")
}

/// Walks to the training page and starts with these settings; the rest is chosen by the engine.
#[track_caller]
pub(crate) fn start_training(window: &Window, settings: &[(&str, &str)]) {
    open_plan(window);
    set(window, settings);
    window.press("button", &say("train.start"));
}

/// Walks to the training page and from a finished training on to the next plan.
#[track_caller]
pub(crate) fn open_plan(window: &Window) {
    go_ready(window, Place::Train);
    if window.has("button", &say("train.done.again")) {
        window.press("button", &say("train.done.again"));
    }
    window.find("button", &say("train.start"));
}

/// Types these settings.
#[track_caller]
pub(crate) fn set(window: &Window, settings: &[(&str, &str)]) {
    if !settings.is_empty() {
        unfold_settings(window);
    }
    for (name, value) in settings {
        window.fill("textbox", &say(name), value);
    }
}

/// Picks a folder with a tiny real model over the dialog, which puts it on the shelf and chooses it.
#[track_caller]
pub(crate) fn use_own_model(journey: &Journey, window: &Window) {
    journey.equipment.will_pick(&tiny_model());
    window.press("button", &say("models.pick.folder"));
    window.wait_for(
        Wait::Usual,
        "the model of one's own to be chosen",
        "return document.querySelector('[data-model^=\"own:\"] input:checked') !== null;",
    );
}

/// A folder as a hub keeps it, with a model of 40,000 numbers that was never trained.
pub(crate) fn tiny_model() -> std::path::PathBuf {
    crate::support::checkout().join("tests/data/llama-tiny")
}

/// Opens the folded settings, whether or not they were changed before.
#[track_caller]
pub(crate) fn unfold_settings(window: &Window) {
    // The fields themselves come a moment later: what fills them waits for them.
    const OPEN: &str = "return [...document.querySelectorAll('details[open] > summary')]\
        .some((one) => arguments[0].includes(one.textContent.trim()));";
    let names = [say("train.settings"), say("train.settings.changed")];
    let is_open = || (window.script(OPEN, &json!([names])) == true).then_some(());
    if is_open().is_some() {
        return;
    }
    let name = until(Wait::Usual, || names.iter().find(|name| window.has("button", name)));
    window.press("button", name.unwrap_or_else(|| window.give_up("the folded settings")));
    until(Wait::Usual, is_open).unwrap_or_else(|| window.give_up("the settings to unfold"));
}

/// Waits until the latest training of the project is in this state, as the library has it.
#[track_caller]
pub(crate) fn wait_launch(
    journey: &Journey,
    window: &Window,
    project: ProjectId,
    state: &str,
) -> LaunchRow {
    let latest = || {
        let launches = journey.library().launches(project).ok()?;
        launches.into_iter().max_by_key(|launch| launch.created_at_ms)
    };
    until(Wait::Training, || latest().filter(|launch| launch.state == state)).unwrap_or_else(|| {
        let now = latest().map_or_else(|| "not begun".to_owned(), |launch| launch.state);
        window.give_up(&format!("the training to be `{state}`; it is {now}"))
    })
}

/// Waits until the library has a loss of this training; gives how many it has.
#[track_caller]
pub(crate) fn wait_losses(
    journey: &Journey,
    window: &Window,
    launch: &str,
    at_least: usize,
) -> usize {
    let enough = || {
        let count = losses(&journey.library(), launch).len();
        (count >= at_least).then_some(count)
    };
    until(Wait::Training, enough)
        .unwrap_or_else(|| window.give_up(&format!("{at_least} losses of the training")))
}

/// A setting of a training as the engine resolved it, by the engine's name.
pub(crate) fn setting(launch: &LaunchRow, name: &str) -> Option<f64> {
    let found = |json: &str| {
        let json: serde_json::Value = serde_json::from_str(json).ok()?;
        value_of(&json, name)
    };
    found(launch.progress_json.as_deref()?)
}

/// The value under this name, wherever it stands.
fn value_of(json: &serde_json::Value, name: &str) -> Option<f64> {
    match json {
        serde_json::Value::Object(fields) => {
            let own = fields.get(name).and_then(serde_json::Value::as_f64);
            let is_named = fields.get("name").is_some_and(|its| its == name);
            let pair = is_named.then(|| fields.get("value")?.as_f64()).flatten();
            own.or(pair).or_else(|| fields.values().find_map(|inner| value_of(inner, name)))
        }
        serde_json::Value::Array(rows) => rows.iter().find_map(|row| value_of(row, name)),
        _ => None,
    }
}

/// The steps and losses of a training in order, as the library keeps them.
pub(crate) fn losses(library: &Library, launch: &str) -> Vec<(u64, f64)> {
    metrics(library, launch, |data| data["train_loss"].as_f64())
}

/// What each look at the examples kept aside said, by its step. The engine looks at steps that
/// follow from the settings alone; a loss of learning is a mean over as many steps as the time
/// between two reports allowed, so only these can be compared between trainings.
pub(crate) fn valid_losses(library: &Library, launch: &str) -> BTreeMap<u64, f64> {
    let points = |data: &serde_json::Value| data["valid_loss"].as_f64();
    metrics(library, launch, points).into_iter().collect()
}

/// A figure of each report of a training that has it, in order.
fn metrics(
    library: &Library,
    launch: &str,
    figure: impl Fn(&serde_json::Value) -> Option<f64>,
) -> Vec<(u64, f64)> {
    let events = library.run_events(launch, Some("metrics"), 0, 100_000).unwrap_or_default();
    let point = |data_json: &str, step: Option<u64>| {
        let data: serde_json::Value = serde_json::from_str(data_json).ok()?;
        Some((step?, figure(&data)?))
    };
    events.iter().filter_map(|row| point(&row.event.data_json, row.event.step)).collect()
}

/// The losses are real: they fall.
#[track_caller]
pub(crate) fn they_fall(losses: &[(u64, f64)]) {
    let part = (losses.len() / 8).max(1);
    let count = f64::from(u32::try_from(part).unwrap());
    let mean = |some: &[(u64, f64)]| some.iter().map(|(_, loss)| loss).sum::<f64>() / count;
    let (first, last) = (mean(&losses[..part]), mean(&losses[losses.len() - part..]));
    assert!(last < first * 0.9, "the loss does not fall: {first} to {last} over {losses:?}");
}

/// All examples of a project as they are now.
#[track_caller]
pub(crate) fn snapshot(library: &Library, project: ProjectId) -> Snapshot {
    let mut rows = Snapshot::new();
    let take = &mut |row: attune_store::ExampleRow| {
        rows.push((row.id, row.position, row.content.body));
        std::ops::ControlFlow::Continue(())
    };
    library.scan(project, take).unwrap();
    rows
}

/// The questions and answers of a project in order.
#[track_caller]
pub(crate) fn pairs_of(library: &Library, project: ProjectId) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let take = &mut |row: attune_store::ExampleRow| {
        pairs.push(Pair { question: row.content.question, answer: row.content.answer });
        std::ops::ControlFlow::Continue(())
    };
    library.scan(project, take).unwrap();
    pairs
}

/// Waits until the window says that everything is saved, and the library has what was wanted.
#[track_caller]
pub(crate) fn wait_saved(window: &Window, what: &str, is_stored: impl Fn() -> bool) {
    until(Wait::Usual, || is_stored().then_some(()))
        .unwrap_or_else(|| window.give_up(&format!("{what} in the library")));
    window.sees(&say("saving.saved"));
}

/// Takes the last change back with the button of the list, whose name says what it takes back.
#[track_caller]
pub(crate) fn undo(journey: &Journey, window: &Window, project: ProjectId) {
    let step = journey.library().history(project).unwrap().undo.expect("there is a step to undo");
    press_step(window, "undo", &step);
}

/// Does again what was taken back last.
#[track_caller]
pub(crate) fn redo(journey: &Journey, window: &Window, project: ProjectId) {
    let step = journey.library().history(project).unwrap().redo.expect("there is a step to redo");
    press_step(window, "redo", &step);
}

#[track_caller]
fn press_step(window: &Window, direction: &str, step: &OperationRow) {
    let key = format!("history.{direction}.{}", step.kind.as_str());
    window.press("button", &say_with(&key, &params!["n" => step.examples]));
}

/// Opens the example at this row of the list, from 0, in the card.
#[track_caller]
pub(crate) fn open_row(window: &Window, row: usize) {
    let click = format!(
        "const row = document.querySelector('[role=grid] [role=row][data-index=\"{row}\"]');\
         if (!row) return false; row.click(); return true;"
    );
    window.wait_for(Wait::Usual, "the row of the list", &click);
    // The card of another example may have been open.
    let shown = format!(
        "const row = document.querySelector('[role=grid] [role=row][data-index=\"{row}\"]');\
         const asked = row?.querySelector('.text')?.textContent.trim() ?? '';\
         const fields = [...document.querySelectorAll('main textarea')];\
         return asked !== '' && fields.some((one) => one.value.trim().startsWith(asked));"
    );
    window.wait_for(Wait::Usual, "the card of the row", &shown);
    window.find("textbox", &say("card.answer"));
}
