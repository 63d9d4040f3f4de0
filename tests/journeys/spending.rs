//! What may be spent and what was: a limit keeps a training from starting until it is raised, and the list
//! of paid actions has what was expected beside what it cost, also as a file for a spreadsheet program.

use std::path::Path;

use attune_contract::params;
use attune_store::AnswerSpendRow;
use attune_testkit::fake_service::FakeSettings;

use crate::amounts;
use crate::desk::{self, Desk, JOBS, Keep, TITLE};
use crate::steps::{self, Place};
use crate::support::{Wait, Window, say, say_with, until};

const QUESTION: &str = "The chain fell off again, can you fix it?";
const HEADINGS: &str = "time_utc,what,project,place,model,expected_usd,at_most_usd,actual_usd,\
                        difference_usd,billed_tokens,training";

#[test]
fn a_limit_stops_a_start_until_it_is_raised() {
    let desk = Desk::begin("limits");
    let window = desk.open();
    desk::give_key(&window, FakeSettings::TOKEN, Keep::Session);
    desk::come_to_the_price(&window);
    let most = amounts::wait_open_price(&window).most();
    steps::go(&window, Place::Spending);
    steps::wait_state(&window, "empty");
    set_limit(&window, "job", "0.01");
    back_to_train(&window);
    let (needed, limit) = (amounts::cents(most), "US$0.01");
    is_refused(&window, &say_with("failure.above_job_cap", &params![needed, limit]));
    desk.journey.album.guide_picture(&window, "limits");
    desk.look_everywhere(&window, "refused");
    desk.nothing_was_sent();

    window.press("button", &say("order.spending"));
    steps::wait_route(&window, "spending");
    set_limit(&window, "job", "10.00");
    back_to_train(&window);
    assert_eq!(amounts::wait_open_price(&window).most(), most);
    desk::press_start(&window);
    desk.wait_done(&window);
    window.sees(&desk::cost(""));
    no_second_today(&desk, &window, most);
    desk.bought_once();
    desk.wait_removed(&window);
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}

/// With a limit of the day just above what was spent, the same training is not ordered once more.
#[track_caller]
fn no_second_today(desk: &Desk, window: &Window, most: i64) {
    let spent = i64::try_from(desk.service.ledger().billed_micro_usd()).unwrap();
    let limit = amounts::cents(spent);
    steps::go_ready(window, Place::Spending);
    set_limit(window, "day", limit.trim_start_matches("US$"));
    desk.look_everywhere(window, "day-used");
    back_to_train(window);
    window.press("button", &say("train.done.again"));
    desk::ask_the_price(window);
    // Less than a cent is left, and what is left is never shown as more than it is.
    let (needed, left) = (amounts::cents(most), amounts::cents(0));
    is_refused(window, &say_with("failure.above_day_cap", &params![needed, left, limit]));
    desk.look_everywhere(window, "refused-today");
    assert_eq!(desk.asked("POST", JOBS), 1);
    assert_eq!(desk.journey.library().launches_all().unwrap().len(), 1);
}

/// Changes one of the limits on the page of the spending.
#[track_caller]
fn set_limit(window: &Window, cap: &str, dollars: &str) {
    window.fill("textbox", &say(&format!("spending.limits.{cap}")), dollars);
    window.press("button", &say("spending.limits.save"));
    window.sees(&say("spending.limits.saved"));
    window.put_note_away();
}

#[track_caller]
fn back_to_train(window: &Window) {
    window.press("button", &say("action.done"));
    steps::wait_route(window, "train");
}

/// The page says why it orders nothing, and keeps to it when the start button is pressed.
#[track_caller]
fn is_refused(window: &Window, why: &str) {
    window.sees(why);
    let refused = amounts::wait_price(window, "that is refused", |price| price.why == why);
    window.press_and_leave("button", &refused.button);
}

#[test]
fn the_ledger_shows_what_was_expected_and_what_it_cost() {
    let desk = Desk::begin("ledger");
    let window = desk.open();
    desk::give_key(&window, FakeSettings::TOKEN, Keep::Session);
    desk::come_to_the_price(&window);
    desk::press_start(&window);
    desk.wait_done(&window);
    let answer = Paid::of_answer(&ask(&desk, &window));
    let training = Paid::of_training(&desk);

    steps::go_ready(&window, Place::Spending);
    let two = || Some(amounts::rows(&window)).filter(|rows| rows.len() == 2);
    let rows = until(Wait::Usual, two).unwrap_or_else(|| window.give_up("two paid actions"));
    // The newest first; the amounts are the last four cells.
    assert_eq!((&rows[0][3..], &rows[1][3..]), (&answer.shown()[..], &training.shown()[..]));
    for (row, kind) in rows.iter().zip(["spending.kind.answer", "spending.kind.training"]) {
        let what = format!("{} · {}", say(kind), say("sample.name"));
        assert!(row[1].starts_with(&what) && row[2] == TITLE, "{row:?}");
    }
    let (shown, total) = ("2", "2");
    window.sees(&say_with("spending.shown", &params![shown, total]));
    desk.journey.album.guide_picture(&window, "spending");
    desk.look_everywhere(&window, "spending");

    let file = desk.journey.equipment.path().join("spending.csv");
    save_as_csv(&desk, &window, &file);
    let table = table(&file);
    let [headings, second, first] = &table[..] else { panic!("{table:?}") };
    assert_eq!(headings.join(","), HEADINGS);
    assert_eq!((second[1].as_str(), first[1].as_str()), ("answer", "training"));
    assert_eq!((amounts_of(second), amounts_of(first)), (answer.amounts(), training.amounts()));
    let (launch, bill) = (desk.latest(), desk.service.ledger().rows()[0].clone());
    assert_eq!(first[2..5], [say("sample.name"), TITLE.to_owned(), launch.model]);
    assert_eq!(first[9..], [bill.billed_tokens.to_string(), launch.launch_id]);
    desk.bought_once();
    desk.wait_removed(&window);
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}

/// Asks the trained model a question, for the amount on the button.
#[track_caller]
fn ask(desk: &Desk, window: &Window) -> AnswerSpendRow {
    window.press("button", &say("train.done.test"));
    steps::wait_route(window, "test");
    window.press("tab", &say("test.tab.chat"));
    window.fill("textbox", &say("chat.field"), QUESTION);
    let words = |amount: &str| say_with("chat.send.paid", &params![amount]);
    let button = amounts::wait_button(window, words("").trim_end());
    desk.journey.album.take(window, "question");
    window.is_accessible();
    window.press("button", &button);
    let is_paid = |answer: &AnswerSpendRow| answer.taken.actual_micro_usd.is_some();
    let paid = || {
        let answers = desk.journey.library().answer_spends_since(0).ok()?;
        answers.into_iter().find(is_paid)
    };
    let paid = until(Wait::Training, paid)
        .unwrap_or_else(|| window.give_up("an answer whose cost is known"));
    let most = paid.ceiling_micro_usd.expect("the page named an amount");
    assert_eq!(button, words(&amounts::cents(most)));
    let amount = amounts::fine(paid.taken.actual_micro_usd.unwrap_or_default());
    window.sees(&say_with("chat.cost", &params![amount]));
    desk.journey.album.take(window, "answer");
    window.is_accessible();
    paid
}

/// Saves the list as a file over the dialog of the system.
#[track_caller]
fn save_as_csv(desk: &Desk, window: &Window, file: &Path) {
    desk.journey.equipment.will_pick(file);
    window.press("button", &say("spending.csv"));
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    window.sees(&say_with("spending.csv.saved", &params!["file" => name]));
}

/// A paid action as the library and the place know it, in millionths of a US dollar.
struct Paid {
    expected: Option<i64>,
    most: i64,
    actual: i64,
}

impl Paid {
    #[track_caller]
    fn of_training(desk: &Desk) -> Self {
        let spend = desk.journey.library().spend(&desk.latest().launch_id).unwrap().unwrap();
        let billed = i64::try_from(desk.service.ledger().billed_micro_usd()).unwrap();
        let (expected, most) = (spend.expected_micro_usd, spend.ceiling_micro_usd);
        Self { expected, most, actual: billed }
    }

    #[track_caller]
    fn of_answer(answer: &AnswerSpendRow) -> Self {
        Self {
            expected: answer.expected_micro_usd,
            most: answer.ceiling_micro_usd.unwrap(),
            actual: answer.taken.actual_micro_usd.unwrap(),
        }
    }

    fn difference(&self) -> Option<i64> {
        Some(self.actual - self.expected?)
    }

    /// Expected, at most, cost and difference, as the page writes them.
    fn shown(&self) -> [String; 4] {
        let unknown = || say("spending.unknown");
        let off = |key: &str, by: i64| say_with(key, &params!["amount" => amounts::fine(by)]);
        let difference = match self.difference() {
            None => unknown(),
            Some(0) => say("spending.same"),
            Some(by) if by > 0 => off("spending.above", by),
            Some(by) => off("spending.below", -by),
        };
        let expected = self.expected.map_or_else(unknown, amounts::fine);
        [expected, amounts::fine(self.most), amounts::fine(self.actual), difference]
    }

    /// The same as amounts.
    fn amounts(&self) -> [Option<i64>; 4] {
        [self.expected, Some(self.most), Some(self.actual), self.difference()]
    }
}

/// The lines of a file for a spreadsheet program, cell by cell. No cell of these has a comma in it.
#[track_caller]
fn table(file: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(file).unwrap();
    let text = text.strip_prefix('\u{feff}').expect("spreadsheet programs need the mark of UTF-8");
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// The amounts of a line; none where its cell is empty.
fn amounts_of(line: &[String]) -> [Option<i64>; 4] {
    [5, 6, 7, 8].map(|column: usize| amounts::micros(&line[column]))
}
