//! Which family of systems this computer belongs to, as far as installing packages goes.

/// A family of systems that share a package manager and its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    /// Debian, Ubuntu and what is made of them: apt.
    Debian,
    /// Fedora and Red Hat: dnf.
    Fedora,
    /// Arch: pacman.
    Arch,
    /// Any other Linux.
    OtherLinux,
    /// macOS.
    Mac,
    /// Windows.
    Windows,
}

impl Platform {
    /// The computer this runs on.
    pub(crate) fn current() -> Self {
        if cfg!(target_os = "macos") {
            return Self::Mac;
        }
        if cfg!(windows) {
            return Self::Windows;
        }
        let os_release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
        Self::from_os_release(&os_release)
    }

    /// The family that `/etc/os-release` names in `ID`, else in `ID_LIKE`.
    pub(crate) fn from_os_release(text: &str) -> Self {
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.unwrap_or_default().trim_matches(['"', '\'']).to_lowercase()
        };
        let ids = format!("{} {}", field("ID"), field("ID_LIKE"));
        ids.split_whitespace().find_map(Self::from_id).unwrap_or(Self::OtherLinux)
    }

    fn from_id(id: &str) -> Option<Self> {
        match id {
            "debian" | "ubuntu" => Some(Self::Debian),
            "fedora" | "rhel" => Some(Self::Fedora),
            "arch" => Some(Self::Arch),
            _ => None,
        }
    }

    /// The tests drive `WebKitGTK`, which exists on Linux only.
    pub(crate) fn can_drive_the_window(self) -> bool {
        !matches!(self, Self::Mac | Self::Windows)
    }
}
