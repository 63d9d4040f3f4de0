//! A model of the laboratory whose architecture a person changes: its size is said while they type,
//! a shape that cannot be is refused with the reason, and what was asked for is what is trained.

use attune_testkit::GroupTask;

use crate::steps;
use crate::support::{Journey, Wait, Window, say};

/// Layers, width, heads, key and value heads, window, dropout: none as it would be chosen.
const SHAPE: [(&str, &str, &str, f64); 8] = [
    ("setting.rounds", "n_epochs", "4", 4.0),
    ("setting.layers", "layers", "3", 3.0),
    ("setting.width", "width", "96", 96.0),
    ("setting.heads", "heads", "4", 4.0),
    ("setting.hidden", "hidden", "160", 160.0),
    ("setting.dropout", "dropout", "0.1", 0.1),
    ("setting.key_value_heads", "key_value_heads", "2", 2.0),
    ("setting.window", "window", "24", 24.0),
];

/// How many numbers the model would have, as the form says.
const NUMBERS: &str = "const live = document.querySelector('[role=group][aria-busy=false]');\
    return live?.querySelector('dd[title]')?.title ?? null;";

#[test]
fn a_changed_architecture_is_sized_refused_and_trained() {
    let journey = Journey::begin("lab_shape");
    let window = journey.open();
    let pairs = GroupTask { seed: 51, groups: 3, rows: 60 }.pairs();
    let file = journey.equipment.file("shape.csv", attune_testkit::csv(&pairs));
    let project = steps::bring_in(&journey, &window, &file);
    steps::open_plan(&window);
    window.choose_card(&say("models.lab"));
    steps::unfold_settings(&window);
    window.find("textbox", &say("setting.layers"));
    window.choose(&say("setting.attention"), &say("setting.attention.grouped_sliding"));
    let before = window.wait_for(Wait::Usual, "the model's size", NUMBERS);
    for (name, _, value, _) in SHAPE {
        window.fill("textbox", &say(name), value);
    }
    let other = || {
        let numbers = window.script(NUMBERS, &serde_json::json!([]));
        (!numbers.is_null() && numbers != before).then_some(())
    };
    crate::support::until(Wait::Usual, other)
        .unwrap_or_else(|| window.give_up("the size to change with the shape"));
    journey.album.take(&window, "lab");
    window.is_accessible();
    an_impossible_one_waits(&journey, &window);

    window.press("button", &say("train.start"));
    let launch = steps::wait_launch(&journey, &window, project, "succeeded");
    window.wait_text(Wait::Training, &say("train.title.done"));
    steps::they_fall(&steps::losses(&journey.library(), &launch.launch_id));
    let progress: serde_json::Value = serde_json::from_str(&launch.request_json).unwrap();
    for (_, name, _, value) in SHAPE {
        let stored = crate::steps::setting(&launch, name);
        assert!(
            stored.is_some_and(|stored| (stored - value).abs() < 1e-9),
            "{name}: {stored:?} of {progress}, {:?}",
            launch.progress_json
        );
    }
    assert_eq!(launch.model, "lab");
    window.quit();
}

/// Three of four heads cannot share.
#[track_caller]
fn an_impossible_one_waits(journey: &Journey, window: &Window) {
    window.fill("textbox", &say("setting.key_value_heads"), "3");
    window.sees(&say("train.settings.impossible"));
    const WAITS: &str = "return [...document.querySelectorAll('button[aria-disabled=true],button:disabled')]\
        .some((one) => one.textContent.trim() === arguments[0]);";
    let start = serde_json::json!([say("train.start")]);
    assert_eq!(window.script(WAITS, &start), true, "the start waits");
    journey.album.take(window, "impossible");
    window.is_accessible();
    window.fill("textbox", &say("setting.key_value_heads"), "2");
    let gone = || (!window.reads(&say("train.settings.impossible"))).then_some(());
    crate::support::until(Wait::Usual, gone).unwrap_or_else(|| window.give_up("the refusal to go"));
}
