//! What a training needs of this computer's memory, from sizes alone, and whether that is there.

use super::batches::{Packing, deal, pack, shared_beginning};
use super::checks::rows_of_a_check;
use super::settings::{AdapterSettings, Learner, Settings};
use crate::formats::rows::Row;
use crate::model::kernels::attention::BLOCK;
use crate::model::llama::entries::entries_bytes;
use crate::model::llama::memory::LargestPass;
use crate::model::llama::model::{Llama, LlamaOptions, Precision};
use crate::model::llama::shape::LlamaShape;
use crate::model::parameters::Layout;
use crate::model::shape::Shape;

/// What the process itself takes, with its threads and its files.
const PROGRAM: u64 = 24 << 20;
/// What a piece of a ready-made model's tokenizer takes: its text there and back, its merge, its bytes.
/// Measured: 30 MB for the 49,152 pieces of the starter.
const TOKENIZER_PIECE: u64 = 600;
/// Entries beyond this are not kept: what larger sets save in a round is not worth that much memory.
const MOST_ENTRY_BYTES: u64 = 256 << 20;
/// Bytes of a learned or computed number.
const NUMBER: u64 = 4;

/// A training that this computer cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("needs {}, this computer has {} free", gigabytes(*needed), gigabytes(*free))]
pub(crate) struct TooLittleMemory {
    /// Bytes that it takes.
    pub(crate) needed: u64,
    /// Bytes that there are.
    pub(crate) free: u64,
}

/// Bytes as a person says them.
fn gigabytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000_000);
    match (tenths / 10, tenths % 10) {
        (0, _) => format!("{} MB", bytes.div_ceil(1_000_000)),
        (whole, 0) => format!("{whole} GB"),
        (whole, _) if whole >= 10 => format!("{} GB", tenths.div_ceil(10)),
        (whole, tenth) => format!("{whole}.{tenth} GB"),
    }
}

/// How large the passes over the data get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Passes {
    /// Places that one thread holds at once.
    pub(crate) places: usize,
    /// Places whose next piece is learned, among them.
    pub(crate) goals: usize,
    /// The longest conversation.
    pub(crate) longest: usize,
    /// Bytes of all rows.
    pub(crate) rows: u64,
    /// Rows that are looked at again and again, in steps or in checks.
    pub(crate) seen_again: u64,
    /// Places of those.
    pub(crate) places_seen_again: u64,
}

impl Passes {
    /// The passes that a training on `rows` makes; `kept_aside` are looked at in the checks.
    pub(crate) fn of(settings: &Settings, rows: &[Row], kept_aside: &[Row]) -> Self {
        let longest = rows.iter().chain(kept_aside).map(|row| row.pieces.len()).max().unwrap_or(1);
        let batch = usize::try_from(settings.batch_size).unwrap_or(usize::MAX).min(rows.len());
        // The rows of a step are drawn; the longest ones may meet.
        let mut by_length: Vec<usize> = (0..rows.len()).collect();
        by_length.sort_by_key(|row| std::cmp::Reverse(rows[*row].pieces.len()));
        let steps = deal(rows, &by_length[..batch], settings.shards);
        let shared = settings.shared(rows);
        let sum = |of: &dyn Fn(&Row) -> usize| -> usize {
            let sums = steps.iter().map(|step| step.iter().map(|row| of(&rows[*row])).sum());
            sums.max().unwrap_or(0)
        };
        let step = (shared + sum(&|row| row.pieces.len() - shared), sum(&Row::goals));
        let checked = &kept_aside[..rows_of_a_check(kept_aside.len())];
        let check = settings.largest_check(checked);
        let most = settings.places_at_once.max(longest);
        let bytes =
            |rows: &[Row]| rows.iter().map(|row| row.pieces.len() as u64 * 8 + 80).sum::<u64>();
        let places = |rows: &[Row]| rows.iter().map(|row| row.pieces.len() as u64).sum::<u64>();
        Self {
            seen_again: (rows.len() + checked.len()) as u64,
            places_seen_again: places(rows) + places(checked),
            places: step.0.max(check.0).min(most).max(1),
            goals: step.1.max(check.1).min(most).max(1),
            longest,
            rows: bytes(rows) + bytes(kept_aside),
        }
    }
}

impl Settings {
    /// Pieces that all `rows` begin with, so that every batch has them once.
    fn shared(&self, rows: &[Row]) -> usize {
        if self.shares() { shared_beginning(rows.iter()) } else { 0 }
    }

    fn shares(&self) -> bool {
        matches!(self.learner, Learner::Adapter { .. })
    }

    /// Places and goals of the largest pass of a check of `rows`.
    fn largest_check(&self, rows: &[Row]) -> (usize, usize) {
        let every: Vec<usize> = (0..rows.len()).collect();
        let places_at_once = self.places_of_a_check();
        let packing = Packing { places_at_once, shares: self.shares(), hiding: None };
        let mut largest = (0, 0);
        for dealt in deal(rows, &every, self.shards) {
            pack(rows, &dealt, packing, |batch| {
                largest = (largest.0.max(batch.pieces.len()), largest.1.max(batch.goals.len()));
            });
        }
        largest
    }

    /// Bytes that a training with these settings takes at most; `base` is the model under adapters.
    pub(crate) fn memory_bytes(&self, base: Option<&LlamaShape>, passes: Passes) -> u64 {
        let learning = match (&self.learner, base) {
            (Learner::Adapter { adapter }, Some(base)) => {
                let loading = adapter.loading(passes.places);
                let pass = LargestPass { goals: passes.goals, longest: passes.longest };
                Llama::memory(base, &loading, self.shards, pass).total()
                    + adapter.entries_memory(base, passes)
                    + base.vocabulary as u64 * TOKENIZER_PIECE
            }
            (Learner::Lab { shape }, _) => lab_memory(shape, self.shards, passes),
            // Without its base an adapter cannot even be looked at.
            (Learner::Adapter { .. }, None) => 0,
        };
        PROGRAM + passes.rows + learning
    }

    /// Bytes that a new training will take. Where `free` is short, adapters compute activations
    /// again instead of keeping them, and then the entries of conversations too.
    ///
    /// # Errors
    /// When it does not fit even so.
    pub(crate) fn fit_into(
        &mut self,
        free: Option<u64>,
        base: Option<&LlamaShape>,
        passes: Passes,
    ) -> Result<u64, TooLittleMemory> {
        if let (Learner::Adapter { adapter }, Some(base)) = (&mut self.learner, base) {
            let bytes = adapter.entries_memory(base, passes);
            adapter.keep_entries = (1..=MOST_ENTRY_BYTES).contains(&bytes);
        }
        let fits = self.fit_again(free, base, passes);
        match &mut self.learner {
            Learner::Adapter { adapter } if fits.is_err() && adapter.keep_entries => {
                (adapter.keep_entries, adapter.recompute) = (false, false);
                self.fit_again(free, base, passes)
            }
            _ => fits,
        }
    }

    /// Bytes that a training which began with these settings will take: as [`Self::fit_into`], but
    /// changing no bit of what it computes.
    ///
    /// # Errors
    /// When it does not fit.
    pub(crate) fn fit_again(
        &mut self,
        free: Option<u64>,
        base: Option<&LlamaShape>,
        passes: Passes,
    ) -> Result<u64, TooLittleMemory> {
        let needed = self.memory_bytes(base, passes);
        let Some(free) = free.filter(|free| *free < needed) else { return Ok(needed) };
        if let Learner::Adapter { adapter } = &mut self.learner {
            adapter.recompute = true;
            let less = self.memory_bytes(base, passes);
            return if less <= free {
                Ok(less)
            } else {
                Err(TooLittleMemory { needed: less, free })
            };
        }
        Err(TooLittleMemory { needed, free })
    }
}

impl AdapterSettings {
    /// Bytes of the entries of every conversation that is seen again, where they are kept and there
    /// are blocks on `base` that learn nothing.
    fn entries_memory(&self, base: &LlamaShape, passes: Passes) -> u64 {
        let is_frozen_below = self.shape.layers.as_ref().is_some_and(|layers| !layers.contains(&0));
        if !(self.keep_entries && is_frozen_below) {
            return 0;
        }
        let places = usize::try_from(passes.places_seen_again).unwrap_or(usize::MAX);
        let rows = usize::try_from(passes.seen_again).unwrap_or(usize::MAX);
        entries_bytes(rows, places, base.width) as u64
    }

    /// How the model is loaded for a training with passes of `places`.
    pub(crate) fn loading(&self, places: usize) -> LlamaOptions {
        LlamaOptions {
            precision: Precision::Bf16,
            adapters: Some(self.shape.clone()),
            checkpoint_layers: self.recompute,
            keep_entries: self.keep_entries,
            tokens_at_once: places,
        }
    }
}

fn lab_memory(shape: &Shape, shards: usize, passes: Passes) -> u64 {
    let learned = Layout::new(shape).length() as u64;
    // The numbers, turned twice (for steps and for checks), two moments, the average, the best
    // ones and the gradients; a checkpoint writes five of them from memory.
    let copies = 7 + shards as u64 + 5;
    let (width, hidden, wide) = (shape.width, shape.hidden, shape.attention_row());
    let block = 5 * width + wide + 3 * hidden + 2;
    let around = 5 * width + wide.max(2 * hidden) + hidden;
    let scores = passes.goals * (shape.vocabulary + 3 * width);
    let attention = 2 * BLOCK.min(passes.longest) * passes.longest;
    let thread = passes.places * (shape.layers * block + around) + scores + attention;
    NUMBER * (learned * copies + (shards * thread) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::settings::{DataSize, Origin, Wanted};

    fn rows() -> Vec<Row> {
        let row = |length: usize| Row {
            pieces: vec![70; length],
            weights: vec![1.0; length],
            open: 1,
            cut: false,
        };
        (0..40).map(|index| row(10 + index)).collect()
    }

    const DATA: DataSize =
        DataSize { rows: 40, pieces: 1_180, kept_aside: 0, vocabulary: 600, shards: 2 };

    fn base() -> LlamaShape {
        LlamaShape {
            vocabulary: 49_152,
            width: 576,
            layers: 30,
            heads: 9,
            key_value_heads: 3,
            head_width: 64,
            hidden: 1_536,
            context: 8_192,
            rotary_base: 100_000.0,
            rotary_scaling: None,
            norm_epsilon: 1e-5,
            tied: true,
        }
    }

    const PASSES: Passes = Passes {
        places: 1_024,
        goals: 600,
        longest: 200,
        rows: 10_000,
        seen_again: 40,
        places_seen_again: 1_180,
    };

    #[test]
    fn passes_are_as_large_as_the_longest_rows_make_them() {
        let (settings, _) = Wanted::default().resolve(DATA).unwrap();
        assert_eq!(settings.batch_size, 4);
        let passes = Passes::of(&settings, &rows(), &[]);
        assert_eq!((passes.places, passes.goals, passes.longest), (95, 95, 49));
        let passes = Passes::of(&settings, &rows(), &rows());
        assert!((580..=600).contains(&passes.places), "{passes:?}");
    }

    #[test]
    fn a_check_of_adapters_makes_small_passes() {
        let origin = Origin { base: "starter".to_owned(), continued: None };
        let (settings, all) = (Wanted::default().resolve_adapter(DATA, &base(), origin), rows());
        let settings = settings.unwrap();
        let alone = Passes::of(&settings, &all, &[]);
        let passes = Passes::of(&settings, &all, &all);
        assert_eq!((alone.places, alone.goals), (95, 95));
        assert!((200..=256).contains(&passes.places), "{passes:?}");
        assert!(passes.goals <= passes.places, "{passes:?}");
    }

    #[test]
    fn larger_models_take_more_memory() {
        let need = |wanted: Wanted| {
            let (settings, _) = wanted.resolve(DATA).unwrap();
            settings.memory_bytes(None, Passes::of(&settings, &rows(), &[]))
        };
        let usual = need(Wanted::default());
        assert!(need(Wanted { layers: Some(8), ..Wanted::default() }) > usual + (1 << 20));
        assert!(need(Wanted { width: Some(512), ..Wanted::default() }) > 4 * usual);
        assert!((20 << 20..120 << 20).contains(&usual), "{usual}");
    }

    #[test]
    fn short_memory_is_first_met_by_computing_again_then_refused_with_the_numbers() {
        let origin = Origin { base: "starter".to_owned(), continued: None };
        let mut settings = Wanted::default().resolve_adapter(DATA, &base(), origin).unwrap();
        let usual = settings.fit_into(None, Some(&base()), PASSES).unwrap();
        let again = settings.clone().fit_into(Some(usual - 1), Some(&base()), PASSES).unwrap();
        assert!(again < usual * 9 / 10, "{again} {usual}");
        let error = settings.fit_into(Some(1_000_000), Some(&base()), PASSES).unwrap_err();
        assert!(error.needed < again && error.free == 1_000_000, "{error}");
        let error = TooLittleMemory { needed: 8_950_000_000, free: 6_000_000_000 };
        assert_eq!(error.to_string(), "needs 9 GB, this computer has 6 GB free");
    }

    #[test]
    fn entries_are_kept_where_they_are_seen_again_and_little_memory_is_needed() {
        let fitted = |epochs, adapted_layers, seen_again, free| {
            let wanted = Wanted { epochs: Some(epochs), adapted_layers, ..Wanted::default() };
            let origin = Origin { base: "starter".to_owned(), continued: None };
            let mut settings = wanted.resolve_adapter(DATA, &base(), origin).unwrap();
            let passes = Passes { places_seen_again: 77 * seen_again, seen_again, ..PASSES };
            let needed = settings.fit_into(free, Some(&base()), passes).unwrap();
            let Learner::Adapter { adapter } = settings.learner else { unreachable!() };
            (adapter.keep_entries, adapter.recompute, needed)
        };
        let (is_kept, _, with) = fitted(4, None, 264, None);
        let (_, _, without) = fitted(1, None, 264, None);
        assert!(is_kept);
        assert_eq!(with - without, 264 * (77 * (576 * 4 + 4) + 128));
        assert!(!fitted(1, None, 264, None).0, "nothing is seen again");
        assert!(!fitted(4, Some(30), 264, None).0, "every block learns");
        assert!(!fitted(4, None, 2_640, None).0, "too many");
        // Computing again saves more memory; only what is shorter still does without entries.
        let (is_kept, is_recomputed, less) = fitted(4, None, 264, Some(with - 1));
        assert!(is_kept && is_recomputed && less < without, "{less} {without}");
        let (is_kept, is_recomputed, least) = fitted(4, None, 264, Some(less - 1));
        assert!(!is_kept && is_recomputed && least < less, "{least} {less}");
    }

    #[test]
    fn going_on_changes_no_bit_however_short_memory_is() {
        let origin = Origin { base: "starter".to_owned(), continued: None };
        let mut settings = Wanted::default().resolve_adapter(DATA, &base(), origin).unwrap();
        let needed = settings.fit_into(None, Some(&base()), PASSES).unwrap();
        let less = settings.fit_again(Some(needed - 1), Some(&base()), PASSES).unwrap();
        let Learner::Adapter { adapter } = &settings.learner else { unreachable!() };
        assert!(adapter.keep_entries && adapter.recompute && less < needed);
        let error = settings.fit_again(Some(less - 1), Some(&base()), PASSES).unwrap_err();
        assert_eq!(error, TooLittleMemory { needed: less, free: less - 1 });
    }

    #[test]
    fn answering_takes_its_weights_and_little_more() {
        let options = |precision| LlamaOptions {
            precision,
            adapters: None,
            checkpoint_layers: false,
            keep_entries: false,
            tokens_at_once: 512,
        };
        let need = |precision, file_bytes| {
            Llama::answering_memory(&base(), &options(precision), file_bytes)
        };
        let weights = 2 * base().parameters() as u64;
        let half = need(Precision::Bf16, 100_000_000);
        assert!((weights..weights * 3 / 2).contains(&half), "{half} {weights}");
        let single = need(Precision::F32, 2 * weights);
        assert!((2 * weights..3 * weights).contains(&single), "{single} {weights}");
    }
}
