//! Orders: what is asked of a service, and what of it could never be accepted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::{Capabilities, SettingRange, TrainingMethod};

/// Pairs of metadata that a service takes, its own two included.
const MOST_METADATA: usize = 16;
const LONGEST_METADATA_NAME: usize = 64;
const LONGEST_METADATA_VALUE: usize = 512;
/// Attune writes these itself.
pub(crate) const APP: &str = "app";
pub(crate) const LAUNCH_ID: &str = "launch_id";
const LARGEST_SEED: u32 = 0x7fff_ffff;

/// An order for a training.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LaunchOrder {
    /// Names the order for ever; also sent as `metadata.launch_id`.
    pub launch_id: String,
    /// The model to start from; one that was trained before has `ft:` in front.
    pub model: String,
    /// The service's id of the file to learn from.
    pub training_file: String,
    /// The service's id of the file that is only watched.
    pub validation_file: Option<String>,
    /// Becomes part of the model's name.
    pub suffix: Option<String>,
    /// Makes the run repeatable where the service can.
    pub seed: Option<u32>,
    /// How the model learns.
    pub method: TrainingMethod,
    /// Settings by the service's names; what is absent or `auto` is chosen by the service.
    pub hyperparameters: Map<String, Value>,
    /// Sent beside `launch_id`.
    pub metadata: BTreeMap<String, String>,
}

/// What of an order a service could never accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderFault {
    /// The service does not train in this way.
    #[error("this service does not train with `{method}`")]
    Method {
        /// The method's name.
        method: &'static str,
    },
    /// The suffix is too long.
    #[error("a suffix has at most {longest} characters")]
    Suffix {
        /// Its most characters.
        longest: usize,
    },
    /// The seed is too large.
    #[error("a seed is at most {most}")]
    Seed {
        /// The largest.
        most: u32,
    },
    /// The service has no such setting.
    #[error("there is no setting `{name}`")]
    UnknownSetting {
        /// Its name.
        name: String,
    },
    /// The setting cannot have this value.
    #[error("the setting `{name}` cannot have this value")]
    SettingValue {
        /// Its name.
        name: String,
    },
    /// Too much or too long metadata, or one of Attune's own names.
    #[error("the metadata `{name}` cannot be sent")]
    Metadata {
        /// Its name.
        name: String,
    },
}

impl LaunchOrder {
    /// Everything of it that a service with `capabilities` could never accept.
    #[must_use]
    pub fn faults(&self, capabilities: &Capabilities) -> Vec<OrderFault> {
        let mut faults = Vec::new();
        if !capabilities.methods.contains(&self.method) {
            faults.push(OrderFault::Method { method: self.method.as_str() });
        }
        let suffix = self.suffix.as_deref().unwrap_or_default();
        if suffix.chars().count() > capabilities.longest_suffix {
            faults.push(OrderFault::Suffix { longest: capabilities.longest_suffix });
        }
        if self.seed.is_some_and(|seed| seed > LARGEST_SEED) {
            faults.push(OrderFault::Seed { most: LARGEST_SEED });
        }
        let settings = self.hyperparameters.iter();
        faults.extend(settings.filter_map(|it| setting_fault(capabilities, self.method, it)));
        if capabilities.metadata {
            faults.extend(self.metadata_faults());
        }
        faults
    }

    fn metadata_faults(&self) -> impl Iterator<Item = OrderFault> {
        let own = [LAUNCH_ID, APP];
        let most = MOST_METADATA - own.len();
        self.metadata.iter().enumerate().filter_map(move |(at, (name, value))| {
            let is_fine = at < most
                && !own.contains(&name.as_str())
                && name.chars().count() <= LONGEST_METADATA_NAME
                && value.chars().count() <= LONGEST_METADATA_VALUE;
            (!is_fine).then(|| OrderFault::Metadata { name: name.clone() })
        })
    }
}

fn setting_fault(
    capabilities: &Capabilities,
    method: TrainingMethod,
    (name, value): (&String, &Value),
) -> Option<OrderFault> {
    if value.as_str() == Some("auto") {
        return None;
    }
    match capabilities.settings_of(method).find(|it| it.name == *name) {
        Some(setting) if setting.range.holds(value) => None,
        Some(_) => Some(OrderFault::SettingValue { name: name.clone() }),
        None if capabilities.other_settings => None,
        None => Some(OrderFault::UnknownSetting { name: name.clone() }),
    }
}

impl SettingRange {
    /// Whether a setting of this kind can have this value.
    #[must_use]
    pub fn holds(&self, value: &Value) -> bool {
        let number = value.as_f64().filter(|it| it.is_finite());
        match *self {
            Self::Whole { least, most } => {
                value.as_u64().is_some_and(|it| it >= least && most.is_none_or(|most| it <= most))
            }
            Self::Above { above, most } => {
                number.is_some_and(|it| it > above && most.is_none_or(|most| it <= most))
            }
            Self::Share => number.is_some_and(|it| (0.0..1.0).contains(&it)),
            Self::Flag => value.is_boolean(),
        }
    }
}

/// What became of an order.
#[derive(Debug)]
pub enum LaunchOutcome {
    /// The job exists.
    Acknowledged(Box<crate::RemoteJob>),
    /// The job does not exist.
    Rejected(crate::RefusedReply),
    /// Nobody can tell: look it up by its `launch_id`.
    Ambiguous,
}

/// What is known of an order whose answer was lost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LaunchTrace {
    /// Names the order for ever.
    pub launch_id: String,
    /// The service's id of the file it learns from, where that was sent for this order alone.
    pub training_file: Option<String>,
    /// A text that only this order's suffix holds.
    pub code: Option<String>,
    /// The service's own time just before the order left, in seconds since 1970. Without it only
    /// the newest jobs are looked through.
    pub since: Option<i64>,
}

/// What a search for an order found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LaunchSearch {
    /// The jobs that are the order's, the earliest first. More than one is one too many.
    pub jobs: Vec<crate::RemoteJob>,
    /// Whether every job that could be the order's was seen; else an empty list proves nothing.
    pub is_complete: bool,
}

/// A file to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileOrder {
    /// Where it lies.
    pub path: PathBuf,
    /// The name it gets at the service. One that no other file has makes a lost answer harmless.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// After so many seconds the service removes it by itself; an hour to 30 days.
    pub expires_after: Option<u32>,
    /// The size of its parts, where it is sent in parts; a good one is chosen when absent.
    pub part_bytes: Option<u64>,
}

impl FileOrder {
    /// A file to learn from.
    #[must_use]
    pub fn to_learn_from(path: PathBuf, name: String) -> Self {
        Self { path, name, purpose: "fine-tune".to_owned(), expires_after: None, part_bytes: None }
    }

    /// When the service is to remove it, within what services take.
    pub(crate) fn expiry(&self) -> Option<u32> {
        self.expires_after.map(|seconds| seconds.clamp(3_600, 2_592_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(capabilities: &Capabilities, order: &LaunchOrder, expected: &[&str]) {
        let faults = order.faults(capabilities).into_iter().map(|it| it.to_string());
        assert_eq!(faults.collect::<Vec<_>>(), expected);
    }

    fn with(settings: Value) -> LaunchOrder {
        let Value::Object(hyperparameters) = settings else { panic!("settings have names") };
        LaunchOrder { hyperparameters, ..LaunchOrder::default() }
    }

    #[test]
    fn settings_are_auto_or_within_their_range() {
        let openai = Capabilities::openai();
        check(&openai, &with(json!({"n_epochs": "auto", "batch_size": 256})), &[]);
        check(
            &openai,
            &with(json!({"n_epochs": 51, "learning_rate_multiplier": 0, "dropout": 0.1})),
            &[
                "the setting `n_epochs` cannot have this value",
                "the setting `learning_rate_multiplier` cannot have this value",
                "there is no setting `dropout`",
            ],
        );
        check(&openai, &with(json!({"beta": 1})), &["there is no setting `beta`"]);
        let dpo =
            |beta: f64| LaunchOrder { method: TrainingMethod::Dpo, ..with(json!({"beta": beta})) };
        check(&openai, &dpo(2.0), &[]);
        check(&openai, &dpo(2.1), &["the setting `beta` cannot have this value"]);
        check(&Capabilities::default(), &with(json!({"anything": [1]})), &[]);
        check(&Capabilities::default(), &dpo(1.0), &["this service does not train with `dpo`"]);
    }

    #[test]
    fn names_and_numbers_have_limits() {
        let order = LaunchOrder {
            suffix: Some("x".repeat(65)),
            seed: Some(u32::MAX),
            metadata: [("launch_id".to_owned(), "x".to_owned())].into(),
            ..LaunchOrder::default()
        };
        let expected = [
            "a suffix has at most 64 characters",
            "a seed is at most 2147483647",
            "the metadata `launch_id` cannot be sent",
        ];
        check(&Capabilities::openai(), &order, &expected);
        let pair = |at: usize| (format!("k{at:02}"), "v".repeat(512));
        let many = LaunchOrder { metadata: (0..15).map(pair).collect(), ..LaunchOrder::default() };
        check(&Capabilities::openai(), &many, &["the metadata `k14` cannot be sent"]);
    }
}
