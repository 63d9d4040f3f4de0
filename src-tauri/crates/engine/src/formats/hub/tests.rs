//! Reading models, held against what transformers makes of them.

use expect_test::expect;

use super::testing::GgufFile;
use super::*;
use crate::formats::chat_file::{Conversation, Speaker, Turn, parse_line};
use crate::formats::text::Text;
use crate::model::llama::weights::TensorSource;

fn starter() -> Option<HubModel> {
    let named = std::env::var_os("ATTUNE_STARTER").map(PathBuf::from);
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../target/starter/SmolLM2-135M-Instruct.Q4_1.gguf");
    let path = named.unwrap_or(fetched);
    if !path.is_file() {
        println!("left out: the starter is not here; `cargo xtask starter` fetches it");
        return None;
    }
    Some(open(&path).unwrap())
}

fn said(speaker: Speaker, text: &str, weight: f32) -> Turn {
    Turn { speaker, text: text.to_owned(), weight }
}

#[test]
fn the_starter_is_what_its_makers_say() {
    let Some(model) = starter() else { return };
    assert_eq!(model.shape.parameters(), 134_515_008);
    assert_eq!((model.shape.context, model.shape.rotary_base), (8192, 100_000.0));
    assert_eq!(model.licence.as_deref(), Some("apache-2.0"));
    let mut source = model.tensors().unwrap();
    let norm = source.tensor("model.norm.weight", 1, 576).unwrap();
    assert_eq!(norm.len(), 576);
}

#[derive(serde::Deserialize)]
struct Fixture {
    texts: Vec<(String, Vec<u32>)>,
    conversations: Vec<Talk>,
}

#[derive(serde::Deserialize)]
struct Talk {
    messages: Vec<serde_json::Value>,
    ids: Vec<u32>,
    question: Vec<u32>,
}

impl Talk {
    fn conversation(&self) -> Conversation {
        let line = serde_json::json!({"messages": self.messages}).to_string();
        parse_line(&line).unwrap()
    }
}

/// The fixture is made by `tests/reference/tokenizer_fixture.py`.
#[test]
fn texts_and_conversations_have_the_pieces_that_transformers_gives_them() {
    let Some(model) = starter() else { return };
    let fixture: Fixture = serde_json::from_str(include_str!("fixtures/starter_ids.json")).unwrap();
    assert_eq!(fixture.texts.len(), 200);
    for (text, ids) in &fixture.texts {
        assert_eq!(&model.text.pieces(text).unwrap().0, ids, "{text:?}");
    }
    for talk in &fixture.conversations {
        let mut conversation = talk.conversation();
        let row = model.text.training_row(&conversation, 512).unwrap();
        // The row ends with its last answer's mark; the template writes a line break after it.
        assert_eq!(row.pieces, talk.ids[..talk.ids.len() - 1], "{:?}", talk.messages);
        conversation.turns.pop();
        let question = model.text.question_row(&conversation, 512).unwrap();
        assert_eq!(question.pieces, talk.question, "{:?}", talk.messages);
    }
}

fn tiny(template: &str) -> Result<HubModel, HubError> {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("tiny.gguf");
    let mut file = GgufFile::tiny(false);
    file.set("tokenizer.chat_template", 8, testing::text(template));
    std::fs::write(&path, file.bytes()).unwrap();
    open(&path)
}

/// A row in words: what is learned stands in brackets.
fn row_shown(model: &HubModel, turns: Vec<Turn>, context: usize) -> String {
    let row = match model.text.training_row(&Conversation { turns }, context) {
        Ok(row) => row,
        Err(error) => return error.to_string(),
    };
    let mut bytes = Vec::new();
    for (piece, weight) in row.pieces.iter().zip(&row.weights) {
        let text = match model.text.piece_bytes(*piece) {
            [] if model.text.is_end(*piece) => b"#",
            [] => b"@",
            text => text,
        };
        match *weight {
            0.0 => bytes.extend_from_slice(text),
            weight => {
                let weight = if weight == 1.0 { String::new() } else { weight.to_string() };
                bytes.extend([b"[", text, weight.as_bytes(), b"]"].concat());
            }
        }
    }
    let cut = if row.cut { " (cut)" } else { "" };
    format!("{}{cut}", String::from_utf8_lossy(&bytes).replace('\n', "/"))
}

fn talk() -> Vec<Turn> {
    vec![
        said(Speaker::System, "s", 0.0),
        said(Speaker::User, "hell", 0.0),
        said(Speaker::Assistant, "no", 0.0),
        said(Speaker::User, "q", 0.0),
        said(Speaker::Assistant, "ye", 0.5),
        said(Speaker::User, "r", 0.0),
        said(Speaker::Assistant, "a b", 1.0),
        said(Speaker::User, "unheard", 0.0),
    ]
}

#[test]
fn only_learned_answers_and_their_ends_have_weight() {
    let model = tiny(testing::TEMPLATE).unwrap();
    expect!["@system/s#/@user/hell#/@assistant/no#/@user/q#/@assistant/[y0.5][e0.5][#0.5]/@user/r#/@assistant/[a][ ][b][#]"].assert_eq(&row_shown(&model, talk(), 400));
}

#[test]
fn a_long_question_loses_its_start_and_a_long_answer_its_end() {
    let model = tiny(testing::TEMPLATE).unwrap();
    let long = |question: usize, answer: usize| {
        let (question, answer) = ("q".repeat(question), "a".repeat(answer));
        vec![said(Speaker::User, &question, 0.0), said(Speaker::Assistant, &answer, 1.0)]
    };
    expect!["qqqqqqq#/@assistant/[a][a][a][#] (cut)"].assert_eq(&row_shown(
        &model,
        long(90, 3),
        24,
    ));
    expect!["stant/[a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a][a] (cut)"]
        .assert_eq(&row_shown(&model, long(90, 50), 24));
}

#[test]
fn templates_that_forget_or_refuse_are_told_apart() {
    let forgetful =
        "{% for m in messages %}{{ m.content if loop.last else 'x' }}<|im_end|>{% endfor %}";
    let turns = || talk()[..5].to_vec();
    expect!["the model's chat template does not keep earlier messages as they were"]
        .assert_eq(&row_shown(&tiny(forgetful).unwrap(), turns(), 99));
    let strict = "{{ raise_exception('no system messages') if messages[0].role == 'system' }}";
    expect!["the model's chat template refuses the messages: no system messages"]
        .assert_eq(&row_shown(&tiny(strict).unwrap(), turns(), 99));
    let no_end = "{% for m in messages %}{{ m.role[0] }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}a: {% endif %}";
    expect!["s: s/u: hell/a: no/u: q/a: [y0.5][e0.5][/0.5]u: r/a: [a][ ][b][/]"]
        .assert_eq(&row_shown(&tiny(no_end).unwrap(), talk(), 99));
    assert!(matches!(tiny("{% if %}"), Err(HubError::Broken { .. })));
}

#[test]
fn quantised_numbers_and_turned_rows_are_those_of_the_folder() {
    let home = tempfile::tempdir().unwrap();
    let (folder, path) = (home.path().join("tiny"), home.path().join("tiny.gguf"));
    testing::write_folder(&folder);
    std::fs::write(&path, GgufFile::tiny(true).bytes()).unwrap();
    let read = |path: &Path, part: &str, rows: usize, columns: usize| {
        let model = open(path).unwrap();
        let name = format!("model.layers.0.{part}.weight");
        model.tensors().unwrap().tensor(&name, rows, columns).unwrap()
    };
    let near = |one: &[f32], other: &[f32]| {
        one.iter().zip(other).all(|(one, other)| (one - other).abs() <= 1.0 / 512.0)
    };
    let both = |part| [&folder, &path].map(|it| read(it, part, 32, 32));
    let [plain, quantised] = both("self_attn.o_proj");
    assert!(near(&plain, &quantised));
    // Row 1 of a GGUF file is the other half of the first pair: row 4 of a head of 8.
    let [plain, turned] = both("self_attn.q_proj");
    assert!(near(&plain[32..64], &turned[4 * 32..5 * 32]));
    assert!(near(&plain[8 * 32..9 * 32], &turned[8 * 32..9 * 32]));
}
