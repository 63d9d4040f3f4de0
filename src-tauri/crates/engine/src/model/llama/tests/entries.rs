//! Keeping what the lower blocks make of a conversation must save work and change nothing else.

use std::time::Duration;

use super::*;

fn upper(precision: Precision) -> LlamaOptions {
    let adapters = AdapterShape { layers: Some(vec![1, 2]), ..adapters() };
    options(precision, adapters)
}

fn keeping(precision: Precision) -> Llama {
    load(tiny(), LlamaOptions { keep_entries: true, ..upper(precision) })
}

#[test]
fn kept_entries_lead_to_the_losses_and_gradients_of_computing_everything() {
    let dropout = Some(Dropout { rate: 0.1, key: 3 });
    for (precision, apart) in [(Precision::F32, 1e-5), (Precision::Bf16, 2e-2)] {
        for batch in [conversations(), alike(0), alike(9)] {
            let (computing, keeping) = (load(tiny(), upper(precision)), keeping(precision));
            let plain = trained(&computing);
            let [all, kept] =
                [&computing, &keeping].map(|llama| learn_from(&batch, llama, &plain, dropout));
            let difference = (all.0.loss - kept.0.loss).abs() / all.0.loss;
            assert!(difference < apart, "{difference}");
            let largest = all.1.iter().fold(0.0_f32, |most, number| most.max(number.abs()));
            for (one, other) in all.1.iter().zip(&kept.1) {
                assert!(f64::from((one - other).abs()) < apart * f64::from(largest));
            }
        }
    }
}

#[test]
fn kept_entries_have_the_gradient_of_finite_differences() {
    check_gradient_from(&alike(9), &keeping(Precision::F32), None);
}

/// A resumed training meets its rows in the middle of a round, in whatever batches.
#[test]
fn an_entry_has_the_same_bits_whichever_batch_computed_it() {
    for precision in [Precision::F32, Precision::Bf16] {
        let (one, other) = (keeping(precision), keeping(precision));
        let plain = trained(&one);
        let (whole, shared) = (alike(0), alike(9));
        // One sees them laid down whole first and the other shared.
        let first = evaluate(&one, &plain, &whole);
        assert_eq!(evaluate(&one, &plain, &shared), evaluate(&other, &plain, &shared));
        assert_eq!(evaluate(&other, &plain, &whole), first);
        assert_eq!(evaluate(&one, &plain, &whole), first, "found instead of computed");
    }
}

/// Long enough for several blocks of attention and several runs of each sum.
#[test]
fn a_long_shared_beginning_changes_no_bit_of_what_follows() {
    let beginning: Vec<u32> = (0..170).map(|place| place * 7 % 37).collect();
    let batch = |shared: usize, rests: &[u32]| {
        let mut batch = Packed::default();
        batch.share(&beginning[..shared]);
        for rest in rests {
            let rest = (0..*rest).map(|place| (place * 5 + rest) % 37);
            let pieces: Vec<u32> = beginning.iter().copied().chain(rest).collect();
            let mut weights = vec![0.0; pieces.len()];
            weights[beginning.len() + 1..].fill(1.0);
            batch.push(&pieces, &weights, 0);
        }
        batch
    };
    let shape = LlamaShape { context: 400, ..tiny() };
    for precision in [Precision::F32, Precision::Bf16] {
        let keeping = || {
            let options = LlamaOptions { keep_entries: true, ..upper(precision) };
            load(shape.clone(), options)
        };
        let (alone, together, half_known) = (keeping(), keeping(), keeping());
        let plain = trained(&alone);
        for rest in [20, 130, 215] {
            evaluate(&alone, &plain, &batch(0, &[rest]));
        }
        evaluate(&half_known, &plain, &batch(100, &[130]));
        let all = batch(170, &[20, 130, 215]);
        let expected = evaluate(&alone, &plain, &all);
        assert_eq!(evaluate(&together, &plain, &all), expected);
        assert_eq!(evaluate(&half_known, &plain, &all), expected);
    }
}

#[test]
fn the_lower_blocks_compute_each_conversation_once() {
    let llama = keeping(Precision::F32);
    let (plain, batch) = (trained(&llama), alike(9));
    assert_eq!(llama.spent_once(), Duration::ZERO);
    evaluate(&llama, &plain, &batch);
    let once = llama.spent_once();
    assert!(once > Duration::ZERO);
    learn_from(&batch, &llama, &llama.fresh(9), Some(Dropout { rate: 0.1, key: 3 }));
    evaluate(&llama, &plain, &alike(0));
    assert_eq!(llama.spent_once(), once, "the same conversations, shared or not");
    evaluate(&llama, &plain, &conversations());
    assert!(llama.spent_once() > once);
}

#[test]
fn nothing_is_kept_where_the_first_block_learns_or_nothing_is_asked_for() {
    for options in [
        LlamaOptions { keep_entries: true, ..options(Precision::F32, adapters()) },
        LlamaOptions { keep_entries: true, adapters: None, ..upper(Precision::F32) },
        upper(Precision::F32),
    ] {
        let llama = load(tiny(), options);
        evaluate(&llama, &trained(&llama), &conversations());
        assert_eq!(llama.spent_once(), Duration::ZERO);
    }
}

#[test]
fn a_stop_below_the_blocks_that_learn_keeps_nothing() {
    let llama = keeping(Precision::F32);
    let plain = trained(&llama);
    let (ready, mut work) = (ready(&llama, &plain), LlamaWork::default());
    let tally = llama.evaluate(&plain, &ready, &conversations(), &|| true, &mut work);
    assert_eq!((tally, llama.spent_once()), (None, Duration::ZERO));
}
