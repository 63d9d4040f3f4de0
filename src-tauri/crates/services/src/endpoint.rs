//! Where a service is and how one shows it the key.
//!
//! Invariant: an address that is not encrypted is refused before anything is sent, unless it is this
//! computer's own.

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use crate::{Capabilities, ServiceKey};

/// Tries of a question to a service far away, the first one included.
const MOST_TRIES: u32 = 5;

/// How a service wants to see the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyHeader {
    /// `Authorization: Bearer KEY`.
    #[default]
    Bearer,
    /// `api-key: KEY`, as Azure has it.
    ApiKey,
}

/// Where a service is, the key to it and what it can do.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The address up to and with `/v1`.
    pub base_url: String,
    /// The key.
    pub key: ServiceKey,
    /// How the key is shown.
    pub key_header: KeyHeader,
    /// Sent as `OpenAI-Organization`.
    pub organization: Option<String>,
    /// Sent as `OpenAI-Project`.
    pub project: Option<String>,
    /// What the service can do.
    pub capabilities: Capabilities,
    /// How often a question is asked in all before it counts as unanswered.
    pub most_tries: u32,
}

/// Why nothing can be sent to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It is no web address, or one with a question or a fragment behind it.
    #[error("this is not the address of a service")]
    NotAnAddress,
    /// It is not encrypted and not this computer.
    #[error("only addresses of this computer may be used without encryption")]
    PlainHttp,
    /// A name or a password stands inside the address, where it would be shown and stored.
    #[error("the address carries a name or a password")]
    SecretInAddress,
    /// The key holds characters that no header can carry.
    #[error("the key holds characters that cannot be sent")]
    KeyUnsendable,
    /// The name of the organisation or the project holds characters that no header can carry.
    #[error("the organisation or the project holds characters that cannot be sent")]
    AccountUnsendable,
}

impl Endpoint {
    /// A service that speaks OpenAI's format and shows in use what it can.
    #[must_use]
    pub fn new(base_url: String, key: ServiceKey, capabilities: Capabilities) -> Self {
        Self {
            base_url,
            key,
            key_header: KeyHeader::Bearer,
            organization: None,
            project: None,
            capabilities,
            most_tries: MOST_TRIES,
        }
    }

    /// This computer's engine: where it does not answer at once, it has ended.
    #[must_use]
    pub fn this_computer(base_url: String, key: ServiceKey) -> Self {
        Self { most_tries: 1, ..Self::new(base_url, key, Capabilities::this_computer()) }
    }

    /// The address without a slash at its end, where it may be used at all.
    pub(crate) fn address(&self) -> Result<String, EndpointError> {
        let url = Url::parse(&self.base_url).map_err(|_| EndpointError::NotAnAddress)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::SecretInAddress);
        }
        let is_whole = url.query().is_none() && url.fragment().is_none() && url.has_host();
        match url.scheme() {
            "https" if is_whole => {}
            "http" if is_whole && is_loopback(&self.base_url) => {}
            "http" if is_whole => return Err(EndpointError::PlainHttp),
            _ => return Err(EndpointError::NotAnAddress),
        }
        Ok(url.as_str().trim_end_matches('/').to_owned())
    }

    /// What every request carries. The key is marked, so that no log of headers shows it.
    pub(crate) fn headers(&self) -> Result<HeaderMap, EndpointError> {
        let key = self.key.expose_for_header();
        let (name, value) = match self.key_header {
            KeyHeader::Bearer => (AUTHORIZATION, format!("Bearer {key}")),
            KeyHeader::ApiKey => (HeaderName::from_static("api-key"), key.to_owned()),
        };
        let mut value = HeaderValue::from_str(&value).map_err(|_| EndpointError::KeyUnsendable)?;
        value.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(name, value);
        let account =
            [("openai-organization", &self.organization), ("openai-project", &self.project)];
        for (name, value) in account {
            if let Some(value) = value {
                let value =
                    HeaderValue::from_str(value).map_err(|_| EndpointError::AccountUnsendable)?;
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        Ok(headers)
    }
}

/// The host of an address, where it has one.
#[must_use]
pub fn host_of(base_url: &str) -> Option<String> {
    Url::parse(base_url).ok()?.host_str().map(str::to_owned)
}

/// Whether an address is this computer's own.
#[must_use]
pub fn is_loopback(base_url: &str) -> bool {
    Url::parse(base_url).is_ok_and(|url| {
        url.host_str().is_some_and(|host| {
            host == "localhost"
                || host
                    .trim_matches(['[', ']'])
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|ip| ip.is_loopback())
        })
    })
}

/// A part of a path, with everything written out that could end it or lead elsewhere: ids come from
/// services, and a service is not trusted with the rest of the address.
pub(crate) fn segment(id: &str) -> String {
    let mut written = String::with_capacity(id.len());
    for &byte in id.as_bytes() {
        let is_dot_alone = byte == b'.' && id.bytes().all(|byte| byte == b'.');
        if (byte.is_ascii_alphanumeric() || b"-_.:~".contains(&byte)) && !is_dot_alone {
            written.push(char::from(byte));
        } else {
            written += &format!("%{byte:02X}");
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(base_url: &str) -> Endpoint {
        let key = ServiceKey::new("sk-canary".to_owned());
        Endpoint::new(base_url.to_owned(), key, Capabilities::default())
    }

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
    fn plain_http_goes_to_this_computer_only() {
        for (address, expected) in [
            ("https://api.openai.com/v1/", Ok("https://api.openai.com/v1")),
            ("http://127.0.0.1:8/v1", Ok("http://127.0.0.1:8/v1")),
            ("http://api.openai.com/v1", Err(EndpointError::PlainHttp)),
            ("http://10.0.0.7:8000/v1", Err(EndpointError::PlainHttp)),
            ("ftp://example.test/v1", Err(EndpointError::NotAnAddress)),
            ("https://example.test/v1?a=b", Err(EndpointError::NotAnAddress)),
            ("https://a:b@example.test/v1", Err(EndpointError::SecretInAddress)),
            ("api.openai.com", Err(EndpointError::NotAnAddress)),
            ("", Err(EndpointError::NotAnAddress)),
        ] {
            assert_eq!(endpoint(address).address(), expected.map(str::to_owned), "{address}");
        }
    }

    #[test]
    fn a_key_never_shows_itself() {
        let mut endpoint = endpoint("https://example.test/v1");
        for header in [KeyHeader::Bearer, KeyHeader::ApiKey] {
            endpoint.key_header = header;
            let shown = format!("{endpoint:?} {:?}", endpoint.headers());
            assert!(!shown.contains("canary"), "{shown}");
        }
    }

    #[test]
    fn what_no_header_can_carry_is_refused() {
        let mut endpoint = endpoint("https://example.test/v1");
        endpoint.project = Some("a\nb".to_owned());
        assert_eq!(endpoint.headers().err(), Some(EndpointError::AccountUnsendable));
        endpoint.key = ServiceKey::new("a\r\nHost: b".to_owned());
        assert_eq!(endpoint.headers().err(), Some(EndpointError::KeyUnsendable));
    }

    #[test]
    fn an_id_cannot_leave_its_place_in_the_path() {
        assert_eq!(segment("ft:gpt-4.1:org::x"), "ft:gpt-4.1:org::x");
        assert_eq!(segment("../files?x=1#y"), "..%2Ffiles%3Fx%3D1%23y");
        assert_eq!(segment(".."), "%2E%2E");
        assert_eq!(segment("a/ü"), "a%2F%C3%BC");
    }
}
