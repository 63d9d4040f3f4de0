//! Every view in every state it has, in light, in dark and in a small window: axe finds nothing,
//! nothing sticks out, one action stands out, and a picture is kept.

mod money;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use attune_testkit::{GroupTask, csv};
use serde_json::json;

use crate::steps::{self, Place};
use crate::support::{Equipment, Journey, Wait, Window, checkout, say};

/// The states a view can be in; a view that cannot be in one has no run for it.
const STATES: [(&str, &[&str]); 15] = [
    ("start", &["loading", "failed"]),
    ("welcome", &["loading", "ready"]),
    ("projects", &["loading", "failed", "empty", "ready"]),
    ("import", &["ready"]),
    ("examples", &["loading", "failed", "empty", "ready"]),
    ("check", &["loading", "failed", "empty", "ready"]),
    ("train", &["loading", "failed", "empty", "ready"]),
    ("test", &["loading", "failed", "empty", "ready"]),
    ("settings", &["ready"]),
    ("services", &["loading", "failed", "empty"]),
    ("spending", &["loading", "failed", "empty", "ready"]),
    ("outlook", &["loading", "failed", "empty", "ready"]),
    ("help", &["ready"]),
    ("glossary", &["ready"]),
    ("library-failure", &["failed"]),
];

/// One look at the window: its size and theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    Light,
    Small,
    Dark,
}

impl Look {
    fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Small => "800x600",
            Self::Dark => "dark",
        }
    }
}

/// What was seen so far.
struct Gallery<'a> {
    journey: &'a Journey,
    looks: &'a [Look],
    seen: BTreeMap<(String, String), BTreeSet<Look>>,
    /// Each finding once, with the views that have it.
    findings: BTreeMap<String, Vec<String>>,
}

impl Gallery<'_> {
    /// Looks at what the window shows now, in the sizes of this round.
    #[track_caller]
    fn look_at(&mut self, window: &Window, route: &str, state: &str, detail: &str) {
        for look in self.looks {
            let (width, height) = if *look == Look::Small { (800, 600) } else { (1280, 820) };
            window.resize(width, height);
            let size = if *look == Look::Small { "-800x600" } else { "" };
            let name = format!("{route}-{state}{detail}{size}");
            let picture = self.journey.album.take(window, &name);
            let theme = if *look == Look::Dark { "dark" } else { "light" };
            let is_in_theme = picture.to_string_lossy().ends_with(&format!("-{theme}.png"));
            assert!(is_in_theme, "not in its theme: {}", picture.display());
            let mut found = window.findings();
            found.extend(sticks_out(window));
            for finding in found {
                self.findings.entry(finding).or_default().push(format!("{name} ({theme})"));
            }
            self.seen.entry((route.to_owned(), state.to_owned())).or_default().insert(*look);
        }
        window.resize(1280, 820);
    }
}

/// What is wider than the window, and more than one main action.
fn sticks_out(window: &Window) -> Vec<String> {
    const WIDER: &str = "return document.documentElement.scrollWidth > innerWidth;";
    const MAIN: &str = "return [...document.querySelectorAll('[data-primary]')]\
        .filter((one) => one.checkVisibility() && (!document.querySelector('dialog[open]') \
          || one.closest('dialog'))).map((one) => one.textContent.trim());";
    let mut found = Vec::new();
    if window.script(WIDER, &json!([])) == true {
        found.push("the page is wider than the window".to_owned());
    }
    let main = window.script(MAIN, &json!([]));
    if main.as_array().is_some_and(|all| all.len() > 1) {
        found.push(format!("more than one main action: {main}"));
    }
    found
}

#[test]
fn every_view_in_every_state_is_accessible() {
    let journey = Journey::begin("views");
    let mut seen = BTreeMap::new();
    let mut findings = BTreeMap::new();
    let prepared = prepare(&journey);
    let rounds: [(&[Look], &str); 2] = [
        (&[Look::Light, Look::Small], "settings.theme.light"),
        (&[Look::Dark], "settings.theme.dark"),
    ];
    for (looks, theme) in rounds {
        let mut gallery = Gallery { journey: &journey, looks, seen, findings };
        let window = journey.open();
        choose_theme(&window, theme);
        walk(&mut gallery, &window, &prepared);
        another_window(&mut gallery, system(theme));
        window.quit();
        starting(&mut gallery, system(theme));
        (seen, findings) = (gallery.seen, gallery.findings);
    }
    let table = table(&seen);
    std::fs::write(journey.album.folder().join("table.md"), &table).unwrap();
    is_complete(&seen);
    let told: Vec<String> =
        findings.iter().map(|(what, views)| format!("{what}\n  in {}", views.join(", "))).collect();
    assert!(told.is_empty(), "{table}\n{} findings:\n{}", told.len(), told.join("\n"));
}

/// The names of the projects that the walk visits.
struct Prepared {
    trained: String,
    untrained: String,
    empty: String,
}

/// A project with a model, a test and an order that was refused, one without, and one without examples.
#[track_caller]
fn prepare(journey: &Journey) -> Prepared {
    let task = GroupTask { seed: 91, groups: 3, rows: 60 };
    let window = journey.open();
    let file = journey.equipment.file("untrained.csv", csv(&task.pairs()));
    steps::bring_in(journey, &window, &file);
    let file = journey.equipment.file("trained.csv", csv(&task.pairs()));
    let project = steps::bring_in(journey, &window, &file);
    steps::start_training(&window, &steps::SMALL);
    let launch = steps::wait_launch(journey, &window, project, "succeeded");
    window.press("button", &say("train.done.test"));
    window.press("button", &say("test.start.button"));
    let finished = || {
        let latest = journey.library().evaluation_latest_of_launch(&launch.launch_id).ok()??;
        (latest.state == "finished").then_some(())
    };
    crate::support::until(Wait::Training, finished)
        .unwrap_or_else(|| window.give_up("the test to finish"));
    steps::to_welcome(&window);
    window.press("button", &say("welcome.type"));
    steps::wait_route(&window, "examples");
    window.quit();
    money::order_once(journey, &launch);
    Prepared {
        trained: "trained".to_owned(),
        untrained: "untrained".to_owned(),
        empty: say("projects.unnamed"),
    }
}

#[track_caller]
fn choose_theme(window: &Window, theme: &str) {
    steps::go_ready(window, Place::Settings);
    window.press("radio", &say(theme));
    let wanted = theme.rsplit('.').next().unwrap();
    let shown = format!("return document.documentElement.dataset.theme === '{wanted}';");
    window.wait_for(Wait::Usual, "the other theme", &shown);
}

/// Opens a project from the list of projects.
#[track_caller]
fn open_project(window: &Window, name: &str) {
    steps::to_welcome(window);
    window.press("button", &say("welcome.open.button"));
    steps::wait_route(window, "projects");
    steps::wait_state(window, "ready");
    window.press_beginning(name);
    steps::wait_route(window, "examples");
}

/// Shows one view in its forced states: the command it reads fails, or does not answer.
#[track_caller]
fn force(gallery: &mut Gallery, window: &Window, place: Place, route: &str, command: &str) {
    let equipment = &gallery.journey.equipment;
    steps::go(window, Place::Help);
    equipment.fail_commands(&[command]);
    steps::go(window, place);
    steps::wait_state(window, "failed");
    gallery.look_at(window, route, "failed", "");
    steps::go(window, Place::Help);
    gallery.journey.equipment.fail_commands(&[]);
    gallery.journey.equipment.hold_commands(&[command]);
    steps::go(window, place);
    steps::wait_state(window, "loading");
    gallery.look_at(window, route, "loading", "");
    gallery.journey.equipment.hold_commands(&[]);
    steps::wait_state(window, "ready");
}

#[track_caller]
fn walk(gallery: &mut Gallery, window: &Window, projects: &Prepared) {
    project_views(gallery, window, projects);
    money::walk(gallery, window);
    aside_views(gallery, window);
    entrance_views(gallery, window);
}

#[track_caller]
fn project_views(gallery: &mut Gallery, window: &Window, projects: &Prepared) {
    let views = [
        (Place::Examples, "examples", "example_view"),
        (Place::Check, "check", "check_run"),
        (Place::Train, "train", "train_plan"),
        (Place::Test, "test", "test_read"),
    ];
    open_project(window, &projects.empty);
    for (place, route, _) in views {
        steps::go(window, place);
        steps::wait_state(window, "empty");
        gallery.look_at(window, route, "empty", "");
    }
    open_project(window, &projects.untrained);
    steps::go_ready(window, Place::Train);
    gallery.look_at(window, "train", "ready", "-before");
    open_project(window, &projects.trained);
    for (place, route, command) in views {
        steps::go_ready(window, place);
        gallery.look_at(window, route, "ready", "");
        force(gallery, window, place, route, command);
    }
    steps::go_ready(window, Place::Examples);
    steps::open_row(window, 2);
    gallery.look_at(window, "examples", "ready", "-card");
    steps::go_ready(window, Place::Test);
    window.press("tab", &say("test.tab.chat"));
    gallery.look_at(window, "test", "ready", "-chat");
}

#[track_caller]
fn aside_views(gallery: &mut Gallery, window: &Window) {
    for (place, route) in [(Place::Settings, "settings"), (Place::Help, "help")] {
        steps::go_ready(window, place);
        gallery.look_at(window, route, "ready", "");
    }
    window.press("button", &say("help.glossary.open"));
    steps::wait_route(window, "glossary");
    steps::wait_state(window, "ready");
    gallery.look_at(window, "glossary", "ready", "");
    places_view(gallery, window);
}

/// Places to train before one is connected; the journey `places` walks through the rest.
#[track_caller]
fn places_view(gallery: &mut Gallery, window: &Window) {
    let open = || {
        steps::go_ready(window, Place::Settings);
        window.press("button", &say("settings.places.open"));
        steps::wait_route(window, "services");
    };
    open();
    steps::wait_state(window, "empty");
    gallery.look_at(window, "services", "empty", "");
    gallery.journey.equipment.fail_commands(&["service_list"]);
    open();
    steps::wait_state(window, "failed");
    gallery.look_at(window, "services", "failed", "");
    gallery.journey.equipment.fail_commands(&[]);
    gallery.journey.equipment.hold_commands(&["service_list"]);
    open();
    steps::wait_state(window, "loading");
    gallery.look_at(window, "services", "loading", "");
    gallery.journey.equipment.hold_commands(&[]);
    steps::wait_state(window, "empty");
}

/// The welcome page, the list of projects and the import.
#[track_caller]
fn entrance_views(gallery: &mut Gallery, window: &Window) {
    let equipment = &gallery.journey.equipment;
    let file = equipment.file("preview.csv", "question,answer\r\nOne?,One.\r\nTwo?,Two.\r\n");
    steps::to_welcome(window);
    steps::wait_state(window, "ready");
    gallery.look_at(window, "welcome", "ready", "");
    steps::pick(gallery.journey, window, &file);
    steps::wait_route(window, "import");
    steps::wait_state(window, "ready");
    gallery.look_at(window, "import", "ready", "");
    window.press("button", &say("action.cancel"));

    open_list(window);
    steps::wait_state(window, "ready");
    gallery.look_at(window, "projects", "ready", "");
    steps::to_welcome(window);
    gallery.journey.equipment.fail_commands(&["project_list"]);
    open_list(window);
    steps::wait_state(window, "failed");
    gallery.look_at(window, "projects", "failed", "");
    gallery.journey.equipment.fail_commands(&[]);
    gallery.journey.equipment.hold_commands(&["project_list"]);
    steps::to_welcome(window);
    steps::wait_state(window, "loading");
    gallery.look_at(window, "welcome", "loading", "");
    open_list(window);
    steps::wait_state(window, "loading");
    gallery.look_at(window, "projects", "loading", "");
    gallery.journey.equipment.hold_commands(&[]);
    steps::wait_state(window, "ready");
}

#[track_caller]
fn open_list(window: &Window) {
    steps::to_welcome(window);
    window.press("button", &say("welcome.open.button"));
    steps::wait_route(window, "projects");
}

/// Variables of a program's environment.
type Variables = &'static [(&'static str, &'static str)];

/// A system that is dark or light itself, for what is shown before any setting can be read.
fn system(theme: &str) -> Variables {
    if theme.ends_with("dark") { &[("GTK_THEME", "Adwaita:dark")] } else { &[] }
}

/// What a window on a damaged library shows, and one that has no projects yet.
#[track_caller]
fn another_window(gallery: &mut Gallery, system: Variables) {
    let damaged = attune_testkit::HomeFolder::new();
    std::fs::write(damaged.path().join("library.db"), "no library").unwrap();
    let refused = gallery.journey.start(damaged.path(), system);
    steps::wait_route(&refused, "library-failure");
    gallery.look_at(&refused, "library-failure", "failed", "");
    drop(refused);
    let home = attune_testkit::HomeFolder::new();
    let fresh = gallery.journey.start(home.path(), system);
    steps::wait_route(&fresh, "welcome");
    steps::wait_state(&fresh, "ready");
    gallery.look_at(&fresh, "welcome", "ready", "-first");
    remember(&fresh, "projects");
    fresh.quit();
    let fresh = gallery.journey.start(home.path(), system);
    steps::wait_route(&fresh, "projects");
    steps::wait_state(&fresh, "empty");
    gallery.look_at(&fresh, "projects", "empty", "");
    money::empty(gallery, fresh, home.path(), system);
}

/// Where the next window on this library opens.
#[track_caller]
fn remember(window: &Window, place: &str) {
    const REMEMBER: &str = "return window.__TAURI_INTERNALS__.invoke('settings_change', \
        {request: {lastPlace: arguments[0]}}).then(() => true);";
    window.script(REMEMBER, &json!([place]));
}

/// The moment before there is any view.
#[track_caller]
fn starting(gallery: &mut Gallery, system: Variables) {
    const STATE: &str = "return document.querySelector('[data-state]')?.dataset.state === ";
    for (state, is_held) in [("failed", false), ("loading", true)] {
        let equipment = &gallery.journey.equipment;
        let set = if is_held { Equipment::hold_commands } else { Equipment::fail_commands };
        set(equipment, &["app_read"]);
        let window = gallery.journey.start(gallery.journey.home(), system);
        window.wait_for(Wait::Usual, "the start", &format!("{STATE}'{state}';"));
        gallery.look_at(&window, "start", state, "");
        gallery.journey.equipment.hold_commands(&[]);
        gallery.journey.equipment.fail_commands(&[]);
        window.quit();
    }
}

/// The table of what was seen, kept beside the pictures.
fn table(seen: &BTreeMap<(String, String), BTreeSet<Look>>) -> String {
    let mut table = String::from("| view | state | looks |\n| --- | --- | --- |\n");
    for ((route, state), looks) in seen {
        let looks: Vec<&str> = looks.iter().map(|look| look.name()).collect();
        let _into_a_string = writeln!(table, "| {route} | {state} | {} |", looks.join(", "));
    }
    table
}

/// Every route of the page was visited in every state and look it has.
#[track_caller]
fn is_complete(seen: &BTreeMap<(String, String), BTreeSet<Look>>) {
    let visited: BTreeSet<&str> = seen.keys().map(|(route, _)| route.as_str()).collect();
    for route in routes_of_the_page() {
        assert!(visited.contains(route.as_str()), "the view `{route}` has no run in this journey");
    }
    for (route, states) in STATES {
        for state in states {
            let looks = seen.get(&(route.to_owned(), (*state).to_owned()));
            assert_eq!(looks.map(BTreeSet::len), Some(3), "`{route}` as `{state}`: {looks:?}");
        }
    }
}

/// The routes, read from the one place where the page decides between them; the compiler of the
/// page sees to it that none is missing there.
fn routes_of_the_page() -> BTreeSet<String> {
    let read = |file: &str| std::fs::read_to_string(checkout().join(file)).unwrap();
    let decided = read("ui/src/app/PlaceView.svelte");
    let between = |text: &str, before: &str| -> Vec<String> {
        text.split(before)
            .skip(1)
            .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
            .collect()
    };
    let mut routes: BTreeSet<String> = between(&decided, "place.name === \"").into_iter().collect();
    routes.extend(between(&read("ui/src/app/LibraryFailure.svelte"), "route: \""));
    assert!(routes.len() >= 10, "the routes are decided elsewhere now: {routes:?}");
    routes
}

#[test]
fn the_page_has_routes() {
    let routes = routes_of_the_page();
    let known: BTreeSet<String> = STATES.iter().map(|(route, _)| (*route).to_owned()).collect();
    let missing: Vec<&String> = routes.difference(&known).collect();
    assert!(missing.is_empty(), "views without a row in the table of states: {missing:?}");
}
