//! Tokenizer files that were chosen for models.

use super::open;
use crate::ModelTokenizerRow;

fn chosen(model: &str, file: &str) -> ModelTokenizerRow {
    ModelTokenizerRow {
        service: "nebius".to_owned(),
        model: model.to_owned(),
        file_name: "tokenizer.json".to_owned(),
        file: file.to_owned(),
        chosen_at_ms: 7,
    }
}

#[test]
fn the_last_choice_for_a_model_counts_until_it_is_forgotten() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let of = |model: &str| library.model_tokenizer("nebius", model).unwrap();
    assert_eq!(of("llama"), None);
    for file in ["01", "02"] {
        library.model_tokenizer_put(&chosen("llama", file)).unwrap();
    }
    library.model_tokenizer_put(&chosen("qwen", "03")).unwrap();
    assert_eq!(
        (of("llama"), of("qwen")),
        (Some(chosen("llama", "02")), Some(chosen("qwen", "03")))
    );
    assert_eq!(library.model_tokenizer("crusoe", "llama").unwrap(), None);
    for _ in 0..2 {
        library.model_tokenizer_forget("nebius", "llama").unwrap();
        assert_eq!((of("llama"), of("qwen")), (None, Some(chosen("qwen", "03"))));
    }
}
