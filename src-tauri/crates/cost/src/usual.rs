//! What a service chooses by itself where nobody says anything. Nothing of it is promised: the job
//! tells what was really chosen, and that is what is shown then.

use crate::model_name::base_of;

/// The service of which something is known.
const KNOWN: &str = "openai";
/// Multipliers that finished jobs of these models showed, in hundredths (jobs that people published;
/// read in November 2026).
const MULTIPLIERS: [(&str, u32); 3] =
    [("gpt-4o-mini", 180), ("gpt-4.1-mini", 200), ("gpt-3.5-turbo-0613", 200)];

/// How many examples are learned from at once: about 0.2 % of all, at least 1 and at most 256 (OpenAI's
/// older API reference; published jobs of up to 370 examples show 1). None where the service's rule is
/// not known, or there is nothing to learn from.
#[must_use]
pub fn usual_batch_size(service: &str, examples: u64) -> Option<u32> {
    const MOST: u64 = 256;
    const OF: u64 = 500;
    if service != KNOWN || examples == 0 {
        return None;
    }
    let nearest = examples.saturating_add(OF / 2) / OF;
    u32::try_from(nearest.clamp(1, MOST)).ok()
}

/// The learning rate multiplier, in hundredths; none where no job of the model was seen.
#[must_use]
pub fn usual_learning_rate_multiplier(service: &str, model: &str) -> Option<u32> {
    let base = base_of(model);
    let is_it = |family: &str| {
        // Of a family all that are named after a day, and no other that begins alike.
        base.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with("-20"))
    };
    let known = MULTIPLIERS.iter().find(|(family, _)| service == KNOWN && is_it(family));
    known.map(|(_, hundredths)| *hundredths)
}

#[cfg(test)]
mod tests {
    use super::{usual_batch_size, usual_learning_rate_multiplier};

    #[test]
    fn a_batch_is_about_a_five_hundredth_of_the_examples() {
        for (examples, expected) in [
            (0, None),
            (1, Some(1)),
            (370, Some(1)),
            (1_500, Some(3)),
            (127_749, Some(255)),
            (150_000, Some(256)),
            (u64::MAX, Some(256)),
        ] {
            assert_eq!(usual_batch_size("openai", examples), expected, "{examples}");
        }
        assert_eq!(usual_batch_size("nebius", 1_000), None, "its rule is not known");
    }

    #[test]
    fn a_multiplier_is_known_of_models_that_jobs_were_seen_of() {
        for (model, expected) in [
            ("gpt-4o-mini-2024-07-18", Some(180)),
            ("gpt-4o-mini", Some(180)),
            ("ft:gpt-4.1-mini-2025-04-14:acme::id", Some(200)),
            ("gpt-4.1-2025-04-14", None),
            ("gpt-4o-mini-tts", None),
            ("gpt-3.5-turbo-0125", None),
        ] {
            assert_eq!(usual_learning_rate_multiplier("openai", model), expected, "{model}");
        }
        assert_eq!(usual_learning_rate_multiplier("nebius", "gpt-4o-mini"), None);
    }
}
