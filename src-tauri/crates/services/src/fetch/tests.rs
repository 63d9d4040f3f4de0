//! Fetching from a server on this computer that cuts, forgets and lies.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{FetchError, FetchProgress, FetchSource, WantedFile, fetch_file, part_of};

/// How the server answers one request after another; the last way goes on for ever.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// Sends what was asked for.
    Honest,
    /// Cuts the line after so many bytes of the body.
    CutAfter(usize),
    /// Sends everything, whatever was asked for.
    Everything,
    /// Says that the wished range cannot be.
    NoRange,
    /// Sends another file of the same length.
    Other,
    /// Answers with a status and nothing else.
    Status(u16),
}

/// The wishes (`Range` headers) that came, in order.
type Wishes = Arc<Mutex<Vec<Option<String>>>>;

fn serve(content: Vec<u8>, ways: Vec<Way>) -> (String, Wishes) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}/file", listener.local_addr().unwrap());
    let wishes = Wishes::default();
    let heard = Arc::clone(&wishes);
    std::thread::spawn(move || {
        for (at, caller) in listener.incoming().flatten().enumerate() {
            let way = *ways.get(at).or(ways.last()).unwrap();
            let wish = wish_of(&caller);
            heard.lock().unwrap().push(wish.clone());
            answer(caller, way, wish.as_deref(), &content);
        }
    });
    (address, wishes)
}

fn wish_of(caller: &TcpStream) -> Option<String> {
    let lines = BufReader::new(caller).lines().map_while(Result::ok);
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    headers.iter().find_map(|line| line.to_lowercase().strip_prefix("range: ").map(str::to_owned))
}

fn answer(mut caller: TcpStream, way: Way, wish: Option<&str>, content: &[u8]) {
    let begin = wish
        .and_then(|wish| wish.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok())
        .unwrap_or(0);
    let (status, body) = match way {
        Way::Status(status) => (status, Vec::new()),
        Way::NoRange if begin > 0 => (416, Vec::new()),
        Way::Everything => (200, content.to_vec()),
        Way::Other => (200, content.iter().map(|byte| !byte).collect()),
        _ if begin > 0 => (206, content[begin..].to_vec()),
        _ => (200, content.to_vec()),
    };
    let mut head =
        format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    if status == 206 {
        head +=
            &format!("content-range: bytes {begin}-{}/{}\r\n", content.len() - 1, content.len());
    }
    let sent = match way {
        Way::CutAfter(bytes) => &body[..bytes.min(body.len())],
        _ => &body[..],
    };
    // Whoever hung up hears nothing, which is what some of these tests are about.
    drop(caller.write_all(format!("{head}\r\n").as_bytes()).and_then(|()| caller.write_all(sent)));
}

fn content() -> Vec<u8> {
    (0..300_000_u32).map(|it| (it.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn wanted(address: &str) -> WantedFile {
    use sha2::Digest;
    let hash = sha2::Sha256::digest(content());
    WantedFile {
        source: FetchSource::Address(address.to_owned()),
        bytes: content().len() as u64,
        sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        pause: Duration::from_millis(1),
    }
}

async fn fetch(wanted: &WantedFile, target: &Path) -> Result<Vec<FetchProgress>, FetchError> {
    let mut told = Vec::new();
    let stop = AtomicBool::new(false);
    fetch_file(wanted, target, &stop, || None, |progress| told.push(progress)).await?;
    Ok(told)
}

#[track_caller]
fn is_whole(target: &Path) {
    assert!(std::fs::read(target).unwrap() == content(), "the file is not the one that was sent");
    assert!(!part_of(target).exists(), "the part is left beside the whole file");
}

#[tokio::test]
async fn a_whole_file_comes_with_its_progress() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("model.gguf");
    let (address, _) = serve(content(), vec![Way::Honest]);
    let told = fetch(&wanted(&address), &target).await.unwrap();
    is_whole(&target);
    assert_eq!(told.first().map(|it| it.done_bytes), Some(0));
    assert_eq!(told.last(), Some(&FetchProgress { done_bytes: 300_000, is_checking: true }));
}

#[tokio::test]
async fn a_cut_line_is_taken_up_where_it_was_cut() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("model.gguf");
    let ways = vec![Way::CutAfter(100_000), Way::CutAfter(50_000), Way::Status(503), Way::Honest];
    let (address, wishes) = serve(content(), ways);
    fetch(&wanted(&address), &target).await.unwrap();
    is_whole(&target);
    let wishes = wishes.lock().unwrap();
    assert_eq!(wishes.first(), Some(&None));
    assert!(wishes[1..].iter().all(Option::is_some), "{wishes:?}");
}

#[tokio::test]
async fn a_line_that_is_always_cut_leaves_its_part_for_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("model.gguf");
    let (address, wishes) = serve(content(), vec![Way::CutAfter(10_000)]);
    let error = fetch(&wanted(&address), &target).await.unwrap_err();
    assert!(matches!(error, FetchError::Cut { .. } | FetchError::TooShort { .. }), "{error:?}");
    assert_eq!(wishes.lock().unwrap().len(), 4, "it is taken up three times");
    let here = std::fs::metadata(part_of(&target)).unwrap().len();
    assert!(here > 0 && !target.exists(), "{here}");

    let (address, wishes) = serve(content(), vec![Way::Honest]);
    let told = fetch(&wanted(&address), &target).await.unwrap();
    is_whole(&target);
    assert_eq!(told[0].done_bytes, here);
    assert_eq!(wishes.lock().unwrap()[0], Some(format!("bytes={here}-")));
}

#[tokio::test]
async fn a_server_that_forgets_the_rest_sends_everything_again() {
    for way in [Way::Everything, Way::NoRange] {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("model.gguf");
        let (address, _) = serve(content(), vec![Way::CutAfter(70_000), way]);
        fetch(&wanted(&address), &target).await.unwrap();
        is_whole(&target);
    }
}

#[tokio::test]
async fn another_file_is_removed_and_named_by_its_hash() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("model.gguf");
    let (address, _) = serve(content(), vec![Way::Other]);
    let error = fetch(&wanted(&address), &target).await.unwrap_err();
    assert!(matches!(&error, FetchError::WrongHash { found } if found.len() == 64), "{error:?}");
    assert!(!target.exists() && !part_of(&target).exists());
}

#[tokio::test]
async fn a_refusal_is_not_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("model.gguf");
    let (address, wishes) = serve(content(), vec![Way::Status(404)]);
    let error = fetch(&wanted(&address), &target).await.unwrap_err();
    assert!(matches!(error, FetchError::Refused { status: 404, .. }), "{error:?}");
    assert_eq!(wishes.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn without_room_nothing_is_asked_and_nothing_written() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("model.gguf");
    let (address, wishes) = serve(content(), vec![Way::Honest]);
    let stop = AtomicBool::new(false);
    let fetched = fetch_file(&wanted(&address), &target, &stop, || Some(1_000), |_| {}).await;
    assert!(matches!(fetched, Err(FetchError::NoRoom { free: 1_000, .. })), "{fetched:?}");
    assert!(wishes.lock().unwrap().is_empty());
    assert!(!part_of(&target).exists());
}

#[tokio::test]
async fn a_wish_to_stop_keeps_the_part() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("model.gguf");
    let (address, _) = serve(content(), vec![Way::CutAfter(120_000), Way::Status(503)]);
    let stop = AtomicBool::new(false);
    let wanted = WantedFile { pause: Duration::from_secs(60), ..wanted(&address) };
    let tell = |progress: FetchProgress| {
        if progress.done_bytes == 0 {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let fetched = fetch_file(&wanted, &target, &stop, || None, tell).await;
    assert!(matches!(fetched, Err(FetchError::Stopped)), "{fetched:?}");
    assert!(!target.exists());
}

#[tokio::test]
async fn a_copy_on_this_computer_is_checked_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let (copy, target) = (folder.path().join("copy"), folder.path().join("model.gguf"));
    std::fs::write(&copy, content()).unwrap();
    let from_copy =
        WantedFile { source: FetchSource::Copy(copy.clone()), ..wanted("http://[::1]:1/") };
    fetch(&from_copy, &target).await.unwrap();
    is_whole(&target);
    std::fs::remove_file(&target).unwrap();
    std::fs::write(&copy, b"something else").unwrap();
    let error = fetch(&from_copy, &target).await.unwrap_err();
    assert!(matches!(error, FetchError::WrongHash { .. }), "{error:?}");
}
