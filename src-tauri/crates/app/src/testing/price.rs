//! What a test costs where answers cost money.

use attune_contract::Failure;
use attune_contract::answers::{TestAmounts, TestPrice};
use attune_cost::{Encoding, bulk_counter};
use attune_dataset::Example;
use attune_services::ChatMessage;
use attune_store::{LaunchRow, Library};

use super::ask;
use crate::App;
use crate::answering::{PaidPlace, Rates, most_tokens, paid_place};

/// What the test of a launch costs; none where it is free.
pub(super) fn test_price(
    app: &App,
    library: &Library,
    launch: &LaunchRow,
) -> Result<Option<TestPrice>, Failure> {
    let Some(place) = paid_place(app, library, launch)? else { return Ok(None) };
    let questions = super::read_examples(library, &launch.test_file)?;
    let amounts = amounts(&place, launch, &questions, times_asked(launch))?;
    Ok(Some(TestPrice { service_title: place.title, amounts }))
}

/// How often the test of a launch asks each question: the model as it was before is asked too, and costs
/// no more than what was made of it.
pub(super) fn times_asked(launch: &LaunchRow) -> i64 {
    if super::before_model(launch).is_some() { 2 } else { 1 }
}

/// The amounts for these questions, each asked so many times; none where no price is known or nothing is
/// asked.
pub(super) fn amounts(
    place: &PaidPlace,
    launch: &LaunchRow,
    questions: &[Example],
    times: i64,
) -> Result<Option<TestAmounts>, Failure> {
    let Some(rates) = place.rates.filter(|_| !questions.is_empty()) else { return Ok(None) };
    let longest = u64::from(ask::longest_answer(questions));
    let counter = bulk_counter(Encoding::for_model(&launch.model));
    let (mut read, mut written, mut most) = (0_u64, 0_u64, 0_i64);
    for example in questions {
        let messages = ask::conversation(example);
        let said: u64 = messages.iter().map(|message| counter.count(&message.content)).sum();
        read = read.saturating_add(said + 4 * messages.len() as u64 + 3);
        written = written.saturating_add(counter.count(example.answer()) + 1);
        most = most.saturating_add(most_of(rates, &messages, longest)?);
    }
    Ok(Some(TestAmounts {
        expected_micro_usd: rates.of_tokens(read, written)?.saturating_mul(times),
        most_micro_usd: most.saturating_mul(times),
    }))
}

fn most_of(rates: Rates, messages: &[ChatMessage], longest: u64) -> Result<i64, Failure> {
    rates.most(most_tokens(messages), longest)
}
