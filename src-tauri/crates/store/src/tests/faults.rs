//! A disk that fills up, a journal that is cut, a file that goes away, a backup that is damaged.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{content, open, project, texts};
use crate::{
    ExampleContent, Library, LibraryOptions, NewExample, OpenError, SourceInfo, StoreError,
};

fn long_content(text: &str) -> ExampleContent {
    ExampleContent { body: text.repeat(20_000), ..content(text) }
}

/// Imports until the disk is full; `rows` must be more than fits.
fn import_too_much(library: &Library, project: crate::ProjectId, rows: u32) -> StoreError {
    let source = SourceInfo { name: "large.csv".into(), bytes: 1, blake3: "00".into() };
    let imported = library.import::<StoreError>(project, &source, 4, &mut |sink| {
        for row in 0..rows {
            let content = long_content(&format!("{row:06}"));
            sink.push(&NewExample { line: None, content: &content })?;
        }
        Ok(())
    });
    match imported.unwrap_err() {
        crate::ImportError::Store(error) | crate::ImportError::Fill(error) => error,
    }
}

/// Everything that writes fails in its own words and leaves what was there.
fn check_full(library: &Library, project: crate::ProjectId) {
    let before = (texts(library, project), library.history(project).unwrap());
    let id = library.example_ids(project, &crate::ViewQuery::default()).unwrap()[0];
    let full = [
        import_too_much(library, project, 400),
        library.example_edit(project, id, &long_content(&"e".repeat(300)), false, 5).unwrap_err(),
        library.example_add(project, None, &long_content(&"a".repeat(300)), 5).unwrap_err(),
        library.setting_set("large", &"s".repeat(6_000_000)).unwrap_err(),
    ];
    for error in full {
        assert!(matches!(error, StoreError::DiskFull), "{error:?}");
    }
    assert_eq!((texts(library, project), library.history(project).unwrap()), before);
    library.verify().unwrap();
}

#[test]
fn a_full_database_keeps_what_it_has_and_goes_on_when_there_is_room() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    library.example_add(project, None, &content("kept"), 1).unwrap();
    let set_most = |pages: u32| {
        library.with_connection(|it| it.pragma_update(None, "max_page_count", pages)).unwrap();
    };
    set_most(60);
    check_full(&library, project);
    set_most(1 << 30);
    library.example_add(project, None, &long_content("after"), 6).unwrap();
    drop(library);
    let library = open(home.path());
    assert_eq!(texts(&library, project), ["kept", "after"]);
}

/// A small file system in memory, gone when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// None where mounting is not allowed.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let disk = Self(folder);
        disk.mount(&["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).then_some(disk)
    }

    fn mount(&self, arguments: &[&str]) -> bool {
        let mounting = Command::new("mount").args(arguments).arg(self.0.path()).output();
        mounting.is_ok_and(|mounting| mounting.status.success())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.0.path()).output());
    }
}

#[test]
fn a_full_disk_keeps_what_it_has_and_goes_on_when_there_is_room() {
    let Some(disk) = SmallDisk::new() else {
        eprintln!("left out: a really full disk (mounting a small one is not allowed here)");
        return;
    };
    let home = disk.path().join("home");
    let library = open(&home);
    let project = project(&library);
    library.example_add(project, None, &content("kept"), 1).unwrap();
    let ballast = disk.path().join("ballast");
    for left_over in [0, 1_024, 4_096] {
        // Fill the disk to the brim but for a little.
        let mut size = 4 << 20;
        while size > 256 {
            let mut file = fs::OpenOptions::new().create(true).append(true).open(&ballast).unwrap();
            if std::io::Write::write_all(&mut file, &vec![1; size]).is_err() {
                size /= 2;
            }
        }
        let filled = fs::metadata(&ballast).unwrap().len();
        fs::OpenOptions::new()
            .write(true)
            .open(&ballast)
            .unwrap()
            .set_len(filled - left_over)
            .unwrap();
        check_full(&library, project);
        let prepared = library.file_put_bytes(&vec![7; 100_000]);
        assert!(matches!(prepared, Err(StoreError::DiskFull)), "{prepared:?}");
        assert_eq!(fs::read_dir(library.files_dir()).unwrap().count(), 0, "no half file stays");
        assert!(matches!(library.back_up(), Err(StoreError::DiskFull)));
        fs::remove_file(&ballast).unwrap();
        library.example_add(project, None, &content(&format!("{left_over}")), 6).unwrap();
    }
    drop(library);
    let library = open(&home);
    assert_eq!(texts(&library, project), ["kept", "0", "1024", "4096"]);
    library.verify().unwrap();
}

#[test]
fn a_read_only_place_is_named() {
    let Some(disk) = SmallDisk::new() else {
        eprintln!("left out: a read-only disk (mounting a small one is not allowed here)");
        return;
    };
    let home = disk.path().join("home");
    let library = open(&home);
    let project = project(&library);
    library.example_add(project, None, &content("kept"), 1).unwrap();
    drop(library);
    assert!(disk.mount(&["-o", "remount,ro"]));
    for place in [home.clone(), disk.path().join("new")] {
        let refusal = Library::open(LibraryOptions::new(place));
        assert!(matches!(refusal, Err(OpenError::NoAccess)), "{refusal:?}");
    }
    assert!(disk.mount(&["-o", "remount,rw"]));
    assert_eq!(texts(&open(&home), project), ["kept"]);
}

#[cfg(unix)]
#[test]
fn a_forbidden_folder_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let outer = tempfile::tempdir().unwrap();
    let set = |mode| fs::set_permissions(outer.path(), fs::Permissions::from_mode(mode)).unwrap();
    set(0o500);
    let may_write_anyway = fs::write(outer.path().join("probe"), b"").is_ok();
    if may_write_anyway {
        set(0o700);
        eprintln!("left out: a forbidden folder (nothing is forbidden to this user)");
        return;
    }
    let refusal = Library::open(LibraryOptions::new(outer.path().join("home")));
    set(0o700);
    assert!(matches!(refusal, Err(OpenError::NoAccess)), "{refusal:?}");
}

#[test]
fn a_file_that_was_removed_or_replaced_takes_no_more_changes() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    let file = home.path().join("library.db");
    let aside = home.path().join("aside.db");
    let gone = || {
        let refused = library.example_add(project, None, &content("lost"), 1);
        assert!(matches!(refused, Err(StoreError::Gone)), "{refused:?}");
    };
    fs::rename(&file, &aside).unwrap();
    gone();
    fs::copy(&aside, &file).unwrap();
    gone();
    fs::rename(&aside, &file).unwrap();
    library.example_add(project, None, &content("kept"), 2).unwrap();
    assert_eq!(texts(&library, project), ["kept"]);
}

/// A power loss can cut the journal anywhere after the last synced byte, and never before it.
#[test]
fn a_journal_cut_anywhere_opens_with_whole_operations() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    let journal = home.path().join("library.db-wal");
    let mut ends = Vec::new();
    for number in 0..12 {
        library.example_add(project, None, &content(&format!("{number}")), 1).unwrap();
        ends.push(fs::metadata(&journal).unwrap().len());
    }
    let bytes = fs::read(&journal).unwrap();
    let copy = tempfile::tempdir().unwrap();
    let step = bytes.len() / 100;
    let cuts =
        (0..100).map(|cut| cut * step).chain(ends.iter().map(|end| usize::try_from(*end).unwrap()));
    for cut in cuts {
        let place = copy.path().join(format!("{cut}"));
        fs::create_dir_all(&place).unwrap();
        fs::copy(home.path().join("library.db"), place.join("library.db")).unwrap();
        fs::write(place.join("library.db-wal"), &bytes[..cut]).unwrap();
        let cut_library = open(&place);
        let acknowledged = ends.iter().filter(|end| **end <= cut as u64).count();
        let found = cut_library.projects().unwrap().first().map(|row| {
            cut_library.verify().unwrap();
            assert_eq!(texts(&cut_library, row.id).len() as u64, row.examples);
            row.examples
        });
        assert!(found.unwrap_or(0) >= acknowledged as u64, "cut at {cut}: {found:?}");
        drop(cut_library);
        fs::remove_dir_all(&place).unwrap();
    }
}

#[test]
fn every_flipped_header_or_tree_byte_of_a_backup_is_found() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let project = project(&library);
    library.example_add(project, None, &content("kept"), 1).unwrap();
    let backup = library.back_up().unwrap();
    let again = library.back_up().unwrap();
    assert_ne!(backup, again, "a backup never replaces another");
    let whole = fs::read(&backup).unwrap();
    assert!(whole == fs::read(&again).unwrap());
    let restored = tempfile::tempdir().unwrap();
    let file = restored.path().join("library.db");
    // The magic words, the page size, the type of the first page of each tree.
    let spots = (0..18).chain((1..whole.len() / 8_192).map(|page| page * 8_192));
    for spot in spots {
        let mut flipped = whole.clone();
        flipped[spot] ^= 0x55;
        fs::write(&file, &flipped).unwrap();
        let refusal = Library::open(LibraryOptions::new(restored.path().to_owned()));
        assert!(matches!(refusal, Err(OpenError::Damaged { .. })), "byte {spot}: {refusal:?}");
    }
    fs::write(&file, &whole).unwrap();
    assert_eq!(texts(&open(restored.path()), project), ["kept"]);
}

#[test]
fn what_a_killed_process_was_writing_is_swept() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    let kept = library.file_put_bytes(b"kept").unwrap();
    fs::write(library.files_dir().join(".unfinished-0"), b"half").unwrap();
    drop(library);
    fs::write(home.path().join("library.new.db"), b"half").unwrap();
    let library = open(home.path());
    library.file_put_bytes(b"new").unwrap();
    assert!(library.file_path(&kept).is_ok());
    assert_eq!(fs::read_dir(library.files_dir()).unwrap().count(), 2);
}

/// A process between its fork and its own program holds copies of our open files; the lock must not live on in them.
#[cfg(unix)]
#[test]
fn a_process_that_is_being_started_does_not_keep_the_lock() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let home = tempfile::tempdir().unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    Command::new("true").output().unwrap();
                }
            });
        }
        let opened: Vec<_> = (0..40)
            .map(|_| Library::open(LibraryOptions::new(home.path().to_owned())).map(drop))
            .collect();
        is_over.store(true, Ordering::Relaxed);
        for result in opened {
            result.unwrap();
        }
    });
}
