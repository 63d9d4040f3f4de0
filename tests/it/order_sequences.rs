//! E-03: whatever a person, a service and fate do, in whatever order, nothing is bought twice,
//! unasked or unseen: random sequences over the whole program, against a model that knows what was
//! confirmed.
//!
//! What is done follows from a seed; how far the program is when it is done does not. So nothing is
//! asserted of a moment: each sequence is judged once everything that went wrong is mended.

mod story;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use attune_contract::examples::ExampleAddRequest;
use attune_contract::orders::OrderQuote;
use attune_contract::projects::ProjectRequest;
use attune_contract::services::ServiceRequest;
use attune_contract::training::{RunDetail, RunRequest, RunState};
use attune_contract::{Failure, FailureCode};
use attune_testkit::Seeded;
use attune_testkit::fake_service::{
    FakeSettings, Fate, FaultPlan, JobState, LedgerRow, LoggedRequest,
};

use story::{Step, Told, step};

use crate::support::far::{FarHouse, code_of, hasty, one_round};

const SEED: u64 = 20_261_129;
const SEQUENCES: u64 = 2_000;
/// Most steps of a sequence.
const LONGEST: usize = 40;
/// Tests that share the sequences, so that every core has work.
const SHARDS: u64 = 4;
/// Sequences that share one program: a longer list of trainings makes each of them slower.
const SHARED_BY: u64 = 50;
/// How often something is looked at that may take a moment.
const SOON: Duration = Duration::from_millis(2);
/// Far longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(120);
/// A job that waits so many seconds for a machine waits for ever.
const STUCK_SECONDS: u64 = 60;
const SERVICE: &str = "openai";

/// A quote that was given, and how often the examples had been changed by then.
struct Given {
    quote: OrderQuote,
    edits: u64,
}

/// A training that somebody ordered.
struct Launch {
    run: String,
    /// Whether the program ended at any time after it was ordered.
    was_interrupted: bool,
    /// Whether the person took the order back before it left.
    was_taken_back: bool,
}

/// What there was before a sequence.
#[derive(Debug, Clone, Copy, Default)]
struct Before {
    trainings: usize,
    purchases: usize,
    requests: usize,
}

/// A program at play, and what its person knows of it.
struct Play {
    far: FarHouse,
    /// Quotes that may still be ordered, the oldest first.
    quotes: Vec<Given>,
    /// Quotes that are worth nothing any more.
    used: Vec<Given>,
    /// What this sequence ordered.
    launches: Vec<Launch>,
    edits: u64,
    has_key: bool,
    before: Before,
    /// The codes of trainings of which nobody can tell: what they need stays at the service.
    untold: HashSet<String>,
}

impl Play {
    async fn open() -> Self {
        let far = FarHouse::open_with(FakeSettings::TOKEN, hasty()).await;
        Self {
            far,
            quotes: Vec::new(),
            used: Vec::new(),
            launches: Vec::new(),
            edits: 0,
            has_key: true,
            before: Before::default(),
            untold: HashSet::new(),
        }
    }

    /// Plays one sequence from its first step to its judgement.
    async fn through(mut self, seed: u64) -> Self {
        let mut seeded = Seeded::new(seed);
        let steps: Vec<Step> = (0..=seeded.below(LONGEST)).map(|_| step(&mut seeded)).collect();
        let _told = Told { seed, steps: &steps };
        self.begin().await;
        for step in &steps {
            self = self.perform(*step).await;
        }
        self.settle().await;
        self.judge().await;
        self
    }

    async fn begin(&mut self) {
        self.quotes.clear();
        self.used.clear();
        self.launches.clear();
        self.before = Before {
            trainings: self.listed().await,
            purchases: self.far.service.ledger().rows().len(),
            requests: self.far.service.requests(),
        };
    }

    /// How many trainings the program shows.
    async fn listed(&self) -> usize {
        let request = ProjectRequest { project: self.far.project };
        self.far.house.app.run_list(request).await.unwrap().runs.len()
    }

    async fn perform(mut self, step: Step) -> Self {
        match step {
            Step::Quote => self.quote().await,
            Step::Place { is_twice } => {
                let given = self.quotes.pop();
                self.place(given, is_twice).await;
            }
            Step::PlaceOldest => {
                let oldest = (!self.quotes.is_empty()).then(|| self.quotes.remove(0));
                self.place(oldest, false).await;
            }
            Step::PlaceUsed => self.place_used().await,
            Step::Cancel => self.cancel().await,
            Step::Pause | Step::Resume | Step::LookAgain => self.wish(step).await,
            Step::Edit => self.edit().await,
            Step::RemoveKey => self.remove_key().await,
            Step::GiveKey => self.give_key().await,
            Step::Restart => return self.restarted().await,
            Step::Moment { ms } => tokio::time::sleep(Duration::from_millis(ms)).await,
            Step::Rest => self.rest().await,
            Step::NextJobFails => self.far.service.next_job(Fate::FailsAfter {
                steps: 3,
                code: "server_error".to_owned(),
                message: "The machine broke.".to_owned(),
            }),
            Step::NextJobIsStuck => self.far.service.next_job(Fate::StuckInQueue),
            Step::Happens(trouble) => self.far.plan(trouble.plan()),
        }
        self
    }

    async fn quote(&mut self) {
        let quote = self.far.quote(one_round()).await;
        has_words(quote.refusal.as_ref());
        if quote.token.is_some() {
            self.quotes.push(Given { quote, edits: self.edits });
        }
    }

    async fn place(&mut self, given: Option<Given>, is_twice: bool) {
        let Some(given) = given else { return };
        let press = || self.far.place(&given.quote);
        let answers = if is_twice {
            let (one, other) = tokio::join!(press(), press());
            vec![one, other]
        } else {
            vec![press().await]
        };
        for answer in &answers {
            has_words(answer.as_ref().err());
        }
        let placed: Vec<RunDetail> = answers.into_iter().flatten().collect();
        assert!(placed.len() <= 1, "one confirmation was consumed twice");
        assert!(placed.is_empty() || given.edits == self.edits, "other examples than were quoted");
        self.launches.extend(placed.into_iter().map(|detail| Launch {
            run: detail.summary.run,
            was_interrupted: false,
            was_taken_back: false,
        }));
        // Whatever became of it, a quote is good for one press.
        self.used.push(given);
    }

    async fn place_used(&self) {
        let Some(given) = self.used.last() else { return };
        let refused = self.far.place(&given.quote).await.unwrap_err();
        assert_eq!(refused.code, FailureCode::QuoteOutdated);
    }

    async fn cancel(&mut self) {
        let Some(run) = self.latest() else { return };
        let asked = self.far.house.app.run_cancel(request(&run)).await;
        has_words(asked.as_ref().err());
        let is_over = asked.is_ok_and(|detail| detail.summary.state == RunState::Cancelled);
        let is_back = is_over && self.orders_of(&run).is_empty();
        if let Some(launch) = self.launches.last_mut().filter(|_| is_back) {
            launch.was_taken_back = true;
        }
    }

    async fn wish(&self, wish: Step) {
        let app = &self.far.house.app;
        let first = self.launches.first().map(|launch| launch.run.clone());
        let wished = if wish == Step::LookAgain { first } else { self.latest() };
        let Some(run) = wished else { return };
        let asked = match wish {
            Step::Pause => app.run_pause(request(&run)).await,
            Step::Resume => app.run_resume(request(&run)).await,
            _ => app.run_find(request(&run)).await,
        };
        has_words(asked.err().as_ref());
    }

    async fn edit(&mut self) {
        self.edits += 1;
        let request = ExampleAddRequest {
            project: self.far.project,
            after: None,
            question: format!("Is this new, and the change number {}?", self.edits),
            answer: "yes".to_owned(),
        };
        self.far.house.app.example_add(request).await.unwrap();
    }

    async fn remove_key(&mut self) {
        let request = ServiceRequest { service: SERVICE.to_owned() };
        self.far.house.app.service_key_remove(request).await.unwrap();
        self.has_key = false;
    }

    async fn give_key(&mut self) {
        if !self.has_key {
            self.far.give_key(FakeSettings::TOKEN).await;
            self.has_key = true;
        }
    }

    async fn restarted(mut self) -> Self {
        // Quotes end with the program that gave them.
        self.used.append(&mut self.quotes);
        for launch in &mut self.launches {
            launch.was_interrupted = true;
        }
        Self { far: self.far.restarted().await, ..self }
    }

    async fn rest(&self) {
        let Some(run) = self.latest() else { return };
        for _ in 0..50 {
            let state = self.far.read(&run).await.summary.state;
            if is_over(state) || state == RunState::Paused {
                return;
            }
            tokio::time::sleep(SOON).await;
        }
    }

    fn latest(&self) -> Option<String> {
        self.launches.last().map(|launch| launch.run.clone())
    }

    /// The orders that left for a training of this sequence, as the service saw them.
    fn orders_of(&self, run: &str) -> Vec<LoggedRequest> {
        let mut log = self.far.service.log_from(self.before.requests);
        log.retain(|request| {
            request.method == "POST" && request.header("idempotency-key") == Some(run)
        });
        log
    }
}

/// The end of a sequence.
impl Play {
    /// Mends everything and waits until every training is over and every purchase seen.
    async fn settle(&mut self) {
        self.far.plan(FaultPlan::new());
        self.give_key().await;
        let begun = Instant::now();
        for look in 0_u32.. {
            // A key may have been given just when its absence was noted; then nobody follows.
            if look.is_multiple_of(200) {
                self.far.house.app.recover().await.unwrap();
            }
            let Some((run, state)) = self.unsettled().await else { return };
            let jobs = self.far.service.jobs_of(&run);
            assert!(begun.elapsed() < PATIENCE, "{run} stays {state:?} with {jobs:?}");
            self.help(&run, state, &jobs).await;
            tokio::time::sleep(SOON).await;
        }
    }

    /// The training that is not over, else one that was bought and is not seen.
    async fn unsettled(&self) -> Option<(String, RunState)> {
        let mut unseen = None;
        for launch in &self.launches {
            let state = self.far.read(&launch.run).await.summary.state;
            if !is_over(state) {
                return Some((launch.run.clone(), state));
            }
            let is_bought = || !self.far.service.jobs_of(&launch.run).is_empty();
            if state == RunState::Unknown && is_bought() {
                unseen = Some((launch.run.clone(), state));
            }
        }
        unseen
    }

    /// Does what only a person can.
    async fn help(&self, run: &str, state: RunState, jobs: &[JobState]) {
        let app = &self.far.house.app;
        let now = self.far.service.now();
        let asked = match state {
            RunState::Unknown => app.run_find(request(run)).await,
            RunState::Paused => app.run_resume(request(run)).await,
            _ if jobs.iter().any(|job| is_stuck(job, now)) => app.run_cancel(request(run)).await,
            _ => return,
        };
        has_words(asked.err().as_ref());
    }

    async fn judge(&mut self) {
        let confirmed = self.launches.len();
        let expected = self.before.trainings + confirmed;
        assert_eq!(self.listed().await, expected, "trainings that nobody confirmed");
        let ledger = self.far.service.ledger();
        assert!(ledger.bought_twice().is_empty(), "{:?}", ledger.bought_twice());
        let rows = &ledger.rows()[self.before.purchases..];
        assert!(rows.len() <= confirmed, "{rows:?} for {confirmed} confirmations");
        for row in rows {
            self.judge_purchase(row).await;
        }
        for launch in &self.launches {
            let state = self.far.read(&launch.run).await.summary.state;
            self.judge_launch(launch, state);
            if state == RunState::Unknown {
                self.untold.insert(code_of(&launch.run));
            }
        }
        self.judge_leftovers().await;
    }

    async fn judge_purchase(&self, row: &LedgerRow) {
        let run = row.launch_id.as_deref().unwrap();
        assert!(self.launches.iter().any(|launch| launch.run == run), "nobody ordered {row:?}");
        let most = self.far.read(run).await.cost.unwrap().ceiling_micro_usd;
        assert!(row.is_settled && row.billed_micro_usd <= most.unsigned_abs(), "{most}: {row:?}");
    }

    /// It stands here as it stands there, and its order left at most once.
    fn judge_launch(&self, launch: &Launch, state: RunState) {
        let jobs = self.far.service.jobs_of(&launch.run);
        let orders = self.orders_of(&launch.run);
        let all = || format!("{state:?} with the jobs {jobs:?} by the orders {orders:?}");
        assert!(jobs.len() <= 1 && orders.len() <= 1, "{}", all());
        assert!(!launch.was_taken_back || orders.is_empty(), "it left all the same: {}", all());
        match jobs.first() {
            Some(job) => assert_eq!(Some(state), ended(job.status), "{}", all()),
            None if state == RunState::Unknown => {
                let was_lost = orders.iter().any(|order| order.fault.is_some());
                assert!(was_lost || launch.was_interrupted, "{}", all());
            }
            None => assert_eq!((state, orders.len()), (RunState::Cancelled, 0), "{}", all()),
        }
    }

    /// No examples stay at the service but of trainings of which nobody can tell. What could not be
    /// removed while the line was cut is removed in the background.
    async fn judge_leftovers(&self) {
        let is_untold =
            |name: &str| name.split('-').nth(1).is_some_and(|code| self.untold.contains(code));
        let begun = Instant::now();
        loop {
            let mut left: Vec<String> =
                self.far.service.files().into_iter().map(|file| file.filename).collect();
            left.retain(|name| name.starts_with("attune-") && !is_untold(name));
            if left.is_empty() {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{left:?} stay at the service");
            tokio::time::sleep(SOON).await;
        }
    }
}

fn request(run: &str) -> RunRequest {
    RunRequest { run: run.to_owned() }
}

/// Whatever stands in the way of a person has words of its own.
#[track_caller]
fn has_words(failure: Option<&Failure>) {
    assert!(failure.is_none_or(|it| it.code != FailureCode::Internal), "{failure:?}");
}

fn is_over(state: RunState) -> bool {
    matches!(
        state,
        RunState::Succeeded
            | RunState::Failed
            | RunState::Cancelled
            | RunState::NotStarted
            | RunState::Unknown
    )
}

fn is_stuck(job: &JobState, now: u64) -> bool {
    let created = job.json["created_at"].as_u64();
    job.status == "queued" && created.is_some_and(|created| created + STUCK_SECONDS < now)
}

/// What a training is here whose job is over there.
fn ended(status: &str) -> Option<RunState> {
    match status {
        "succeeded" => Some(RunState::Succeeded),
        "failed" => Some(RunState::Failed),
        "cancelled" => Some(RunState::Cancelled),
        _ => None,
    }
}

/// Plays one part of the sequences.
async fn play(shard: u64) {
    let each = SEQUENCES / SHARDS;
    let mut bought = 0;
    for program in 0..each / SHARED_BY {
        let first = SEED + shard * each + program * SHARED_BY;
        println!("a new program plays from seed={first}");
        let mut play = Play::open().await;
        for seed in first..first + SHARED_BY {
            play = play.through(seed).await;
        }
        bought += play.far.service.ledger().rows().len();
    }
    assert!(bought as u64 > each / 5, "only {bought} trainings were bought in {each} sequences");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_bought_twice_unasked_or_unseen_in_the_first_sequences() {
    play(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_bought_twice_unasked_or_unseen_in_the_second_sequences() {
    play(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_bought_twice_unasked_or_unseen_in_the_third_sequences() {
    play(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_bought_twice_unasked_or_unseen_in_the_last_sequences() {
    play(3).await;
}
