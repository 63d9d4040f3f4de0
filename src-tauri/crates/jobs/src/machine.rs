//! The state machine of one launch. The states are stored by name, so a restart goes on in the
//! same place; events that arrive late or twice change nothing, because services repeat themselves.

use std::fmt;
use std::str::FromStr;

macro_rules! named_states {
    ($( $(#[$doc:meta])* $variant:ident = $name:literal, )*) => {
        /// Where a launch is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum State {
            $( $(#[$doc])* $variant, )*
        }

        impl State {
            /// Every state, for tables and tests.
            pub const ALL: &'static [State] = &[$( State::$variant ),*];

            /// The name under which the state is stored.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }
        }

        impl FromStr for State {
            type Err = UnknownState;

            fn from_str(name: &str) -> Result<Self, UnknownState> {
                match name {
                    $( $name => Ok(Self::$variant), )*
                    _ => Err(UnknownState { name: name.to_owned() }),
                }
            }
        }
    };
}

named_states! {
    /// Recorded with its whole request; no byte was sent.
    Intent = "intent",
    /// The order is on its way.
    Sending = "sending",
    /// The order was sent and the answer lost: it may or may not exist.
    Ambiguous = "ambiguous",
    /// The service looks at the files.
    Validating = "validating",
    /// It waits for its turn.
    Queued = "queued",
    /// It learns.
    Running = "running",
    /// A pause was asked for.
    Pausing = "pausing",
    /// It rests at a checkpoint.
    Paused = "paused",
    /// Going on was asked for.
    Resuming = "resuming",
    /// A stop was asked for; not `Cancelled` yet, because the service may still be working.
    Cancelling = "cancelling",
    /// There is a model.
    Succeeded = "succeeded",
    /// It ended with a problem.
    Failed = "failed",
    /// It was stopped.
    Cancelled = "cancelled",
    /// It never began: refused, or the program ended before it was sent.
    NotStarted = "not_started",
    /// Nobody can tell whether it began.
    Unknown = "unknown",
}

/// A stored state has a name that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a state of a training")]
pub struct UnknownState {
    /// The name as stored.
    pub name: String,
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl State {
    /// Whether nothing can happen to the launch any more.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::NotStarted | Self::Unknown
        )
    }

    /// Whether the order may exist at the service without being known by its id here.
    #[must_use]
    pub fn needs_reconciling(self) -> bool {
        matches!(self, Self::Intent | Self::Sending | Self::Ambiguous)
    }

    /// Whether the service works on it, as far as is known.
    #[must_use]
    pub fn is_live(self) -> bool {
        !self.is_settled() && !self.needs_reconciling() && self != Self::Paused
    }
}

/// What the service says about a job. Values unknown to this version are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteStatus {
    /// It looks at the files.
    ValidatingFiles,
    /// It waits.
    Queued,
    /// It learns.
    Running,
    /// It rests.
    Paused,
    /// Done.
    Succeeded,
    /// Ended with a problem.
    Failed,
    /// Ended for want of room on the disk or in memory, or by a fault in the program; its last
    /// checkpoint stays, and it goes on from there once it is asked to.
    Halted,
    /// Stopped.
    Cancelled,
    /// Something this version does not know.
    Other(String),
}

impl From<&str> for RemoteStatus {
    fn from(name: &str) -> Self {
        match name {
            "validating_files" => Self::ValidatingFiles,
            "queued" => Self::Queued,
            "running" => Self::Running,
            "paused" => Self::Paused,
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            "cancelled" => Self::Cancelled,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl RemoteStatus {
    /// A status together with the service's code of what went wrong: what ended for want of room or
    /// by a fault in the program did not end for good. Want of memory counts so only where something
    /// was learnt (`has_learnt`); else it is a refusal.
    #[must_use]
    pub fn with_code(self, code: Option<&str>, has_learnt: bool) -> Self {
        match (self, code) {
            (Self::Failed, Some("disk_full" | "storage_error" | "trainer_panicked")) => {
                Self::Halted
            }
            (Self::Failed, Some("not_enough_memory")) if has_learnt => Self::Halted,
            (status, _) => status,
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The first byte is about to be sent.
    SendingBegan,
    /// The service accepted and gave an id.
    Acknowledged,
    /// The service definitely refused.
    Refused,
    /// The answer was lost.
    AnswerLost,
    /// The order was found at the service by its `launch_id`.
    Found,
    /// The order is certainly not at the service.
    Absent,
    /// Nobody could tell.
    Undecided,
    /// The service reported a status.
    Reported(RemoteStatus),
    /// The service was asked how the job stands, after it refused a wish or at a start: what it
    /// says counts, whatever was wished.
    Adopted(RemoteStatus),
    /// The person wants a pause, or the window closes.
    PauseRequested,
    /// The person wants it to go on.
    ResumeRequested,
    /// The person wants it to stop.
    CancelRequested,
    /// The person takes an order back that was not sent yet.
    Withdrawn,
    /// The service's process ended; its last checkpoint stays.
    ServiceEnded,
    /// Something was learnt about it that changes no state.
    Noted,
    /// The service does not tell of it any more, and the person wished for a stop.
    GivenUp,
}

/// What the runner has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Send the order, this once.
    Send,
    /// Ask the service again and again until the launch rests or is settled.
    Follow,
    /// Look the order up by its `launch_id`.
    Reconcile,
    /// Ask the service for a pause.
    PauseRemote,
    /// Ask the service to go on.
    ResumeRemote,
    /// Ask the service to stop.
    CancelRemote,
    /// Tell the person that it ended.
    Notify,
}

/// Decides what an event changes and what is to be done.
#[must_use]
pub fn step(state: State, event: &Event) -> (State, Vec<Effect>) {
    use State as S;
    match (state, event) {
        (S::Intent, Event::SendingBegan) => (S::Sending, vec![Effect::Send]),
        (S::Intent | S::Sending | S::Ambiguous, Event::Acknowledged | Event::Found) => {
            (S::Validating, vec![Effect::Follow])
        }
        // Somebody looked once more.
        (S::Unknown, Event::Found) => (S::Validating, vec![Effect::Follow]),
        (S::Intent | S::Sending, Event::Refused) => (S::NotStarted, vec![]),
        (S::Intent, Event::Withdrawn) => (S::Cancelled, vec![]),
        (S::Cancelling, Event::GivenUp) => (S::Unknown, vec![]),
        (S::Sending, Event::AnswerLost) => (S::Ambiguous, vec![Effect::Reconcile]),
        (S::Intent | S::Sending | S::Ambiguous, Event::Absent) => (S::NotStarted, vec![]),
        (S::Intent | S::Sending | S::Ambiguous, Event::Undecided) => (S::Unknown, vec![]),
        (S::Validating | S::Queued | S::Running, Event::PauseRequested) => {
            (S::Pausing, vec![Effect::PauseRemote])
        }
        (S::Paused, Event::ResumeRequested) => {
            (S::Resuming, vec![Effect::ResumeRemote, Effect::Follow])
        }
        (
            S::Validating | S::Queued | S::Running | S::Pausing | S::Paused | S::Resuming,
            Event::CancelRequested,
        ) => (S::Cancelling, vec![Effect::CancelRemote, Effect::Follow]),
        (state, Event::ServiceEnded) if state.is_live() => (S::Paused, vec![]),
        (state, Event::Reported(status)) => reported(state, status),
        (state, Event::Adopted(status)) => adopted(state, status),
        (state, _) => (state, vec![]),
    }
}

fn reported(state: State, status: &RemoteStatus) -> (State, Vec<Effect>) {
    use State as S;
    if state.is_settled() || state.needs_reconciling() {
        return (state, vec![]);
    }
    match status {
        RemoteStatus::Succeeded => (S::Succeeded, vec![Effect::Notify]),
        RemoteStatus::Failed => (S::Failed, vec![Effect::Notify]),
        RemoteStatus::Cancelled => (S::Cancelled, vec![]),
        // Nothing works on it any more, which is what a stop wishes for.
        RemoteStatus::Halted if state == S::Cancelling => (S::Cancelled, vec![]),
        // Whoever asked for going on is there, and hears it.
        RemoteStatus::Halted if matches!(state, S::Paused | S::Resuming) => (S::Paused, vec![]),
        RemoteStatus::Halted => (S::Paused, vec![Effect::Notify]),
        // A wish that is on its way is not undone by an older report.
        _ if state == S::Cancelling => (state, vec![]),
        RemoteStatus::Paused if state == S::Resuming => (state, vec![]),
        RemoteStatus::Paused => (S::Paused, vec![]),
        _ if state == S::Pausing => (state, vec![]),
        RemoteStatus::ValidatingFiles => (S::Validating, vec![]),
        RemoteStatus::Queued => (S::Queued, vec![]),
        RemoteStatus::Running => (S::Running, vec![]),
        RemoteStatus::Other(_) => (state, vec![]),
    }
}

/// Like a report, without regard to a wish: the service has just refused it, or nobody has one.
fn adopted(state: State, status: &RemoteStatus) -> (State, Vec<Effect>) {
    use State as S;
    if state.is_settled() || state.needs_reconciling() {
        return (state, vec![]);
    }
    match status {
        RemoteStatus::Paused => (S::Paused, vec![]),
        RemoteStatus::ValidatingFiles => (S::Validating, vec![Effect::Follow]),
        RemoteStatus::Queued => (S::Queued, vec![Effect::Follow]),
        RemoteStatus::Running => (S::Running, vec![Effect::Follow]),
        status => reported(state, status),
    }
}

#[cfg(test)]
mod tests;
