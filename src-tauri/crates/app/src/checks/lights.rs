//! The lights of the check page: green, amber, red, in words.

use attune_contract::checks::{Light, LightState, LightTopic, SplitCounts};
use attune_dataset::ProblemCode;
use attune_store::Stats;

/// No service takes fewer (facts of OpenAI's guide).
const LEAST: u64 = 10;
/// Gains are seen from here on (the same guide).
const GOOD_START: u64 = 50;

pub(super) fn lights(stats: &Stats, usable: u64, split: &SplitCounts) -> Vec<Light> {
    let in_the_way = stats.examples - usable;
    let too_long = count_of(stats, ProblemCode::TooLong);
    let light = |topic, state, count| Light { topic, state, count };
    vec![
        light(LightTopic::Enough, enough(usable), usable),
        light(LightTopic::Sound, care_from(in_the_way), in_the_way),
        light(LightTopic::Different, care_from(stats.duplicate_rows), stats.duplicate_rows),
        light(
            LightTopic::Length,
            care_from(too_long),
            if too_long > 0 { too_long } else { u64::from(stats.longest) },
        ),
        light(
            LightTopic::KeptAside,
            if split.test == 0 { LightState::Bad } else { LightState::Good },
            split.test,
        ),
    ]
}

fn enough(usable: u64) -> LightState {
    match usable {
        0..LEAST => LightState::Bad,
        LEAST..GOOD_START => LightState::Care,
        _ => LightState::Good,
    }
}

/// Examples that cannot be used are left out of training, so they never stand in its way by
/// themselves.
fn care_from(count: u64) -> LightState {
    if count == 0 { LightState::Good } else { LightState::Care }
}

fn count_of(stats: &Stats, code: ProblemCode) -> u64 {
    stats.problems.iter().find(|(name, _)| name == code.as_str()).map_or(0, |(_, count)| *count)
}
