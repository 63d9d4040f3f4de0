//! What the arguments of `run` mean, and what it does without a display.

use super::{RunError, Wish, has_display, parse};

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn arguments_after_two_dashes_go_to_the_window() {
    let wish = parse(&words("--build-only -- --build-only file.csv")).unwrap();
    let for_the_window = words("--build-only file.csv");
    assert_eq!(wish, Wish { is_build_only: true, for_the_window });
    let plain = parse(&[]).unwrap();
    assert_eq!(plain, Wish { is_build_only: false, for_the_window: Vec::new() });
}

#[test]
fn a_mistyped_argument_is_named() {
    let error = parse(&words("--build_only")).unwrap_err();
    assert!(matches!(&error, RunError::UnknownArgument { argument } if argument == "--build_only"));
}

#[cfg(target_os = "linux")]
#[test]
fn linux_has_a_display_only_when_it_is_named() {
    assert!(!has_display(|_| false));
    assert!(has_display(|name| name == "DISPLAY"));
    assert!(has_display(|name| name == "WAYLAND_DISPLAY"));
}
