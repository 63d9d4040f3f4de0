//! What automatic settings are, what is refused, and that old records open.

use super::*;
use crate::model::llama::shape::LlamaShape;

const SMALL: DataSize =
    DataSize { rows: 800, pieces: 8_000, kept_aside: 20, vocabulary: 900, shards: 2 };

#[test]
fn automatic_settings_give_at_least_three_hundred_steps() {
    for rows in [10_u64, 50, 159, 640, 5_000, 100_000] {
        let data = DataSize { rows, pieces: rows * 30, ..SMALL };
        let (settings, _) = Wanted::default().resolve(data).unwrap();
        let steps = settings.epochs * rows.div_ceil(settings.batch_size);
        assert!(steps >= 300, "{rows} rows: {steps} steps");
    }
}

#[test]
fn what_was_asked_for_is_kept() {
    let wanted = Wanted {
        epochs: Some(2),
        batch_size: Some(7),
        rate_multiplier: Some(0.5),
        layers: Some(1),
        width: Some(64),
        heads: Some(8),
        dropout: Some(0.0),
        weight_decay: Some(0.0),
        patience: Some(3),
        seed: Some(9),
        key_value_heads: Some(2),
        hidden: Some(40),
        context: Some(64),
        window: Some(16),
        ..Wanted::default()
    };
    let (settings, shape) = wanted.resolve(SMALL).unwrap();
    assert_eq!((settings.epochs, settings.batch_size, settings.seed), (2, 7, 9));
    assert_eq!((shape.layers, shape.width, shape.heads), (1, 64, 8));
    assert_eq!((shape.key_value_heads, shape.hidden), (2, 40));
    assert_eq!((shape.context, shape.window), (64, 16));
    assert_eq!((settings.dropout, settings.decay, settings.patience), (0.0, 0.0, 3));
}

#[test]
fn impossible_settings_are_refused_by_name() {
    let error = |wanted: Wanted| wanted.check().unwrap_err().to_string();
    assert_eq!(
        error(Wanted { epochs: Some(0), ..Wanted::default() }),
        "`n_epochs` must be from 1 to 50"
    );
    assert_eq!(
        error(Wanted { heads: Some(7), ..Wanted::default() }),
        "a width of 128 cannot be cut into 7 equal heads of an even width"
    );
    assert_eq!(
        error(Wanted { dropout: Some(f64::NAN), ..Wanted::default() }),
        "`dropout` must be from 0 to 0.8"
    );
}

#[test]
fn the_rate_rises_then_falls() {
    let (settings, _) = Wanted::default().resolve(SMALL).unwrap();
    let rates: Vec<f32> = [1, 30, 150, 300].map(|step| settings.rate(step, 300)).to_vec();
    assert!(rates[0] < rates[1] && rates[1] > rates[2] && rates[2] > rates[3], "{rates:?}");
    assert!((rates[1] - 1e-3).abs() < 1e-6);
}

#[test]
fn every_part_of_the_labs_shape_can_be_asked_for() {
    let error = |wanted: Wanted| wanted.check().unwrap_err().to_string();
    let wanted = Wanted::default();
    assert_eq!(
        error(Wanted { heads: Some(4), key_value_heads: Some(3), ..wanted }),
        "4 heads cannot share 3 key and value heads equally"
    );
    assert_eq!(
        error(Wanted { window: Some(600), ..wanted }),
        "`window` must be 0 (no limit) or from 8 to the context of 512, not 600"
    );
    assert_eq!(
        error(Wanted { vocabulary: Some(100), ..wanted }),
        "`vocabulary` must be from 262 to 32768"
    );
    assert_eq!(
        error(Wanted { rank: Some(8), ..wanted }),
        "`rank` belongs to models that somebody else trained, not to the lab"
    );
    assert!(error(Wanted { width: Some(usize::MAX), ..wanted }).starts_with("`width` must be"));
}

/// As the first version wrote it to `state.json` and `job.json`.
const FIRST_RECORD: &str = r#"{"shape":{"vocabulary":300,"width":32,"layers":1,"heads":1,
    "key_value_heads":1,"hidden":80,"context":512},"epochs":4,"batch_size":4,
    "rate_multiplier":5.0,"dropout":0.1,"hiding":0.12,"decay":0.1,"average":0.99,"seed":42,
    "shards":2}"#;

#[test]
fn records_of_the_first_version_open() {
    let settings: Settings = serde_json::from_str(FIRST_RECORD).unwrap();
    let Learner::Lab { shape } = &settings.learner else { panic!("{settings:?}") };
    assert_eq!((shape.window, settings.patience, settings.places_at_once), (0, 0, 4096));
    assert_eq!((settings.base_rate, settings.epochs), (1e-3, 4));
    let written = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<Settings>(&written).unwrap(), settings);
}

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

fn origin() -> Origin {
    Origin { base: "starter".to_owned(), continued: None }
}

fn adapted(wanted: Wanted) -> Settings {
    wanted.resolve_adapter(DataSize { rows: 200, ..SMALL }, &base(), origin()).unwrap()
}

#[test]
fn automatic_adapters_are_those_of_the_design() {
    let settings = adapted(Wanted::default());
    let Learner::Adapter { adapter } = &settings.learner else { panic!("{settings:?}") };
    assert_eq!((adapter.shape.rank, adapter.shape.alpha, adapter.context), (16, 32.0, 1024));
    assert_eq!(
        adapter.shape.layers,
        Some((20..30).collect()),
        "small models learn in their last third"
    );
    assert_eq!((settings.base_rate, settings.dropout, settings.decay), (3e-3, 0.05, 0.01));
    assert_eq!((settings.average, settings.hiding, settings.batch_size), (0.0, 0.0, 4));
    assert!(settings.epochs * settings.steps_per_epoch(200) >= 200, "{settings:?}");
    // A check comes after seven steps of fifty in all, less often in longer trainings: one epoch must
    // pass without progress, and never fewer than five checks.
    let patience = |epochs| adapted(Wanted { epochs, ..Wanted::default() }).patience;
    assert_eq!((patience(Some(1)), patience(Some(2)), patience(None)), (8, 5, 5));
    let large = LlamaShape { layers: 60, ..base() };
    let data = DataSize { rows: 200, ..SMALL };
    let settings = Wanted::default().resolve_adapter(data, &large, origin()).unwrap();
    let Learner::Adapter { adapter } = &settings.learner else { panic!("{settings:?}") };
    assert_eq!((settings.base_rate, &adapter.shape.layers), (2e-4, &None));
    // Whoever wants every layer to learn gets steps that every layer bears.
    let every = adapted(Wanted { adapted_layers: Some(30), ..Wanted::default() });
    let Learner::Adapter { adapter } = &every.learner else { panic!("{every:?}") };
    assert_eq!((every.base_rate, &adapter.shape.layers), (1e-3, &None));
}

#[test]
fn the_dial_sets_four_things_and_an_explicit_setting_wins() {
    let shown = |wanted: Wanted| {
        let named = adapted(wanted).named();
        ["dropout", "weight_decay", "rank", "n_epochs"].map(|name| named[name].to_string())
    };
    let at = |dial| shown(Wanted { dial: Some(dial), ..Wanted::default() });
    assert_eq!(at(0), ["0.0", "0.0", "32", "8"]);
    assert_eq!(at(1), ["0.02", "0.005", "24", "6"]);
    assert_eq!(at(2), shown(Wanted::default()));
    assert_eq!(at(3), ["0.1", "0.05", "8", "3"]);
    assert_eq!(at(4), ["0.2", "0.1", "4", "2"]);
    let both = Wanted { dial: Some(0), rank: Some(4), dropout: Some(0.3), ..Wanted::default() };
    assert_eq!(shown(both), ["0.3", "0.0", "4", "8"]);
}

#[test]
fn adapters_keep_the_models_shape() {
    let error = |wanted: Wanted| wanted.check_adapter(&base()).unwrap_err().to_string();
    let wanted = Wanted::default();
    assert_eq!(
        error(Wanted { width: Some(64), ..wanted }),
        "`width` belongs to models of the lab; this one keeps its shape"
    );
    assert_eq!(error(Wanted { dial: Some(5), ..wanted }), "`dial` must be from 0 to 4");
    assert_eq!(
        error(Wanted { adapted_layers: Some(31), ..wanted }),
        "`adapted_layers` must be from 1 to 30"
    );
    assert_eq!(
        error(Wanted { context: Some(9_000), ..wanted }),
        "`context` must be from 16 to 8192"
    );
    // A model may claim more places than tables are kept for.
    let long = LlamaShape { context: 1 << 20, ..base() };
    let refused = Wanted { context: Some(40_000), ..wanted }.check_adapter(&long).unwrap_err();
    assert_eq!(refused.to_string(), "`context` must be from 16 to 32768");
}

#[test]
fn a_trained_model_is_trained_on_with_its_own_adapters() {
    let first = adapted(Wanted { rank: Some(4), adapted_layers: Some(2), ..Wanted::default() });
    let Learner::Adapter { adapter } = first.learner else { panic!("no adapter") };
    let shape = adapter.shape.clone();
    assert_eq!(shape.layers, Some(vec![28, 29]));
    let data = DataSize { rows: 200, ..SMALL };
    let resolve = |wanted: Wanted| {
        let continued = Some(("ft:starter:attune::a".to_owned(), shape.clone()));
        let origin = Origin { base: "starter".to_owned(), continued };
        wanted.resolve_adapter(data, &base(), origin)
    };
    let second = resolve(Wanted { rank: Some(4), ..Wanted::default() }).unwrap();
    let Learner::Adapter { adapter } = &second.learner else { panic!("no adapter") };
    assert_eq!(
        (&adapter.shape, adapter.continued.as_deref()),
        (&shape, Some("ft:starter:attune::a"))
    );
    assert_eq!(
        resolve(Wanted { rank: Some(8), ..Wanted::default() }).unwrap_err().to_string(),
        "`rank` stays as it is when a trained model is trained on"
    );
}
