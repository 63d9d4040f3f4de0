//! Files and folders that are there whole or not at all: written beside, synced, then renamed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Replaces the file at `path` in one step.
pub(crate) fn write_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("tmp");
    write_synced(&beside, content)?;
    fs::rename(&beside, path)?;
    sync_folder(path.parent().unwrap_or(path))
}

/// Makes the folder `parent/name` with these files in one step; an older one of that name is
/// replaced. `before_rename` runs when everything is written and nothing is visible yet.
pub(crate) fn write_folder(
    parent: &Path,
    name: &str,
    files: &[(&str, Vec<u8>)],
    before_rename: impl FnOnce(),
) -> io::Result<()> {
    fs::create_dir_all(parent)?;
    let beside = parent.join(format!(".{name}.tmp"));
    remove_if_there(&beside)?;
    fs::create_dir(&beside)?;
    for (file, content) in files {
        write_synced(&beside.join(file), content)?;
    }
    sync_folder(&beside)?;
    before_rename();
    let target = parent.join(name);
    remove_if_there(&target)?;
    fs::rename(&beside, &target)?;
    sync_folder(parent)
}

/// Removes a folder and what is in it; none is no error.
pub(crate) fn remove_if_there(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Makes a rename survive a loss of power. Windows cannot open folders and needs no such call.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(windows) { Ok(()) } else { File::open(folder)?.sync_all() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{write_file, write_folder};

    #[test]
    fn a_folder_is_replaced_whole() {
        let home = tempfile::tempdir().unwrap();
        let write = |text: &str| {
            let files = [("a.txt", text.as_bytes().to_vec())];
            let target = home.path().join("it");
            let seen = || fs::read_to_string(target.join("a.txt")).ok();
            let before = seen();
            write_folder(home.path(), "it", &files, || assert_eq!(seen(), before)).unwrap();
            seen()
        };
        assert_eq!(write("one").as_deref(), Some("one"));
        assert_eq!(write("two").as_deref(), Some("two"));
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("job.json");
        write_file(&path, b"1").unwrap();
        write_file(&path, b"2").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"2");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
