//! What a service can do, so that a window can grey out what it cannot.
//!
//! Nothing here is asked of a service: no address tells all of it. What is known of the known ones
//! stands here; for an address of one's own a person may change every flag.

/// How a model learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrainingMethod {
    /// From right answers.
    #[default]
    Supervised,
    /// From pairs of a better and a worse answer.
    Dpo,
}

impl TrainingMethod {
    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Supervised => "supervised",
            Self::Dpo => "dpo",
        }
    }
}

/// The values a setting may have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SettingRange {
    /// A whole number.
    Whole {
        /// The least.
        least: u64,
        /// The most, where there is one.
        most: Option<u64>,
    },
    /// A number above `above`.
    Above {
        /// Not allowed itself.
        above: f64,
        /// The most, where there is one.
        most: Option<f64>,
    },
    /// A number from 0 to 1, 1 not included.
    Share,
    /// Yes or no.
    Flag,
}

/// A setting of a training.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The service's name of it.
    pub name: String,
    /// Its values. `auto` is always allowed besides: then the service chooses.
    pub range: SettingRange,
    /// The one method that has it; every method when absent.
    pub only: Option<TrainingMethod>,
}

/// What a service can do.
#[derive(Debug, Clone, PartialEq)]
pub struct Capabilities {
    /// How models learn there.
    pub methods: Vec<TrainingMethod>,
    /// Whether an order may carry metadata.
    pub metadata: bool,
    /// Whether the list of jobs can be filtered by them.
    pub metadata_filter: bool,
    /// Whether a file can be sent in parts.
    pub uploads_in_parts: bool,
    /// Whether a job can pause and go on.
    pub pause: bool,
    /// Whether it keeps stages of a job as models.
    pub checkpoints: bool,
    /// Whether a model can be deleted.
    pub delete_model: bool,
    /// Whether it screens texts.
    pub moderation: bool,
    /// Whether answers can carry how likely their pieces were.
    pub logprobs: bool,
    /// Whether a file can be told when to vanish.
    pub expires_after: bool,
    /// The longest suffix in a model's name.
    pub longest_suffix: usize,
    /// The largest file in one piece.
    pub largest_file: u64,
    /// Its settings.
    pub settings: Vec<Setting>,
    /// Whether it may have settings that are not listed.
    pub other_settings: bool,
    /// The models that are known to learn there; nothing is known when it is empty.
    pub tunable: Vec<String>,
}

const MB: u64 = 1 << 20;
const GB: u64 = 1 << 30;

impl Default for Capabilities {
    /// An address of which nothing is known but that it speaks OpenAI's format: only what a service
    /// cannot lack. An upload in parts that is not there would be found out in mid-work.
    fn default() -> Self {
        Self {
            methods: vec![TrainingMethod::Supervised],
            metadata: true,
            metadata_filter: false,
            uploads_in_parts: false,
            pause: false,
            checkpoints: true,
            delete_model: true,
            moderation: false,
            logprobs: true,
            expires_after: false,
            longest_suffix: 40,
            largest_file: 512 * MB,
            settings: shared_settings(),
            other_settings: true,
            tunable: Vec::new(),
        }
    }
}

impl Capabilities {
    /// OpenAI itself.
    #[must_use]
    pub fn openai() -> Self {
        let tunable = ["gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14"]
            .into_iter()
            .chain(["gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18"]);
        Self {
            methods: vec![TrainingMethod::Supervised, TrainingMethod::Dpo],
            metadata_filter: true,
            uploads_in_parts: true,
            pause: true,
            moderation: true,
            expires_after: true,
            longest_suffix: 64,
            other_settings: false,
            tunable: tunable.map(str::to_owned).collect(),
            ..Self::default()
        }
    }

    /// Azure's OpenAI under `/openai/v1`.
    #[must_use]
    pub fn azure() -> Self {
        Self {
            methods: vec![TrainingMethod::Supervised, TrainingMethod::Dpo],
            uploads_in_parts: true,
            pause: true,
            other_settings: false,
            ..Self::default()
        }
    }

    /// Nebius Token Factory.
    #[must_use]
    pub fn nebius() -> Self {
        let whole = |least| SettingRange::Whole { least, most: None };
        let above = SettingRange::Above { above: 0.0, most: None };
        let extra = [
            ("lora", SettingRange::Flag),
            ("lora_r", whole(1)),
            ("lora_alpha", whole(1)),
            ("lora_dropout", SettingRange::Share),
            ("learning_rate", above),
            ("warmup_ratio", SettingRange::Share),
            ("weight_decay", SettingRange::Share),
            ("packing", SettingRange::Flag),
            ("max_grad_norm", above),
            ("context_length", whole(1)),
        ];
        let extra = extra.map(|(name, range)| Setting { name: name.to_owned(), range, only: None });
        Self {
            largest_file: 5 * GB,
            settings: shared_settings().into_iter().chain(extra).collect(),
            ..Self::default()
        }
    }

    /// Crusoe's serverless training.
    #[must_use]
    pub fn crusoe() -> Self {
        Self { largest_file: 3 * GB, ..Self::default() }
    }

    /// This computer's engine.
    #[must_use]
    pub fn this_computer() -> Self {
        Self {
            metadata_filter: true,
            pause: true,
            longest_suffix: 64,
            largest_file: u64::MAX,
            ..Self::default()
        }
    }

    /// The settings that `method` has.
    pub fn settings_of(&self, method: TrainingMethod) -> impl Iterator<Item = &Setting> {
        self.settings.iter().filter(move |it| it.only.is_none_or(|only| only == method))
    }
}

/// The settings that OpenAI's format has by itself.
fn shared_settings() -> Vec<Setting> {
    let setting = |name: &str, range, only| Setting { name: name.to_owned(), range, only };
    vec![
        setting("n_epochs", SettingRange::Whole { least: 1, most: Some(50) }, None),
        setting("batch_size", SettingRange::Whole { least: 1, most: Some(256) }, None),
        setting("learning_rate_multiplier", SettingRange::Above { above: 0.0, most: None }, None),
        setting(
            "beta",
            SettingRange::Above { above: 0.0, most: Some(2.0) },
            Some(TrainingMethod::Dpo),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_of_one_method_is_not_offered_for_another() {
        let openai = Capabilities::openai();
        let names = |method| openai.settings_of(method).map(|it| it.name.as_str()).collect();
        let supervised: Vec<&str> = names(TrainingMethod::Supervised);
        let dpo: Vec<&str> = names(TrainingMethod::Dpo);
        assert_eq!(supervised, ["n_epochs", "batch_size", "learning_rate_multiplier"]);
        assert_eq!(dpo, ["n_epochs", "batch_size", "learning_rate_multiplier", "beta"]);
    }

    #[test]
    fn nothing_is_promised_of_an_unknown_address() {
        let unknown = Capabilities::default();
        let promised = [unknown.uploads_in_parts, unknown.pause, unknown.moderation];
        assert_eq!(promised, [false; 3]);
        assert!(unknown.tunable.is_empty());
    }
}
