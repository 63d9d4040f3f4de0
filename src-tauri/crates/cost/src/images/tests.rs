//! The published examples, the bounds of every size, and sizes read from addresses.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;

use super::*;

const DETAILS: [Detail; 3] = [Detail::Low, Detail::High, Detail::Auto];

/// The address of a PNG of this size in pixels; of the picture only the beginning.
pub(crate) fn png_url(width: u32, height: u32) -> String {
    data_url("image/png", &png(width, height))
}

fn data_url(media: &str, bytes: &[u8]) -> String {
    format!("data:{media};base64,{}", BASE64.encode(bytes))
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
    [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(), &sides, &[8, 6, 0, 0, 0]].concat()
}

fn gif(width: u16, height: u16) -> Vec<u8> {
    [b"GIF89a".as_slice(), &width.to_le_bytes(), &height.to_le_bytes(), &[0x80, 0, 0]].concat()
}

/// A JPEG after so many pieces of 64 KiB that a camera wrote.
fn jpeg(width: u16, height: u16, pieces: usize) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8];
    for _ in 0..pieces {
        bytes.extend([0xff, 0xe1, 0xff, 0xff]);
        bytes.extend([0; 0xffff - 2]);
    }
    bytes.extend([0xff, 0xc0, 0, 17, 8]);
    bytes.extend([height.to_be_bytes(), width.to_be_bytes()].concat());
    bytes.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
    bytes
}

/// What a WEBP begins with that holds this one piece.
fn webp(kind: &[u8; 4], piece: &[u8]) -> Vec<u8> {
    let of_piece = u32::try_from(piece.len()).unwrap();
    let sizes = [(of_piece + 12).to_le_bytes(), of_piece.to_le_bytes()];
    [b"RIFF".as_slice(), &sizes[0], b"WEBP", kind, &sizes[1], piece].concat()
}

fn sized(width: u32, height: u32) -> ImageSize {
    ImageSize::new(width, height).unwrap()
}

/// A case is "model detail size", where a size is "1024x768", or "?" where it is not known.
#[track_caller]
fn check(case: &str, expected: &Expect) {
    let [model, detail, size] = case.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let detail = Detail::of(&json!(detail)).unwrap();
    let size = size.split_once('x').map(|(w, h)| sized(w.parse().unwrap(), h.parse().unwrap()));
    let shown = match image_tokens(model, detail, size) {
        Some(it) => format!("{} {} {}", it.low(), it.expected(), it.high().unwrap()),
        None => "not documented".to_owned(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn tiles_count_as_in_the_guide() {
    check("gpt-4o high 1024x1024", &expect!["765 765 765"]);
    check("gpt-4o high 2048x4096", &expect!["1105 1105 1105"]);
    check("gpt-4o low 4096x8192", &expect!["85 85 85"]);
    check("gpt-4o-mini high 1024x1024", &expect!["25501 25501 25501"]);
    check("gpt-4o-mini low 1024x1024", &expect!["2833 2833 2833"]);
    check("o1 high 1024x1024", &expect!["675 675 675"]);
    check("o3 low 1024x1024", &expect!["75 75 75"]);
}

#[test]
fn patches_count_as_in_the_guide() {
    assert_eq!(patches_made_smaller(sized(1800, 2400)), 1452);
    check("gpt-4.1-mini high 1024x1024", &expect!["1659 1659 1659"]);
    check("gpt-4.1-nano high 1024x1024", &expect!["2520 2520 2520"]);
    check("o4-mini high 1024x1024", &expect!["1762 1762 1762"]);
    // A larger one is made smaller; a call with one of 4000x1474 was billed 2,488.
    check("gpt-4.1-mini high 1800x2400", &expect!["2353 2353 2489"]);
    check("gpt-4.1-mini high 4000x1474", &expect!["2348 2348 2489"]);
}

#[test]
fn where_the_pages_contradict_each_other_both_ways_are_in_the_range() {
    check("gpt-4.1 high 1024x1024", &expect!["765 765 1024"]);
    check("gpt-4.1 high 1800x2400", &expect!["765 765 1536"]);
    check("gpt-4.1 high 32x32", &expect!["1 255 255"]);
    check("gpt-4.1 low 1024x1024", &expect!["85 85 1024"]);
    check("gpt-4.1-mini low 1024x1024", &expect!["85 1659 1659"]);
    check("gpt-4.1-mini low 32x32", &expect!["2 2 138"]);
}

#[test]
fn where_the_service_chooses_the_detail_both_are_in_the_range() {
    check("gpt-4o auto 1024x1024", &expect!["85 765 765"]);
    check("gpt-4.1 auto 1024x1024", &expect!["85 765 1024"]);
    check("gpt-4.1-mini auto 1024x1024", &expect!["85 1659 1659"]);
    assert_eq!(Detail::of(&Value::Null), Some(Detail::Auto));
    assert_eq!(Detail::of(&json!("original")), None);
    assert_eq!(Detail::of(&json!(7)), None);
}

#[test]
fn an_unknown_size_counts_between_the_least_and_the_most() {
    check("gpt-4o high ?", &expect!["255 850 1445"]);
    check("gpt-4o auto ?", &expect!["85 765 1445"]);
    check("gpt-4o low ?", &expect!["85 85 85"]);
    check("gpt-4o-mini high ?", &expect!["8500 28335 48169"]);
    check("gpt-4.1 high ?", &expect!["1 769 1536"]);
    check("gpt-4.1-nano high ?", &expect!["3 1891 3779"]);
}

#[test]
fn a_model_is_known_by_its_family_its_day_and_what_was_made_of_it() {
    check("gpt-4o-2024-08-06 high 512x512", &expect!["255 255 255"]);
    check("ft:gpt-4o-2024-08-06:o::i high 512x512", &expect!["255 255 255"]);
    check("gpt-4o-2024-08-06.ft-0a1b high 512x512", &expect!["255 255 255"]);
    check("gpt-4.1-mini-2025-04-14 high 32x32", &expect!["2 2 2"]);
    for model in ["gpt-3.5-turbo", "gpt-4o-audio-preview", "gpt-4o-2024", "gpt-4", "o1-mini", ""] {
        check(&format!("{model} high 512x512"), &expect!["not documented"]);
    }
}

#[test]
fn an_image_of_any_shape_counts_something() {
    check("gpt-4.1-mini high 100000x10", &expect!["2489 2489 2489"]);
    check("gpt-4.1-mini high 4294967295x4294967295", &expect!["2465 2465 2489"]);
    check("gpt-4o high 4294967295x1", &expect!["765 765 765"]);
    check("gpt-4o high 1x1", &expect!["255 255 255"]);
}

/// The guide's arithmetic as it stands there. Numbers that are whole but for the computer's own
/// rounding are taken as whole.
fn as_the_guide_says(width: f64, height: f64) -> f64 {
    const NOISE: f64 = 1e-9;
    let first = (32.0 * 32.0 * 1536.0 / (width * height)).sqrt();
    let (across, down) = (width * first / 32.0, height * first / 32.0);
    let share = ((across + NOISE).floor() / across).min((down + NOISE).floor() / down);
    (across * share - NOISE).ceil() * (down * share - NOISE).ceil()
}

fn covering(width: u32, height: u32, side: u32) -> u64 {
    u64::from(width.div_ceil(side)) * u64::from(height.div_ceil(side))
}

proptest! {
    #[test]
    fn an_unknown_size_bounds_every_known_one(width in 1..=20_000_u32, height in 1..=20_000_u32) {
        for (model, _) in COUNTINGS {
            for detail in DETAILS {
                let known = image_tokens(model, detail, Some(sized(width, height))).unwrap();
                let turned = image_tokens(model, detail, Some(sized(height, width))).unwrap();
                prop_assert_eq!(known, turned);
                let unknown = image_tokens(model, detail, None).unwrap();
                prop_assert!(known.low() > 0 && known.low() >= unknown.low(), "{model} {detail:?}");
                prop_assert!(known.high().unwrap() <= unknown.high().unwrap(), "{model} {detail:?}");
            }
        }
    }

    #[test]
    fn an_image_is_never_made_larger(width in 1..=20_000_u32, height in 1..=20_000_u32) {
        let size = sized(width, height);
        prop_assert!(tiles(size) <= covering(width, height, 512).min(MOST_TILES));
        let patches = covering(width, height, 32);
        if patches > MOST_PATCHES {
            prop_assert!((1..=MOST_PATCHES).contains(&patches_made_smaller(size)));
        }
    }

    #[test]
    fn whole_numbers_give_what_the_guide_gives(width in 100..=5000_u32, height in 100..=5000_u32) {
        let guide = as_the_guide_says(width.into(), height.into());
        let guide = format!("{guide:.0}");
        prop_assert_eq!(patches_made_smaller(sized(width, height)).to_string(), guide);
    }

    #[test]
    fn no_text_is_too_odd_to_be_an_address(text in any::<String>(), media in "\\PC{0,9}") {
        size_of_data_url(&text);
        size_of_data_url(&format!("data:image/{media};base64,{text}"));
    }

    #[test]
    fn no_bytes_are_too_odd_to_be_an_image(
        magic in prop_oneof![
            Just(b"\x89PNG\r\n\x1a\n".as_slice()),
            Just(b"GIF89a".as_slice()),
            Just(b"\xff\xd8\xff".as_slice()),
            Just(b"RIFF\0\0\0\0WEBPVP8".as_slice()),
            Just(b"".as_slice()),
        ],
        rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        size_of_data_url(&data_url("image/png", &[magic, &rest].concat()));
    }
}

#[test]
fn the_size_is_read_from_the_first_bytes_of_each_kind() {
    let size = |bytes: &[u8]| size_of_data_url(&data_url("image/any", bytes));
    assert_eq!(size(&png(1024, 768)), Some(sized(1024, 768)));
    assert_eq!(size(&gif(320, 200)), Some(sized(320, 200)));
    assert_eq!(size(&jpeg(4000, 3000, 0)), Some(sized(4000, 3000)));
    // The width and the height less one, in three bytes each.
    let canvas = webp(b"VP8X", &[0, 0, 0, 0, 0xff, 0x03, 0, 0xff, 0x02, 0]);
    assert_eq!(size(&canvas), Some(sized(1024, 768)));
    // The same in 14 bits each.
    let packed = (1023_u32 | (767 << 14)).to_le_bytes();
    assert_eq!(
        size(&webp(b"VP8L", &[[0x2f].as_slice(), &packed].concat())),
        Some(sized(1024, 768))
    );
    let frame = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0, 0x04, 0, 0x03];
    assert_eq!(size(&webp(b"VP8 ", &frame)), Some(sized(1024, 768)));
}

#[test]
fn a_size_behind_what_a_camera_wrote_is_read_and_one_far_behind_is_not() {
    let size = |pieces| size_of_data_url(&data_url("image/jpeg", &jpeg(4000, 3000, pieces)));
    assert_eq!(size(1), Some(sized(4000, 3000)));
    assert_eq!(size(2), Some(sized(4000, 3000)));
    assert_eq!(size(4), None);
}

#[test]
fn an_address_is_read_however_it_is_written() {
    let plain = png_url(1024, 768);
    let (_, data) = plain.split_once(',').unwrap();
    let read = |url: String| assert_eq!(size_of_data_url(&url), Some(sized(1024, 768)), "{url}");
    read(format!("DATA:Image/PNG;BASE64,{data}"));
    read(format!("data:image/png;name=a.png;base64,{data}"));
    read(format!("data:image/png;base64,{}\r\n {}", &data[..10], &data[10..]));
    read(format!("data:image/png;base64,{}", data.trim_end_matches('=')));
    // The picture itself goes on, and is cut anywhere.
    let long = data_url("image/png", &[png(1024, 768), vec![7; 5000]].concat());
    for missing in 0..4 {
        read(long[..long.len() - missing].to_owned());
    }
}

#[test]
fn what_is_no_readable_image_has_no_size() {
    let plain = png_url(1024, 768);
    let (_, data) = plain.split_once(',').unwrap();
    let none = |url: &str| assert_eq!(size_of_data_url(url), None, "{url}");
    for url in ["", ",", ":,", "data:", "data:,", "data:image/png;base64,", "x"] {
        none(url);
    }
    none("https://example.org/a.png");
    none(&format!("https://example.org/image/png;base64,{data}"));
    none(&format!("data:image/png,{data}"));
    none(&format!("data:text/plain;base64,{data}"));
    none(&format!("data:ima\u{e9}/png;base64,{data}"));
    none("data:image/png;base64,@@@@");
    none("data:image/png;base64,AA==");
    none(&data_url("image/png", b"not an image, but long enough to be looked at"));
    none(&data_url("image/png", &png(1024, 768)[..20]));
    none(&data_url("image/png", &png(0, 768)));
}
