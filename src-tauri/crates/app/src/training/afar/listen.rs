//! Asking a service again and again how a training stands, no more often than is polite.

use std::sync::Arc;
use std::time::Duration;

use attune_contract::{Failure, FailureCode};
use attune_jobs::{Event, RemoteStatus, State};
use attune_services::TrainingService;

use super::{Far, backoff, failed};
use crate::training::hear::Heard;
use crate::training::record::News;
use crate::training::track::Begin;
use crate::{App, locked};

/// Seconds between the questions how a training stands, at its beginning; then as the last.
const POLLS: [u64; 4] = [1, 2, 5, 10];
/// After so many questions a service is asked less often.
const PATIENT_AFTER: usize = 60;
const PATIENT_SECONDS: u64 = 30;
/// So often it is asked whether a paused training goes on after all.
const LOOKS: usize = 3;
/// Whoever comes so much later than at their turn has slept through it.
const LATEST: Duration = Duration::from_secs(5);
/// So often a training that was asked to go on may be said to rest; then it does.
const MOST_CONTRARY: usize = 6;

impl App {
    /// Asks how a training stands until it rests or is over.
    pub(super) async fn listen_afar(
        self: &Arc<Self>,
        mut far: Far,
        run: &str,
        begin: Begin,
    ) -> Result<(), Failure> {
        let (mut asked, mut unanswered, mut is_noted, mut contrary) = (0, 0, false, 0);
        loop {
            let is_new = begin == Begin::Send && asked < POLLS.len() && unanswered == 0;
            self.wait_turn(&far, is_new).await;
            let heard = self.hear(&far.quick, run, Event::Reported).await;
            let pause = match heard {
                Ok(state) => {
                    (unanswered, is_noted) = (0, false);
                    contrary = if state == State::Resuming { contrary + 1 } else { 0 };
                    if contrary > MOST_CONTRARY {
                        return self.rest_again(run).await;
                    }
                    self.tell(run).await;
                    if state.is_settled() {
                        self.remove_sent(&far.patient, run).await;
                        return Ok(());
                    }
                    // Who asked it to go on and lost the answer looks more than once.
                    if state == State::Paused && (begin != Begin::Look || asked >= LOOKS) {
                        return Ok(());
                    }
                    if state == State::Cancelling {
                        self.cancel_once_more(&far, run).await;
                    }
                    asked += 1;
                    poll_after(asked)
                }
                Err(Heard::Broken(failure)) if failure.code == FailureCode::RunMissing => {
                    return Err(failure);
                }
                // Whoever wishes for a stop of what cannot be asked about has to look there.
                Err(Heard::Broken(failure)) if self.state_of(run).await? == State::Cancelling => {
                    self.apply(run, Event::GivenUp, failed(&self.unheard(&far.title, &failure)))
                        .await?;
                    self.tell(run).await;
                    return Ok(());
                }
                // What is refused now may be granted again: a job is there a moment after its order.
                Err(Heard::Broken(failure)) => {
                    self.note_once(run, &failure, &mut is_noted).await;
                    // The key may have been changed meanwhile.
                    let is_of_key =
                        matches!(failure.code, FailureCode::KeyRefused | FailureCode::KeyMissing);
                    if is_of_key && let Ok(again) = self.far(&self.launch_row(run).await?).await {
                        far = again;
                    }
                    unanswered += 1;
                    backoff(unanswered)
                }
                Err(Heard::Nothing(failure, wish)) => {
                    self.note_once(run, &failure, &mut is_noted).await;
                    let pause = wish.unwrap_or_else(|| backoff(unanswered));
                    unanswered += 1;
                    pause
                }
                Err(Heard::Unkept(failure)) => {
                    self.tell_unkept(run, &failure).await;
                    backoff(0)
                }
            };
            self.options.pauses.wait(pause).await;
        }
    }

    /// Somebody paused it over there once more. A stop that was wished for meanwhile counts before that.
    async fn rest_again(self: &Arc<Self>, run: &str) -> Result<(), Failure> {
        let only_while = Some(State::Resuming);
        let rests = Event::Adopted(RemoteStatus::Paused);
        self.apply(run, rests, News { only_while, ..News::default() }).await?;
        self.tell(run).await;
        Ok(())
    }

    async fn note_once(self: &Arc<Self>, run: &str, failure: &Failure, is_noted: &mut bool) {
        if !std::mem::replace(is_noted, true) {
            self.note(run, failure).await;
        }
    }

    /// Waits until the service may be asked. Whoever slept through a turn takes another: all wake at once
    /// when a computer does.
    async fn wait_turn(&self, far: &Far, is_new: bool) {
        let pauses = &self.options.pauses;
        loop {
            let now = pauses.now();
            let turn = locked(&far.turn).take(now, is_new);
            if turn.is_zero() {
                return;
            }
            pauses.wait(turn).await;
            if pauses.now() < now + turn + LATEST {
                return;
            }
        }
    }

    /// A stop that was asked for and has not come about may be asked for again at any time.
    async fn cancel_once_more(self: &Arc<Self>, far: &Far, run: &str) {
        let Ok(launch) = self.launch_row(run).await else { return };
        let Some(job) = launch.job_id.as_deref() else { return };
        if let Err(error) = far.quick.cancel(job).await {
            tracing::info!(%error, run, "a stop was not taken; it is asked for again");
        }
    }
}

fn poll_after(asked: usize) -> Duration {
    let seconds = match asked {
        asked if asked > PATIENT_AFTER => PATIENT_SECONDS,
        asked => POLLS[asked.saturating_sub(1).min(POLLS.len() - 1)],
    };
    Duration::from_secs(seconds)
}
