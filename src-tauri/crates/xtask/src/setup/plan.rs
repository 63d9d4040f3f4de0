//! What is needed, and which command brings it: the decision, apart from its doing.

use super::Purpose;
use super::platform::Platform;
use crate::process;

/// One thing that must be on the computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    CCompiler,
    PkgConfig,
    WebView,
    WebDriver,
    VirtualDisplay,
    SessionBus,
    KeyPresser,
    KeyringDaemon,
    Calendar,
}

/// What this program may do without asking anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights {
    Root,
    /// `sudo` without a password.
    Sudo,
    None,
}

/// What to do about the missing needs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    Ready,
    Install { rights: Rights, packages: Vec<&'static str> },
    Ask { command: String },
}

/// The needs of `purpose` on `platform`.
pub(crate) fn needs(platform: Platform, purpose: Purpose) -> Vec<Need> {
    if !platform.can_drive_the_window() {
        return vec![Need::CCompiler];
    }
    let mut needs = vec![Need::CCompiler, Need::PkgConfig, Need::WebView];
    if purpose == Purpose::Test {
        needs.extend([Need::WebDriver, Need::VirtualDisplay, Need::SessionBus]);
        needs.extend([Need::KeyPresser, Need::KeyringDaemon, Need::Calendar]);
    }
    needs
}

/// Installs where that is allowed, else asks the person to.
pub(crate) fn decide(platform: Platform, missing: &[Need], rights: Rights) -> Plan {
    if missing.is_empty() {
        return Plan::Ready;
    }
    if platform == Platform::Debian && rights != Rights::None {
        return Plan::Install { rights, packages: packages(platform, missing) };
    }
    Plan::Ask { command: command(platform, missing) }
}

/// The one command that brings `missing`, ready to be pasted.
pub(crate) fn command(platform: Platform, missing: &[Need]) -> String {
    let packages = packages(platform, missing).join(" ");
    match platform {
        Platform::Debian => format!("sudo apt-get update && sudo apt-get install -y {packages}"),
        Platform::Fedora => format!("sudo dnf install -y {packages}"),
        Platform::Arch => format!("sudo pacman -S --needed {packages}"),
        Platform::OtherLinux => {
            format!("your system's package manager, for what Debian calls: {packages}")
        }
        Platform::Mac => "xcode-select --install".to_owned(),
        Platform::Windows => "winget install --id Microsoft.VisualStudio.2022.BuildTools \
             --override \"--passive --add Microsoft.VisualStudio.Workload.VCTools \
             --includeRecommended\""
            .to_owned(),
    }
}

/// The missing things in words, for the sentence above the command.
pub(crate) fn names(missing: &[Need]) -> String {
    missing.iter().map(|need| need.words()).collect::<Vec<_>>().join(", ")
}

fn packages(platform: Platform, missing: &[Need]) -> Vec<&'static str> {
    missing.iter().map(|need| need.package(platform)).collect()
}

impl Need {
    /// Whether the computer has it. Looks for the thing itself, not for a package of that name,
    /// so that a hand-built one counts.
    pub(crate) fn is_met(self) -> bool {
        match self {
            Self::CCompiler if cfg!(windows) => true, // this program was linked with it
            Self::CCompiler => on_path("cc"),
            Self::PkgConfig => on_path("pkg-config"),
            Self::WebView => process::succeeds("pkg-config", &["--exists", "webkit2gtk-4.1"]),
            Self::WebDriver => on_path("WebKitWebDriver"),
            Self::VirtualDisplay => on_path("Xvfb"),
            Self::SessionBus => on_path("dbus-run-session"),
            Self::KeyPresser => on_path("xdotool"),
            Self::KeyringDaemon => on_path("gnome-keyring-daemon"),
            Self::Calendar => on_path("faketime"),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::CCompiler => "a C compiler",
            Self::PkgConfig => "pkg-config",
            Self::WebView => "the web view's development files (WebKitGTK 4.1)",
            Self::WebDriver => "WebKitWebDriver",
            Self::VirtualDisplay => "a virtual display (Xvfb)",
            Self::SessionBus => "a session bus (D-Bus)",
            Self::KeyPresser => "xdotool",
            Self::KeyringDaemon => "a keyring daemon (GNOME Keyring)",
            Self::Calendar => "faketime",
        }
    }

    /// The package's name; Fedora's dnf also takes the path of a program.
    fn package(self, platform: Platform) -> &'static str {
        let (debian, fedora, arch) = match self {
            Self::CCompiler => ("build-essential", "gcc", "base-devel"),
            Self::PkgConfig => ("pkg-config", "/usr/bin/pkg-config", "pkgconf"),
            Self::WebView => {
                ("libwebkit2gtk-4.1-dev", "'pkgconfig(webkit2gtk-4.1)'", "webkit2gtk-4.1")
            }
            Self::WebDriver => ("webkit2gtk-driver", "/usr/bin/WebKitWebDriver", "webkitgtk-6.0"),
            Self::VirtualDisplay => ("xvfb", "/usr/bin/Xvfb", "xorg-server-xvfb"),
            Self::SessionBus => ("dbus", "/usr/bin/dbus-run-session", "dbus"),
            Self::KeyPresser => ("xdotool", "xdotool", "xdotool"),
            Self::KeyringDaemon => ("gnome-keyring", "gnome-keyring", "gnome-keyring"),
            Self::Calendar => ("faketime", "libfaketime", "libfaketime"),
        };
        match platform {
            Platform::Fedora => fedora,
            Platform::Arch => arch,
            Platform::Debian | Platform::OtherLinux | Platform::Mac | Platform::Windows => debian,
        }
    }
}

/// Whether a program of this name lies in one of the folders of `PATH`.
fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
