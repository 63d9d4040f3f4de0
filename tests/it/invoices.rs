//! What was said is what is billed, or more: random examples, bought at a service that counts by code
//! of its own.

use attune_contract::orders::{OrderNoticeCode, OrderSettings};
use attune_contract::training::RunState;
use attune_testkit::Seeded;
use attune_testkit::fake_service::{FakeSettings, Fault, FaultPlan, Rule};
use serde_json::json;

use crate::support::far::{FarHouse, one_round};

const SEED: u64 = 20_261_201;
/// How many sets of examples are bought.
const PURCHASES: usize = 60;

/// Conversations of invented words: some with standing instructions, some with names, of any length.
fn conversations(seeded: &mut Seeded, has_names: bool) -> String {
    let words = seeded.words(60);
    let text = |seeded: &mut Seeded, most: usize| -> String {
        let count = 1 + seeded.below(most);
        let odd = ["é", "→", "好", "!?", "\n", "1,234.5"];
        let word = |seeded: &mut Seeded| match seeded.below(9) {
            0 => (*seeded.pick(&odd)).to_owned(),
            _ => seeded.pick(&words).clone(),
        };
        (0..count).map(|_| word(seeded)).collect::<Vec<_>>().join(" ")
    };
    let instructions = (seeded.below(3) == 0).then(|| text(seeded, 80));
    let rows = 16 + seeded.below(25);
    let mut lines = String::new();
    for row in 0..rows {
        let said = format!("{row} {}", text(seeded, 40));
        let mut messages = Vec::new();
        messages.extend(instructions.as_ref().map(|it| json!({"role": "system", "content": it})));
        messages.push(match has_names {
            true => json!({"role": "user", "content": said, "name": "somebody"}),
            false => json!({"role": "user", "content": said}),
        });
        messages.push(json!({"role": "assistant", "content": text(seeded, 30)}));
        lines += &format!("{}\n", json!({ "messages": messages }));
    }
    lines
}

/// E-07: what is said is what is billed where text is plain, and the most is never passed.
#[tokio::test(flavor = "multi_thread")]
async fn no_invoice_is_higher_than_what_was_said() {
    println!("seed={SEED}");
    let mut seeded = Seeded::new(SEED);
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    for round in 0..PURCHASES {
        let has_names = round % 6 == 5;
        let file = far.house.home.path().join(format!("random-{round}.jsonl"));
        std::fs::write(&file, conversations(&mut seeded, has_names)).unwrap();
        let project = far.house.bring_in_file(&file).await;
        let rounds = 1 + u32::try_from(seeded.below(4)).unwrap();
        let quote_of = |rounds| {
            let settings = OrderSettings { rounds: Some(rounds), ..OrderSettings::default() };
            far.quote_of(project, settings)
        };
        let (quote, more) = (quote_of(rounds).await, quote_of(rounds + 1).await);
        assert!(quote.expected_micro_usd < more.expected_micro_usd, "more rounds cost more");
        assert!(quote.ceiling_micro_usd <= more.ceiling_micro_usd);
        let run = far.place(&quote).await.unwrap().summary.run;
        let done = far.rest(&run).await;
        assert_eq!(done.summary.state, RunState::Succeeded, "{:?}", done.summary.failure);
        let invoices = far.service.ledger();
        let [invoice] = invoices.jobs_of(&run).collect::<Vec<_>>()[..] else { panic!("{run}") };
        let billed = i64::try_from(invoice.billed_micro_usd).unwrap();
        let (expected, most) =
            (quote.expected_micro_usd.unwrap(), quote.ceiling_micro_usd.unwrap());
        assert!(billed <= most, "{billed} of at most {most} in round {round}");
        if has_names {
            assert!(expected < most, "what is not proven has room above it");
        } else {
            assert_eq!((billed, invoice.billed_tokens), (expected, quote.billed_tokens), "{round}");
        }
    }
}

/// What a service bills above what was expected is counted in from then on, and said.
#[tokio::test(flavor = "multi_thread")]
async fn a_bill_that_was_higher_than_expected_raises_the_next_price() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let first = far.quote(one_round()).await;
    let more = Fault::FieldChanged {
        pointer: "/trained_tokens".to_owned(),
        value: json!(first.billed_tokens * 3 / 2),
    };
    far.plan(FaultPlan::new().with(Rule::new("GET", "/fine_tuning/jobs/*", more).times(1_000)));
    let run = far.place(&first).await.unwrap().summary.run;
    let done = far.rest(&run).await;
    let billed = done.cost.unwrap().actual_micro_usd.unwrap();
    assert!(billed > first.expected_micro_usd.unwrap());
    far.plan(FaultPlan::new());
    let next = far.quote(one_round()).await;
    assert!(next.expected_micro_usd.unwrap() >= billed, "{next:?}");
    assert!(next.ceiling_micro_usd.unwrap() >= billed);
    let codes: Vec<_> = next.notices.iter().map(|notice| notice.code).collect();
    assert!(codes.contains(&OrderNoticeCode::BilledBefore), "{codes:?}");
    assert!(first.notices.iter().all(|notice| notice.code != OrderNoticeCode::BilledBefore));
}
