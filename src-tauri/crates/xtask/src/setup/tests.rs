//! The decisions of setup, as tables: which command for which computer.

use expect_test::{Expect, expect};

use super::Purpose;
use super::node;
use super::plan::{self, Need, Plan, Rights};
use super::platform::Platform;

const DEBIAN_12: &str = "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n";
const MINT: &str = "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n";
const ROCKY: &str = "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n";
const MANJARO: &str = "ID=manjaro\nID_LIKE=arch\n";
const VOID: &str = "ID='void'\n";

/// What setup would do on a computer that lacks everything `purpose` needs.
fn decision(platform: Platform, purpose: Purpose, rights: Rights) -> String {
    match plan::decide(platform, &plan::needs(platform, purpose), rights) {
        Plan::Ready => "nothing".to_owned(),
        Plan::Install { rights, packages } => format!("{rights:?} installs {}", packages.join(" ")),
        Plan::Ask { command } => format!("asks for: {command}"),
    }
}

#[track_caller]
fn check(platform: Platform, purpose: Purpose, rights: Rights, expected: &Expect) {
    expected.assert_eq(&decision(platform, purpose, rights));
}

#[test]
fn debian_with_rights_installs() {
    check(
        Platform::Debian,
        Purpose::Test,
        Rights::Root,
        &expect![
            "Root installs build-essential pkg-config libwebkit2gtk-4.1-dev webkit2gtk-driver xvfb dbus xdotool gnome-keyring faketime"
        ],
    );
    check(
        Platform::Debian,
        Purpose::Build,
        Rights::Sudo,
        &expect!["Sudo installs build-essential pkg-config libwebkit2gtk-4.1-dev"],
    );
}

#[test]
fn debian_without_rights_asks() {
    check(
        Platform::Debian,
        Purpose::Build,
        Rights::None,
        &expect![
            "asks for: sudo apt-get update && sudo apt-get install -y build-essential pkg-config libwebkit2gtk-4.1-dev"
        ],
    );
}

#[test]
fn other_systems_are_never_changed_even_with_rights() {
    check(
        Platform::Fedora,
        Purpose::Test,
        Rights::Root,
        &expect![
            "asks for: sudo dnf install -y gcc /usr/bin/pkg-config 'pkgconfig(webkit2gtk-4.1)' /usr/bin/WebKitWebDriver /usr/bin/Xvfb /usr/bin/dbus-run-session xdotool gnome-keyring libfaketime"
        ],
    );
    check(
        Platform::Arch,
        Purpose::Test,
        Rights::Root,
        &expect![
            "asks for: sudo pacman -S --needed base-devel pkgconf webkit2gtk-4.1 webkitgtk-6.0 xorg-server-xvfb dbus xdotool gnome-keyring libfaketime"
        ],
    );
    check(
        Platform::OtherLinux,
        Purpose::Build,
        Rights::Sudo,
        &expect![
            "asks for: your system's package manager, for what Debian calls: build-essential pkg-config libwebkit2gtk-4.1-dev"
        ],
    );
    check(Platform::Mac, Purpose::Test, Rights::None, &expect!["asks for: xcode-select --install"]);
    check(
        Platform::Windows,
        Purpose::Test,
        Rights::None,
        &expect![[
            r#"asks for: winget install --id Microsoft.VisualStudio.2022.BuildTools --override "--passive --add Microsoft.VisualStudio.Workload.VCTools --includeRecommended""#
        ]],
    );
}

#[test]
fn only_what_is_missing_is_asked_for() {
    let plan = plan::decide(Platform::Debian, &[Need::VirtualDisplay], Rights::Root);
    assert_eq!(plan, Plan::Install { rights: Rights::Root, packages: vec!["xvfb"] });
    assert_eq!(plan::decide(Platform::Fedora, &[], Rights::None), Plan::Ready);
}

#[test]
fn families_are_found_in_os_release() {
    let families = [DEBIAN_12, MINT, ROCKY, MANJARO, VOID, ""].map(Platform::from_os_release);
    expect!["[Debian, Debian, Fedora, Arch, OtherLinux, OtherLinux]"]
        .assert_eq(&format!("{families:?}"));
}

#[test]
fn node_versions_are_judged_in_words() {
    let judged = |said: Option<&str>| match node::judge(said) {
        Ok(()) => "good".to_owned(),
        Err(problem) => problem.to_string(),
    };
    for good in ["v20.19.0", "v20.20.2\n", "v22.12.0", "v24.1.0"] {
        assert_eq!(judged(Some(good)), "good", "{good}");
    }
    for old in ["v18.20.4", "v20.18.9", "v21.7.3", "v22.11.0"] {
        assert!(judged(Some(old)).contains(&format!("this computer has {old}")), "{old}");
    }
    expect!["Attune's page is built with Node, which is not on this computer. Install Node 20.19 or newer from https://nodejs.org and start again"].assert_eq(&judged(None));
    expect!["`node --version` says `node: bad`, which is no version"]
        .assert_eq(&judged(Some("node: bad")));
}
