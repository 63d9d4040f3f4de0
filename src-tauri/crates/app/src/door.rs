//! A second start of the program finds the window of the first and asks it to show itself.
//!
//! The first listens on loopback; the port and a token lie in the library's folder, which is its
//! owner's alone. Whoever brings the token can make the window show itself, and nothing else.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(3);
/// A token and a word are shorter by far.
const LONGEST_LINE: u64 = 200;
const ANSWER: &str = "shown";

/// Where the first window can be called.
fn place(home: &Path) -> PathBuf {
    home.join("window.json")
}

/// Answers whoever starts the program again, as long as this process lives.
///
/// # Errors
/// Failures of the network or of the folder.
pub fn answer_second_starts(home: &Path, show: impl Fn() + Send + 'static) -> std::io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let token = format!("{}{}", ulid::Ulid::new(), ulid::Ulid::new());
    let port = listener.local_addr()?.port();
    write_private(&place(home), &json!({ "port": port, "token": token }).to_string())?;
    std::thread::Builder::new().name("second-starts".to_owned()).spawn(move || {
        for caller in listener.incoming().flatten() {
            if is_ours(&caller, &token) {
                show();
                // Whoever does not wait for the answer has no use for it.
                drop((&caller).write_all(format!("{ANSWER}\n").as_bytes()));
            }
        }
    })?;
    Ok(())
}

fn is_ours(caller: &TcpStream, token: &str) -> bool {
    let mut line = String::new();
    let has_patience = caller.set_read_timeout(Some(PATIENCE)).is_ok();
    let mut reader = BufReader::new(std::io::Read::take(caller, LONGEST_LINE));
    let is_read = has_patience && reader.read_line(&mut line).is_ok();
    is_read && blake3::hash(line.trim_end().as_bytes()) == blake3::hash(token.as_bytes())
}

/// Asks the window of an earlier start to show itself; whether it did.
#[must_use]
pub fn call_first_window(home: &Path) -> bool {
    call(home).unwrap_or(false)
}

fn call(home: &Path) -> std::io::Result<bool> {
    let told: Value = serde_json::from_slice(&std::fs::read(place(home))?)?;
    let port = told["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap_or(0);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("{}\n", told["token"].as_str().unwrap_or_default()).as_bytes())?;
    let mut line = String::new();
    BufReader::new(std::io::Read::take(&stream, LONGEST_LINE)).read_line(&mut line)?;
    Ok(line.trim_end() == ANSWER)
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_second_start_shows_the_first_window_and_a_stranger_does_not() {
        let home = tempfile::tempdir().unwrap();
        assert!(!call_first_window(home.path()), "nobody is there");
        let (shown, shows) = channel();
        answer_second_starts(home.path(), move || shown.send(()).unwrap()).unwrap();
        assert!(call_first_window(home.path()));
        assert!(shows.try_recv().is_ok());

        let told: Value =
            serde_json::from_slice(&std::fs::read(place(home.path())).unwrap()).unwrap();
        let stranger = json!({ "port": told["port"], "token": "guessed" });
        std::fs::write(place(home.path()), stranger.to_string()).unwrap();
        assert!(!call_first_window(home.path()), "a wrong token gets no answer");
        assert!(shows.try_recv().is_err());
    }
}
