//! What may be spent and was spent: no cap is passed, whatever is ordered at once, every paid action
//! stands in the ledger, and a corrected price holds everywhere at once.

use attune_contract::chat::{ChatAnswer, ChatSendRequest};
use attune_contract::money::{
    Ledger, LedgerRequest, PaidKind, PriceBy, PriceCorrectRequest, PriceFor, PriceList, SavingWay,
    SpendCap, SpendCaps,
};
use attune_contract::orders::{
    OrderNotice, OrderNoticeCode, OrderQuote, OrderQuoteRequest, OrderSettings,
};
use attune_contract::outlook::{Outlook, OutlookRequest, PowerWish};
use attune_contract::projects::ProjectRequest;
use attune_contract::testing::TestStartRequest;
use attune_contract::training::{RunDetail, RunState};
use attune_contract::words::failure_words;
use attune_contract::{Failure, FailureCode, Nothing, Param};
use attune_testkit::GroupTask;
use attune_testkit::fake_service::FakeSettings;

use crate::support::far::{FarHouse, MODEL, one_round};

const OTHER_TASK: GroupTask = GroupTask { seed: 62, groups: 3, rows: 40 };

fn code(failure: Option<&Failure>) -> Option<FailureCode> {
    failure.map(|failure| failure.code)
}

/// A program at a service, and the most that a training of one round may cost.
async fn priced() -> (FarHouse, i64) {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let most = far.quote(one_round()).await.ceiling_micro_usd.unwrap();
    (far, most)
}

/// Trains to the end.
pub(crate) async fn train(far: &FarHouse) -> RunDetail {
    let run = far.order().await;
    let done = far.rest(&run).await;
    assert_eq!(done.summary.state, RunState::Succeeded, "{:?}", done.summary.failure);
    done
}

/// Asks the trained model for the most that the page would show.
pub(crate) async fn ask(far: &FarHouse, text: &str) -> Result<ChatAnswer, Failure> {
    let app = &far.house.app;
    let state = app.chat_read(ProjectRequest { project: far.project }).await.unwrap();
    let rates = state.price.unwrap().rates.unwrap();
    let bytes = i64::try_from(text.len()).unwrap();
    let most =
        rates.fixed_micro_usd + (bytes * rates.per_million_bytes_micro_usd + 999_999) / 1_000_000;
    let text = text.to_owned();
    app.chat_send(ChatSendRequest { project: far.project, text, most_micro_usd: Some(most) }).await
}

fn asked(far: &FarHouse) -> usize {
    far.service.log().iter().filter(|it| it.path.ends_with("/chat/completions")).count()
}

async fn ledger(far: &FarHouse) -> Ledger {
    far.house.app.ledger_read(LedgerRequest { start: 0, count: 200 }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_cap_refuses_what_is_above_it_and_the_price_is_still_shown() {
    let (far, most) = priced().await;
    for (caps, expected) in [
        ([most - 1, 9 * most, 9 * most], FailureCode::AboveJobCap),
        ([most, most - 1, 9 * most], FailureCode::AboveDayCap),
        ([most, most, most - 1], FailureCode::AboveMonthCap),
        ([0, 0, 0], FailureCode::AboveJobCap),
    ] {
        far.allow(caps).await;
        let quote = far.quote(one_round()).await;
        let refusal = quote.refusal.unwrap();
        assert_eq!(refusal.code, expected, "{caps:?}");
        assert_eq!(refusal.params["needed"], Param::MicroUsd(most));
        assert!(!failure_words(&refusal).contains('{'), "{}", failure_words(&refusal));
        assert_eq!((quote.token, quote.ceiling_micro_usd), (None, Some(most)));
        assert!(quote.price.is_some() && quote.expected_micro_usd.is_some());
    }
    // The last cent may be spent.
    far.allow([most; 3]).await;
    let quote = far.quote(one_round()).await;
    assert_eq!(quote.refusal, None);
    far.place(&quote).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_as_the_most_counts_where_no_price_is_known() {
    let (far, _) = priced().await;
    let ask = |typed| OrderQuoteRequest {
        project: far.project,
        service: "openai".to_owned(),
        model: "gpt-nobody-knows".to_owned(),
        settings: one_round(),
        typed_ceiling_micro_usd: Some(typed),
    };
    far.allow([2_000_000; 3]).await;
    let above = far.house.app.order_quote(ask(2_000_001)).await.unwrap();
    assert_eq!(code(above.refusal.as_ref()), Some(FailureCode::AboveJobCap));
    let within = far.house.app.order_quote(ask(2_000_000)).await.unwrap();
    assert_eq!((within.refusal, within.savings.len()), (None, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_was_shown_before_is_held_against_the_caps_once_more() {
    let (far, most) = priced().await;
    let quote = far.quote(one_round()).await;
    far.allow([most, most - 1, most]).await;
    let refused = far.place(&quote).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::AboveDayCap);
    assert_eq!((far.posted_orders(), ledger(&far).await.total), (0, 0));
    far.allow([most; 3]).await;
    // It is worth nothing any more, as after every press.
    assert_eq!(far.place(&quote).await.unwrap_err().code, FailureCode::QuoteOutdated);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_orders_at_once_do_not_pass_a_cap_together() {
    let (far, one) = priced().await;
    let other_project = far.house.bring_in(OTHER_TASK).await;
    let quotes = [far.quote(one_round()).await, far.quote_of(other_project, one_round()).await];
    let other = quotes[1].ceiling_micro_usd.unwrap();
    far.allow([one.max(other), one.max(other), 9 * one]).await;
    let (first, second) = tokio::join!(far.place(&quotes[0]), far.place(&quotes[1]));
    let answers = [first, second];
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let refused = answers.iter().find_map(|answer| answer.as_ref().err());
    assert_eq!(code(refused), Some(FailureCode::AboveDayCap));
    assert_eq!(ledger(&far).await.total, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_and_tests_keep_to_the_caps_too() {
    let (far, _) = priced().await;
    let run = train(&far).await.summary.run;
    far.allow([0, 9_000_000, 9_000_000]).await;
    let refused = ask(&far, "Hello").await.unwrap_err();
    assert_eq!(refused.code, FailureCode::AboveJobCap);
    let app = &far.house.app;
    let state = app.test_read(ProjectRequest { project: far.project }).await.unwrap();
    let most = state.price.unwrap().amounts.unwrap().most_micro_usd;
    let start = TestStartRequest { project: far.project, run, most_micro_usd: Some(most) };
    let refused = app.test_start(start).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::AboveJobCap);
    let chat = app.chat_read(ProjectRequest { project: far.project }).await.unwrap();
    assert_eq!((asked(&far), chat.lines.len()), (0, 0), "nothing was asked and nothing is left");
    assert_eq!(ledger(&far).await.total, 1);
    far.allow([9_000_000; 3]).await;
    ask(&far, "Hello").await.unwrap();
}

fn said(notices: &[OrderNotice]) -> Vec<(OrderNoticeCode, Option<Param>)> {
    let of_caps = notices.iter().filter(|notice| {
        matches!(notice.code, OrderNoticeCode::SpendOfDay | OrderNoticeCode::SpendOfMonth)
    });
    of_caps.map(|notice| (notice.code, notice.params.get("percent").cloned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn half_and_four_fifths_of_a_cap_are_told_before_and_after() {
    let (far, most) = priced().await;
    let quiet = far.quote(one_round()).await;
    assert_eq!(said(&quiet.notices), []);
    far.allow([most, 2 * most, 9 * most]).await;
    let half = far.quote(one_round()).await;
    let percent = |percent| Some(Param::Count(percent));
    assert_eq!(said(&half.notices), [(OrderNoticeCode::SpendOfDay, percent(50))]);
    far.allow([most, 2 * most, most * 5 / 4]).await;
    let both = far.quote(one_round()).await;
    let expected =
        [(OrderNoticeCode::SpendOfDay, percent(50)), (OrderNoticeCode::SpendOfMonth, percent(80))];
    assert_eq!(said(&both.notices), expected);

    let actual = train(&far).await.cost.unwrap().actual_micro_usd.unwrap();
    let state = far.allow([most, 2 * actual, actual]).await;
    assert_eq!((state.today_micro_usd, state.this_month_micro_usd), (actual, actual));
    let told: Vec<_> = state.notices.iter().map(|it| (it.cap, it.percent)).collect();
    assert_eq!(told, [(SpendCap::Day, 50), (SpendCap::Month, 80)]);
    let read = far.house.app.spend_read(Nothing {}).await.unwrap();
    assert_eq!(read, state, "the caps are kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn caps_that_cannot_be_are_refused_by_name_and_the_old_ones_stay() {
    let (far, _) = priced().await;
    let before = far.house.app.spend_read(Nothing {}).await.unwrap().caps;
    let usual = SpendCaps {
        per_job_micro_usd: 10_000_000,
        per_day_micro_usd: 25_000_000,
        per_month_micro_usd: 50_000_000,
    };
    assert_eq!(before, usual);
    for (caps, field) in [
        (SpendCaps { per_job_micro_usd: -1, ..usual }, "perJobMicroUsd"),
        (SpendCaps { per_day_micro_usd: i64::MAX, ..usual }, "perDayMicroUsd"),
        (SpendCaps { per_month_micro_usd: i64::MIN, ..usual }, "perMonthMicroUsd"),
    ] {
        let refused = far.house.app.spend_caps_change(caps).await.unwrap_err();
        assert_eq!(refused.code, FailureCode::InputInvalid);
        assert_eq!(refused.params["field"], Param::from(field));
    }
    assert_eq!(far.house.app.spend_read(Nothing {}).await.unwrap().caps, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_has_what_was_said_and_what_it_cost() {
    let (far, _) = priced().await;
    let done = train(&far).await;
    let cost = done.cost.unwrap();
    let answer = ask(&far, "Hello").await.unwrap();
    let listed = ledger(&far).await;
    let [paid_answer, training] = listed.rows.as_slice() else { panic!("{listed:?}") };
    let invoice = far.service.ledger().rows()[0].clone();
    assert_eq!((training.kind, training.run.as_str()), (PaidKind::Training, &*done.summary.run));
    assert_eq!(training.model, MODEL);
    assert_eq!(training.service_title, "OpenAI");
    assert_eq!(training.expected_micro_usd, cost.expected_micro_usd);
    assert_eq!(training.ceiling_micro_usd, Some(cost.ceiling_micro_usd));
    assert_eq!(training.actual_micro_usd, i64::try_from(invoice.billed_micro_usd).ok());
    assert_eq!(training.billed_tokens, Some(invoice.billed_tokens));
    assert_eq!(
        (paid_answer.kind, paid_answer.run.as_str()),
        (PaidKind::Answer, &*done.summary.run)
    );
    assert_eq!(Some(&paid_answer.model), done.summary.model.as_ref());
    assert_eq!(paid_answer.actual_micro_usd, answer.cost_micro_usd);
    assert!(paid_answer.ceiling_micro_usd >= paid_answer.actual_micro_usd);

    let sum = training.actual_micro_usd.unwrap() + paid_answer.actual_micro_usd.unwrap();
    let spent = far.house.app.spend_read(Nothing {}).await.unwrap();
    assert_eq!((spent.today_micro_usd, spent.this_month_micro_usd), (sum, sum));
    let second = LedgerRequest { start: 1, count: 1 };
    let window = far.house.app.ledger_read(second).await.unwrap();
    assert_eq!((window.rows.as_slice(), window.total), (&listed.rows[1..], 2));
    let too_many = far.house.app.ledger_read(LedgerRequest { start: 0, count: 201 }).await;
    assert_eq!(code(too_many.err().as_ref()), Some(FailureCode::InputInvalid));

    // A project in the bin is still named.
    let name = training.project_name.clone();
    assert!(!name.is_empty());
    far.house.app.project_delete(ProjectRequest { project: far.project }).await.unwrap();
    assert!(ledger(&far).await.rows.iter().all(|row| row.project_name == name));
    exported(&far, &listed).await;
}

/// Writes the ledger into a file and compares its lines with what the page has.
async fn exported(far: &FarHouse, listed: &Ledger) {
    let file = far.house.home.path().join("spending.csv");
    far.house.pick(&file);
    let told = far.house.app.ledger_export(Nothing {}).await.unwrap();
    assert_eq!(told.file.as_deref(), Some("spending.csv"));
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + listed.rows.len(), "{text}");
    for (line, row) in lines[1..].iter().zip(&listed.rows) {
        assert!(line.starts_with("2026-11-22T12:00:00Z,") && line.ends_with(&row.run), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_ordered_cost_nothing() {
    let far = FarHouse::open(FakeSettings::LOCKED_OUT_TOKEN).await;
    let run = far.order().await;
    assert_eq!(far.rest(&run).await.summary.state, RunState::NotStarted);
    let listed = ledger(&far).await;
    assert_eq!(listed.rows[0].actual_micro_usd, Some(0));
    assert!(listed.rows[0].ceiling_micro_usd > Some(0));
    let spent = far.house.app.spend_read(Nothing {}).await.unwrap();
    assert_eq!((spent.today_micro_usd, spent.this_month_micro_usd), (0, 0));
}

async fn correct(far: &FarHouse, amount: Option<&str>) -> PriceList {
    let request = PriceCorrectRequest {
        service: "openai".to_owned(),
        model: "gpt-4.1-mini".to_owned(),
        price_for: PriceFor::Training,
        by: PriceBy::MillionTokens,
        amount: amount.map(str::to_owned),
    };
    far.house.app.price_correct(request).await.unwrap()
}

fn training_price(list: &PriceList) -> (i64, Option<i64>, bool) {
    let model = list.models.iter().find(|model| model.model == MODEL).unwrap();
    let price = model.prices.iter().find(|price| price.price_for == PriceFor::Training).unwrap();
    (price.micro_usd, price.book_micro_usd, price.is_corrected)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_price_holds_at_once_and_what_it_was_is_kept() {
    let (far, _) = priced().await;
    let before = far.quote(one_round()).await;
    assert_eq!(
        training_price(&correct(&far, Some("10")).await),
        (10_000_000, Some(5_000_000), true)
    );
    let after = far.quote(one_round()).await;
    let price = |quote: &OrderQuote| quote.price.as_ref().unwrap().per_million_micro_usd;
    assert_eq!((price(&before), price(&after)), (5_000_000, 10_000_000));
    let twice = before.expected_micro_usd.map(|expected| 2 * expected);
    assert_eq!(after.expected_micro_usd, twice);
    // What was quoted is ordered as it was quoted.
    let run = far.place(&before).await.unwrap().summary.run;
    let cost = far.rest(&run).await.cost.unwrap();
    assert_eq!(cost.actual_micro_usd, before.expected_micro_usd);

    assert_eq!(
        training_price(&correct(&far, Some("4.50")).await),
        (4_500_000, Some(5_000_000), true)
    );
    let taken_back = correct(&far, None).await;
    assert_eq!(training_price(&taken_back), (5_000_000, None, false));
    let model = taken_back.models.iter().find(|model| model.model == MODEL).unwrap();
    let training = model.prices.iter().find(|it| it.price_for == PriceFor::Training).unwrap();
    let earlier: Vec<_> = training.earlier.iter().map(|earlier| earlier.micro_usd).collect();
    assert_eq!(earlier, [None, Some(4_500_000), Some(10_000_000)]);
    assert_eq!(price(&far.quote(one_round()).await), 5_000_000);
    let typed: Vec<_> = far.house.library().price_corrections().unwrap();
    let amounts: Vec<_> = typed.iter().map(|row| row.micro_usd).collect();
    assert_eq!(amounts, [Some(10_000_000), Some(4_500_000), None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_nobody_knew_can_be_added_and_other_texts_are_none() {
    let (far, _) = priced().await;
    let request = |service: &str, model: &str, amount: &str| PriceCorrectRequest {
        service: service.to_owned(),
        model: model.to_owned(),
        price_for: PriceFor::Training,
        by: PriceBy::MillionTokens,
        amount: Some(amount.to_owned()),
    };
    let app = &far.house.app;
    let list = app.price_correct(request("openai", "gpt-nobody-knows", "1")).await.unwrap();
    let added = list.models.iter().find(|model| model.model == "gpt-nobody-knows").unwrap();
    assert_eq!((added.prices[0].micro_usd, added.prices[0].book_micro_usd), (1_000_000, None));
    let quote = app
        .order_quote(OrderQuoteRequest {
            project: far.project,
            service: "openai".to_owned(),
            model: "gpt-nobody-knows".to_owned(),
            settings: one_round(),
            typed_ceiling_micro_usd: None,
        })
        .await
        .unwrap();
    assert!(quote.token.is_some() && quote.ceiling_micro_usd.is_some(), "{quote:?}");
    for (service, model, amount, expected) in [
        ("openai", "gpt-4.1-mini", "free", FailureCode::InputInvalid),
        ("openai", "gpt-4.1-mini", "-1", FailureCode::InputInvalid),
        ("openai", " ", "1", FailureCode::InputInvalid),
        ("nowhere", "gpt-4.1-mini", "1", FailureCode::ServiceMissing),
    ] {
        let refused = app.price_correct(request(service, model, amount)).await.unwrap_err();
        assert_eq!(refused.code, expected, "{service} {model} {amount}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outlook_names_every_place_that_has_a_price() {
    let (far, _) = priced().await;
    let request = |calls_a_day| OutlookRequest {
        project: far.project,
        calls_a_day,
        cached_percent: 0,
        is_batch: false,
        power: None,
        untuned: None,
    };
    let few = far.house.app.outlook_read(request(10)).await.unwrap();
    let many = far.house.app.outlook_read(request(1_000)).await.unwrap();
    assert_eq!(few.refusal, None);
    let models: Vec<_> = few.rows.iter().map(|row| row.model.as_str()).collect();
    assert_eq!(models.len(), 4, "{models:?}");
    let years: Vec<_> = few.rows.iter().map(|row| row.year.expected_micro_usd).collect();
    assert!(years.is_sorted(), "{years:?}");
    assert!(few.rows.iter().all(|row| row.days == 54 && row.ends_on.is_some()));
    let year = |outlook: &Outlook| {
        outlook.rows.iter().find(|row| row.model == MODEL).unwrap().year.expected_micro_usd
    };
    assert!(year(&few) < year(&many));
    let quote = far.quote(OrderSettings::default()).await;
    let row = few.rows.iter().find(|row| row.model == MODEL).unwrap();
    assert_eq!(Some(row.training.expected_micro_usd), quote.expected_micro_usd);
    for wrong in [0, 10_000_001] {
        let refused = far.house.app.outlook_read(request(wrong)).await.unwrap_err();
        assert_eq!(refused.code, FailureCode::InputInvalid);
    }
    for (watts, tariff) in [(0, "0.30"), (65, "-1"), (65, "NaN"), (65, "")] {
        let power = Some(PowerWish { watts, tariff: tariff.to_owned() });
        let refused = far.house.app.outlook_read(OutlookRequest { power, ..request(10) }).await;
        assert_eq!(refused.unwrap_err().code, FailureCode::InputInvalid, "{watts} {tariff}");
    }
    // A model of this project that costs less is said beside the price.
    let smaller = quote.savings.iter().any(|it| matches!(it.way, SavingWay::SmallerModel { .. }));
    assert!(smaller, "{:?}", quote.savings);
}
