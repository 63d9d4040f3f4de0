//! N-02 and N-04: examples on their way to a service over lines that are cut, with a program that
//! ends and an hour that is over. They come whole, what came is not sent again, and the order leaves
//! once.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use attune_contract::training::{RunRequest, RunState};
use attune_store::Library;
use attune_testkit::Seeded;
use attune_testkit::fake_service::{FakeSettings, Fault, FaultPlan, LoggedRequest, Pace, Rule};
use serde_json::Value;

use crate::support::far::{FarHouse, code_of, hasty};

const SEED: u64 = 20_261_130;
const JOBS: &str = "/fine_tuning/jobs";
/// Far longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(300);

/// Examples of which eight tenths are learnt from: 30 MB.
const ROWS: usize = 1_250;
const ROW_BYTES: usize = 30_000;
/// The size of a part, how many are on their way at once, and what its form takes at most.
const PART: u64 = 8 << 20;
const PARALLEL: u64 = 3;
const FORM: u64 = 1 << 10;
/// Requests that go wrong and ends of the program, in all.
const INTERRUPTIONS: usize = 100;
const RESTARTS: usize = 10;
const FAULTS: usize = INTERRUPTIONS - RESTARTS;
/// At this end of the program the hour of the upload is over.
const LATE_AT: usize = 4;
const HOUR: Duration = Duration::from_secs(60 * 60 + 1);
/// Every request about an upload.
const UPLOADS: &str = "/uploads*";

/// Conversations of so many bytes each, no two alike.
fn long_examples(rows: usize, bytes: usize) -> String {
    let words = Seeded::new(SEED).words(500).join(" ");
    let text = words.repeat(bytes / words.len() + 2);
    let line = |row: usize| {
        let said = &text[row % words.len()..][..bytes];
        let question = format!(r#"{{"role":"user","content":"{row} {said}"}}"#);
        format!("{{\"messages\":[{question},{{\"role\":\"assistant\",\"content\":\"yes\"}}]}}\n")
    };
    (0..rows).map(line).collect()
}

/// A project with large examples, at a service that looks through files for years: what came stays
/// there to be compared.
async fn large_project() -> FarHouse {
    let pace = Pace { validating: Duration::from_secs(1 << 30), ..Pace::default() };
    let settings = FakeSettings { pace, last_orders: None, ..FakeSettings::default() };
    let mut far = FarHouse::open_with(FakeSettings::TOKEN, settings).await;
    // So many examples cost more than anybody should spend by mistake.
    far.allow([1_000_000_000; 3]).await;
    let file = far.house.home.path().join("large.jsonl");
    std::fs::write(&file, long_examples(ROWS, ROW_BYTES)).unwrap();
    far.project = far.house.bring_in_file(&file).await;
    far
}

/// What happens to the requests about an upload, one after another. Its beginning and one more come
/// through, which do not bring the file there; at the end nothing does.
fn interruptions(seeded: &mut Seeded) -> FaultPlan {
    let lucky = [seeded.below(3), 3 + seeded.below(FAULTS - 3)];
    let mut plan = FaultPlan::new();
    for place in (0..FAULTS).filter(|place| !lucky.contains(place)) {
        let rule = Rule::new("POST", UPLOADS, interruption(seeded));
        plan = plan.with(rule.starting_at(1 + place as u64));
    }
    plan.with(nothing_from(1 + FAULTS as u64))
}

/// Most lines are cut while a part is on its way; parts whose answer is lost cost the service room.
fn interruption(seeded: &mut Seeded) -> Fault {
    match seeded.below(15) {
        0 => Fault::DropAfterAccept,
        1 => Fault::ErrorAfterAccept,
        2 => Fault::CutResponse { bytes: seeded.below(60) },
        _ => Fault::CutRequest { bytes: seeded.below(8 << 20) },
    }
}

/// From this request about an upload on nothing comes through.
fn nothing_from(first: u64) -> Rule {
    let rule = Rule::new("POST", UPLOADS, Fault::DropBeforeRead);
    rule.starting_at(first).times(u64::MAX)
}

/// The wish to put the upload together does not arrive, and then its answer does not.
fn cut_at_the_end(upload: Option<&str>) -> FaultPlan {
    let path = format!("/uploads/{}/complete", upload.unwrap_or_default());
    let unheard = Rule::new("POST", &path, Fault::CutRequest { bytes: 10 });
    let unanswered = Rule::new("POST", &path, Fault::DropAfterAccept).starting_at(2);
    FaultPlan::new().with(unheard).with(unanswered)
}

fn faults(far: &FarHouse) -> usize {
    far.service.log().iter().filter(|request| request.fault.is_some()).count()
}

/// Waits until so many requests went wrong.
async fn interrupted(far: &FarHouse, count: usize) {
    let begun = Instant::now();
    while faults(far) < count {
        assert!(begun.elapsed() < PATIENCE, "nobody tries any more");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What is remembered of an upload.
#[derive(Debug)]
struct Remembered {
    upload: Option<String>,
    /// Parts that the service took.
    parts: usize,
}

impl Remembered {
    fn of(library: &Library, run: &str) -> Self {
        let files = library.sent_files(run).unwrap();
        let json = files.iter().find_map(|file| file.upload_json.as_deref());
        let record: Value = json.map_or(Value::Null, |json| serde_json::from_str(json).unwrap());
        Self {
            upload: record["upload_id"].as_str().map(str::to_owned),
            parts: record["parts"].as_object().map_or(0, serde_json::Map::len),
        }
    }
}

/// N-04: parts that are cut, answers that are lost, ends of the program; then two parts more, and the
/// last end, after which the line is good but for the very last request.
async fn a_large_file_comes_whole(is_late: bool) {
    println!("seed={SEED}");
    let mut seeded = Seeded::new(SEED);
    let mut far = large_project().await;
    far.plan(interruptions(&mut seeded));
    let run = far.order().await;
    for restart in 1..RESTARTS {
        interrupted(&far, 8 * restart + seeded.below(6)).await;
        far = far.restarted().await;
        if is_late && restart == LATE_AT {
            far.service.advance(HOUR);
        }
    }
    interrupted(&far, FAULTS).await;
    far.plan(FaultPlan::new().with(nothing_from(3)));
    // So many that the try in which two came through is over.
    interrupted(&far, faults(&far) + 6).await;
    far = far.reopened().await;
    let known = Remembered::of(&far.house.library(), &run);
    assert!(is_late || known.parts >= 2, "{known:?}");
    let requests = far.service.requests();
    far.plan(cut_at_the_end(known.upload.as_deref()));
    far.house.app.recover().await.unwrap();
    far.house.wait(&run, |detail| detail.summary.state == RunState::Validating).await;

    came_whole(&far, &run);
    little_was_sent_twice(&far, &run);
    only_the_missing_was_sent(&far, &run, &known, requests);
    assert_eq!((far.posted_orders(), far.service.ledger().rows().len()), (1, 1));
    ends_with_nothing_there(&far, &run).await;
}

async fn ends_with_nothing_there(far: &FarHouse, run: &str) {
    far.house.app.run_cancel(RunRequest { run: run.to_owned() }).await.unwrap();
    assert_eq!(far.rest(run).await.summary.state, RunState::Cancelled);
    let left: Vec<_> = far.service.files().into_iter().map(|file| file.filename).collect();
    assert!(left.iter().all(|name| !name.starts_with("attune-")), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_that_is_interrupted_often_goes_on_where_it_was() {
    a_large_file_comes_whole(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_whose_hour_is_over_begins_again_and_comes_whole() {
    a_large_file_comes_whole(true).await;
}

/// The files of a training are at its service once, and they are the library's.
#[track_caller]
fn came_whole(far: &FarHouse, run: &str) {
    let launch = far.house.library().launch(run).unwrap();
    let files = far.service.files();
    for (part, hash) in [("train", launch.train_file), ("validate", launch.validate_file)] {
        let name = format!("attune-{}-{part}.jsonl", code_of(run));
        let sent: Vec<_> = files.iter().filter(|file| file.filename == name).collect();
        let [file] = sent.as_slice() else { panic!("{name} is there {} times", sent.len()) };
        assert_eq!(blake3::hash(&file.content).to_hex().as_str(), hash, "{name} is another one");
    }
}

fn bytes_to_send(far: &FarHouse, run: &str) -> u64 {
    let library = far.house.library();
    let hash = library.launch(run).unwrap().train_file;
    std::fs::metadata(library.file_path(&hash).unwrap()).unwrap().len()
}

fn is_part(request: &&LoggedRequest) -> bool {
    request.method == "POST" && request.path.ends_with("/parts")
}

/// A request that goes wrong costs its part, an end of the program what is on its way, and an hour
/// that is over the whole file.
#[track_caller]
fn little_was_sent_twice(far: &FarHouse, run: &str) {
    let log = far.service.log();
    let parts: Vec<&LoggedRequest> = log.iter().filter(is_part).collect();
    let sent: u64 = parts.iter().map(|request| request.body_bytes).sum();
    let uploads: BTreeSet<&str> = parts.iter().map(|request| request.path.as_str()).collect();
    let bytes = bytes_to_send(far, run);
    let once = uploads.len() as u64 * (bytes + bytes.div_ceil(PART) * FORM);
    let cut = parts.iter().filter(|request| request.fault.is_some()).count() as u64;
    let lost = (cut + RESTARTS as u64 * PARALLEL) * (PART + FORM);
    assert!(cut > 50, "only {cut} parts were cut");
    assert!(sent <= once + lost, "{sent} bytes were sent for {once} and {lost} lost ones");
}

/// What the service was known to have is not sent again: looked at behind the first `seen` requests.
#[track_caller]
fn only_the_missing_was_sent(far: &FarHouse, run: &str, known: &Remembered, seen: usize) {
    let log = far.service.log_from(seen);
    let completed = log.iter().rfind(|request| request.path.ends_with("/complete")).unwrap();
    let path = completed.path.replace("/complete", "/parts");
    let is_same = known.upload.as_ref().is_some_and(|id| path.contains(id));
    let all = usize::try_from(bytes_to_send(far, run).div_ceil(PART)).unwrap();
    let missing = if is_same { all - known.parts } else { all };
    let is_taken = |request: &&LoggedRequest| request.path == path && request.status == Some(200);
    assert_eq!(log.iter().filter(is_taken).count(), missing, "{known:?} of {all} parts");
}

/// Places on the way of a small order at which a line is cut.
const PLACES: usize = 8;
const CUTS: usize = 200;
/// An order that did not arrive whole: nobody here can tell that, and nobody sends it again.
const ORDER_ITSELF: usize = 3;

/// What is cut at a point: one of the places in turn, after a few more bytes each time.
fn cut(point: usize) -> FaultPlan {
    let turn = point / PLACES;
    let bytes = turn * 37;
    let lost = |path: &str| Rule::new("POST", path, Fault::DropAfterAccept);
    let answer = |method: &str, path: &str| Rule::new(method, path, Fault::CutResponse { bytes });
    let rules = match point % PLACES {
        0 => vec![Rule::new("POST", "/files", Fault::CutRequest { bytes: turn * 211 })],
        1 => vec![answer("POST", "/files")],
        2 => vec![lost("/files"), answer("GET", "/files")],
        ORDER_ITSELF => vec![Rule::new("POST", JOBS, Fault::CutRequest { bytes })],
        4 => vec![answer("POST", JOBS)],
        5 => vec![lost(JOBS), answer("GET", JOBS)],
        6 => vec![answer("GET", "/fine_tuning/jobs/*")],
        _ => vec![answer("GET", "/fine_tuning/jobs/*").starting_at(2)],
    };
    rules.into_iter().fold(with_files_kept(), FaultPlan::with)
}

/// The service removes no file, so that what came can be compared after the training.
fn with_files_kept() -> FaultPlan {
    let refused = Fault::Reply { status: 403, headers: Vec::new(), body: "{}".to_owned() };
    FaultPlan::new().with(Rule::new("DELETE", "/files/*", refused).times(1_000))
}

/// N-02: a line that is cut after every so many bytes of what is sent or answered.
async fn cut_at(points: Range<usize>) {
    let far = FarHouse::open_with(FakeSettings::TOKEN, hasty()).await;
    for point in points {
        far.plan(cut(point));
        let before = far.service.requests();
        let run = far.order().await;
        let done = far.rest(&run).await.summary;
        let is_lost = point % PLACES == ORDER_ITSELF;
        let expected = if is_lost { RunState::Unknown } else { RunState::Succeeded };
        assert_eq!(done.state, expected, "point {point}: {:?}", done.failure);
        let log = far.service.log_from(before);
        let was_cut = |request: &LoggedRequest| request.fault.is_some_and(|it| it != "reply");
        assert!(log.iter().any(was_cut), "point {point} cut nothing");
        let is_order = |it: &&LoggedRequest| it.header("idempotency-key") == Some(run.as_str());
        assert_eq!(log.iter().filter(is_order).count(), 1, "point {point}");
        let bought = far.service.ledger().jobs_of(&run).count();
        assert_eq!(bought, usize::from(!is_lost), "point {point}");
        came_whole(&far, &run);
    }
    assert!(far.service.ledger().bought_twice().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_cut_soon_costs_nothing_twice() {
    cut_at(0..CUTS / 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_cut_late_costs_nothing_twice() {
    cut_at(CUTS / 2..CUTS).await;
}
