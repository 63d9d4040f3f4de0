//! What goes wrong, and when: written by a test or read from JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a 429 says when to come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// Not at all.
    Absent,
    /// `retry-after` with this text: seconds, negative, far too many, or no number at all.
    Text(String),
    /// `retry-after` as an HTTP date, so many virtual seconds from now; negative is past.
    Date(i64),
    /// `retry-after-ms`.
    Milliseconds(u64),
    /// `x-should-retry`.
    ShouldRetry(bool),
}

/// One thing that goes wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// The line is closed after the request's head; nothing happens.
    DropBeforeRead,
    /// The request is carried out; the line is closed without an answer.
    DropAfterAccept,
    /// The request is carried out; the answer is a 500.
    ErrorAfterAccept,
    /// A proxy in between answers 502 with a page of HTML.
    BadGateway {
        /// Whether the request is carried out.
        accept: bool,
    },
    /// There is never an answer.
    Hang {
        /// Whether the request is carried out.
        accept: bool,
    },
    /// The request is carried out; the answer comes in pieces of so many bytes, so far apart.
    Drip {
        /// Bytes in a piece.
        bytes: usize,
        /// Real milliseconds before each piece.
        pause_ms: u64,
    },
    /// The request is carried out; the answer's JSON ends in its middle, as a whole answer.
    TruncatedJson,
    /// The request is carried out; the answer is HTML that says so and a 200.
    WrongContentType,
    /// The request is carried out; the answer has no `id`.
    WithoutId,
    /// The request is carried out; a field of the answer's JSON is gone.
    FieldRemoved {
        /// Where, as RFC 6901 writes it: `/data/0/id`.
        pointer: String,
    },
    /// The request is carried out; a field of the answer's JSON is there with this value.
    FieldChanged {
        /// Where, as RFC 6901 writes it; a field that was not there is added.
        pointer: String,
        /// Anything.
        value: Value,
    },
    /// 429; nothing happens.
    TooMany {
        /// How it says when to come back.
        retry_after: RetryAfter,
    },
    /// 409; nothing happens.
    Conflict,
    /// The line is closed when so many bytes of the request's body were read; nothing happens.
    CutRequest {
        /// Bytes of the body.
        bytes: usize,
    },
    /// The request is carried out; the line is closed after so many bytes of the answer's body.
    CutResponse {
        /// Bytes of the body.
        bytes: usize,
    },
    /// Exactly this answer; nothing happens.
    Reply {
        /// The status.
        status: u16,
        /// Names and values of its headers.
        headers: Vec<(String, String)>,
        /// Its body.
        body: String,
    },
}

impl Fault {
    /// Exactly this answer of JSON with this status; nothing happens.
    #[must_use]
    pub fn json(status: u16, body: &str) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self::Reply { status, headers, body: body.to_owned() }
    }

    /// Its name in JSON and in the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::DropBeforeRead => "drop_before_read",
            Self::DropAfterAccept => "drop_after_accept",
            Self::ErrorAfterAccept => "error_after_accept",
            Self::BadGateway { .. } => "bad_gateway",
            Self::Hang { .. } => "hang",
            Self::Drip { .. } => "drip",
            Self::TruncatedJson => "truncated_json",
            Self::WrongContentType => "wrong_content_type",
            Self::WithoutId => "without_id",
            Self::FieldRemoved { .. } => "field_removed",
            Self::FieldChanged { .. } => "field_changed",
            Self::TooMany { .. } => "too_many",
            Self::Conflict => "conflict",
            Self::CutRequest { .. } => "cut_request",
            Self::CutResponse { .. } => "cut_response",
            Self::Reply { .. } => "reply",
        }
    }

    /// Whether the request is carried out although its answer goes wrong.
    #[must_use]
    pub fn accepts(&self) -> bool {
        match self {
            Self::BadGateway { accept } | Self::Hang { accept } => *accept,
            Self::DropBeforeRead
            | Self::TooMany { .. }
            | Self::Conflict
            | Self::CutRequest { .. }
            | Self::Reply { .. } => false,
            Self::DropAfterAccept
            | Self::ErrorAfterAccept
            | Self::Drip { .. }
            | Self::TruncatedJson
            | Self::WrongContentType
            | Self::WithoutId
            | Self::FieldRemoved { .. }
            | Self::FieldChanged { .. }
            | Self::CutResponse { .. } => true,
        }
    }
}

/// Which requests a fault meets: the requests that fit are counted, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// `GET`, `POST`, `DELETE`; every method where absent.
    #[serde(default)]
    pub method: Option<String>,
    /// The path after `/v1`; a `*` at the end stands for anything.
    pub path: String,
    /// The first request that is met.
    #[serde(default = "one")]
    pub first: u64,
    /// How many are met.
    #[serde(default = "one")]
    pub times: u64,
    /// What goes wrong.
    pub fault: Fault,
    #[serde(skip)]
    seen: u64,
}

fn one() -> u64 {
    1
}

impl Rule {
    /// Meets the first request of `method` to `path`.
    #[must_use]
    pub fn new(method: &str, path: &str, fault: Fault) -> Self {
        Self { method: Some(method.to_owned()), ..Self::of_any_method(path, fault) }
    }

    /// Meets the first request to `path`.
    #[must_use]
    pub fn of_any_method(path: &str, fault: Fault) -> Self {
        Self { method: None, path: path.to_owned(), first: 1, times: 1, fault, seen: 0 }
    }

    /// Begins with the `first`-th request.
    #[must_use]
    pub fn starting_at(self, first: u64) -> Self {
        Self { first, ..self }
    }

    /// Meets so many requests.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times, ..self }
    }

    fn fits(&self, method: &str, path: &str) -> bool {
        let path = path.strip_prefix("/v1").unwrap_or(path);
        let same_path = match self.path.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path == self.path,
        };
        same_path && self.method.as_deref().is_none_or(|wanted| wanted == method)
    }
}

/// How the list of jobs behaves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListBehaviour {
    /// A new job is in it at once.
    #[default]
    Instant,
    /// A new job is in it after so many virtual seconds.
    Lag(u64),
    /// It answers 500 so many times, then well.
    Fails(u64),
    /// `metadata[key]=value` is ignored: every job is answered.
    FilterIgnored,
    /// `after` is ignored and there is always more: following it never ends.
    CursorLoop,
    /// The service keeps no metadata: a job has none, and the filter finds nothing.
    WithoutMetadata,
}

/// Everything that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FaultPlan {
    /// The first rule that is due is the one that happens; all that fit count.
    pub rules: Vec<Rule>,
    /// How the list of jobs behaves.
    pub list: ListBehaviour,
}

impl FaultPlan {
    /// Nothing goes wrong.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// And this goes wrong.
    #[must_use]
    pub fn with(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// And the list of jobs behaves like this.
    #[must_use]
    pub fn listing(self, list: ListBehaviour) -> Self {
        Self { list, ..self }
    }

    /// Counts a request and gives what goes wrong with it.
    pub(super) fn meet(&mut self, method: &str, path: &str) -> Option<Fault> {
        let mut due = None;
        for rule in self.rules.iter_mut().filter(|rule| rule.fits(method, path)) {
            rule.seen += 1;
            let is_due = rule.seen >= rule.first && rule.seen - rule.first < rule.times;
            if is_due && due.is_none() {
                due = Some(rule.fault.clone());
            }
        }
        due
    }

    /// Whether the list fails now; such a failure is used up.
    pub(super) fn list_fails(&mut self) -> bool {
        match &mut self.list {
            ListBehaviour::Fails(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}
