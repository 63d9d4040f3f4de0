//! Examples keep what they were read with.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::Example;
use crate::message::{Message, Role};

#[track_caller]
fn check(line: &str, expected: &Expect) {
    let shown = match Example::from_chat_json(line) {
        Err(err) => format!("refused: {err}"),
        Ok(it) => format!(
            "instructions {:?}, question {:?}, answer {:?}\n{}",
            it.instructions(),
            it.question(),
            it.answer(),
            it.to_chat_json()
        ),
    };
    expected.assert_eq(&shown);
}

#[test]
fn the_question_is_the_last_before_the_last_answer() {
    check(
        r#"{"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"1"},{"role":"assistant","content":"a"},{"role":"user","content":"2"},{"role":"assistant","content":"b"},{"role":"user","content":"3"}]}"#,
        &expect![[r#"
            instructions Some("Be kind."), question "2", answer "b"
            {"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"1"},{"role":"assistant","content":"a"},{"role":"user","content":"2"},{"role":"assistant","content":"b"},{"role":"user","content":"3"}]}"#]],
    );
    check(
        r#"{"messages":[{"role":"user","content":"1"}]}"#,
        &expect![[r#"
        instructions None, question "1", answer ""
        {"messages":[{"role":"user","content":"1"}]}"#]],
    );
    check(
        r#"{"messages":[{"role":"assistant","content":"b"}]}"#,
        &expect![[r#"
        instructions None, question "", answer "b"
        {"messages":[{"role":"assistant","content":"b"}]}"#]],
    );
}

#[test]
fn unknown_fields_keep_their_values_and_their_order() {
    check(
        r#"{"id":7,"messages":[{"content":"q","zeta":[1.50,{"b":1,"a":null}],"role":"user","alpha":true},{"role":"assistant","content":null,"tool_calls":[{"id":"c"}],"weight":0}],"tools":[],"meta":{"z":1,"a":2}}"#,
        &expect![[r#"
            instructions None, question "q", answer ""
            {"messages":[{"role":"user","content":"q","zeta":[1.5,{"b":1,"a":null}],"alpha":true},{"role":"assistant","content":null,"tool_calls":[{"id":"c"}],"weight":0}],"id":7,"tools":[],"meta":{"z":1,"a":2}}"#]],
    );
}

#[test]
fn lists_of_parts_are_read_as_text_and_written_as_they_were() {
    check(
        r#"{"messages":[{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"x"}},{"type":"text","text":"here"}]},{"role":"assistant","content":"ok"}]}"#,
        &expect![[r#"
            instructions None, question "look\nhere", answer "ok"
            {"messages":[{"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"x"}},{"type":"text","text":"here"}]},{"role":"assistant","content":"ok"}]}"#]],
    );
}

#[test]
fn the_older_shape_is_converted() {
    check(
        r#"{"prompt":"Where?","completion":" there","id":1}"#,
        &expect![[r#"
        instructions None, question "Where?", answer "there"
        {"messages":[{"role":"user","content":"Where?"},{"role":"assistant","content":"there"}],"id":1}"#]],
    );
    check(
        r#"{"prompt":["a"],"completion":"b"}"#,
        &expect!["refused: the text is not a chat example: missing_messages"],
    );
}

#[test]
fn a_mark_at_the_start_is_no_fault() {
    check(
        "\u{feff}{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]} ",
        &expect![[r#"
        instructions None, question "q", answer ""
        {"messages":[{"role":"user","content":"q"}]}"#]],
    );
}

#[test]
fn an_edited_text_replaces_the_parts() {
    let line = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"look"}]}]}"#;
    let mut example = Example::from_chat_json(line).unwrap();
    example.messages[0].content = "changed".to_owned();
    let written = example.to_chat_json();
    expect![[r#"{"messages":[{"role":"user","content":"changed"}]}"#]].assert_eq(&written);
}

#[test]
fn blank_instructions_make_no_message() {
    let example = Example::from_question_answer(Some("  \n"), "q", "a");
    assert_eq!(example.instructions(), None);
    assert_eq!(example.messages.len(), 2);
}

#[test]
fn weights_say_what_is_learned() {
    let learned = |role: Role, weight: Value| {
        let mut message = Message::new(role, "a");
        message.extra.insert("weight".to_owned(), weight);
        (message.weight(), message.is_learned())
    };
    assert_eq!(learned(Role::Assistant, json!(0)), (Some(0), false));
    assert_eq!(learned(Role::Assistant, json!(0.0)), (Some(0), false));
    assert_eq!(learned(Role::Assistant, json!(1)), (Some(1), true));
    assert_eq!(learned(Role::Assistant, json!("0")), (None, true));
    assert_eq!(learned(Role::Assistant, json!(300)), (None, true));
    assert_eq!(learned(Role::User, json!(1)), (Some(1), false));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9f64).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_written_is_read_again(
        messages in prop::collection::vec((".{0,9}", any_value(), "[a-z]{1,8}", any_value()), 1..5),
        extra in any_value(),
    ) {
        let messages: Vec<Value> = messages
            .into_iter()
            .map(|(role, content, key, value)| {
                let mut fields = Map::new();
                fields.insert(key, value);
                fields.insert("role".to_owned(), role.into());
                fields.insert("content".to_owned(), content);
                Value::Object(fields)
            })
            .collect();
        let line = json!({ "messages": messages, "more": extra });
        let once = Example::from_chat_json(&line.to_string()).unwrap();
        let written = once.to_chat_json();
        let twice = Example::from_chat_json(&written).unwrap();
        prop_assert_eq!(&twice, &once);
        prop_assert_eq!(twice.to_chat_json(), written.clone());
        // As values, without regard to the order of fields, nothing was lost or added.
        prop_assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), line);
    }
}
