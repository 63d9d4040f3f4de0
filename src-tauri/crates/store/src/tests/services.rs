//! Services beside this computer.

use super::{open, project};
use crate::tests::records::launch;
use crate::{LaunchChange, ServiceRow, StoreError};

fn service(name: &str, created_at_ms: i64) -> ServiceRow {
    ServiceRow {
        name: name.to_owned(),
        kind: "compatible".to_owned(),
        title: "Ours".to_owned(),
        base_url: "https://ours.test/v1".to_owned(),
        options_json: "{}".to_owned(),
        check_json: None,
        created_at_ms,
    }
}

#[test]
fn a_service_is_kept_until_it_is_removed_and_not_while_it_works() {
    let home = tempfile::tempdir().unwrap();
    let library = open(home.path());
    library.service_put(&service("second", 2)).unwrap();
    library.service_put(&service("here", 1)).unwrap();
    let changed =
        ServiceRow { check_json: Some("{\"ok\":true}".to_owned()), ..service("second", 9) };
    library.service_put(&changed).unwrap();
    let names: Vec<_> = library.services().unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["here", "second"]);
    let kept = library.service("second").unwrap().unwrap();
    assert_eq!((kept.check_json.as_deref(), kept.created_at_ms), (Some("{\"ok\":true}"), 2));

    library.launch_insert(&launch(project(&library), "L1", "running")).unwrap();
    let refused = library.service_remove("here");
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
    let over = LaunchChange { state: Some("failed".to_owned()), ..LaunchChange::default() };
    library.launch_update("L1", &over).unwrap();
    library.service_remove("here").unwrap();
    assert!(matches!(library.service_remove("here"), Err(StoreError::Missing { .. })));
    assert_eq!(library.service("here").unwrap(), None);
    assert_eq!(library.launches_all().unwrap().len(), 1, "its training stays");
}
