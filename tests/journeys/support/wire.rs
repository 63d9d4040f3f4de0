//! The WebDriver protocol (w3.org/TR/webdriver2) over plain HTTP, as far as the journeys use it.
//! It knows nothing of Attune.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

/// The key under which WebDriver writes a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How long one call may take; a page that hangs must not hang the test for ever.
const CALL_LIMIT: Duration = Duration::from_secs(90);

/// What the driver said when it could not do something.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) String);

const KEEP_DRAWING: &str = "let odd = false; \
    window.attuneKeepDrawing = setInterval(() => { \
        odd = !odd; \
        document.body.style.transform = odd ? 'translateZ(0)' : ''; \
    }, 30);";
const STOP_DRAWING: &str = "clearInterval(window.attuneKeepDrawing); \
    document.body.style.transform = '';";

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// An element of the page; it becomes stale when the page draws it anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element(String);

/// One session: one program under the driver's control.
pub(crate) struct Wire {
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    driver: String,
    session: String,
}

impl Wire {
    /// Starts `program` under the driver at `port`.
    pub(crate) fn start(port: u16, program: &str) -> Result<Self, Refusal> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime of one thread can be made");
        let client = reqwest::Client::builder().no_proxy().timeout(CALL_LIMIT).build();
        let client = client.expect("a client without TLS roots can be made");
        let driver = format!("http://127.0.0.1:{port}");
        let mut wire = Self { client, runtime, driver, session: String::new() };
        let options = json!({"binary": program, "args": []});
        let wanted = json!({"alwaysMatch": {"webkitgtk:browserOptions": options}});
        let answer = wire.send("POST", "/session", &json!({"capabilities": wanted}))?;
        let id = answer["sessionId"].as_str().ok_or_else(|| Refusal("no session id".to_owned()))?;
        wire.session = format!("/session/{id}");
        Ok(wire)
    }

    /// Runs a function body in the page and gives what it returns; a promise is awaited.
    pub(crate) fn script(&self, body: &str, arguments: &Value) -> Result<Value, Refusal> {
        self.post("/execute/sync", &json!({"script": body, "args": arguments}))
    }

    /// Runs a function body whose last argument is called with the result.
    pub(crate) fn script_calling_back(&self, body: &str) -> Result<Value, Refusal> {
        self.post("/execute/async", &json!({"script": body, "args": []}))
    }

    /// The elements that a script returned.
    pub(crate) fn elements(&self, body: &str, arguments: &Value) -> Result<Vec<Element>, Refusal> {
        let found = self.script(body, arguments)?;
        let references = found.as_array().map(Vec::as_slice).unwrap_or_default();
        let ids = references.iter().filter_map(|reference| reference[ELEMENT].as_str());
        Ok(ids.map(|id| Element(id.to_owned())).collect())
    }

    /// An element as a script's argument.
    pub(crate) fn argument(element: &Element) -> Value {
        json!({ELEMENT: element.0})
    }

    /// The element's name as assistive technology hears it, computed by the web view itself. What
    /// has no name of its own, as a cell of a table, is read out: its text counts.
    pub(crate) fn label(&self, element: &Element) -> Result<String, Refusal> {
        let mut label = self.get(&format!("/element/{}/computedlabel", element.0))?;
        if label.as_str().is_none_or(str::is_empty) {
            label = self.get(&format!("/element/{}/text", element.0))?;
        }
        Ok(label.as_str().unwrap_or_default().to_owned())
    }

    /// Clicks the middle of the element with a pointer; a covered one refuses.
    pub(crate) fn click(&self, element: &Element) -> Result<(), Refusal> {
        self.post(&format!("/element/{}/click", element.0), &json!({})).map(drop)
    }

    /// Presses the keys in order, holding `held` meanwhile.
    pub(crate) fn keys(&self, held: &[char], pressed: &str) -> Result<(), Refusal> {
        let down = |key: char| json!({"type": "keyDown", "value": key.to_string()});
        let up = |key: char| json!({"type": "keyUp", "value": key.to_string()});
        let mut steps: Vec<Value> = held.iter().copied().map(down).collect();
        steps.extend(pressed.chars().flat_map(|key| [down(key), up(key)]));
        steps.extend(held.iter().rev().copied().map(up));
        let source = json!({"type": "key", "id": "keyboard", "actions": steps});
        self.post("/actions", &json!({"actions": [source]})).map(drop)
    }

    /// The picture of the page as base64 of a PNG file.
    ///
    /// The web view waits for its next frame before it answers, and a page at rest draws none: the
    /// call would hang. So a change that nobody can see keeps it drawing meanwhile.
    pub(crate) fn screenshot(&self) -> Result<String, Refusal> {
        self.script(KEEP_DRAWING, &json!([]))?;
        let picture = self.get("/screenshot");
        self.script(STOP_DRAWING, &json!([]))?;
        let picture = picture?;
        Ok(picture.as_str().unwrap_or_default().to_owned())
    }

    /// Gives the window another size, in pixels.
    pub(crate) fn resize(&self, width: u32, height: u32) -> Result<(), Refusal> {
        self.post("/window/rect", &json!({"width": width, "height": height})).map(drop)
    }

    fn get(&self, path: &str) -> Result<Value, Refusal> {
        self.send("GET", &format!("{}{path}", self.session), &Value::Null)
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, Refusal> {
        self.send("POST", &format!("{}{path}", self.session), body)
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Result<Value, Refusal> {
        let url = format!("{}{path}", self.driver);
        let request = match method {
            "GET" => self.client.get(url),
            _ => self.client.post(url).json(body),
        };
        let outcome = self.runtime.block_on(async {
            let answer = request.send().await?;
            let good = answer.status().is_success();
            Ok::<_, reqwest::Error>((good, answer.json::<Value>().await?))
        });
        match outcome {
            Ok((true, mut answer)) => Ok(answer["value"].take()),
            Ok((false, answer)) => {
                let field = |name: &str| answer["value"][name].as_str().unwrap_or("").to_owned();
                Err(Refusal(format!("{path}: {} {}", field("error"), field("message"))))
            }
            Err(cause) => Err(Refusal(format!("{path}: the driver does not answer: {cause}"))),
        }
    }
}
