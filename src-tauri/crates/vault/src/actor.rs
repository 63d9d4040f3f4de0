//! One operation after the other, each on a thread of its own, and none waited for without end.
//!
//! A keyring that waits for a person's password blocks its caller without limit, and there is no
//! way to call it off. So the actor waits instead: for the operation's end or its deadline,
//! whichever is first. A thread that is given up is left behind with its store; its lease is taken
//! away, so that it can no longer begin to write.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Instant;

use tokio::sync::{oneshot, watch};

use crate::activity::Activity;
use crate::error::VaultError;
use crate::key_map::{Change, KeyMap};
use crate::place::{OpenPlace, Place};

/// What an operation comes to: the keys as they were found, before its change.
type Found = Result<KeyMap, VaultError>;

/// What the actor is told.
pub(crate) enum Message {
    Ask(Request),
    Finished { attempt: u64, found: Found },
    GiveUp,
    Close,
}

/// What is wanted of an operation.
pub(crate) enum Work {
    /// Only what is there.
    Look,
    /// What is there, and then a change of it.
    Change(Change),
    /// To delete whatever is there, readable or not.
    Discard,
}

/// One operation.
pub(crate) struct Request {
    pub(crate) work: Work,
    pub(crate) deadline: Instant,
    pub(crate) reply: oneshot::Sender<Found>,
}

/// The operation that is under way.
struct Running {
    attempt: u64,
    deadline: Instant,
    reply: oneshot::Sender<Found>,
    lease: Arc<Lease>,
}

/// The leave to write, which ends when nobody waits any more.
#[derive(Debug, Default)]
struct Lease(AtomicU8);

const READING: u8 = 0;
const WRITING: u8 = 1;
const WITHDRAWN: u8 = 2;

impl Lease {
    /// Begins to write, if anybody still waits for it.
    fn begin_writing(&self) -> Result<(), VaultError> {
        let begun = self.0.compare_exchange(READING, WRITING, Ordering::SeqCst, Ordering::SeqCst);
        begun.map(drop).map_err(|_| VaultError::TimedOut { may_have_changed: false })
    }

    /// Ends the leave. Says whether writing had begun before.
    fn withdraw(&self) -> bool {
        self.0.compare_exchange(READING, WITHDRAWN, Ordering::SeqCst, Ordering::SeqCst).is_err()
    }
}

/// The actor's own state.
struct Actor {
    place: Arc<dyn Place>,
    inbox: Receiver<Message>,
    own: Sender<Message>,
    waiting: VecDeque<Request>,
    running: Option<Running>,
    attempts: u64,
    activity: watch::Sender<Activity>,
    is_closing: bool,
}

/// Starts the actor of `place`. Told to close, it ends when everything asked for is done.
pub(crate) fn start(
    place: Arc<dyn Place>,
    activity: watch::Sender<Activity>,
) -> std::io::Result<Sender<Message>> {
    let (own, inbox) = channel();
    let sender = own.clone();
    let waiting = VecDeque::new();
    let (running, attempts, is_closing) = (None, 0, false);
    let actor = Actor { place, inbox, own, waiting, running, attempts, activity, is_closing };
    thread::Builder::new().name("vault".to_owned()).spawn(move || actor.run())?;
    Ok(sender)
}

impl Actor {
    fn run(mut self) {
        while !self.is_closing || self.running.is_some() {
            match self.next_message() {
                Message::Ask(request) => self.waiting.push_back(request),
                Message::Finished { attempt, found } => self.finish(attempt, found),
                Message::GiveUp => self.give_up(),
                Message::Close => self.is_closing = true,
            }
            while self.running.is_none()
                && let Some(request) = self.waiting.pop_front()
            {
                self.begin(request);
            }
        }
    }

    fn next_message(&self) -> Message {
        let told = match &self.running {
            None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(running) => {
                let left = running.deadline.saturating_duration_since(Instant::now());
                self.inbox.recv_timeout(left)
            }
        };
        told.unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => Message::GiveUp,
            RecvTimeoutError::Disconnected => Message::Close,
        })
    }

    /// Starts an operation, unless it waited for the one before it until its own deadline.
    fn begin(&mut self, request: Request) {
        let Request { work, deadline, reply } = request;
        if deadline <= Instant::now() {
            _ = reply.send(Err(VaultError::TimedOut { may_have_changed: false }));
            return;
        }
        self.attempts += 1;
        let (attempt, lease) = (self.attempts, Arc::new(Lease::default()));
        self.activity.send_replace(Activity::WaitingForKeyring);
        match self.spawn(attempt, work, &lease) {
            Ok(()) => self.running = Some(Running { attempt, deadline, reply, lease }),
            Err(error) => {
                self.activity.send_replace(Activity::Idle);
                _ = reply.send(Err(VaultError::NoThread(error)));
            }
        }
    }

    fn spawn(&self, attempt: u64, work: Work, lease: &Arc<Lease>) -> std::io::Result<()> {
        let (place, lease, own) = (self.place.clone(), lease.clone(), self.own.clone());
        let do_it = move || {
            // A library that panics must end its own operation and nothing else.
            let found = catch_unwind(AssertUnwindSafe(|| perform(&*place, work, &lease)))
                .unwrap_or(Err(VaultError::Broken));
            _ = own.send(Message::Finished { attempt, found });
        };
        thread::Builder::new().name(format!("vault-{attempt}")).spawn(do_it).map(drop)
    }

    /// An operation ended; one that was given up before is of no interest any more.
    fn finish(&mut self, attempt: u64, found: Found) {
        if let Some(running) = self.running.take_if(|running| running.attempt == attempt) {
            self.activity.send_replace(Activity::Idle);
            _ = running.reply.send(found);
        }
    }

    fn give_up(&mut self) {
        if let Some(running) = self.running.take() {
            let may_have_changed = running.lease.withdraw();
            self.activity.send_replace(Activity::Idle);
            _ = running.reply.send(Err(VaultError::TimedOut { may_have_changed }));
        }
    }
}

/// The whole of an operation.
fn perform(place: &dyn Place, work: Work, lease: &Lease) -> Found {
    let open = place.open()?;
    match work {
        Work::Look => look(&*open).map(|(found, _)| found),
        Work::Change(wanted) => change(&*open, wanted, lease),
        Work::Discard => discard(&*open, lease),
    }
}

/// The keys that are there, and whether there is an item at all.
fn look(open: &dyn OpenPlace) -> Result<(KeyMap, bool), VaultError> {
    match open.read()? {
        Some(bytes) => Ok((KeyMap::decode(&bytes)?, true)),
        None => Ok((KeyMap::default(), false)),
    }
}

/// Everything that can be refused is refused before the first write.
fn change(open: &dyn OpenPlace, change: Change, lease: &Lease) -> Found {
    let (found, was_there) = look(open)?;
    let Some(wanted) = found.after(change) else {
        return Ok(found);
    };
    let encoded = wanted.encode()?;
    lease.begin_writing()?;
    let written = if wanted.is_empty() { open.delete() } else { open.write(&encoded) };
    match understood(written, open, was_there) {
        // Without an item there is no key left, which is what was asked for.
        Err(VaultError::RemovedMeanwhile) if wanted.is_empty() => Ok(found),
        Err(error) => Err(blanked(error, &[&found, &wanted])),
        Ok(()) => Ok(found),
    }
}

/// Deletes the item without having read it. That there is none is as good.
fn discard(open: &dyn OpenPlace, lease: &Lease) -> Found {
    lease.begin_writing()?;
    match open.delete() {
        Ok(()) | Err(VaultError::RemovedMeanwhile) => Ok(KeyMap::default()),
        Err(error) => Err(error),
    }
}

/// Tells a failure from an item that somebody else deleted at the same time, which some platforms
/// report as just another failure.
fn understood(
    written: Result<(), VaultError>,
    open: &dyn OpenPlace,
    was_there: bool,
) -> Result<(), VaultError> {
    match written {
        Err(VaultError::Failed(_)) if was_there && matches!(open.read(), Ok(None)) => {
            Err(VaultError::RemovedMeanwhile)
        }
        other => other,
    }
}

/// A platform's words may quote what it was given.
fn blanked(error: VaultError, maps: &[&KeyMap]) -> VaultError {
    let keys = maps.iter().flat_map(|map| map.keys());
    keys.fold(error, |error, key| error.without(key.expose_for_service()))
}
