//! Who may ask: programs of this computer that know the token. Pages of the web may not, whatever
//! name they reach the port by.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use super::failure::Refusal;

/// The token that requests must carry.
#[derive(Clone)]
pub(crate) struct Token(std::sync::Arc<str>);

impl Token {
    /// A given token.
    pub(crate) fn new(token: &str) -> Self {
        Self(token.into())
    }
}

/// A random token of 256 bits in hexadecimal.
pub(crate) fn random_token() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Lets a request through, or refuses it before anything else looks at it.
pub(crate) async fn guard(State(token): State<Token>, request: Request, next: Next) -> Response {
    match check(&token, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

fn check(token: &Token, headers: &HeaderMap) -> Result<(), Refusal> {
    let refuse = |status, code, message: &str| {
        let (message, param, code, room) = (message.to_owned(), None, Some(code), None);
        Err(Refusal { status, message, param, code, room })
    };
    if !header(headers, header::HOST).is_some_and(is_loopback) {
        let message = "the engine answers to its loopback address only";
        return refuse(StatusCode::MISDIRECTED_REQUEST, "wrong_host", message);
    }
    if headers.contains_key(header::ORIGIN) && !own_origin(headers) {
        let message = "pages of other origins may not use the engine";
        return refuse(StatusCode::FORBIDDEN, "foreign_origin", message);
    }
    let given = header(headers, header::AUTHORIZATION).and_then(|it| it.strip_prefix("Bearer "));
    let right = given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(token.0.as_bytes())));
    if !right {
        let message = "the bearer token is missing or wrong";
        return refuse(StatusCode::UNAUTHORIZED, "invalid_api_key", message);
    }
    Ok(())
}

fn header(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Whether a `Host` names this computer itself, with or without a port.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "127.0.0.1" | "[::1]") || name.eq_ignore_ascii_case("localhost")
}

/// Whether the page was itself served by the address it asks.
fn own_origin(headers: &HeaderMap) -> bool {
    let host = header(headers, header::HOST);
    let origin = header(headers, header::ORIGIN).and_then(|it| it.strip_prefix("http://"));
    origin.is_some() && origin == host
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};
    use expect_test::{Expect, expect};

    use super::{Token, check, random_token};

    #[track_caller]
    fn try_headers(headers: &str, expected: &Expect) {
        let mut map = HeaderMap::new();
        for line in headers.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.insert(name, HeaderValue::from_str(value).unwrap());
        }
        let shown = match check(&Token::new("abc"), &map) {
            Ok(()) => "allowed".to_owned(),
            Err(refusal) => format!("{} {}", refusal.status.as_u16(), refusal.code.unwrap()),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn programs_of_this_computer_with_the_token_are_allowed() {
        try_headers("host: 127.0.0.1:99\nauthorization: Bearer abc", &expect!["allowed"]);
        try_headers("host: LocalHost\nauthorization: Bearer abc", &expect!["allowed"]);
        try_headers("host: [::1]:80\nauthorization: Bearer abc", &expect!["allowed"]);
    }

    #[test]
    fn a_wrong_or_missing_token_is_refused() {
        try_headers("host: 127.0.0.1", &expect!["401 invalid_api_key"]);
        try_headers("host: 127.0.0.1\nauthorization: Bearer abcd", &expect!["401 invalid_api_key"]);
        try_headers("host: 127.0.0.1\nauthorization: abc", &expect!["401 invalid_api_key"]);
    }

    #[test]
    fn other_names_for_the_port_are_refused() {
        let with = |host: &str| format!("host: {host}\nauthorization: Bearer abc");
        try_headers(&with("evil.example:99"), &expect!["421 wrong_host"]);
        try_headers(&with("127.0.0.1.evil.example"), &expect!["421 wrong_host"]);
        try_headers("authorization: Bearer abc", &expect!["421 wrong_host"]);
    }

    #[test]
    fn pages_of_other_origins_are_refused() {
        let with = |origin: &str| {
            format!("host: 127.0.0.1:9\norigin: {origin}\nauthorization: Bearer abc")
        };
        try_headers(&with("https://evil.example"), &expect!["403 foreign_origin"]);
        try_headers(&with("null"), &expect!["403 foreign_origin"]);
        try_headers(&with("http://127.0.0.1:8"), &expect!["403 foreign_origin"]);
        try_headers(&with("http://127.0.0.1:9"), &expect!["allowed"]);
    }

    #[test]
    fn random_tokens_have_256_bits_and_differ() {
        let (one, two) = (random_token().unwrap(), random_token().unwrap());
        assert_eq!(one.len(), 64);
        assert_ne!(one, two);
    }
}
