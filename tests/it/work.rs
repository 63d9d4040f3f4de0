//! What a project has cost: a person's own time, kept only where they asked for it, and what was paid.

use attune_contract::projects::{ProjectCreateRequest, ProjectRequest};
use attune_contract::work::{ProjectCosts, WorkAddRequest, WorkSetRequest};
use attune_contract::{Failure, FailureCode, Nothing, Param, ProjectId};
use attune_testkit::fake_service::{FakeSettings, Fault, FaultPlan, Rule};

use crate::money::{ask, train};
use crate::support::House;
use crate::support::far::FarHouse;

/// A project that has cost nothing, while no time is counted.
const NOTHING: ProjectCosts = ProjectCosts {
    is_counted: false,
    hourly_micro_usd: None,
    worked_seconds: 0,
    work_micro_usd: None,
    trainings: 0,
    training_micro_usd: 0,
    uses: 0,
    use_micro_usd: 0,
    open_actions: 0,
    total_micro_usd: 0,
};

async fn new_project(house: &House, name: &str) -> ProjectId {
    let request = ProjectCreateRequest { name: name.to_owned() };
    house.app.project_create(request).await.unwrap().id
}

async fn try_costs(house: &House, project: ProjectId) -> Result<ProjectCosts, Failure> {
    house.app.costs_read(ProjectRequest { project }).await
}

async fn costs(house: &House, project: ProjectId) -> ProjectCosts {
    try_costs(house, project).await.unwrap()
}

async fn set(
    house: &House,
    project: ProjectId,
    is_counted: bool,
    hourly: Option<&str>,
) -> Result<ProjectCosts, Failure> {
    let hourly = hourly.map(str::to_owned);
    house.app.work_set(WorkSetRequest { project, is_counted, hourly }).await
}

async fn add(house: &House, project: ProjectId, seconds: u32) -> Result<Nothing, Failure> {
    house.app.work_add(WorkAddRequest { project, seconds }).await
}

async fn is_counted(house: &House) -> bool {
    house.app.app_read(Nothing {}).await.unwrap().is_work_counted
}

/// A house with a project, in which time is counted.
async fn counting() -> (House, ProjectId) {
    let house = House::open(|_| ());
    let project = new_project(&house, "Letters").await;
    set(&house, project, true, None).await.unwrap();
    (house, project)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_time_is_kept_until_somebody_asks_for_it_and_none_once_they_do_not() {
    let house = House::open(|_| ());
    let project = new_project(&house, "Letters").await;
    assert!(!is_counted(&house).await, "off at first");
    add(&house, project, 60).await.unwrap();
    // Nothing is looked at either: whoever asked for nothing hears of nothing.
    add(&house, project + 1, 0).await.unwrap();
    assert_eq!(costs(&house, project).await, NOTHING);

    let on = set(&house, project, true, None).await.unwrap();
    assert_eq!(on, ProjectCosts { is_counted: true, ..NOTHING });
    assert!(is_counted(&house).await);
    add(&house, project, 600).await.unwrap();
    add(&house, project, 20).await.unwrap();
    let worked = ProjectCosts { is_counted: true, worked_seconds: 620, ..NOTHING };
    assert_eq!(costs(&house, project).await, worked);

    let off = set(&house, project, false, None).await.unwrap();
    assert_eq!(off, ProjectCosts { is_counted: false, ..worked }, "what was counted stays");
    add(&house, project, 60).await.unwrap();
    assert_eq!(costs(&house, project).await, off);
    assert_eq!(*house.desktop.counting.lock().unwrap(), [true, false], "the page hears of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_with_a_price_gives_the_time_an_amount() {
    let (house, project) = counting().await;
    add(&house, project, 600).await.unwrap();
    add(&house, project, 20).await.unwrap();
    let priced = set(&house, project, true, Some(" 30.00 ")).await.unwrap();
    assert_eq!(priced.hourly_micro_usd, Some(30_000_000));
    // 5,166,666.67 millionths, rounded up.
    assert_eq!((priced.work_micro_usd, priced.total_micro_usd), (Some(5_166_667), 5_166_667));
    let house = house.reopen(|_| ()).await;
    assert_eq!(costs(&house, project).await, priced, "it is kept");

    let other = new_project(&house, "Orders").await;
    let unworked = costs(&house, other).await;
    assert_eq!((unworked.worked_seconds, unworked.work_micro_usd), (0, Some(0)));
    let unpriced = set(&house, project, true, None).await.unwrap();
    let expected = ProjectCosts { is_counted: true, worked_seconds: 620, ..NOTHING };
    assert_eq!(unpriced, expected);
}

#[track_caller]
fn is_refused<T: std::fmt::Debug>(answer: Result<T, Failure>, field: &str) {
    let refused = answer.unwrap_err();
    assert_eq!(refused.code, FailureCode::InputInvalid, "{refused:?}");
    assert_eq!(refused.params["field"], Param::from(field));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_by_name_and_changes_nothing() {
    let (house, project) = counting().await;
    set(&house, project, true, Some("30")).await.unwrap();
    let before = costs(&house, project).await;
    for wrong in ["-1", "NaN", "1e9", "", "0", "10000.01"] {
        is_refused(set(&house, project, false, Some(wrong)).await, "hourly");
    }
    for wrong in [0, 601, u32::MAX] {
        is_refused(add(&house, project, wrong).await, "seconds");
    }
    let nowhere = project + 1;
    for refused in [
        try_costs(&house, nowhere).await.err(),
        set(&house, nowhere, false, None).await.err(),
        add(&house, nowhere, 30).await.err(),
        house.app.work_forget(ProjectRequest { project: nowhere }).await.err(),
    ] {
        assert_eq!(refused.map(|failure| failure.code), Some(FailureCode::ProjectMissing));
    }
    assert_eq!(costs(&house, project).await, before);
    set(&house, project, true, Some("10000")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_one_project_can_be_forgotten() {
    let (house, project) = counting().await;
    let other = new_project(&house, "Orders").await;
    add(&house, project, 90).await.unwrap();
    add(&house, other, 40).await.unwrap();
    let forgotten = house.app.work_forget(ProjectRequest { project }).await.unwrap();
    assert_eq!(forgotten, ProjectCosts { is_counted: true, ..NOTHING });
    assert_eq!(costs(&house, other).await.worked_seconds, 40);
    add(&house, project, 5).await.unwrap();
    assert_eq!(costs(&house, project).await.worked_seconds, 5, "it is counted anew");
}

/// The bin keeps everything as it is, so that a project comes back whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_project_in_the_bin_gets_no_time_and_keeps_what_it_has() {
    let (house, project) = counting().await;
    add(&house, project, 90).await.unwrap();
    house.app.project_delete(ProjectRequest { project }).await.unwrap();
    for refused in [add(&house, project, 30).await.err(), try_costs(&house, project).await.err()] {
        assert_eq!(refused.map(|failure| failure.code), Some(FailureCode::ProjectMissing));
    }
    house.app.project_restore(ProjectRequest { project }).await.unwrap();
    assert_eq!(costs(&house, project).await.worked_seconds, 90);
}

#[tokio::test(flavor = "multi_thread")]
async fn trainings_and_answers_stand_beside_the_time_and_add_up_to_what_was_spent() {
    let far = FarHouse::open(FakeSettings::TOKEN).await;
    let other = new_project(&far.house, "Orders").await;
    let training = train(&far).await.cost.unwrap().actual_micro_usd.unwrap();
    let answer = ask(&far, "Hello").await.unwrap().cost_micro_usd.unwrap();
    let settled = costs(&far.house, far.project).await;
    let expected = ProjectCosts {
        trainings: 1,
        training_micro_usd: training,
        uses: 1,
        use_micro_usd: answer,
        total_micro_usd: training + answer,
        ..NOTHING
    };
    assert_eq!(settled, expected);
    assert_eq!(costs(&far.house, other).await, NOTHING, "each project has its own");

    // An answer that breaks off counts with its most, as it does everywhere.
    let cut = Fault::CutResponse { bytes: 300 };
    far.plan(FaultPlan::new().with(Rule::new("POST", "/chat/completions", cut)));
    let broken = ask(&far, "Hello").await.unwrap_err();
    assert_eq!(broken.code, FailureCode::ServiceGarbled);
    let open = costs(&far.house, far.project).await;
    assert_eq!((open.uses, open.open_actions), (2, 1));
    assert!(open.use_micro_usd > answer, "{open:?}");
    let spent = far.house.app.spend_read(Nothing {}).await.unwrap();
    assert_eq!(open.total_micro_usd, spent.this_month_micro_usd);

    set(&far.house, far.project, true, Some("30")).await.unwrap();
    add(&far.house, far.project, 600).await.unwrap();
    let all = costs(&far.house, far.project).await;
    assert_eq!(all.work_micro_usd, Some(5_000_000));
    assert_eq!(all.total_micro_usd, open.total_micro_usd + 5_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_came_to_nothing_is_no_training() {
    let far = FarHouse::open(FakeSettings::LOCKED_OUT_TOKEN).await;
    let run = far.order().await;
    far.rest(&run).await;
    assert_eq!(costs(&far.house, far.project).await, NOTHING);
}
