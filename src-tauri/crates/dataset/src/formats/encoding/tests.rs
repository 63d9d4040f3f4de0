//! Every usual encoding, and bytes that are none.

use std::io::Read;

use expect_test::{Expect, expect};

use super::{TextEncoding, TextReader};

struct Slowly<'a>(&'a [u8]);

impl Read for Slowly<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let length = 1.min(self.0.len()).min(out.len());
        out[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

/// Bytes that are no text show as `\xff`.
#[track_caller]
fn check(bytes: &[u8], expected: &Expect) {
    let encoding = TextEncoding::guess(bytes, false);
    let mut at_once = Vec::new();
    TextReader::new(bytes, encoding).read_to_end(&mut at_once).unwrap();
    let mut slowly = Vec::new();
    TextReader::new(Slowly(bytes), encoding).read_to_end(&mut slowly).unwrap();
    assert_eq!(at_once, slowly, "the size of the chunks does not matter");
    let text: Vec<String> = at_once
        .utf8_chunks()
        .map(|it| format!("{}{}", it.valid(), it.invalid().escape_ascii()))
        .collect();
    expected.assert_eq(&format!("{}: {}", encoding.name(), text.concat()));
}

fn utf_16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

#[test]
fn utf_8_with_and_without_a_mark() {
    check("Größe 中 👍".as_bytes(), &expect!["UTF-8: Größe 中 👍"]);
    check("\u{feff}Größe".as_bytes(), &expect!["UTF-8: Größe"]);
    check(b"plain", &expect!["UTF-8: plain"]);
    check(b"", &expect!["UTF-8: "]);
    check("\u{feff}".as_bytes(), &expect!["UTF-8: "]);
    // A real replacement character is a character.
    check("a\u{fffd}b".as_bytes(), &expect!["UTF-8: a\u{fffd}b"]);
}

#[test]
fn utf_16_with_and_without_a_mark() {
    let text = "question;answer\r\nGröße?;42 👍";
    for to_bytes in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
        let plain = utf_16(text, to_bytes);
        let marked = utf_16(&format!("\u{feff}{text}"), to_bytes);
        for bytes in [plain, marked] {
            let encoding = TextEncoding::guess(&bytes, true);
            let mut read = String::new();
            TextReader::new(bytes.as_slice(), encoding).read_to_string(&mut read).unwrap();
            assert_eq!(read, text, "{}", encoding.name());
        }
    }
}

#[test]
fn half_a_character_in_utf_16_is_no_text() {
    let mut bytes = utf_16("\u{feff}ab", u16::to_le_bytes);
    bytes.extend(0xd83d_u16.to_le_bytes());
    bytes.extend(utf_16("cd", u16::to_le_bytes));
    check(&bytes, &expect![[r"UTF-16LE: ab\xffcd"]]);
    bytes.push(0x41);
    check(&bytes, &expect![[r"UTF-16LE: ab\xffcd\xff"]]);
}

#[test]
fn older_encodings_are_recognised() {
    let encoded =
        |encoding: &'static encoding_rs::Encoding, text: &str| encoding.encode(text).0.into_owned();
    let german =
        "Größe für Männer – schön, daß es Äpfel gibt. Überprüfen Sie die Rechnung über 5 €.";
    check(
        &encoded(encoding_rs::WINDOWS_1252, german),
        &expect![
            "windows-1252: Größe für Männer – schön, daß es Äpfel gibt. Überprüfen Sie die Rechnung über 5 €."
        ],
    );
    let japanese = "自転車はいつ届きますか。修理をお願いします。ありがとうございます。";
    check(
        &encoded(encoding_rs::SHIFT_JIS, japanese),
        &expect!["Shift_JIS: 自転車はいつ届きますか。修理をお願いします。ありがとうございます。"],
    );
    let russian = "Когда привезут мой заказ? Я жду уже две недели, ответьте пожалуйста.";
    check(
        &encoded(encoding_rs::WINDOWS_1251, russian),
        &expect![
            "windows-1251: Когда привезут мой заказ? Я жду уже две недели, ответьте пожалуйста."
        ],
    );
    let chinese = "我的自行车什么时候送到？请尽快回复，谢谢。我想退货并要求退款。";
    check(
        &encoded(encoding_rs::GBK, chinese),
        &expect!["GBK: 我的自行车什么时候送到？请尽快回复，谢谢。我想退货并要求退款。"],
    );
    let polish =
        "Kiedy dotrze moja paczka? Proszę o szybką odpowiedź, dziękuję. Źle działający łańcuch.";
    check(
        &encoded(encoding_rs::WINDOWS_1250, polish),
        &expect![
            "windows-1250: Kiedy dotrze moja paczka? Proszę o szybką odpowiedź, dziękuję. Źle działający łańcuch."
        ],
    );
}

#[test]
fn utf_8_with_a_broken_row_stays_utf_8() {
    let mut bytes = "Größe, Äpfel, Übung, ß\n".as_bytes().to_vec();
    bytes.extend(b"br\xffken\n");
    bytes.extend("schöne Grüße\n".as_bytes());
    check(
        &bytes,
        &expect![[r#"
        UTF-8: Größe, Äpfel, Übung, ß
        br\xffken
        schöne Grüße
    "#]],
    );
}

#[test]
fn names_lead_back_to_the_encoding() {
    for name in ["UTF-8", "windows-1252", "UTF-16LE", "Shift_JIS"] {
        assert_eq!(TextEncoding::from_name(name).unwrap().name(), name);
    }
    assert_eq!(TextEncoding::from_name("klingon"), None);
}
