//! Plain text is exact; everything else says why it is not.

use attune_dataset::Example;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::images::tests::png_url;
use crate::{Encoding, bulk_counter, example_tokens};

const WITH_IMAGES: &str = "gpt-4o-2024-08-06";

fn count(line: &str, model: &str) -> ExampleCount {
    let example = Example::from_chat_json(line).unwrap();
    count_example(bulk_counter(Encoding::O200k), model, &example)
}

#[track_caller]
fn check(messages: &str, more: &str, model: &str, expected: &Expect) {
    let count = count(&format!(r#"{{"messages":{messages}{more}}}"#), model);
    let range = count.range;
    let high = range.high().map_or("any number".to_owned(), |high| high.to_string());
    let (low, likely) = (range.low(), range.expected());
    expected.assert_eq(&format!("{low} {likely} {high} {:?}", count.reasons));
}

#[test]
fn plain_text_is_exact_also_where_it_looks_like_a_control_mark() {
    check(r#"[{"role":"user","content":"hello"}]"#, "", "any", &expect!["6 6 6 {}"]);
    // Seven pieces of text; as a control mark it would be one token.
    check(r#"[{"role":"user","content":"<|endoftext|>"}]"#, "", "any", &expect!["12 12 12 {}"]);
    check(
        r#"[{"role":"assistant","content":"hello","refusal":null,"tool_calls":null}]"#,
        r#","tools":null"#,
        "any",
        &expect!["6 6 6 {}"],
    );
}

#[test]
fn what_no_invoice_shows_is_a_range_with_its_reason() {
    check(
        r#"[{"role":"user","name":"hello","content":"hello"}]"#,
        "",
        "any",
        &expect!["6 9 12 {Name}"],
    );
    check(
        r#"[{"role":"user","content":"hello"}]"#,
        r#","tools":[{"type":"function"}]"#,
        "any",
        &expect!["6 13 18 {Tools}"],
    );
    check(
        r#"[{"role":"assistant","content":"hello","weight":0}]"#,
        "",
        "any",
        &expect!["1 6 8 {NotLearned}"],
    );
    check(
        r#"[{"role":"user","content":[{"type":"text","text":"hello"}]}]"#,
        "",
        "any",
        &expect!["1 6 8 {TextInParts}"],
    );
    check(
        r#"[{"role":"assistant","content":null,"refusal":"hello"}]"#,
        "",
        "any",
        &expect!["1 8 11 {Refusal, NoText}"],
    );
    check(
        r#"[{"role":"assistant","content":"","tool_calls":[{"id":"hello"}]}]"#,
        "",
        "any",
        &expect!["5 12 16 {ToolCall}"],
    );
}

/// A message that shows one image.
fn image(url: &str, detail: Option<&str>) -> String {
    let image = json!({ "url": url, "detail": detail });
    json!([{ "role": "user", "content": [{ "type": "image_url", "image_url": image }] }])
        .to_string()
}

#[test]
fn an_image_counts_what_is_documented_for_its_size() {
    let image = |detail| image(&png_url(1024, 1024), detail);
    let auto = image(None);
    check(&image(Some("low")), "", WITH_IMAGES, &expect!["1 90 120 {CountedImage}"]);
    check(&image(Some("high")), "", WITH_IMAGES, &expect!["1 770 1027 {CountedImage}"]);
    check(&auto, "", WITH_IMAGES, &expect!["1 770 1027 {CountedImage}"]);
    check(&auto, "", "ft:gpt-4o-2024-08-06:o::i", &expect!["1 770 1027 {CountedImage}"]);
    check(&auto, "", "gpt-4.1", &expect!["1 770 1372 {CountedImage}"]);
    check(&auto, "", "gpt-4.1-mini", &expect!["1 1664 2219 {CountedImage}"]);
}

#[test]
fn an_image_whose_size_is_elsewhere_has_an_upper_end_too() {
    for url in ["https://example.org/a.png", "data:image/png;base64,AA==", ""] {
        let image = |detail| image(url, Some(detail));
        check(&image("low"), "", WITH_IMAGES, &expect!["1 90 120 {CountedImage}"]);
        check(&image("high"), "", WITH_IMAGES, &expect!["1 855 1934 {CountedImage}"]);
        check(&image("auto"), "", WITH_IMAGES, &expect!["1 770 1934 {CountedImage}"]);
        check(&image("high"), "", "gpt-4.1", &expect!["1 774 2055 {CountedImage}"]);
    }
    let address = r#"[{"role":"user","content":[{"image_url":"https://example.org/a.png"}]}]"#;
    check(address, "", WITH_IMAGES, &expect!["1 770 1934 {CountedImage}"]);
}

#[test]
fn what_is_not_documented_has_no_upper_end() {
    let size = png_url(1024, 1024);
    let low = image(&size, Some("low"));
    check(&low, "", "gpt-3.5-turbo", &expect!["1 5 any number {Image}"]);
    check(&low, "", "Qwen/Qwen2.5-VL-7B", &expect!["1 5 any number {Image}"]);
    let other = image(&size, Some("original"));
    check(&other, "", WITH_IMAGES, &expect!["1 5 any number {Image}"]);
    let sound = r#"[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]"#;
    check(sound, "", WITH_IMAGES, &expect!["1 5 any number {OtherPart}"]);
    let both = json!([{ "role": "user", "content": [
        { "type": "image_url", "image_url": { "url": size, "detail": "low" } },
        { "type": "input_audio", "input_audio": {} },
    ] }]);
    let expected = expect!["1 90 any number {CountedImage, OtherPart}"];
    check(&both.to_string(), "", WITH_IMAGES, &expected);
}

#[test]
fn images_add_up_and_stand_beside_text() {
    let url = |size: &str| json!({ "type": "image_url", "image_url": { "url": size } });
    let content = json!([
        { "type": "text", "text": "hello" }, url(&png_url(1024, 1024)), url(&png_url(32, 32)),
    ]);
    let messages = json!([{ "role": "user", "content": content }]).to_string();
    // 6 of text, 765 and 255 of images.
    let expected = expect!["1 1026 1368 {TextInParts, CountedImage}"];
    check(&messages, "", WITH_IMAGES, &expected);
}

#[test]
fn a_dataset_says_how_many_examples_make_it_a_range() {
    let line =
        |name: &str| format!(r#"{{"messages":[{{"role":"user",{name}"content":"hello"}}]}}"#);
    let named = line(r#""name":"hello","#);
    let counts = [count(&line(""), "any"), count(&named, "any"), count(&named, "any")];
    let sum = count_dataset(&counts, u64::MAX).unwrap();
    assert_eq!((sum.examples, sum.cut), (3, 0));
    assert_eq!(sum.range, TokenRange::new(18, 24, Some(30)).unwrap());
    assert_eq!(sum.reasons, BTreeMap::from([(Inexact::Name, 2)]));
    let cut = count_dataset(&counts, 8).unwrap();
    assert_eq!((cut.cut, cut.range), (2, TokenRange::new(18, 22, Some(22)).unwrap()));
    assert_eq!(count_dataset(&[], 8).unwrap().range, TokenRange::exactly(0));
}

#[test]
fn nothing_is_cut_from_the_most_that_an_image_counts() {
    let messages = image("https://example.org/a.png", Some("high"));
    let counts = [count(&format!(r#"{{"messages":{messages}}}"#), WITH_IMAGES)];
    let cut = count_dataset(&counts, 100).unwrap();
    assert_eq!((cut.cut, cut.range), (1, TokenRange::new(1, 100, Some(1934)).unwrap()));
}

#[test]
fn sums_beyond_the_range_of_numbers_are_none() {
    let most = TokenRange::exactly(u64::MAX);
    assert_eq!(most.checked_add(TokenRange::exactly(1)), None);
    assert_eq!(most.checked_mul(2), None);
    assert_eq!(TokenRange::new(1, 2, None).unwrap().checked_mul(2), TokenRange::new(2, 4, None));
    assert_eq!(TokenRange::new(2, 1, None), None);
    assert_eq!(TokenRange::new(1, 3, Some(2)), None);
}

fn any_message() -> impl Strategy<Value = Value> {
    let content = prop_oneof![
        any::<String>().prop_map(Value::from),
        Just(Value::Null),
        any::<String>().prop_map(|text| json!([{ "type": "text", "text": text }])),
        Just(json!([{ "type": "image_url", "image_url": { "url": "x", "detail": "low" } }])),
        Just(json!([{ "type": "image_url", "image_url": { "url": png_url(640, 480) } }])),
        Just(json!([{ "type": "file" }, 7, null])),
    ];
    let extra = prop_oneof![
        Just(None),
        Just(Some(("name", json!("Ann")))),
        Just(Some(("weight", json!(0)))),
        Just(Some(("tool_calls", Value::Null))),
        Just(Some(("tool_calls", json!([{ "id": "c" }])))),
    ];
    ("(user|assistant)", content, extra).prop_map(|(role, content, extra)| {
        let mut message = json!({ "role": role, "content": content });
        if let Some((key, value)) = extra {
            message[key] = value;
        }
        message
    })
}

proptest! {
    #[test]
    fn the_range_agrees_with_the_plain_count_and_is_exact_without_a_reason(
        messages in prop::collection::vec(any_message(), 0..4),
    ) {
        let line = json!({ "messages": messages }).to_string();
        let Ok(example) = Example::from_chat_json(&line) else { return Ok(()) };
        let counter = bulk_counter(Encoding::O200k);
        let count = count_example(counter, WITH_IMAGES, &example);
        prop_assert_eq!(count.tokens, example_tokens(counter, &example));
        let range = count.range;
        prop_assert!(range.low() <= range.expected());
        prop_assert!(range.high().is_none_or(|high| range.expected() <= high));
        prop_assert_eq!(range.is_exact(), count.reasons.is_empty());
        let has_no_end = [Inexact::Image, Inexact::OtherPart].iter().any(|it| count.reasons.contains(it));
        prop_assert_eq!(range.high().is_none(), has_no_end);
    }
}

#[test]
fn a_tokenizer_file_leaves_only_what_stands_around_messages_open() {
    let example = count(
        r#"{"messages":[{"role":"user","content":"Where is it?"},{"role":"assistant","content":"Here."}]}"#,
        "llama",
    );
    let counted = count_dataset([&example, &example], u64::MAX).unwrap();
    assert_eq!((counted.examples, counted.messages), (2, 4));
    let text = counted.range.expected() - 4 * 4 - 2;
    let by_file = counted.clone().by_another_template().unwrap();
    assert_eq!((by_file.range.low(), by_file.range.expected()), (text, counted.range.expected()));
    // What any template puts around 4 messages and 2 conversations.
    let most = counted.range.expected() + 4 * 8 + 2 * 64;
    assert_eq!(by_file.range.high(), Some(most));
    assert_eq!(by_file.reasons.get(&Inexact::OtherTemplate), Some(&2));
    // It is always nearer than a tokenizer that nobody has.
    let other = counted.by_another_tokenizer().unwrap();
    assert_eq!(other.range.high(), Some(most + other.range.expected()));
}

#[test]
fn tools_are_written_down_in_ways_that_take_far_more() {
    let tools = r#"{"messages":[{"role":"user","content":"Where?"},{"role":"assistant","content":"Here."}],"tools":[{"type":"function","function":{"name":"find","parameters":{"type":"object"}}}]}"#;
    let counted = count_dataset([&count(tools, "llama")], u64::MAX).unwrap();
    let high = counted.range.high().unwrap();
    // Templates around 2 messages and an example, and all of it spread over lines.
    let most = Some(2 * (high + 2 * 8 + 64));
    assert_eq!(counted.clone().by_another_template().unwrap().range.high(), most);
    assert_eq!(counted.by_another_tokenizer().unwrap().range.high(), most);
}
