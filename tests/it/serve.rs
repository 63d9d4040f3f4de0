//! `attune serve`: the engine's API for other programs on this computer.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::{EngineClient, Shell};

fn serve(shell: &Shell) -> EngineClient {
    EngineClient::start(shell.attune(&["serve", "--port", "0"]))
}

#[test]
fn it_serves_the_models_to_holders_of_the_token_only() {
    let shell = Shell::new();
    let served = serve(&shell);
    assert!(served.base.starts_with("http://127.0.0.1:") && served.base.ends_with("/v1"));
    assert!(served.token.len() >= 22, "a token of at least 128 random bits");
    let (status, models) = served.ask("/models", Some(&served.token));
    assert_eq!(status, 200);
    let ids: Vec<&Value> =
        models["data"].as_array().unwrap().iter().map(|model| &model["id"]).collect();
    assert!(ids.contains(&&json!("lab")), "{models}");
    for wrong in [None, Some("wrong"), Some("")] {
        let (status, answer) = served.ask("/models", wrong);
        assert_eq!(status, 401, "{wrong:?}: {answer}");
        assert!(answer["error"]["message"].is_string(), "{answer}");
    }
}

#[test]
fn two_runs_have_two_tokens() {
    let shells = [Shell::new(), Shell::new()];
    let [one, other] = shells.each_ref().map(|shell| serve(shell).token);
    assert_ne!(one, other);
}

#[test]
fn a_busy_port_is_refused_in_words() {
    let shell = Shell::new();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended = shell.run(&["serve", "--port", &port]);
    ended.is_refused("port_busy");
    assert!(ended.out.contains(&port), "the words name the port: {ended:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn it_ends_cleanly_when_asked_to() {
    let shell = Shell::new();
    let mut served = serve(&shell);
    let mark = shell.home().to_str().unwrap();
    for process in attune_testkit::with_environment("ATTUNE_HOME", mark) {
        process.ask_to_end();
    }
    let status = served.program.child.wait().unwrap();
    assert_eq!(status.code(), Some(0));
}
