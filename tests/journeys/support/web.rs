//! A place on the web that has one file: it sends the file's beginning and waits with the rest
//! until it is told to go on.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

const PIECE: usize = 256 * 1024;

/// A file to fetch.
pub(crate) struct Web {
    address: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    goes_on: bool,
    /// The first byte of each request.
    asked_from: Vec<u64>,
}

impl Web {
    /// Serves a file; each answer stops before `pause_at` until [`Self::go_on`].
    #[track_caller]
    pub(crate) fn serve(file: &Path, pause_at: u64) -> Self {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let state: Arc<(Mutex<State>, Condvar)> = Arc::default();
        let (file, shared) = (file.to_owned(), Arc::clone(&state));
        thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                let (file, shared) = (file.clone(), Arc::clone(&shared));
                // Whoever hung up hears nothing; the page says what that means.
                thread::spawn(move || drop(answer(caller, &file, pause_at, &shared)));
            }
        });
        Self { address: format!("http://127.0.0.1:{port}/starter"), state }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Sends all that is still to come.
    pub(crate) fn go_on(&self) {
        lock(&self.state.0).goes_on = true;
        self.state.1.notify_all();
    }

    /// From which byte on each request wanted the file.
    pub(crate) fn asked_from(&self) -> Vec<u64> {
        lock(&self.state.0).asked_from.clone()
    }
}

fn answer(
    mut caller: TcpStream,
    file: &PathBuf,
    pause_at: u64,
    shared: &(Mutex<State>, Condvar),
) -> std::io::Result<()> {
    let first = first_byte(&caller);
    lock(&shared.0).asked_from.push(first);
    let mut file = File::open(file)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(first))?;
    let (status, left) = (if first > 0 { 206 } else { 200 }, length - first);
    let range = format!("content-range: bytes {first}-{}/{length}\r\n", length - 1);
    let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {left}\r\n{range}\r\n");
    caller.write_all(head.as_bytes())?;
    let mut piece = vec![0; PIECE];
    let mut at = first;
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        at += read as u64;
        if at > pause_at {
            let waits = shared.1.wait_while(lock(&shared.0), |state| !state.goes_on);
            drop(waits.unwrap_or_else(PoisonError::into_inner));
        }
        caller.write_all(&piece[..read])?;
    }
}

/// The first byte that the request's `Range` asks for (RFC 9110, 14.2).
fn first_byte(caller: &TcpStream) -> u64 {
    let lines = BufReader::new(caller).lines().map_while(Result::ok);
    let heads: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let first = |line: &String| {
        line.to_lowercase().strip_prefix("range: bytes=")?.strip_suffix('-')?.parse().ok()
    };
    heads.iter().find_map(first).unwrap_or(0)
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
