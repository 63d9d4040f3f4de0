//! Content keys are equal for what says the same, and pinned: the library stores them.

use super::duplicate_groups;
use crate::example::Example;

#[track_caller]
fn check(one: &str, other: &str, are_equal: bool) {
    let key = |line: &str| Example::from_chat_json(line).unwrap().content_key();
    assert_eq!(key(one) == key(other), are_equal, "{one}\n{other}");
}

#[test]
fn saying_the_same_is_equal() {
    let plain =
        r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}"#;
    check(plain, plain, true);
    check(
        plain,
        r#"{"id":9,"messages":[{"content":" q\r\n","role":"user"},{"role":"assistant","content":"a","weight":0}]}"#,
        true,
    );
    check(
        plain,
        r#"{"messages":[{"role":"user","content":[{"type":"text","text":"q"}]},{"role":"assistant","content":"a"}]}"#,
        true,
    );
    check(
        r#"{"messages":[{"role":"assistant","tool_calls":[{"a":1,"b":2}]}]}"#,
        r#"{"messages":[{"role":"assistant","tool_calls":[{"b":2,"a":1}]}]}"#,
        true,
    );
}

#[test]
fn saying_something_else_is_not() {
    let plain =
        r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}"#;
    for other in [
        r#"{"messages":[{"role":"user","content":"Q"},{"role":"assistant","content":"a"}]}"#,
        r#"{"messages":[{"role":"assistant","content":"q"},{"role":"user","content":"a"}]}"#,
        r#"{"messages":[{"role":"user","content":"qa"},{"role":"assistant","content":""}]}"#,
        r#"{"messages":[{"role":"user","content":"q","name":"Ada"},{"role":"assistant","content":"a"}]}"#,
        r#"{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"tools":[{"type":"function"}]}"#,
        r#"{"messages":[{"role":"user","content":[{"type":"text","text":"q"},{"type":"image_url","image_url":{"url":"x"}}]},{"role":"assistant","content":"a"}]}"#,
    ] {
        check(plain, other, false);
    }
}

#[test]
fn the_key_never_changes() {
    // Libraries store it.
    let key = Example::from_question_answer(Some("Be kind."), "q", "a").content_key();
    let shown: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    expect_test::expect!["769fd1f525f1a0518170b38f9383521d"].assert_eq(&shown);
}

#[test]
fn groups_stand_in_the_order_of_the_file() {
    let keys = [3u8, 1, 2, 1, 3, 1].map(|it| [it; 16]);
    assert_eq!(duplicate_groups(&keys), [vec![0, 4], vec![1, 3, 5]]);
    assert!(duplicate_groups(&[]).is_empty());
}
