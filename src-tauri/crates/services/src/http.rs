//! The two clients of a service: one for questions, one for orders.
//!
//! The order client never retries, follows no redirect and reuses no idle connection (hyper
//! silently resends on a reused connection that turns out dead); an order must leave at most once.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, redirect::Policy};
use serde_json::Value;

use crate::{RefusedReply, ServiceError, ServiceKey};

/// Where a service is and the key to it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The address up to and with `/v1`, without a slash at its end.
    pub base_url: String,
    /// The key, sent as a bearer token.
    pub key: ServiceKey,
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ORDER_TIMEOUT: Duration = Duration::from_secs(120);
const QUESTION_TIMEOUT: Duration = Duration::from_secs(60);
/// A stream may think for long, but between two of its pieces no more than this.
const STREAM_SILENCE: Duration = Duration::from_secs(120);

/// An endpoint with its clients.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    endpoint: Endpoint,
    questions: Client,
    orders: Client,
}

impl Http {
    pub(crate) fn new(endpoint: Endpoint) -> Result<Self, ServiceError> {
        let made = |client: reqwest::Result<Client>| {
            client.map_err(|source| ServiceError::Client {
                base_url: endpoint.base_url.clone(),
                source,
            })
        };
        let questions = made(common(&endpoint).read_timeout(STREAM_SILENCE).build())?;
        let orders =
            made(common(&endpoint).timeout(ORDER_TIMEOUT).pool_max_idle_per_host(0).build())?;
        Ok(Self { endpoint, questions, orders })
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.endpoint.base_url
    }

    /// A question that is answered at once.
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.authorised(self.questions.get(self.address(path))).timeout(QUESTION_TIMEOUT)
    }

    /// A removal.
    pub(crate) fn delete(&self, path: &str) -> RequestBuilder {
        self.authorised(self.questions.delete(self.address(path))).timeout(QUESTION_TIMEOUT)
    }

    /// Something that may be asked twice without harm, or whose answer streams.
    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.authorised(self.questions.post(self.address(path)))
    }

    /// Something that must be sent at most once.
    pub(crate) fn order(&self, path: &str) -> RequestBuilder {
        self.authorised(self.orders.post(self.address(path)))
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.endpoint.base_url)
    }

    fn authorised(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(self.endpoint.key.expose_for_header())
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, ServiceError> {
        request.send().await.map_err(|source| self.unreachable(source))
    }

    pub(crate) fn unreachable(&self, source: reqwest::Error) -> ServiceError {
        // The address of a service never carries a secret, but reqwest would print its query too.
        ServiceError::Unreachable {
            base_url: self.endpoint.base_url.clone(),
            source: source.without_url(),
        }
    }

    /// Sends and reads a JSON answer; a refusal becomes [`ServiceError::Refused`].
    pub(crate) async fn json(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<Value, ServiceError> {
        let response = self.send(request).await?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(|source| self.unreachable(source))?;
        if !(200..300).contains(&status) {
            return Err(ServiceError::Refused(refusal(status, &body)));
        }
        serde_json::from_slice(&body).map_err(|_| ServiceError::Garbled { what })
    }
}

fn common(endpoint: &Endpoint) -> reqwest::ClientBuilder {
    let builder = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(Policy::none())
        .retry(reqwest::retry::never());
    // A proxy must never see what stays on this computer.
    if is_loopback(&endpoint.base_url) { builder.no_proxy() } else { builder }
}

/// Whether an address is this computer's own.
#[must_use]
pub fn is_loopback(base_url: &str) -> bool {
    reqwest::Url::parse(base_url).is_ok_and(|url| {
        url.host_str().is_some_and(|host| {
            host == "localhost"
                || host
                    .trim_matches(['[', ']'])
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|ip| ip.is_loopback())
        })
    })
}

/// A refusal from its body, which may be OpenAI's error object or anything at all.
pub(crate) fn refusal(status: u16, body: &[u8]) -> RefusedReply {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let error = parsed.as_ref().and_then(|value| value.get("error"));
    let text = |name: &str| {
        error.and_then(|error| error.get(name)).and_then(Value::as_str).map(str::to_owned)
    };
    let bytes = |name: &str| error.and_then(|error| error.get(name)).and_then(Value::as_u64);
    RefusedReply {
        status,
        code: text("code").or_else(|| text("type")),
        message: text("message").unwrap_or_else(|| format!("status {status}")),
        needed: bytes("needed"),
        free: bytes("free"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_recognised_in_every_spelling() {
        for address in ["http://127.0.0.1:1/v1", "http://localhost:2/v1", "http://[::1]:3/v1"] {
            assert!(is_loopback(address), "{address}");
        }
        for address in ["https://api.example.com/v1", "http://127.0.0.1.evil.test/v1", "nonsense"] {
            assert!(!is_loopback(address), "{address}");
        }
    }

    #[test]
    fn a_refusal_keeps_the_services_own_words() {
        let body = br#"{"error":{"message":"no","type":"t","param":null,"code":"c"}}"#;
        let expected = RefusedReply {
            status: 403,
            code: Some("c".into()),
            message: "no".into(),
            needed: None,
            free: None,
        };
        assert_eq!(refusal(403, body), expected);
        let short = br#"{"error":{"message":"no","code":"not_enough_memory","needed":9,"free":6}}"#;
        let short = refusal(400, short);
        assert_eq!((short.needed, short.free), (Some(9), Some(6)));
        assert_eq!(refusal(502, b"<html>").message, "status 502");
    }
}
