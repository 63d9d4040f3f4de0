//! OpenAI's official Python SDK against the fake training service: what it takes for OpenAI, the
//! product may take for OpenAI too.

use std::process::Command;

use attune_testkit::fake_service::{FakeService, FakeSettings};

use crate::sdk::{LEFT_OUT, flows, python};

#[test]
fn the_official_python_sdk_runs_a_whole_job_on_the_fake() {
    let Some(python) = python() else {
        println!("{LEFT_OUT}");
        return;
    };
    let service = FakeService::start(FakeSettings::default());
    let mut script = Command::new(python);
    script.arg(flows("fake_flow.py"));
    script.env("ATTUNE_BASE_URL", service.base_url()).env("ATTUNE_TOKEN", FakeSettings::TOKEN);
    script.env("ATTUNE_FAKE_ROOT", format!("http://{}/fake", service.address()));
    let ended = script.env("NO_PROXY", "127.0.0.1").output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (said(&ended.stdout), said(&ended.stderr));
    assert!(ended.status.success() && out.contains("the whole job passed"), "{out}\n{err}");

    let ledger = service.ledger();
    let launches: Vec<_> = ledger.created_per_launch().into_iter().collect();
    assert_eq!(launches, [("sdk-one", 1), ("sdk-other", 1)]);
    assert!(ledger.rows().iter().all(|row| row.is_settled));
    assert!(service.files().iter().all(|file| file.purpose == "fine-tune-results"));
}
