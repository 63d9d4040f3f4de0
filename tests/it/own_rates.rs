//! What places charge for beside tokens: an address of one's own bills as the service that answers
//! there does, and what a stopped training comes to is said while it runs.

use std::time::Duration;

use attune_contract::money::{PriceBy, PriceCorrectRequest, PriceFor};
use attune_contract::orders::{
    OrderNoticeCode, OrderQuote, OrderQuoteRequest, OrderSettings, StoppedCost,
};
use attune_contract::outlook::{OutlookRequest, PaysOff, UntunedWish};
use attune_contract::services::{ServiceAddRequest, ServiceKind};
use attune_contract::training::{RunDetail, RunRequest, RunState};
use attune_contract::{Param, ProjectId};
use attune_testkit::GroupTask;
use attune_testkit::fake_service::{FakeSettings, Pace};

use crate::support::House;
use crate::support::far::FarHouse;

const TASK: GroupTask = GroupTask { seed: 62, groups: 3, rows: 40 };
const MODEL: &str = "gpt-4.1-mini";
const AZURE: &str = "https://shop.openai.azure.com/openai/v1";

/// A house with an address of its own; nothing answers there, and nothing is asked.
async fn house_at(address: &str) -> (House, ProjectId, String) {
    let house = House::open(|options| options.clock = || 1_795_348_800_000);
    let project = house.bring_in(TASK).await;
    let request = ServiceAddRequest {
        kind: ServiceKind::Compatible,
        title: Some("Ours".to_owned()),
        address: Some(address.to_owned()),
        key_header: None,
    };
    let list = house.app.service_add(request).await.unwrap();
    (house, project, list.services[0].service.clone())
}

async fn quote(address: &str) -> OrderQuote {
    let (house, project, service) = house_at(address).await;
    quote_of(&house, project, &service).await
}

async fn quote_of(house: &House, project: ProjectId, service: &str) -> OrderQuote {
    let request = OrderQuoteRequest {
        project,
        service: service.to_owned(),
        model: MODEL.to_owned(),
        settings: OrderSettings::default(),
        typed_ceiling_micro_usd: None,
    };
    house.app.order_quote(request).await.unwrap()
}

async fn type_price(house: &House, service: &str, price_for: PriceFor, amount: &str) {
    let by = if price_for == PriceFor::Hosting { PriceBy::Hour } else { PriceBy::MillionTokens };
    let request = PriceCorrectRequest {
        service: service.to_owned(),
        model: MODEL.to_owned(),
        price_for,
        by,
        amount: Some(amount.to_owned()),
    };
    house.app.price_correct(request).await.unwrap();
}

fn has(quote: &OrderQuote, code: OrderNoticeCode) -> bool {
    quote.notices.iter().any(|notice| notice.code == code)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_place_charges_beside_tokens_is_said_before() {
    let azure = quote(AZURE).await;
    let hosting = azure.notices.iter().find(|it| it.code == OrderNoticeCode::HostingCosts);
    assert_eq!(hosting.unwrap().params["amount"], Param::MicroUsd(1_700_000));
    let together = quote("https://api.together.xyz/v1").await;
    let between =
        together.notices.iter().find(|it| it.code == OrderNoticeCode::HostingCostsBetween);
    assert_eq!(between.unwrap().params["high"], Param::MicroUsd(9_950_000));
    assert!(has(&together, OrderNoticeCode::StopIsBilled), "{together:?}");
    assert!(has(&together, OrderNoticeCode::BalanceNeeded), "{together:?}");
    let other = quote("https://azure.example.org/openai.azure.com").await;
    assert!(!has(&other, OrderNoticeCode::HostingCosts), "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_price_of_standing_ready_counts_before_the_list() {
    let (house, project, service) = house_at(AZURE).await;
    type_price(&house, &service, PriceFor::Hosting, "2.50").await;
    let quote = quote_of(&house, project, &service).await;
    let hosting = quote.notices.iter().find(|it| it.code == OrderNoticeCode::HostingCosts);
    assert_eq!(hosting.unwrap().params["amount"], Param::MicroUsd(2_500_000));
    assert_eq!(quote.usual_batch_size, None, "what others choose is not known");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_must_stand_ready_pays_only_for_many_questions() {
    let (house, project, service) = house_at(AZURE).await;
    let prices = [
        (PriceFor::Training, "5"),
        (PriceFor::Input, "0.80"),
        (PriceFor::Output, "3.20"),
        (PriceFor::UntunedInput, "2"),
        (PriceFor::UntunedCachedInput, "2"),
        (PriceFor::UntunedOutput, "8"),
    ];
    for (price_for, amount) in prices {
        type_price(&house, &service, price_for, amount).await;
    }
    let paid = async |calls_a_day| {
        let untuned = UntunedWish {
            service: Some(service.clone()),
            model: Some(MODEL.to_owned()),
            told_tokens: Some(5_000),
        };
        let request = OutlookRequest {
            project,
            calls_a_day,
            cached_percent: 0,
            is_batch: false,
            power: None,
            untuned: Some(untuned),
        };
        let outlook = house.app.outlook_read(request).await.unwrap();
        let row = outlook.rows.into_iter().find(|row| row.service == service).unwrap();
        (row.year.low_micro_usd, row.pays_off)
    };
    // $1.70 an hour for a year: 14,892 dollars; 40.80 dollars a day are saved with some 4,000 questions.
    let (year, few) = paid(100).await;
    assert!(year > 14_892_000_000, "{year}");
    assert_eq!(few, Some(PaysOff::Never));
    let (_, many) = paid(100_000).await;
    assert!(matches!(many, Some(PaysOff::After { days: 1.., .. })), "{many:?}");
}

async fn running(far: &FarHouse, run: &str) -> RunDetail {
    for _ in 0..3_000 {
        let detail = far.read(run).await;
        if detail.summary.state == RunState::Running && detail.progress.is_some() {
            return detail;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never ran");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_runs_it_is_said_what_stopping_it_comes_to() {
    let pace = Pace { step: Duration::from_secs(1 << 30), ..Pace::default() };
    let settings = FakeSettings { pace, ..FakeSettings::default() };
    let far = FarHouse::open_with(FakeSettings::TOKEN, settings).await;
    let run = far.order().await;
    let cost = running(&far, &run).await.cost.unwrap();
    // OpenAI does not say, so it may be nothing or all.
    let most_micro_usd = cost.ceiling_micro_usd;
    assert_eq!(
        cost.if_stopped,
        Some(StoppedCost { bills_done: false, least_micro_usd: 0, most_micro_usd })
    );
    far.house.app.run_cancel(RunRequest { run: run.clone() }).await.unwrap();
    let over = far.rest(&run).await;
    assert_eq!(over.summary.state, RunState::Cancelled);
    assert_eq!(over.cost.unwrap().if_stopped, None);
}
