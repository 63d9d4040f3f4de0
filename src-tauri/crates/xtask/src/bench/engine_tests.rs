//! Who runs when against `PyTorch`, on which rows, and what becomes of their figures.

use std::collections::BTreeSet;

use expect_test::expect;
use serde_json::json;

use super::engine::figures::Figures;
use super::engine::{Contender, rows, turns};

#[test]
fn each_round_everybody_runs_once_and_somebody_else_first() {
    for round in 0..4 {
        let everybody: BTreeSet<_> = turns(round).collect();
        assert_eq!(everybody.len(), Contender::ALL.len());
    }
    let first: BTreeSet<_> = (0..4).filter_map(|round| turns(round).next()).collect();
    assert_eq!(first.len(), Contender::ALL.len());
}

#[test]
fn rows_are_the_same_for_a_seed_and_six_of_ten_pieces_are_learned() {
    let steps = rows::steps(2, 1);
    assert_eq!(steps, rows::steps(2, 1));
    assert_ne!(steps, rows::steps(2, 2));
    let row = &steps["steps"][1][3];
    let weights = row["weights"].as_array().unwrap();
    assert_eq!((row["pieces"].as_array().unwrap().len(), weights.len()), (256, 256));
    assert_eq!(weights.iter().filter(|weight| **weight == json!(1.0)).count(), 154);
}

#[test]
fn the_table_compares_medians_and_bests() {
    let mut figures = Figures::default();
    for (contender, rates, answer, peak) in [
        (Contender::OursBf16, [800.0, 900.0, 100.0], 50.0, 1.25e9),
        (Contender::OursF32, [600.0, 650.0, 640.0], 30.0, 1.5e9),
        (Contender::TorchBf16, [400.0, 450.0, 300.0], 25.0, 2.5e9),
        (Contender::TorchF32, [200.0, 250.0, 160.0], 20.0, 5.0e9),
    ] {
        let said = json!({"tokens_per_second": rates, "losses": [13.5, 13.0],
            "peak_memory_bytes": peak, "kernel": "avx512-bf16"});
        figures.add_training(contender, &said).unwrap();
        figures.add_answer(contender, &json!({"decode_tokens_per_second": answer})).unwrap();
    }
    figures.add_first_loss(3.25);
    figures.add_losses(&json!({"loss": 13.25}), &json!({"loss": 13.250_001})).unwrap();
    expect![[r#"
        SmolLM2-135M-Instruct, adapters of rank 8 on all linear layers, 4 rows of 256 tokens a step, 60 % of them learned, two threads each; 3 rounds in turn, 4 steps each (fewer where they take minutes). One answer of 128 tokens behind 256. Attune computes with avx512-bf16 and avx512-bf16.

        | program | training, tokens a second, median (best) | most memory | answering, tokens a second, median (best) | first loss |
        | --- | ---: | ---: | ---: | ---: |
        | Attune bf16 | 800 (900) | 1.25 GB | 50 (50) | 13.50000 |
        | Attune f32 | 640 (650) | 1.50 GB | 30 (30) | 13.50000 |
        | PyTorch bf16 | 400 (450) | 2.50 GB | 25 (25) | 13.50000 |
        | PyTorch f32 | 200 (250) | 5.00 GB | 20 (20) | 13.50000 |

        | ours against theirs | of medians | of bests | first goal |
        | --- | ---: | ---: | ---: |
        | training, bf16 against PyTorch bf16 | 2.00x | 2.00x | 1.15x |
        | training, bf16 against PyTorch f32 | 4.00x | 3.60x | 2.0x |
        | training, f32 against PyTorch f32 | 3.20x | 2.60x |  |
        | answering, bf16 against transformers bf16 | 2.00x | 2.00x | 1.5x |
        | answering, bf16 against transformers f32 | 2.50x | 2.50x |  |
        | most memory, bf16 against PyTorch bf16 | 0.50x | | 0.4x |
        | most memory, bf16 against PyTorch f32 | 0.25x | |  |
        | from `attune train` to the first real loss | 3.2 s | | 5 s |

        | loss on kept-aside messages | ours | PyTorch f32 | difference |
        | --- | ---: | ---: | ---: |
        | the model in f32 | 13.250000 | 13.250001 | 1e-6 |"#]].assert_eq(&figures.table(3, 4));
}

#[test]
fn a_program_that_says_something_else_gives_no_figures() {
    let mut figures = Figures::default();
    let said = json!({"tokens_per_second": [1.0], "losses": []});
    let error = figures.add_training(Contender::OursF32, &said).unwrap_err().to_string();
    assert!(error.contains("losses"), "{error}");
}
