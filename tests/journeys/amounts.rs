//! What the page says of money, as numbers, so that a journey can work out what must stand there.

use attune_contract::params;
use serde_json::json;

use crate::support::{Wait, Window, say, say_with, until};

/// Millionths of a US dollar in a cent.
pub(crate) const CENT: i64 = 10_000;
const MILLION: i64 = 1_000_000;

const PRICE: &str = "const plain = (text) => (text ?? '').replace(/\\s+/g, ' ').trim();\
    const [rounds, tokens, perMillion, start] = arguments;\
    const terms = [...document.querySelectorAll('dt')];\
    const figure = (name) => { \
        const term = terms.find((one) => plain(one.textContent) === name);\
        return plain(term?.nextElementSibling?.textContent);\
    };\
    const button = [...document.querySelectorAll('main button')]\
        .find((one) => plain(one.textContent).startsWith(start));\
    if (!button) return null;\
    return {rounds: figure(rounds), tokens: figure(tokens), perMillion: figure(perMillion), \
        button: plain(button.textContent), why: button.title};";

/// The price of a training that is planned, as the page has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) rounds: i64,
    /// Of all rounds.
    pub(crate) tokens: i64,
    /// Of a million tokens; none where the page does not name it.
    pub(crate) per_million: Option<i64>,
    /// The words on the start button.
    pub(crate) button: String,
    /// Why that cannot be pressed; empty where it can.
    pub(crate) why: String,
}

impl Price {
    fn read(window: &Window) -> Option<Self> {
        let names = ["order.rounds", "order.tokens", "order.per_million", "order.start"].map(say);
        let told = window.script(PRICE, &json!(names));
        let text = |name: &str| told[name].as_str().unwrap_or_default();
        Some(Self {
            rounds: count(text("rounds"))?,
            tokens: count(text("tokens"))?,
            per_million: micros(text("perMillion")),
            button: text("button").to_owned(),
            why: text("why").to_owned(),
        })
    }

    /// What so many tokens come to, in whole cents.
    #[track_caller]
    pub(crate) fn most(&self) -> i64 {
        let per_million = self.per_million.expect("the page names the price of a million tokens");
        up(up(self.tokens * per_million, MILLION), CENT) * CENT
    }

    /// The amount at the end of the words on the start button.
    pub(crate) fn on_button(&self) -> Option<i64> {
        micros(self.button.rsplit(' ').next()?)
    }
}

/// Waits until the page has such a price.
#[track_caller]
pub(crate) fn wait_price(window: &Window, what: &str, is_it: impl Fn(&Price) -> bool) -> Price {
    until(Wait::Usual, || Price::read(window).filter(&is_it))
        .unwrap_or_else(|| window.give_up(&format!("a price {what}")))
}

/// Waits until what is wished for can be ordered.
#[track_caller]
pub(crate) fn wait_open_price(window: &Window) -> Price {
    wait_price(window, "that can be ordered", |price| price.why.is_empty())
}

/// Waits for the button whose words begin so, and gives all of them.
#[track_caller]
pub(crate) fn wait_button(window: &Window, beginning: &str) -> String {
    const WORDS: &str = "const words = [...document.querySelectorAll('main button')]\
        .map((one) => one.textContent.replace(/\\s+/g, ' ').trim());\
        return words.find((one) => one.startsWith(arguments[0])) ?? null;";
    let words = || window.script(WORDS, &json!([beginning])).as_str().map(str::to_owned);
    until(Wait::Usual, words)
        .unwrap_or_else(|| window.give_up(&format!("a button that begins with `{beginning}`")))
}

/// The rows of the tables of the page, cell by cell, those of the first one first.
#[track_caller]
pub(crate) fn rows(window: &Window) -> Vec<Vec<String>> {
    const ROWS: &str = "const plain = (text) => text.replace(/\\s+/g, ' ').trim();\
        return [...document.querySelectorAll('main tbody tr')]\
            .map((row) => [...row.cells].map((cell) => plain(cell.innerText)));";
    serde_json::from_value(window.script(ROWS, &json!([]))).unwrap()
}

/// Moves the page to the card of this heading.
#[track_caller]
pub(crate) fn show_card(window: &Window, heading: &str) {
    const SHOW: &str = "const heading = [...document.querySelectorAll('main h2')]\
        .find((one) => one.textContent.trim() === arguments[0]);\
        heading?.scrollIntoView(); return heading !== undefined;";
    assert_eq!(window.script(SHOW, &json!([heading])), true, "no card `{heading}`");
}

/// The words of a button that starts a training for so much at most.
pub(crate) fn start_for(most: i64) -> String {
    say_with("train.start.paid", &params!["amount" => cents(most)])
}

/// An amount as the page writes it: whole cents, rounded up.
pub(crate) fn cents(micros: i64) -> String {
    if micros == 0 {
        return "US$0".to_owned();
    }
    let cents = up(micros, CENT);
    format!("US${}.{:02}", cents / 100, cents % 100)
}

/// The same where what is below a cent is told too, to a hundredth of one.
pub(crate) fn fine(micros: i64) -> String {
    if micros == 0 || micros >= CENT {
        return cents(micros);
    }
    let fraction = format!("{:04}", up(micros, CENT / 100));
    let (cents, rest) = fraction.split_at(2);
    format!("US$0.{cents}{}", rest.trim_end_matches('0'))
}

/// What is written as an amount, with a currency or without, in millionths of a US dollar.
pub(crate) fn micros(words: &str) -> Option<i64> {
    let plain = words.trim_start_matches("US$").replace(',', "");
    let (sign, digits) = plain.strip_prefix('-').map_or((1, plain.as_str()), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: i64 = whole.parse().ok()?;
    let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
    Some(sign * (whole * MILLION + fraction))
}

fn count(words: &str) -> Option<i64> {
    words.replace(',', "").parse().ok()
}

/// Division that rounds up, for what is not below nothing.
fn up(what: i64, by: i64) -> i64 {
    (what + by - 1) / by
}
