//! Rotary angles that were slowed, from both kinds of files and back into one.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use serde_json::{Value, json};

use super::export::write_model;
use super::testing::{GgufFile, config, write_folder};
use super::*;
use crate::model::kernels::rotary::RotaryScaling;

const SCALING: RotaryScaling = RotaryScaling { factor: 8.0, low: 1.0, high: 4.0, places: 8_192 };

fn put_config(folder: &Path, name: &str, value: Value) {
    let mut config = config();
    config["rope_theta"] = json!(500_000.0);
    config[name] = value;
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
}

fn scaling() -> Value {
    json!({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192})
}

#[test]
fn a_folder_tells_its_scaling_and_a_written_one_tells_it_again() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("tiny");
    write_folder(&folder);
    for name in ["rope_scaling", "rope_parameters"] {
        put_config(&folder, name, scaling());
        let model = open(&folder).unwrap();
        assert_eq!(model.shape.rotary_scaling, Some(SCALING), "{name}");
        let written = home.path().join(name);
        let go_on = &mut |_, _| ControlFlow::Continue(());
        write_model(&written, &model, &mut model.tensors().unwrap(), Kept::F32, go_on).unwrap();
        assert_eq!(open(&written).unwrap().shape, model.shape);
    }
}

#[test]
fn scaling_that_cannot_be_is_refused() {
    let home = tempfile::tempdir().unwrap();
    write_folder(home.path());
    for (name, value, reason) in [
        ("factor", Value::Null, "the file is broken: its rotary scaling has no `factor`"),
        ("factor", json!(0.5), "`factor` cannot be 0.5"),
        ("high_freq_factor", json!(1.0), "`high_freq_factor` cannot be 1"),
    ] {
        let mut scaling = scaling();
        scaling[name] = value;
        put_config(home.path(), "rope_scaling", scaling);
        let error = open(home.path()).err().unwrap();
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(cause.unwrap_or_else(|| error.to_string()), reason);
    }
}

/// A tiny model with these factors beside its rotary angles.
fn with_factors(folder: &Path, factors: &[f64]) -> Result<HubModel, HubError> {
    let mut file = GgufFile::tiny(false);
    file.set("llama.rope.freq_base", 6, 500_000_f32.to_le_bytes().to_vec());
    let size = vec![factors.len() as u64];
    file.tensors.push(("rope_freqs.weight".to_owned(), size, 0, file.data.len() as u64));
    #[expect(clippy::cast_possible_truncation, reason = "rounding to `f32` is what is wanted")]
    file.data.extend(factors.iter().flat_map(|factor| (*factor as f32).to_le_bytes()));
    file.data.resize(file.data.len().next_multiple_of(32), 0);
    let path = folder.join("tiny.gguf");
    fs::write(&path, file.bytes()).unwrap();
    open(&path)
}

#[test]
fn a_gguf_file_has_the_factors_that_follow_from_the_scaling() {
    let home = tempfile::tempdir().unwrap();
    let factors = SCALING.factors(8, 500_000.0);
    let model = with_factors(home.path(), &factors).unwrap();
    assert_eq!(model.shape.rotary_scaling, Some(SCALING));
    for wrong in [vec![1.0, 1.0, 2.0, 8.0], vec![1.0; 3], vec![f64::NAN; 4]] {
        assert!(with_factors(home.path(), &wrong).is_err(), "{wrong:?}");
    }
}
