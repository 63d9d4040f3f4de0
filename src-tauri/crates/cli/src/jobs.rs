//! `attune jobs`: all trainings, the newest first. It first finds out about those that an earlier
//! process left behind; while the window is open it only reads.

use std::time::Duration;

use attune_app::{App, ListedLaunch};
use attune_contract::words::words;
use attune_contract::{Failure, FailureCode, params};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::arguments::JobsArguments;
use crate::output::{Ending, line};
use crate::{far, open};

/// Finding out takes this long at most when nobody asked to wait.
const RECOVERY: Duration = Duration::from_secs(40);

pub(crate) async fn run(arguments: &JobsArguments) -> Result<Ending, Failure> {
    let until = Instant::now() + Duration::from_secs(arguments.wait.unwrap_or(0));
    let launches = match open::app().await {
        Ok(app) => {
            far::lend_key(&app)?;
            app.recover().await?;
            // Nothing goes on unasked, so what an earlier process left rests within a moment.
            app.trackers_rest(RECOVERY.max(until - Instant::now())).await;
            let launches = app.listed_launches().await;
            app.put_away().await;
            launches?
        }
        Err(failure) if failure.code == FailureCode::LibraryOpenElsewhere => {
            read_and_wait(until).await?
        }
        Err(failure) => return Err(failure),
    };
    if arguments.json {
        line(&Value::from(launches.iter().map(document).collect::<Vec<_>>()).to_string());
    } else if launches.is_empty() {
        line(&words("cli.jobs.none", &params![]));
    } else {
        for launch in &launches {
            line(&format!("{}  {}  {}", launch.launch_id, launch.state, launch.model));
        }
    }
    Ok(Ending::Done)
}

/// Looks after 1, 2, 5 seconds, then every 10, until nothing works any more.
async fn read_and_wait(until: Instant) -> Result<Vec<ListedLaunch>, Failure> {
    let mut pauses = [1, 2, 5].into_iter();
    loop {
        let launches = App::launches_reading(open::home()?)?;
        let now = Instant::now();
        if now >= until || launches.iter().all(|launch| !launch.is_live) {
            return Ok(launches);
        }
        let pause = Duration::from_secs(pauses.next().unwrap_or(10));
        sleep(pause.min(until - now)).await;
    }
}

fn document(launch: &ListedLaunch) -> Value {
    let mut document = json!({
        "launch_id": launch.launch_id,
        "service": launch.service,
        "state": launch.state,
        "model": launch.model,
    });
    if let Some(fields) = document.as_object_mut() {
        if let Some(job) = &launch.job_id {
            fields.insert("job_id".to_owned(), Value::from(job.as_str()));
        }
        if let Some(result) = &launch.result_model {
            fields.insert("result_model".to_owned(), Value::from(result.as_str()));
        }
    }
    document
}
