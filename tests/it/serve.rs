//! `attune serve`: the engine's API for other programs on this computer.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::{Running, Shell};

struct Served {
    _program: Running,
    base: String,
    token: String,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
}

impl Served {
    fn start(shell: &Shell) -> Self {
        let mut program = Running::start(shell.attune(&["serve", "--port", "0"]));
        let first = program.next().expect("the first line has the address");
        let field =
            |name: &str| first[name].as_str().unwrap_or_else(|| panic!("{first}")).to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { base: field("base_url"), token: field("token"), _program: program, runtime, client }
    }

    fn get(&self, path: &str, token: Option<&str>) -> (u16, Value) {
        let mut request = self.client.get(format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
        })
    }
}

#[test]
fn it_serves_the_models_to_holders_of_the_token_only() {
    let shell = Shell::new();
    let served = Served::start(&shell);
    assert!(served.base.starts_with("http://127.0.0.1:") && served.base.ends_with("/v1"));
    assert!(served.token.len() >= 22, "a token of at least 128 random bits");
    let (status, models) = served.get("/models", Some(&served.token));
    assert_eq!(status, 200);
    let ids: Vec<&Value> =
        models["data"].as_array().unwrap().iter().map(|model| &model["id"]).collect();
    assert!(ids.contains(&&json!("lab")), "{models}");
    for wrong in [None, Some("wrong"), Some("")] {
        let (status, answer) = served.get("/models", wrong);
        assert_eq!(status, 401, "{wrong:?}: {answer}");
        assert!(answer["error"]["message"].is_string(), "{answer}");
    }
}

#[test]
fn two_runs_have_two_tokens() {
    let shells = [Shell::new(), Shell::new()];
    let [one, other] = shells.each_ref().map(|shell| Served::start(shell).token);
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
    let mut served = Served::start(&shell);
    let mark = shell.home().to_str().unwrap();
    for process in attune_testkit::with_environment("ATTUNE_HOME", mark) {
        process.ask_to_end();
    }
    let status = served._program.child.wait().unwrap();
    assert_eq!(status.code(), Some(0));
}
