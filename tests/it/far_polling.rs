//! N-08: a month of asking how trainings far away stand, in time that passes when it is told to. The
//! service is never asked too often, and after hours offline everything is known in one pass.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use attune_app::Pauses;
use attune_contract::training::RunState;
use attune_testkit::GroupTask;
use attune_testkit::fake_service::{
    FakeService, FakeSettings, Fate, Fault, FaultPlan, LoggedRequest, Pace, Rule,
};
use tokio::sync::oneshot;

use crate::support::far::FarHouse;

/// Trainings at the one account; every second of them waits for a machine for ever.
const TRAININGS: usize = 20;
const DAYS: u64 = 30;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// So long the computer is awake in a day; then it sleeps.
const AWAKE: Duration = Duration::from_secs(10 * 60);
/// On this day it is awake for long, and offline.
const DAY_OFFLINE: u64 = 10;
const OFFLINE: Duration = Duration::from_secs(12 * 60 * 60);
/// The trainings that are not stuck are over by then: in the midst of the offline hours.
const QUEUED: Duration = Duration::from_secs((DAY_OFFLINE * 24 + 6) * 60 * 60);
/// What was ordered a moment ago may be asked about more often.
const FIRST: Duration = Duration::from_secs(15 * 60);
/// One pass over all trainings, after the longest pause of a service that did not answer.
const PASS: Duration = Duration::from_secs(5 * 60);
/// One question in ten seconds, on average over any ten minutes; and two that came late into them.
const WINDOW_MS: u64 = 10 * 60 * 1_000;
const MOST_QUESTIONS: usize = 62;
/// So often in a row nothing moves when nobody works any more.
const STILL: usize = 3;
/// Far longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(120);

/// Time that passes for everybody at once, when it is told to.
#[derive(Debug)]
struct Clockwork {
    service: Arc<FakeService>,
    moments: Mutex<Moments>,
    /// How many were woken and did not run yet.
    waking: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Moments {
    now_ms: u64,
    sleepers: Vec<Sleeper>,
    /// How often somebody began to wait.
    waits: usize,
}

/// Somebody who waits.
#[derive(Debug)]
struct Sleeper {
    until_ms: u64,
    wake: oneshot::Sender<Woken>,
}

/// Somebody who was woken and does not know it yet.
#[derive(Debug)]
struct Woken(Arc<AtomicUsize>);

impl Woken {
    fn one_of(waking: &Arc<AtomicUsize>) -> Self {
        waking.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(waking))
    }
}

impl Drop for Woken {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Pauses for Clockwork {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.now_ms())
    }

    fn wait(&self, pause: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let (wake, woken) = oneshot::channel();
        let mut moments = self.moments();
        let until_ms = moments.now_ms + milliseconds(pause);
        moments.waits += 1;
        if !pause.is_zero() {
            moments.sleepers.push(Sleeper { until_ms, wake });
        }
        // An error means that nobody wakes any more: there was nothing to wait for.
        Box::pin(async move { drop(woken.await) })
    }

    fn chance(&self) -> f64 {
        0.5
    }
}

impl Clockwork {
    fn of(service: &Arc<FakeService>) -> Self {
        let now_ms = service.now() * 1_000;
        let moments = Moments { now_ms, sleepers: Vec::new(), waits: 0 };
        Self { service: Arc::clone(service), moments: Mutex::new(moments), waking: Arc::default() }
    }

    fn moments(&self) -> MutexGuard<'_, Moments> {
        self.moments.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        self.moments().now_ms
    }

    /// Moves time for the service first, then wakes whose time has come.
    fn move_to(&self, to_ms: u64) {
        let mut moments = self.moments();
        self.service.advance(Duration::from_millis(to_ms - moments.now_ms));
        moments.now_ms = to_ms;
        let sleepers = std::mem::take(&mut moments.sleepers);
        for sleeper in sleepers {
            if sleeper.until_ms > to_ms {
                moments.sleepers.push(sleeper);
            } else {
                // An error means that he was cut off meanwhile.
                let _ = sleeper.wake.send(Woken::one_of(&self.waking));
            }
        }
    }

    /// How many wait, and the moment at which the first of them is woken.
    fn waiting(&self) -> (usize, Option<u64>) {
        let mut moments = self.moments();
        moments.sleepers.retain(|sleeper| !sleeper.wake.is_closed());
        let first = moments.sleepers.iter().map(|sleeper| sleeper.until_ms).min();
        (moments.sleepers.len(), first)
    }

    /// What moves as long as somebody works.
    fn pulse(&self) -> (usize, usize) {
        (self.moments().waits, self.service.requests())
    }

    /// Waits until nobody works any more: all of `followed` wait, or nothing moves, because some wait
    /// for their turn. On a slow computer time passes a little early then, which asks less often.
    async fn quiet(&self, followed: usize) {
        let (mut still, mut last) = (0, self.pulse());
        while self.waking.load(Ordering::SeqCst) > 0
            || (self.waiting().0 < followed && still < STILL)
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let pulse = self.pulse();
            still = if pulse == last { still + 1 } else { 0 };
            last = pulse;
        }
    }

    /// Lets time pass while `followed` trainings are asked about.
    async fn pass(&self, span: Duration, followed: usize) {
        let end = self.now_ms() + milliseconds(span);
        while self.now_ms() < end {
            self.quiet(followed).await;
            let next = self.waiting().1.unwrap_or(end);
            self.move_to(next.clamp(self.now_ms(), end));
        }
        self.quiet(followed).await;
    }

    /// Lets the computer sleep: nobody does anything, and all wake at once.
    async fn sleep_until(&self, to_ms: u64, followed: usize) {
        self.quiet(followed).await;
        self.move_to(to_ms);
        self.quiet(followed).await;
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap()
}

/// A month with trainings at one account.
struct Month {
    far: FarHouse,
    clock: Arc<Clockwork>,
    begins_ms: u64,
    /// The trainings that wait for a machine for ever, and the others.
    stuck: Vec<String>,
    others: Vec<String>,
    /// Requests that were looked at already.
    seen: usize,
    /// When a job was asked about, in milliseconds, once the trainings were no longer new.
    asked_at: Vec<u64>,
}

impl Month {
    async fn begin() -> Self {
        let pace = Pace { queued: QUEUED, ..Pace::default() };
        let settings = FakeSettings { pace, ..FakeSettings::default() };
        let mut kept = None;
        let clockwork = |service: &Arc<FakeService>| -> Arc<dyn Pauses> {
            let clock = Arc::new(Clockwork::of(service));
            kept = Some(Arc::clone(&clock));
            clock
        };
        let far = FarHouse::open_waiting(FakeSettings::TOKEN, settings, clockwork).await;
        let clock = kept.unwrap();
        let begins_ms = clock.now_ms();
        let (stuck, others, asked_at) = (Vec::new(), Vec::new(), Vec::new());
        let mut month = Self { far, clock, begins_ms, stuck, others, seen: 0, asked_at };
        for number in 0..TRAININGS {
            month.order(number).await;
        }
        month.clock.pass(FIRST, TRAININGS).await;
        month.seen = month.far.service.requests();
        month
    }

    /// Orders a training of a project of its own: each has one at a time.
    async fn order(&mut self, number: usize) {
        let task = GroupTask { seed: 300 + number as u64, groups: 3, rows: 40 };
        self.far.project = self.far.house.bring_in(task).await;
        let is_stuck = number.is_multiple_of(2);
        self.far.service.next_job(if is_stuck { Fate::StuckInQueue } else { Fate::Ordinary });
        let run = self.far.order().await;
        self.far.house.wait(&run, |detail| detail.summary.state == RunState::Validating).await;
        let list = if is_stuck { &mut self.stuck } else { &mut self.others };
        list.push(run);
    }

    /// How many trainings are not over, as far as is known here.
    fn followed(&self) -> usize {
        self.stuck.len() + self.others.len()
    }

    fn job_of(&self, run: &str) -> String {
        self.far.service.jobs_of(run)[0].id.clone()
    }

    /// Sleeps until a day begins, and lives through it.
    async fn live(&mut self, day: u64) {
        let morning_ms = self.begins_ms + day * milliseconds(DAY);
        let before = self.far.service.requests();
        self.clock.sleep_until(morning_ms, self.followed()).await;
        if day == DAY_OFFLINE {
            self.be_offline().await;
        } else {
            self.clock.pass(AWAKE, self.followed()).await;
            for run in self.stuck.iter().chain(&self.others) {
                let answers = self.answers_about(run, before);
                assert!(answers > 0, "day {day}: nobody asked about {run}");
            }
        }
        self.judge(day);
    }

    /// Nothing comes through for half a day, in which every training that is not stuck ends; then one
    /// pass over all of them tells how they stand.
    async fn be_offline(&mut self) {
        let cut = Rule::of_any_method("/*", Fault::DropBeforeRead).times(u64::MAX);
        self.far.plan(FaultPlan::new().with(cut));
        self.clock.pass(OFFLINE, self.followed()).await;
        for run in &self.others {
            assert_eq!(self.far.service.jobs_of(run)[0].status, "succeeded");
            let known = self.far.read(run).await.summary.state;
            assert_eq!(known, RunState::Queued, "nobody can know that {run} is over");
        }
        self.far.plan(FaultPlan::new());
        let before = self.far.service.requests();
        self.clock.pass(PASS, self.followed()).await;
        for run in &self.others {
            self.comes_to(run, RunState::Succeeded).await;
            assert_eq!(self.answers_about(run, before), 1, "one question tells of {run}");
        }
        for run in &self.stuck {
            assert!(self.answers_about(run, before) > 0, "nobody asked about {run}");
            self.comes_to(run, RunState::Queued).await;
        }
        self.others.clear();
    }

    /// What the service said is written down a moment later; that nothing was heard is forgotten.
    async fn comes_to(&self, run: &str, state: RunState) {
        let begun = Instant::now();
        loop {
            let summary = self.far.read(run).await.summary;
            if summary.state == state && summary.failure.is_none() {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "not {state:?}: {summary:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// How many questions about a training were answered behind the first `known` requests.
    fn answers_about(&self, run: &str, known: usize) -> usize {
        let path = format!("/v1/fine_tuning/jobs/{}", self.job_of(run));
        let log = self.far.service.log_from(known);
        log.iter().filter(|request| request.path == path && request.status == Some(200)).count()
    }

    /// The account was not asked about its jobs too often, answered or not.
    fn judge(&mut self, day: u64) {
        let log = self.far.service.log_from(self.seen);
        self.seen += log.len();
        self.asked_at.extend(log.iter().filter(|it| is_question(it)).map(|it| it.at_ms));
        let most = most_within(&self.asked_at, WINDOW_MS);
        assert!(most <= MOST_QUESTIONS, "day {day}: {most} questions in ten minutes");
    }
}

/// Whether it asks how a job stands. Its diary and what it kept belong to the same question.
fn is_question(request: &LoggedRequest) -> bool {
    let job = request.path.strip_prefix("/v1/fine_tuning/jobs/");
    request.method == "GET" && job.is_some_and(|job| !job.contains('/'))
}

/// The most of `moments`, which are in order, that lie within one span.
fn most_within(moments: &[u64], span: u64) -> usize {
    let within =
        |(at, begin): (usize, &u64)| moments[at..].partition_point(|moment| *moment < begin + span);
    moments.iter().enumerate().map(within).max().unwrap_or(0)
}

#[test]
fn the_busiest_span_is_found() {
    assert_eq!(most_within(&[], 10), 0);
    assert_eq!(most_within(&[0, 9, 10, 11, 12, 30], 10), 4);
    assert_eq!(most_within(&[0, 10, 20], 10), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_of_asking_is_never_too_much_and_loses_nothing() {
    let mut month = Month::begin().await;
    for day in 1..=DAYS {
        month.live(day).await;
    }
    for run in &month.stuck {
        month.comes_to(run, RunState::Queued).await;
    }
    let ledger = month.far.service.ledger();
    assert_eq!((ledger.rows().len(), ledger.bought_twice().len()), (TRAININGS, 0));
    month.far.house.app.put_away().await;
}
