//! What having and using a model would cost, place by place, for the examples of a project.
//!
//! It must never make a place look cheap whose price is not known: it is named without an amount.

mod untuned;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::num::NonZeroU32;
use std::sync::Arc;

use attune_contract::Failure;
use attune_contract::outlook::{
    AmountRange, Outlook, OutlookHere, OutlookRequest, OutlookRow, PaysOff, PowerShown, PowerWish,
    UntunedWish,
};
use attune_cost::{
    CallTier, CallTokens, Day, Encoding, EnergyError, MicroUsd, MinutesADay, OutlookError,
    OutlookWish, Percent, PricedModel, Spread, Tariff, TokenRange, TrainingOrder, TrainingTier,
    UsagePlan, ValidationRun, Watts, auto_epochs, energy_cost, side_by_side, watt_hours,
};
use attune_store::{Library, ProjectId, ServiceRow};

use crate::failures::{OrFailure, input_invalid, internal};
use crate::prices::Prices;
use crate::tokenizers::{Vocabulary, VocabularyKey};
use crate::training::{BilledTrainings, Counted, PreparedProject};
use crate::{App, services, tokenizers, training};

use untuned::{Untuned, of_spread};

/// More questions than any person's program asks in a day.
const MOST_CALLS: u64 = 10_000_000;
/// The place that is shown whether it is connected or not.
const OPENAI: &str = "openai";
/// A model that counts as all newer ones do.
const USUAL_MODEL: &str = "gpt-4.1";
const THOUSAND: u64 = 1_000;

/// How a model would be used.
#[derive(Debug, Clone, Copy)]
struct Usage {
    calls_a_day: u64,
    cached: Percent,
    tier: CallTier,
}

/// The examples that are learned from, and those that are only watched.
struct Files {
    train: Counted,
    validate: Counted,
}

/// A project's examples, counted once for each vocabulary, and where models can be had.
struct Seen<'a> {
    prices: &'a Prices,
    rows: &'a [ServiceRow],
    counted: HashMap<VocabularyKey, Files>,
    /// What counts the text of each model, by service and name.
    vocabularies: HashMap<(String, String), VocabularyKey>,
    /// What earlier trainings were billed.
    billed: BilledTrainings,
    /// How often all examples are read.
    rounds: NonZeroU32,
    usage: Usage,
    /// A usual call as the newer models count it.
    call: CallTokens,
    /// Tokens of the standing instructions in it.
    standing: u64,
}

impl App {
    /// What having and using a model would cost. Nothing leaves the computer.
    ///
    /// # Errors
    /// `InputInvalid`, `ProjectMissing`; failures of the library. That there are too few examples is
    /// part of the outlook.
    pub async fn outlook_read(
        self: &Arc<Self>,
        request: OutlookRequest,
    ) -> Result<Outlook, Failure> {
        if !(1..=MOST_CALLS).contains(&request.calls_a_day) {
            return Err(input_invalid("callsADay"));
        }
        let cached = Percent::new(request.cached_percent);
        let usage = Usage {
            calls_a_day: request.calls_a_day,
            cached: cached.ok_or_else(|| input_invalid("cachedPercent"))?,
            tier: if request.is_batch { CallTier::Batch } else { CallTier::Immediate },
        };
        let untuned = untuned::checked(request.untuned)?;
        let prepared = self.prepared_project(request.project).await?;
        self.on_library(move |app, library| {
            let here = here(library, ProjectId(request.project), request.power.as_ref())?;
            app.outlook(library, &prepared, usage, &untuned, here)
        })
        .await
    }

    fn outlook(
        &self,
        library: &Library,
        prepared: &PreparedProject,
        usage: Usage,
        untuned: &UntunedWish,
        here: OutlookHere,
    ) -> Result<Outlook, Failure> {
        if let Some(refusal) = prepared.refusal() {
            return Ok(nothing(refusal, here));
        }
        let (prices, rows) = (self.prices(library)?, library.services().or_failure()?);
        let [train, validate] = prepared.files();
        let usual = Vocabulary::OpenAi(Encoding::for_model(USUAL_MODEL));
        let usual = self.counted(library, train, (USUAL_MODEL, &usual))?;
        let uncounted = || internal("no example was counted");
        let call = usual.call.ok_or_else(uncounted)?;
        let rounds = auto_epochs(prepared.learned_from()).ok_or_else(uncounted)?;
        let (mut counted, mut vocabularies) = (HashMap::new(), HashMap::new());
        for model in prices.book.models.iter().filter(|model| is_shown(&rows, model)) {
            // A file that cannot be read any more must not hide all other places; the model's own price
            // says it.
            let vocabulary = self
                .vocabulary(library, &model.service, &model.model)
                .unwrap_or_else(|_| tokenizers::nearest(&model.model));
            if let Entry::Vacant(new) = counted.entry(vocabulary.key()) {
                let count = |file| self.counted(library, file, (&model.model, &vocabulary));
                new.insert(Files { train: count(train)?, validate: count(validate)? });
            }
            let name = (model.service.clone(), model.model.clone());
            vocabularies.insert(name, vocabulary.key());
        }
        let instruction_tokens = usual.standing.map(|standing| standing.tokens);
        let standing = instruction_tokens.unwrap_or(0);
        let seen = Seen {
            prices: &prices,
            rows: &rows,
            counted,
            vocabularies,
            billed: BilledTrainings::read(library)?,
            rounds,
            usage,
            call,
            standing,
        };
        let today = self.today().ok_or_else(|| internal("the clock stands outside all days"))?;
        let untuned = seen.untuned(untuned);
        let (compared, unpriced) = seen.compared(untuned.as_ref(), today);
        Ok(Outlook {
            input_tokens: call.input.expected(),
            output_tokens: call.output.expected(),
            instruction_tokens,
            rows: compared,
            unpriced,
            told_tokens: seen.told_tokens(),
            places: seen.places(),
            untuned_models: seen.untuned_models(),
            untuned: untuned.map(|untuned| untuned.shown),
            here,
            refusal: None,
        })
    }
}

impl Seen<'_> {
    /// The models with a total, the cheapest first; and the names of those without a price.
    fn compared(&self, untuned: Option<&Untuned>, today: Day) -> (Vec<OutlookRow>, Vec<String>) {
        let (mut compared, mut unpriced) = (Vec::new(), self.told_unpriced());
        for (model, total) in side_by_side(&self.prices.book, today, |model| self.wish(model)) {
            if !is_shown(self.rows, model) {
                continue;
            }
            match total {
                Ok(total) => {
                    let total = self.as_billed_before(model, total);
                    let pays = |it: &Untuned| it.paid(&total, &self.plan(model), today);
                    compared.extend(self.row(model, &total, untuned.and_then(pays)));
                }
                Err(
                    OutlookError::UnknownTrainingPrice { .. }
                    | OutlookError::UnknownUsagePrice { .. },
                ) if self.is_connected(model) => unpriced.push(model.model.clone()),
                Err(_) => {}
            }
        }
        unpriced.sort();
        unpriced.dedup();
        // Earlier bills may have moved them.
        compared.sort_by_key(|row: &OutlookRow| row.year.expected_micro_usd);
        (compared, unpriced)
    }

    /// What is wished of a model, counted as it counts.
    fn wish(&self, model: &PricedModel) -> OutlookWish {
        let files = self.files_of(model);
        let longest = model.longest_example_tokens.unwrap_or(u64::MAX);
        let tokens = |file: Option<&Counted>| {
            let count =
                file.and_then(|file| file.dataset(longest, (&model.service, &model.model)).ok());
            // What cannot be counted is too much to be priced.
            count.map_or(TokenRange::exactly(u64::MAX), |count| count.range)
        };
        let watched = tokens(files.map(|files| &files.validate));
        OutlookWish {
            order: TrainingOrder {
                tokens: tokens(files.map(|files| &files.train)),
                epochs: self.rounds,
                // Where that is free, it does not count.
                validation: Some(ValidationRun { tokens: watched, evaluations: self.rounds.get() }),
            },
            plan: self.plan(model),
            tier: self.usage.tier,
        }
    }

    fn plan(&self, model: &PricedModel) -> UsagePlan {
        UsagePlan {
            calls_a_day: Spread::exactly(self.usage.calls_a_day),
            tokens: self.call_of(model),
            cached: self.usage.cached,
            hosted: MinutesADay::ALWAYS,
        }
    }

    /// A usual call of a model.
    fn call_of(&self, model: &PricedModel) -> CallTokens {
        self.files_of(model).and_then(|files| files.train.call).unwrap_or(self.call)
    }

    fn files_of(&self, model: &PricedModel) -> Option<&Files> {
        let name = (model.service.clone(), model.model.clone());
        self.counted.get(self.vocabularies.get(&name)?)
    }

    /// A row with a total; none where a thousand questions are too large to price.
    fn row(
        &self,
        model: &PricedModel,
        total: &attune_cost::Outlook,
        pays_off: Option<PaysOff>,
    ) -> Option<OutlookRow> {
        let training = &total.training;
        let thousand = self.thousand(&total.prices, self.call_of(model)).ok()?;
        Some(OutlookRow {
            service: model.service.clone(),
            service_title: services::title_of(self.rows, &model.service),
            model: model.model.clone(),
            training: range(training.low, training.expected, training.ceiling),
            thousand_calls: of_spread(thousand),
            year: range(total.low, total.expected, total.high),
            days: total.usage.days,
            ends_on: total.ends_on.map(|day| day.to_string()),
            pays_off,
        })
    }

    /// What earlier trainings were billed counts here as in every price.
    fn as_billed_before(
        &self,
        model: &PricedModel,
        total: attune_cost::Outlook,
    ) -> attune_cost::Outlook {
        let before = self.billed.of(&model.service, &model.model);
        before.and_then(|before| total.after(before)).unwrap_or(total)
    }

    fn is_connected(&self, model: &PricedModel) -> bool {
        self.rows.iter().any(|row| row.name == model.service)
    }

    /// The models that connected services say can learn, and that the book does not know.
    fn told_unpriced(&self) -> Vec<String> {
        let tunable = self.rows.iter().flat_map(|row| {
            let check = services::check_of(row);
            let models = check.map(|check| check.tunable).unwrap_or_default();
            models.into_iter().map(move |tunable| (row, tunable.model))
        });
        let is_unknown = |service: &str, model: &str| {
            self.prices.model(service, model).is_none_or(PricedModel::is_only_untuned)
        };
        let unknown = tunable.filter(|(row, model)| is_unknown(&row.name, model));
        unknown.map(|(_, model)| model).collect()
    }
}

/// Whether a model of the book stands among the others: `OpenAI`'s, and those of connected services.
fn is_shown(rows: &[ServiceRow], model: &PricedModel) -> bool {
    let is_had = model.service == OPENAI || rows.iter().any(|row| row.name == model.service);
    is_had && model.tier == TrainingTier::Standard
}

fn range(low: MicroUsd, expected: MicroUsd, high: Option<MicroUsd>) -> AmountRange {
    AmountRange {
        low_micro_usd: low.micros(),
        expected_micro_usd: expected.micros(),
        high_micro_usd: high.map(MicroUsd::micros),
    }
}

/// What the last training of the project took on this computer.
fn here(
    library: &Library,
    project: ProjectId,
    power: Option<&PowerWish>,
) -> Result<OutlookHere, Failure> {
    let launches = library.launches(project).or_failure()?;
    let training_seconds = launches.iter().find_map(training::seconds_here);
    // What cannot be is refused, whether a training was measured or not.
    let power = power.map(|wish| power_of(wish, training_seconds.unwrap_or(0))).transpose()?;
    Ok(OutlookHere { power: power.filter(|_| training_seconds.is_some()), training_seconds })
}

fn power_of(wish: &PowerWish, seconds: u64) -> Result<PowerShown, Failure> {
    let watts = Watts::new(wish.watts).map_err(|_| input_invalid("watts"))?;
    let tariff: Tariff = wish.tariff.parse().map_err(|_| input_invalid("tariff"))?;
    let too_large = |error: EnergyError| internal(error.to_string());
    Ok(PowerShown {
        watt_hours: watt_hours(watts, seconds).map_err(too_large)?,
        cost_micros: energy_cost(watts, seconds, tariff).map_err(too_large)?.micros(),
    })
}

/// An outlook without any place.
fn nothing(refusal: Failure, here: OutlookHere) -> Outlook {
    Outlook {
        input_tokens: 0,
        output_tokens: 0,
        instruction_tokens: None,
        rows: Vec::new(),
        unpriced: Vec::new(),
        told_tokens: 0,
        places: Vec::new(),
        untuned_models: Vec::new(),
        untuned: None,
        here,
        refusal: Some(refusal),
    }
}
