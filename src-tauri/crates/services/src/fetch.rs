//! Fetching one large file that is known beforehand: its address, its size, its SHA-256.
//!
//! What came so far lies beside the target under its name and `.part`, and a later call goes on
//! there. The target appears only whole and proven. Never keeps a file whose hash is wrong.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::{Client, StatusCode, header, redirect::Policy};
use sha2::{Digest, Sha256};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufWriter};

use crate::endpoint::is_loopback;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// A line that is silent for this long is taken as cut.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);
const MOST_REDIRECTS: usize = 5;
/// How often a cut line is taken up again, and how many times the pause is waited before.
const PAUSES: [u32; 3] = [1, 3, 9];
/// Told and looked for a stop at least this often.
const TOLD_EVERY: u64 = 1 << 18;
/// Left free on the disk beside the file.
const SPARE_ROOM: u64 = 64 << 20;

/// Where the file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchSource {
    /// An address on the web.
    Address(String),
    /// A copy on this computer.
    Copy(PathBuf),
}

/// A file that is known beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedFile {
    /// Where it comes from.
    pub source: FetchSource,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in lower-case hex.
    pub sha256: String,
    /// Waited before a cut line is taken up again; three and nine times as long the next times.
    pub pause: Duration,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchProgress {
    /// Bytes that are here.
    pub done_bytes: u64,
    /// Whether the whole file is here and its hash is computed.
    pub is_checking: bool,
}

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The person stopped it; the part stays.
    #[error("it was stopped")]
    Stopped,
    /// The line was cut more often than it was taken up again; the part stays.
    #[error("the line to `{host}` was cut")]
    Cut {
        /// Who was asked.
        host: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The line ended early each time; the part stays.
    #[error("`{host}` sent less than the whole file")]
    TooShort {
        /// Who was asked.
        host: String,
    },
    /// The other side refused.
    #[error("`{host}` refused with status {status}")]
    Refused {
        /// Who was asked.
        host: String,
        /// The HTTP status.
        status: u16,
    },
    /// The file has another hash than promised; it was removed.
    #[error("the file's SHA-256 is `{found}`")]
    WrongHash {
        /// The hash it has.
        found: String,
    },
    /// There is not enough room.
    #[error("{needed} bytes are needed and {free} are free")]
    NoRoom {
        /// Bytes that are still needed.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// The file could not be written or read.
    #[error("the file cannot be written")]
    File(#[from] io::Error),
}

/// Fetches `wanted` to `target`, whose folder exists; `free` tells the room in a folder. A file that
/// is there already stays if it is the wanted one, and goes if it is not.
///
/// # Errors
/// [`FetchError`]; but for a wrong hash the part that is here stays for the next call.
pub async fn fetch_file(
    wanted: &WantedFile,
    target: &Path,
    stop: &AtomicBool,
    free: impl Fn() -> Option<u64> + Send,
    mut tell: impl FnMut(FetchProgress) + Send,
) -> Result<(), FetchError> {
    if fs::try_exists(target).await? {
        tell(FetchProgress { done_bytes: length(target).await?, is_checking: true });
        if is_wanted(wanted, target, stop).await? {
            return Ok(());
        }
        fs::remove_file(target).await?;
    }
    let part = part_of(target);
    let mut here = length(&part).await?;
    if here > wanted.bytes {
        fs::remove_file(&part).await?;
        here = 0;
    }
    let needed = wanted.bytes - here;
    if let Some(free) = free()
        && needed > 0
        && free < needed + SPARE_ROOM
    {
        return Err(FetchError::NoRoom { needed: needed + SPARE_ROOM, free });
    }
    tell(FetchProgress { done_bytes: here, is_checking: false });
    if here < wanted.bytes {
        match &wanted.source {
            FetchSource::Address(address) => {
                Line::to(address, wanted.pause)?
                    .receive(wanted.bytes, &part, stop, &mut tell)
                    .await?;
            }
            FetchSource::Copy(copy) => fs::copy(copy, &part).await.map(drop)?,
        }
    }
    tell(FetchProgress { done_bytes: wanted.bytes, is_checking: true });
    let found = hash(&part, stop).await?;
    if found != wanted.sha256 {
        fs::remove_file(&part).await?;
        return Err(FetchError::WrongHash { found });
    }
    File::open(&part).await?.sync_all().await?;
    fs::rename(&part, target).await?;
    sync_folder(target).await?;
    Ok(())
}

/// Where the part of a file lies.
#[must_use]
pub fn part_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

async fn length(path: &Path) -> io::Result<u64> {
    match fs::metadata(path).await {
        Ok(found) => Ok(found.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

/// Whether a file is the wanted one, by its size and then by its hash.
async fn is_wanted(
    wanted: &WantedFile,
    path: &Path,
    stop: &AtomicBool,
) -> Result<bool, FetchError> {
    Ok(length(path).await? == wanted.bytes && hash(path, stop).await? == wanted.sha256)
}

async fn hash(path: &Path, stop: &AtomicBool) -> Result<String, FetchError> {
    let mut file = File::open(path).await?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(FetchError::Stopped);
        }
        match file.read(&mut buffer).await? {
            0 => break,
            count => hasher.update(&buffer[..count]),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Makes the rename outlive a power loss, where a folder can be opened as a file.
async fn sync_folder(target: &Path) -> io::Result<()> {
    if cfg!(unix)
        && let Some(folder) = target.parent()
    {
        File::open(folder).await?.sync_all().await?;
    }
    Ok(())
}

/// A line to where the file is kept.
struct Line {
    client: Client,
    address: String,
    host: String,
    pause: Duration,
}

/// What came of one try.
enum Tried {
    Whole,
    /// It ended early; another try may get the rest.
    Early(Option<reqwest::Error>),
}

impl Line {
    fn to(address: &str, pause: Duration) -> Result<Self, FetchError> {
        let host = reqwest::Url::parse(address)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_default();
        let builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(LONGEST_SILENCE)
            .redirect(policy(is_loopback(address)))
            .retry(reqwest::retry::never());
        // A proxy must never see what stays on this computer.
        let builder = if is_loopback(address) { builder.no_proxy() } else { builder };
        let cut = |source| FetchError::Cut { host: host.clone(), source };
        let client = builder.build().map_err(cut)?;
        Ok(Self { client, address: address.to_owned(), host, pause })
    }

    /// Receives what is missing of `total` bytes into `part`.
    async fn receive(
        &self,
        total: u64,
        part: &Path,
        stop: &AtomicBool,
        tell: &mut (impl FnMut(FetchProgress) + Send),
    ) -> Result<(), FetchError> {
        let mut pauses = PAUSES.iter();
        loop {
            let early = match self.try_once(total, part, stop, tell).await? {
                Tried::Whole => return Ok(()),
                Tried::Early(error) => error,
            };
            let Some(times) = pauses.next() else {
                let host = self.host.clone();
                return Err(match early {
                    Some(source) => FetchError::Cut { host, source: source.without_url() },
                    None => FetchError::TooShort { host },
                });
            };
            wait(self.pause * *times, stop).await?;
        }
    }

    async fn try_once(
        &self,
        total: u64,
        part: &Path,
        stop: &AtomicBool,
        tell: &mut (impl FnMut(FetchProgress) + Send),
    ) -> Result<Tried, FetchError> {
        let here = length(part).await?;
        let mut request = self.client.get(&self.address);
        if here > 0 {
            request = request.header(header::RANGE, format!("bytes={here}-"));
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Ok(Tried::Early(Some(error))),
        };
        let status = response.status();
        // Whoever ignores the wish for the rest sends everything again.
        let begin = match status {
            StatusCode::PARTIAL_CONTENT if begins_at(&response, here) => here,
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                fs::remove_file(part).await?;
                return Ok(Tried::Early(None));
            }
            _ if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Ok(Tried::Early(response.error_for_status().err()));
            }
            _ => {
                let host = self.host.clone();
                return Err(FetchError::Refused { host, status: status.as_u16() });
            }
        };
        let file = open_at(part, begin).await?;
        self.write(response, file, begin, total, stop, tell).await
    }

    async fn write(
        &self,
        response: reqwest::Response,
        file: File,
        begin: u64,
        total: u64,
        stop: &AtomicBool,
        tell: &mut (impl FnMut(FetchProgress) + Send),
    ) -> Result<Tried, FetchError> {
        let mut file = BufWriter::with_capacity(1 << 18, file);
        let mut stream = response.bytes_stream();
        let (mut here, mut told) = (begin, begin);
        let ended = loop {
            if stop.load(Ordering::Relaxed) {
                file.flush().await?;
                return Err(FetchError::Stopped);
            }
            let chunk = match tokio::time::timeout(STOP_LOOK, stream.next()).await {
                Err(_) => continue,
                Ok(None) => break Tried::Early(None),
                Ok(Some(Err(error))) => break Tried::Early(Some(error)),
                Ok(Some(Ok(chunk))) => chunk,
            };
            // More than was promised is not the promised file; its hash will say so.
            let room = usize::try_from(total - here).unwrap_or(usize::MAX);
            let taken = &chunk[..chunk.len().min(room)];
            file.write_all(taken).await?;
            here += taken.len() as u64;
            if here - told >= TOLD_EVERY || here == total {
                told = here;
                tell(FetchProgress { done_bytes: here, is_checking: false });
            }
            if here == total {
                break Tried::Whole;
            }
        };
        file.flush().await?;
        file.get_ref().sync_data().await?;
        Ok(ended)
    }
}

/// How soon a wish to stop is seen on a silent line.
const STOP_LOOK: Duration = Duration::from_millis(200);

/// From the web only encrypted addresses are followed, from this computer only its own.
fn policy(is_own: bool) -> Policy {
    Policy::custom(move |attempt| {
        let next = attempt.url().as_str();
        let is_safe = if is_own { is_loopback(next) } else { next.starts_with("https://") };
        if attempt.previous().len() > MOST_REDIRECTS || !is_safe {
            attempt.stop()
        } else {
            attempt.follow()
        }
    })
}

/// Whether a part of a file begins where it was asked to.
fn begins_at(response: &reqwest::Response, here: u64) -> bool {
    let range = response.headers().get(header::CONTENT_RANGE).and_then(|it| it.to_str().ok());
    range.is_some_and(|range| range.starts_with(&format!("bytes {here}-")))
}

async fn open_at(part: &Path, begin: u64) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let mut file = options.create(true).write(true).truncate(false).open(part).await?;
    file.set_len(begin).await?;
    file.seek(io::SeekFrom::Start(begin)).await?;
    Ok(file)
}

async fn wait(pause: Duration, stop: &AtomicBool) -> Result<(), FetchError> {
    let until = tokio::time::Instant::now() + pause;
    while tokio::time::Instant::now() < until {
        if stop.load(Ordering::Relaxed) {
            return Err(FetchError::Stopped);
        }
        tokio::time::sleep(STOP_LOOK.min(pause)).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
