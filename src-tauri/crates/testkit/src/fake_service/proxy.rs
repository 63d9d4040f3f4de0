//! A line that misbehaves: raw TCP between a client and the service.
//!
//! It knows nothing of HTTP; it counts bytes. So it cuts in the middle of a head as well as of a
//! body, which no server can do to itself.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// How one connection behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Line {
    /// Everything passes.
    #[default]
    Clear,
    /// After so many bytes from the client both sides see the end.
    CutRequest(u64),
    /// After so many bytes from the service both sides see the end.
    CutResponse(u64),
    /// The answer comes in pieces of so many bytes with a pause before each (slow loris).
    Slow {
        /// Bytes in a piece.
        bytes: usize,
        /// The pause before each piece.
        pause: Duration,
    },
    /// The connection is taken and nothing ever comes back; the service hears nothing.
    BlackHole,
    /// After so many bytes from the service the other side is silent, but never ends.
    HalfOpen(u64),
    /// The connection ends as soon as it is there.
    Refused,
}

/// What passed.
#[derive(Debug, Default)]
struct Passed {
    lines: VecDeque<Line>,
    usual: Line,
    connections: u64,
    to_service: u64,
    to_client: u64,
}

/// A proxy in front of a service. It ends with this value.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    passed: Arc<Mutex<Passed>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FaultProxy {
    /// Starts a proxy to `service` on a free port of loopback, in a thread of its own.
    ///
    /// # Panics
    /// When loopback cannot be listened on.
    #[must_use]
    pub fn start(service: SocketAddr) -> Self {
        let passed = Arc::new(Mutex::new(Passed::default()));
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let counting = passed.clone();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
                let listener = listener.expect("loopback can be listened on");
                let address = listener.local_addr().expect("a listener has an address");
                tell.send(address).expect("the starter waits for it");
                tokio::select! {
                    () = accept(listener, service, counting) => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("fault-proxy".to_owned()).spawn(run);
        let thread = thread.expect("a thread can be started");
        let address = told.recv().expect("the proxy tells where it listens");
        Self { address, passed, stop: Some(stop), thread: Some(thread) }
    }

    /// The address up to and with `/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The next connection that nothing was said about yet behaves like this, once.
    pub fn next_line(&self, line: Line) {
        self.passed().lines.push_back(line);
    }

    /// Every connection that nothing else was said about behaves like this.
    pub fn every_line(&self, line: Line) {
        self.passed().usual = line;
    }

    /// Connections that were taken.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.passed().connections
    }

    /// Bytes that went on to the service.
    #[must_use]
    pub fn bytes_to_service(&self) -> u64 {
        self.passed().to_service
    }

    /// Bytes that went on to the client.
    #[must_use]
    pub fn bytes_to_client(&self) -> u64 {
        self.passed().to_client
    }

    fn passed(&self) -> MutexGuard<'_, Passed> {
        lock(&self.passed)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that it has ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // It panicked in its own thread then, and said so.
            let _ = thread.join();
        }
    }
}

fn lock(passed: &Mutex<Passed>) -> MutexGuard<'_, Passed> {
    passed.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, service: SocketAddr, passed: Arc<Mutex<Passed>>) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        let line = {
            let mut passed = lock(&passed);
            passed.connections += 1;
            let usual = passed.usual;
            passed.lines.pop_front().unwrap_or(usual)
        };
        tokio::spawn(carry(client, service, line, passed.clone()));
    }
}

async fn carry(client: TcpStream, service: SocketAddr, line: Line, passed: Arc<Mutex<Passed>>) {
    match line {
        Line::Refused => return,
        Line::BlackHole => return swallow(client).await,
        _ => {}
    }
    let Ok(service) = TcpStream::connect(service).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_service, to_service) = service.into_split();
    let asks = Pipe { up: true, passed: passed.clone(), ..Pipe::plain() };
    let answers = Pipe { up: false, passed, ..Pipe::plain() };
    let (asks, answers) = match line {
        Line::CutRequest(most) => (Pipe { most, ..asks }, answers),
        Line::CutResponse(most) => (asks, Pipe { most, ..answers }),
        Line::HalfOpen(most) => (asks, Pipe { most, is_silent_then: true, ..answers }),
        Line::Slow { bytes, pause } => (asks, Pipe { bytes: bytes.max(1), pause, ..answers }),
        _ => (asks, answers),
    };
    // A cut drops all four halves at once, which closes both connections; else both sides say all.
    let _ended =
        tokio::try_join!(asks.run(from_client, to_service), answers.run(from_service, to_client),);
}

async fn swallow(mut client: TcpStream) {
    let mut buffer = [0; 4096];
    while client.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
}

/// The line is closed in both directions.
struct Cut;

/// One direction of a connection.
struct Pipe {
    up: bool,
    most: u64,
    is_silent_then: bool,
    bytes: usize,
    pause: Duration,
    passed: Arc<Mutex<Passed>>,
}

impl Pipe {
    fn plain() -> Self {
        let passed = Arc::new(Mutex::new(Passed::default()));
        let (bytes, pause) = (1 << 16, Duration::ZERO);
        Self { up: false, most: u64::MAX, is_silent_then: false, bytes, pause, passed }
    }

    /// Carries bytes until the line is to be cut. A side that has merely said everything keeps the
    /// other direction open.
    async fn run(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> Result<(), Cut> {
        let mut buffer = vec![0; self.bytes];
        let mut left = self.most;
        while left > 0 {
            let room = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let count = from.read(&mut buffer[..room]).await.map_err(|_| Cut)?;
            if count == 0 {
                return to.shutdown().await.map_err(|_| Cut);
            }
            if !self.pause.is_zero() {
                tokio::time::sleep(self.pause).await;
            }
            let bytes = u64::try_from(count).expect("a length fits into 64 bits");
            left -= bytes;
            self.count(bytes);
            to.write_all(&buffer[..count]).await.map_err(|_| Cut)?;
        }
        if self.is_silent_then {
            std::future::pending::<()>().await;
        }
        Err(Cut)
    }

    /// Counts before the bytes leave, so that whoever has read them finds them counted.
    fn count(&self, bytes: u64) {
        let mut passed = lock(&self.passed);
        *(if self.up { &mut passed.to_service } else { &mut passed.to_client }) += bytes;
    }
}
