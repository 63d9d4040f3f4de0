//! Kills a process that changes a library, at random moments and at named points, and looks at what is left.
//!
//! The oracle is a second library in which the same changes are made by nobody's interruption: what the killed one
//! holds must be exactly the state after the last acknowledged change, or after the one that was on its way.
//! `ATTUNE_SEED` replays a run.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use attune_store::{
    ExampleContent, ExtraMigration, Library, LibraryOptions, NewExample, NewProject, OpenError,
    ProjectId, SourceInfo, StoreError, ViewQuery,
};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Tells the child what to do: `changes HOME SEED` or `point HOME NAME`.
const CHILD: &str = "ATTUNE_STORE_KILL_CHILD";
const ROUNDS: u64 = 25;
const POINTS: [&str; 5] =
    ["import.mid", "undo.mid", "file.mid", "migration.backup", "migration.mid"];

fn main() -> Outcome {
    if let Ok(order) = std::env::var(CHILD) {
        let [what, home, argument] =
            order.split('\n').collect::<Vec<_>>().try_into().map_err(|_| "a broken order")?;
        return match what {
            "changes" => child_changes(Path::new(home), argument.parse()?),
            _ => child_point(Path::new(home)),
        };
    }
    let seed = match std::env::var("ATTUNE_SEED") {
        Ok(seed) => seed.parse()?,
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
    };
    say(&format!("seed={seed}"))?;
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        acknowledged += random_kill(seed.wrapping_mul(1_000).wrapping_add(round))
            .map_err(|error| format!("seed={seed} round={round}: {error}"))?;
    }
    for point in POINTS {
        kill_at(point).map_err(|error| format!("{point}: {error}"))?;
    }
    say(&format!(
        "{ROUNDS} random kills after {acknowledged} acknowledged changes, {} kills at named \
         points: nothing lost, nothing half done",
        POINTS.len()
    ))
}

fn say(line: &str) -> Outcome {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// `SplitMix64`: a few lines for a sequence that replays.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).map_or(0, |number| number % end.max(1))
    }
}

fn content(text: &str) -> ExampleContent {
    ExampleContent {
        body: format!("{{\"text\":\"{text}\"}}"),
        question: format!("{text}?"),
        answer: text.to_owned(),
        key: *blake3::hash(text.as_bytes()).as_bytes().first_chunk().expect("a hash has 32 bytes"),
        tokens_total: 9,
        tokens_answers: 4,
        problems: String::new(),
    }
}

fn new_project(library: &Library) -> Outcome<ProjectId> {
    Ok(library.project_create(&NewProject {
        name: "Kill".to_owned(),
        goal: None,
        source_name: None,
        sample: false,
        split_seed: 1,
        now_ms: 0,
    })?)
}

/// The `number`th change; the same library, seed and number make the same change.
fn change(library: &Library, project: ProjectId, random: &mut Random, number: u64) -> Outcome {
    let ids = library.example_ids(project, &ViewQuery::default())?;
    let one = ids.get(random.below(ids.len())).copied();
    let now = i64::try_from(number)?;
    match (random.below(8), one) {
        (0, _) => import(library, project, 60 + random.below(60), now)?,
        (1, Some(_)) => {
            let start = random.below(ids.len());
            let bulk: Vec<_> = ids.iter().skip(start).step_by(2).take(80).copied().collect();
            library.example_delete(project, &bulk, now)?;
        }
        (2, _) => drop(library.undo(project, now)?),
        (3, _) => drop(library.redo(project, now)?),
        (4, _) => library.setting_set("number", &number.to_string())?,
        (5 | 6, Some(id)) => {
            let text = content(&format!("edited {number}"));
            library.example_edit(project, id, &text, number.is_multiple_of(2), now)?;
        }
        (_, one) => {
            library.example_add(project, one, &content(&format!("added {number}")), now)?;
        }
    }
    Ok(())
}

fn import(library: &Library, project: ProjectId, rows: usize, now: i64) -> Outcome {
    let source = SourceInfo { name: "a.csv".into(), bytes: 1, blake3: "00".into() };
    library.import::<StoreError>(project, &source, now, &mut |sink| {
        for row in 0..rows {
            let text = content(&format!("row {row}"));
            sink.push(&NewExample { line: Some(row as u64 + 2), content: &text })?;
        }
        sink.leave_out(1, "not_json", "{")
    })?;
    Ok(())
}

/// Everything a person could notice about the project, as text.
fn fingerprint(library: &Library, project: ProjectId) -> Outcome<String> {
    let mut hasher = blake3::Hasher::new();
    library.scan(project, &mut |row| {
        hasher.update(format!("{} {:?} {:?}\n", row.id.0, row.line, row.content).as_bytes());
        ControlFlow::Continue(())
    })?;
    Ok(format!(
        "{} {:?} {:?} {:?} {:?}",
        hasher.finalize(),
        library.project(project)?,
        library.history(project)?,
        library.left_out(project)?.len(),
        library.setting("number")?,
    ))
}

fn child_changes(home: &Path, seed: u64) -> Outcome {
    let library = Library::open(LibraryOptions::new(home.to_owned()))?;
    let project = new_project(&library)?;
    let mut random = Random(seed);
    say("ready")?;
    for number in 1.. {
        change(&library, project, &mut random, number)?;
        say(&format!("done {number}"))?;
    }
    Ok(())
}

fn start_child(what: &str, home: &Path, argument: &str) -> Outcome<Child> {
    let home = home.to_str().ok_or("the folder's name is not text")?;
    Ok(Command::new(std::env::current_exe()?)
        .env(CHILD, format!("{what}\n{home}\n{argument}"))
        .stdout(Stdio::piped())
        .spawn()?)
}

/// One round; returns how many changes the child acknowledged.
fn random_kill(seed: u64) -> Outcome<u64> {
    let home = tempfile::tempdir()?;
    let mut child = start_child("changes", home.path(), &seed.to_string())?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    if lines.next().transpose()?.as_deref() != Some("ready") {
        return Err("the child did not start".into());
    }
    // While the child lives, nobody else may write, and everybody may read.
    match Library::open(LibraryOptions::new(home.path().to_owned())) {
        Err(OpenError::AlreadyOpen) => {}
        other => return Err(format!("the lock did not hold: {other:?}").into()),
    }
    Library::open_reading(home.path().to_owned())?.projects()?;
    let mut random = Random(!seed);
    let mut acknowledged = 0;
    for _ in 0..=random.below(120) {
        lines.next().transpose()?.ok_or("the child ended by itself")?;
        acknowledged += 1;
    }
    // Somewhere in one of the next changes, each of which takes about as long as a million turns.
    for _ in 0..random.below(3_000_000) {
        std::hint::spin_loop();
    }
    child.kill()?;
    child.wait()?;
    for line in lines {
        acknowledged = line?.strip_prefix("done ").ok_or("an odd line")?.parse()?;
    }
    compare_with_uninterrupted(home.path(), seed, acknowledged)?;
    Ok(acknowledged)
}

fn compare_with_uninterrupted(home: &Path, seed: u64, acknowledged: u64) -> Outcome {
    let killed = Library::open(LibraryOptions::new(home.to_owned()))?;
    killed.verify()?;
    let project = killed.projects()?.first().ok_or("the project is lost")?.id;
    let other_home = tempfile::tempdir()?;
    let whole = Library::open(LibraryOptions::new(other_home.path().to_owned()))?;
    if new_project(&whole)? != project {
        return Err("the project has another number".into());
    }
    let mut random = Random(seed);
    for number in 1..=acknowledged {
        change(&whole, project, &mut random, number)?;
    }
    let found = fingerprint(&killed, project)?;
    let mut last = acknowledged;
    if found != fingerprint(&whole, project)? {
        last += 1;
        change(&whole, project, &mut random, last)?;
        if found != fingerprint(&whole, project)? {
            return Err(format!("after {acknowledged} acknowledged changes: {found}").into());
        }
    }
    // Both go on alike from here: the kill left nothing that comes to light later.
    let mut same = Random(random.0);
    for number in last + 1..last + 15 {
        change(&killed, project, &mut same, number)?;
        change(&whole, project, &mut random, number)?;
    }
    if fingerprint(&killed, project)? != fingerprint(&whole, project)? {
        return Err("the killed library goes on differently".into());
    }
    Ok(killed.verify()?)
}

fn options_for_points(home: &Path, on_point: fn(&'static str)) -> LibraryOptions {
    let sql = "ALTER TABLE project ADD COLUMN note TEXT; UPDATE project SET note = name;";
    LibraryOptions {
        home: home.to_owned(),
        on_point,
        extra_migration: Some(ExtraMigration { sql }),
    }
}

/// Ends the process as a kill would, without any clean-up, where the order says so.
fn die_here(point: &'static str) {
    if std::env::var(CHILD).is_ok_and(|order| order.ends_with(&format!("\n{point}"))) {
        std::process::abort();
    }
}

/// Goes through every point in turn; dies at the one it was told.
fn child_point(home: &Path) -> Outcome {
    let library = Library::open(options_for_points(home, die_here))?;
    let project = library.projects()?.first().ok_or("no project")?.id;
    library.undo(project, 5)?;
    library.redo(project, 5)?;
    library.file_put_bytes(b"prepared")?;
    import(&library, project, 120, 6)
}

fn kill_at(point: &str) -> Outcome {
    let home = tempfile::tempdir()?;
    let library = Library::open(LibraryOptions::new(home.path().to_owned()))?;
    let project = new_project(&library)?;
    import(&library, project, 90, 1)?;
    let ids = library.example_ids(project, &ViewQuery::default())?;
    library.example_delete(project, &ids[10..70], 2)?;
    let before = fingerprint(&library, project)?;
    drop(library);

    let child = start_child("point", home.path(), point)?.wait_with_output()?;
    if child.status.success() {
        return Err("the child was not killed".into());
    }
    let is_migrating = point.starts_with("migration");
    if is_migrating {
        // The old program still opens the old library, and the backup is a library too.
        let old = Library::open(LibraryOptions::new(home.path().to_owned()))?;
        expect_same(&before, &fingerprint(&old, project)?)?;
        let restored = tempfile::tempdir()?;
        let backup = home.path().join("backups/library-v8-0001.db");
        std::fs::copy(backup, restored.path().join("library.db"))?;
        let restored = Library::open(LibraryOptions::new(restored.path().to_owned()))?;
        expect_same(&before, &fingerprint(&restored, project)?)?;
    }
    let library = Library::open(options_for_points(home.path(), |_| {}))?;
    library.verify()?;
    let after = fingerprint(&library, project)?;
    // An undo and a redo that were done before the point only left the time of the last change.
    let untimed = |text: &str| text.replace("changed_at_ms: 5", "changed_at_ms: 2");
    expect_same(&before, &untimed(&after))?;
    if std::fs::read_dir(library.files_dir())?
        .any(|entry| entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with('.')))
    {
        return Err("half a prepared file stayed".into());
    }
    Ok(())
}

fn expect_same(expected: &str, found: &str) -> Outcome {
    if expected == found {
        return Ok(());
    }
    Err(format!("expected {expected}\nfound {found}").into())
}
