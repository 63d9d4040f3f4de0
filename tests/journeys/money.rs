//! What money buys is known before any is spent: the price of a training follows what is typed, a price
//! that nobody knows keeps it from starting, and what using the model will cost can be looked at.

use attune_contract::params;
use attune_testkit::fake_service::FakeSettings;

use crate::amounts::{self, CENT};
use crate::desk::{self, Desk, Keep};
use crate::steps::{self, Place};
use crate::support::{Wait, Window, say, say_with, until};

/// What the page chooses first at the place: its cheapest model.
const MODEL: &str = "gpt-4o-mini-2024-07-18";
/// What the address of one's own is called, and a model there that no price is known of.
pub(crate) const OWN: &str = "Our cluster";
pub(crate) const OWN_MODEL: &str = "our-model-8b";

#[test]
fn the_price_follows_the_rounds() {
    let desk = Desk::begin("price-rounds");
    let window = desk.open();
    desk::give_key(&window, FakeSettings::TOKEN, Keep::Session);
    desk::come_to_the_price(&window);
    let usual = amounts::wait_open_price(&window);
    assert_eq!(usual.button, amounts::start_for(usual.most()));

    let rounds = 2 * usual.rounds;
    window.fill("textbox", &say("setting.rounds"), &rounds.to_string());
    let is_it = |price: &amounts::Price| price.rounds == rounds && price.why.is_empty();
    let twice = amounts::wait_price(&window, "for twice the rounds", is_it);
    assert_eq!((twice.tokens, twice.per_million), (2 * usual.tokens, usual.per_million));
    assert_eq!(twice.button, amounts::start_for(twice.most()));
    assert_ne!(twice.button, usual.button);

    amounts::show_card(&window, &say("order.savings"));
    desk.look_everywhere(&window, "savings");
    // What is usual for so many examples.
    let what = say_with("order.saving.fewer_rounds", &params!["to" => 3_u64]);
    window.press("button", &say_with("order.saving.do.label", &params!["what" => what.as_str()]));
    let is_usual = |price: &amounts::Price| *price == usual;
    amounts::wait_price(&window, "for the usual rounds", is_usual);
    desk.journey.album.take(&window, "saved");
    window.is_accessible();
    window.press("button", &say_with("order.saving.undo.label", &params![what]));
    let is_twice = |price: &amounts::Price| *price == twice;
    amounts::wait_price(&window, "as before", is_twice);
    desk.nothing_was_sent();
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}

#[test]
fn an_unknown_price_blocks_the_start() {
    let desk = Desk::begin_unconnected("price-unknown", FakeSettings::default());
    let window = desk.open();
    connect_own(&desk, &window);
    desk::come_to_the_plan(&window);
    window.choose_card(OWN);
    window.sees(&say("order.model.missing"));
    window.fill("textbox", &say("order.model"), OWN_MODEL);
    window.sees(&say("order.price.unknown"));
    let why = say("order.ceiling.missing");
    let is_shut = |price: &amounts::Price| price.why == why;
    let shut = amounts::wait_price(&window, "that nobody knows", is_shut);
    assert_eq!((shut.per_million, &shut.button), (None, &say("order.start")));
    window.sees(&why);
    window.press_and_leave("button", &shut.button);
    desk.look_everywhere(&window, "unknown");
    desk.nothing_was_sent();

    window.fill("textbox", &say("order.ceiling"), "2.50");
    let typed = amounts::wait_open_price(&window);
    assert_eq!(typed.button, amounts::start_for(2_500_000));
    window.is_accessible();
    desk.nothing_was_sent();
    add_price(&desk, &window, "4.25");
    // What was typed as the most stays there, and the computed price is below it.
    let priced = amounts::wait_open_price(&window);
    assert_eq!(priced.per_million, Some(4_250_000));
    assert!((priced.most()..2_500_000).contains(&priced.on_button().unwrap()), "{priced:?}");
    window.sees(&amounts::cents(priced.most()));
    window.sees(&say("order.price.own"));
    desk.journey.album.take(&window, "known");
    window.is_accessible();
    desk.nothing_was_sent();
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}

/// Connects the place as an address of one's own.
#[track_caller]
pub(crate) fn connect_own(desk: &Desk, window: &Window) {
    desk::open_places(window);
    window.press("button", &say("services.connect"));
    window.press_beginning(&say("services.kind.compatible"));
    window.fill("textbox", &say("services.own.title"), OWN);
    window.fill("textbox", &say("services.own.address"), &desk.service.base_url());
    window.choose_card(&say("services.keep.session"));
    window.fill("textbox", &say("services.field"), FakeSettings::TOKEN);
    window.press("button", &say("services.save.new"));
    window.sees(&say("services.verdict.works_unknown_models"));
}

/// Tells what training the model of one's own costs, and comes back to the order.
#[track_caller]
pub(crate) fn add_price(desk: &Desk, window: &Window, dollars: &str) {
    steps::go(window, Place::Spending);
    steps::wait_state(window, "empty");
    window.press("button", &say("prices.heading"));
    window.press("button", &say("prices.add"));
    window.choose(&say("prices.field.place"), OWN);
    window.fill("textbox", &say("prices.field.model"), OWN_MODEL);
    window.fill("textbox", &say("prices.field.amount"), dollars);
    desk.journey.album.take(window, "price-typed");
    window.is_accessible();
    window.press("button", &say("prices.save"));
    window.sees(&say("prices.saved"));
    window.put_note_away();
    let amount = format!("US${dollars}");
    window.sees(&say_with("prices.per.million_tokens", &params![amount]));
    desk.look_everywhere(window, "prices");
    let kept = desk.journey.library().price_corrections().unwrap();
    let kept: Vec<_> = kept.iter().map(|row| (row.model.as_str(), row.micro_usd)).collect();
    assert_eq!(kept, [(OWN_MODEL, amounts::micros(dollars))]);
    window.press("button", &say("action.done"));
    steps::wait_route(window, "train");
}

/// What the outlook says of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outlook {
    training: i64,
    thousand: i64,
    year: i64,
}

impl Outlook {
    fn read(window: &Window) -> Option<Self> {
        let rows = amounts::rows(window);
        let row = rows.iter().find(|row| row.first().is_some_and(|name| name.contains(MODEL)))?;
        // What is to be expected comes first in a cell; how sure that is, behind it.
        let amount = |column: usize| amounts::micros(row.get(column)?.split(' ').next()?);
        Some(Self { training: amount(1)?, thousand: amount(2)?, year: amount(3)? })
    }

    #[track_caller]
    fn wait_other(&self, window: &Window) -> Self {
        until(Wait::Usual, || Self::read(window).filter(|other| other != self))
            .unwrap_or_else(|| window.give_up(&format!("something other than {self:?}")))
    }

    /// What the questions of the year cost.
    fn questions(&self) -> i64 {
        self.year - self.training
    }
}

#[test]
fn what_using_it_will_cost_follows_the_fields() {
    let desk = Desk::begin("outlook");
    let window = desk.open();
    desk::give_key(&window, FakeSettings::TOKEN, Keep::Session);
    desk::come_to_the_price(&window);
    let price = amounts::wait_open_price(&window);
    window.press("button", &say("order.outlook"));
    steps::wait_route(&window, "outlook");
    steps::wait_state(&window, "ready");
    window.sees(&say("outlook.here.year"));
    desk.journey.album.guide_picture(&window, "outlook");
    desk.look_everywhere(&window, "outlook");
    let few = Outlook::read(&window).unwrap_or_else(|| window.give_up(MODEL));
    assert_eq!(Some(few.training), price.on_button());

    let questions = |number: &str| window.fill("textbox", &say("outlook.questions"), number);
    questions("10000");
    let once = few.wait_other(&window);
    questions("20000");
    let twice = once.wait_other(&window);
    // Every amount on the page is rounded up by less than a cent.
    let off = twice.questions() - 2 * once.questions();
    assert!(off.abs() < 2 * CENT, "{few:?} {once:?} {twice:?}");

    window.press("button", &say("outlook.more"));
    window.fill("textbox", &say("outlook.cached"), "50");
    let cached = twice.wait_other(&window);
    assert!(cached.year < twice.year && cached.thousand <= twice.thousand, "{twice:?} {cached:?}");
    window.press("switch", &say("outlook.later"));
    let later = cached.wait_other(&window);
    assert!(later.year < cached.year && later.training == few.training, "{cached:?} {later:?}");
    desk.journey.album.take(&window, "changed");
    questions("many");
    window.sees(&say("outlook.questions.bad"));
    desk.journey.album.take(&window, "wrong");
    window.is_accessible();

    window.press("button", &say("action.done"));
    steps::wait_route(&window, "train");
    assert_eq!(amounts::wait_open_price(&window), price, "the order is as it was left");
    desk.nothing_was_sent();
    desk.journey.quit_without_trace(window, &[FakeSettings::TOKEN]);
}
