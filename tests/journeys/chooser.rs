//! The real file dialog, once: everywhere else a queue stands in for it.

use std::process::Command;

use attune_testkit::{GroupTask, csv};

use crate::steps;
use crate::support::{Journey, Wait, say, until};

#[test]
fn a_file_is_picked_in_the_real_dialog() {
    let journey = Journey::begin("chooser");
    let pairs = GroupTask { seed: 71, groups: 3, rows: 30 }.pairs();
    let file = journey.equipment.file("chosen.csv", csv(&pairs));
    let window = journey.open();
    window.press_and_leave("button", &say("action.choose_file"));
    let title = say("dialog.import.title");
    let dialog = || {
        let found = xdotool(&journey, &["search", "--onlyvisible", "--name", &title]);
        found.lines().next().map(str::to_owned)
    };
    let dialog = until(Wait::Usual, dialog).unwrap_or_else(|| window.give_up("the file dialog"));
    let chosen = || {
        // Typed again, it would go into the page.
        if window.reads("chosen.csv") {
            return Some(());
        }
        // The dialog takes keys some time after it is drawn; what came too early is typed again.
        xdotool(&journey, &["windowfocus", "--sync", &dialog]);
        xdotool(&journey, &["key", "ctrl+l", "ctrl+a"]);
        xdotool(&journey, &["type", "--delay", "15", &file.display().to_string()]);
        xdotool(&journey, &["key", "Return"]);
        let is_read = || window.reads("chosen.csv").then_some(());
        until(Wait::Moment, is_read)
    };
    until(Wait::Usual, chosen).unwrap_or_else(|| window.give_up("the chosen file in the window"));
    steps::wait_route(&window, "import");
    window.press("button", &say("import.start"));
    window.sees(&say("import.done.heading"));
    let library = journey.library();
    let project = steps::newest_project(&library);
    assert_eq!(steps::pairs_of(&library, project), pairs);
    window.quit();
}

fn xdotool(journey: &Journey, arguments: &[&str]) -> String {
    let output = Command::new("xdotool").args(arguments).env("DISPLAY", journey.display()).output();
    let output = output.expect("xdotool is not installed: cargo xtask setup");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
