//! Answers that go wrong.

use std::io;
use std::time::{Duration, UNIX_EPOCH};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::front::CutOff;
use super::plan::{Fault, RetryAfter};
use super::refusal::Refusal;

const GATEWAY_PAGE: &str =
    "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>";
const PORTAL_PAGE: &str = "<html><body>Welcome. Please sign in to use this network.</body></html>";

/// What is answered instead of carrying the request out; nothing where it hangs.
pub(super) fn instead(fault: &Fault, now: u64) -> Option<Response> {
    match fault {
        Fault::BadGateway { .. } => Some(page(StatusCode::BAD_GATEWAY, GATEWAY_PAGE)),
        Fault::TooMany { retry_after } => Some(too_many(retry_after, now)),
        Fault::Conflict => {
            let refusal = Refusal { code: None, ..Refusal::state("The resource is busy.") };
            Some(Refusal { status: StatusCode::CONFLICT, ..refusal }.into_response())
        }
        Fault::Reply { status, headers, body } => Some(reply(*status, headers, body)),
        _ => None,
    }
}

/// What is answered after the request was carried out; nothing where it hangs.
pub(super) async fn spoil(response: Response, fault: Fault) -> Result<Option<Response>, CutOff> {
    Ok(match fault {
        Fault::DropAfterAccept => return Err(CutOff),
        Fault::Hang { .. } => None,
        Fault::ErrorAfterAccept => Some(server_error().into_response()),
        Fault::BadGateway { .. } => Some(page(StatusCode::BAD_GATEWAY, GATEWAY_PAGE)),
        Fault::WrongContentType => Some(page(StatusCode::OK, PORTAL_PAGE)),
        Fault::TruncatedJson => {
            let (head, whole) = split(response).await?;
            let half = whole.slice(..whole.len() / 2);
            Some(joined(head, Body::from(half)))
        }
        Fault::WithoutId => Some(changed(response, "/id", None).await?),
        Fault::FieldRemoved { pointer } => Some(changed(response, &pointer, None).await?),
        Fault::FieldChanged { pointer, value } => {
            Some(changed(response, &pointer, Some(value)).await?)
        }
        Fault::CutResponse { bytes } => {
            let (head, whole) = split(response).await?;
            Some(cut(head, &whole, bytes))
        }
        Fault::Drip { bytes, pause_ms } => {
            let (head, whole) = split(response).await?;
            Some(joined(head, drip(whole, bytes.max(1), pause_ms)))
        }
        _ => Some(response),
    })
}

type Head = axum::http::response::Parts;

async fn split(response: Response) -> Result<(Head, Bytes), CutOff> {
    let (mut head, body) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    let whole = to_bytes(body, usize::MAX).await.map_err(|_| CutOff)?;
    Ok((head, whole))
}

fn joined(head: Head, body: Body) -> Response {
    Response::from_parts(head, body)
}

/// The length of the whole is promised, so that the cut is seen as one.
fn cut(mut head: Head, whole: &Bytes, bytes: usize) -> Response {
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let sent = whole.slice(..bytes.min(whole.len()));
    let sent = stream::iter((!sent.is_empty()).then_some(Ok::<_, io::Error>(sent)));
    // What was handed over leaves before the line is cut, because the error comes a turn later.
    let error = stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::other("cut by plan"))
    });
    joined(head, Body::from_stream(sent.chain(error)))
}

fn drip(whole: Bytes, bytes: usize, pause_ms: u64) -> Body {
    let pieces = stream::unfold(whole, move |mut left| async move {
        if left.is_empty() {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        let piece = left.split_to(bytes.min(left.len()));
        Some((Ok::<_, io::Error>(piece), left))
    });
    Body::from_stream(pieces)
}

/// The answer with another value at a place of its JSON, or with none there.
async fn changed(
    response: Response,
    pointer: &str,
    value: Option<Value>,
) -> Result<Response, CutOff> {
    let (head, whole) = split(response).await?;
    let mut answer: Value = serde_json::from_slice(&whole).unwrap_or_default();
    let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
    match (answer.pointer_mut(parent), value) {
        (Some(Value::Object(fields)), Some(value)) => {
            fields.insert(name.to_owned(), value);
        }
        (Some(Value::Object(fields)), None) => {
            fields.remove(name);
        }
        (Some(Value::Array(list)), value) => {
            if let Some(item) = name.parse().ok().and_then(|at: usize| list.get_mut(at)) {
                *item = value.unwrap_or_default();
            }
        }
        _ => {}
    }
    Ok(joined(head, Body::from(answer.to_string())))
}

fn page(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/html")], text).into_response()
}

/// The 500 of a service that broke.
pub(super) fn server_error() -> Refusal {
    let message = "The server had an error while processing your request. Sorry about that!";
    let refusal = Refusal { code: None, kind: "server_error", ..Refusal::state(message) };
    Refusal { status: StatusCode::INTERNAL_SERVER_ERROR, ..refusal }
}

fn too_many(retry_after: &RetryAfter, now: u64) -> Response {
    let refusal = Refusal {
        status: StatusCode::TOO_MANY_REQUESTS,
        kind: "requests",
        code: Some("rate_limit_exceeded".to_owned()),
        ..Refusal::state("Rate limit reached for requests.")
    };
    let mut response = refusal.into_response();
    let (name, value) = match retry_after {
        RetryAfter::Absent => return response,
        RetryAfter::Text(text) => ("retry-after", text.clone()),
        RetryAfter::Date(seconds) => {
            let at = UNIX_EPOCH + Duration::from_secs(now.saturating_add_signed(*seconds));
            ("retry-after", httpdate::fmt_http_date(at))
        }
        RetryAfter::Milliseconds(count) => ("retry-after-ms", count.to_string()),
        RetryAfter::ShouldRetry(wanted) => ("x-should-retry", wanted.to_string()),
    };
    let value = HeaderValue::from_str(&value).expect("a plan has headers that can be sent");
    response.headers_mut().insert(name, value);
    response
}

fn reply(status: u16, headers: &[(String, String)], body: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("a plan has statuses that exist");
    let mut response = (status, body.to_owned()).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a plan has header names");
        let value = HeaderValue::from_str(value).expect("a plan has headers that can be sent");
        response.headers_mut().append(name, value);
    }
    response
}
