//! The two clients of a service: one for questions, one for orders.
//!
//! The order client never retries, follows no redirect and reuses no idle connection (hyper
//! silently resends on a reused connection that turns out dead); an order must leave at most once.
//! Questions and removals are asked again where that makes sense, and told how often.

mod cause;
mod reply;
mod retry;

pub use cause::{TlsFault, UnreachableCause};
pub(crate) use reply::{Reply, refusal_in};
pub use retry::{Pauses, SystemPauses};

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use reqwest::{Client, ClientBuilder, RequestBuilder, Response, redirect::Policy};
use serde_json::Value;

use crate::{Capabilities, Endpoint, RefusedReply, ServiceError, is_loopback};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ORDER_TIMEOUT: Duration = Duration::from_secs(120);
const QUESTION_TIMEOUT: Duration = Duration::from_secs(60);
/// A stream may think for long, but between two of its pieces no more than this.
const STREAM_SILENCE: Duration = Duration::from_secs(120);
/// A line slower than this many bytes a second is taken as cut.
const SLOWEST_LINE: u64 = 16 << 10;
/// No date was seen yet.
const NO_DATE: i64 = i64::MIN;

/// The longest that sending so many bytes may take, the answer included.
pub(crate) fn time_to_send(bytes: u64) -> Duration {
    ORDER_TIMEOUT + Duration::from_secs(bytes / SLOWEST_LINE)
}

/// An endpoint with its clients.
#[derive(Clone)]
pub(crate) struct Http {
    address: String,
    endpoint: Arc<Endpoint>,
    questions: Client,
    orders: Client,
    pauses: Arc<dyn Pauses>,
    server_date: Arc<AtomicI64>,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Http").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Http {
    pub(crate) fn new(endpoint: Endpoint) -> Result<Self, ServiceError> {
        Self::with(endpoint, |builder| builder)
    }

    /// The same with a last word about both clients.
    pub(crate) fn with(
        endpoint: Endpoint,
        finish: impl Fn(ClientBuilder) -> ClientBuilder,
    ) -> Result<Self, ServiceError> {
        let address = endpoint.address().map_err(ServiceError::Endpoint)?;
        let headers = endpoint.headers().map_err(ServiceError::Endpoint)?;
        let common = || {
            let builder = Client::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .redirect(Policy::none())
                .retry(reqwest::retry::never())
                .default_headers(headers.clone());
            // A proxy must never see what stays on this computer.
            let builder = if is_loopback(&address) { builder.no_proxy() } else { builder };
            // Reading the computer's certificates takes longer than most questions.
            let is_plain = address.starts_with("http://");
            if is_plain { builder.tls_certs_only([]) } else { builder }
        };
        let made = |builder: ClientBuilder| {
            let client = finish(builder).build();
            client.map_err(|source| ServiceError::Client { base_url: address.clone(), source })
        };
        let questions = made(common().read_timeout(STREAM_SILENCE))?;
        let orders = made(common().timeout(ORDER_TIMEOUT).pool_max_idle_per_host(0))?;
        Ok(Self {
            endpoint: Arc::new(endpoint),
            questions,
            orders,
            pauses: Arc::new(SystemPauses),
            server_date: Arc::new(AtomicI64::new(NO_DATE)),
            address,
        })
    }

    pub(crate) fn with_pauses(self, pauses: Arc<dyn Pauses>) -> Self {
        Self { pauses, ..self }
    }

    pub(crate) fn asking_once(&self) -> Self {
        let endpoint = Endpoint { most_tries: 1, ..Endpoint::clone(&self.endpoint) };
        Self { endpoint: Arc::new(endpoint), ..self.clone() }
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.address
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) fn capabilities(&self) -> &Capabilities {
        &self.endpoint.capabilities
    }

    /// The time on the service's clock when it last answered, in seconds since 1970.
    pub(crate) fn server_date(&self) -> Option<i64> {
        Some(self.server_date.load(Ordering::Relaxed)).filter(|&seconds| seconds != NO_DATE)
    }

    /// A question that is answered at once.
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.questions.get(self.whole(path)).timeout(QUESTION_TIMEOUT)
    }

    /// A removal.
    pub(crate) fn delete(&self, path: &str) -> RequestBuilder {
        self.questions.delete(self.whole(path)).timeout(QUESTION_TIMEOUT)
    }

    /// Something that may be asked twice without harm, or whose answer streams.
    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.questions.post(self.whole(path))
    }

    /// Something that must be sent at most once.
    pub(crate) fn order(&self, path: &str) -> RequestBuilder {
        self.orders.post(self.whole(path))
    }

    fn whole(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Sends once and gives the answer while it comes in.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, ServiceError> {
        let response = request.send().await.map_err(|source| self.unreachable(source))?;
        if let Some(date) = retry::server_date(response.headers())
            && let Ok(since) = date.duration_since(UNIX_EPOCH)
        {
            let seconds = i64::try_from(since.as_secs()).unwrap_or(NO_DATE);
            self.server_date.store(seconds, Ordering::Relaxed);
        }
        Ok(response)
    }

    pub(crate) fn unreachable(&self, source: reqwest::Error) -> ServiceError {
        ServiceError::Unreachable {
            base_url: self.address.clone(),
            cause: cause::cause_of(&source),
            // The address of a service never carries a secret, but reqwest would print its query too.
            source: Some(source.without_url()),
        }
    }

    fn unreachable_by(&self, cause: UnreachableCause) -> ServiceError {
        ServiceError::Unreachable { base_url: self.address.clone(), cause, source: None }
    }

    /// Sends once and reads the whole answer, whatever it is.
    pub(crate) async fn reply(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<Reply, ServiceError> {
        let response = self.send(request).await?;
        Reply::read(self, what, response).await
    }

    /// Sends once and reads a JSON answer; a refusal becomes [`ServiceError::Refused`].
    pub(crate) async fn json(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<Value, ServiceError> {
        let reply = self.reply(what, request).await?;
        self.value(what, &self.accepted(reply)?)
    }

    /// Asks a question, and again where that makes sense.
    pub(crate) async fn ask(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<Value, ServiceError> {
        self.value(what, &self.ask_raw(what, request).await?)
    }

    /// The same for an answer that need not be JSON.
    pub(crate) async fn ask_raw(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<Reply, ServiceError> {
        self.again(what, request).await.map_err(|(error, _)| error)
    }

    /// Removes something, and again where the answer was lost. What is gone after a lost answer was
    /// removed by it.
    pub(crate) async fn remove(&self, path: &str) -> Result<(), ServiceError> {
        match self.again("delete", self.delete(path)).await {
            Ok(reply) => self.value("delete", &reply).map(drop),
            Err((ServiceError::Refused(refused), tries)) if refused.status == 404 && tries > 1 => {
                Ok(())
            }
            Err((error, _)) => Err(error),
        }
    }

    /// Tries until it is accepted, refused for good or asked as often as allowed; an error comes
    /// with the number of tries.
    async fn again(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<Reply, (ServiceError, u32)> {
        let mut tries = 1;
        // A question has no stream in it, so it can be copied.
        while let Some(next) = request.try_clone() {
            let reply = self.reply(what, next).await.and_then(|reply| self.accepted(reply));
            let error = match reply {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let pause = retry::pause_after(&error, tries, self.pauses.chance());
            match pause.filter(|_| tries < self.endpoint.most_tries) {
                Some(pause) => self.pauses.wait(pause).await,
                None => return Err((error, tries)),
            }
            tries += 1;
        }
        let reply = self.reply(what, request).await.and_then(|reply| self.accepted(reply));
        reply.map_err(|error| (error, tries))
    }

    /// An answer whose status is none of a refusal.
    fn accepted(&self, reply: Reply) -> Result<Reply, ServiceError> {
        match reply.status {
            200..=299 => Ok(reply),
            407 => Err(self.unreachable_by(UnreachableCause::ProxyWantsPassword)),
            511 => Err(self.unreachable_by(UnreachableCause::SignInPage)),
            _ => Err(ServiceError::Refused(Box::new(self.refusal(&reply)))),
        }
    }

    /// Sends once and gives an answer that streams, where it is one.
    pub(crate) async fn stream(
        &self,
        what: &'static str,
        request: RequestBuilder,
    ) -> Result<Response, ServiceError> {
        let response = self.send(request).await?;
        if response.status().is_success() && !reply::is_page(response.headers()) {
            return Ok(response);
        }
        let reply = Reply::read(self, what, response).await?;
        self.value(what, &self.accepted(reply)?)?;
        Err(ServiceError::Garbled { what })
    }

    /// The refusal that an answer is.
    pub(crate) fn refusal(&self, reply: &Reply) -> RefusedReply {
        self.blotted(reply.refusal(self.pauses.now()))
    }

    /// A refusal that came inside a stream, without the key that it may repeat.
    pub(crate) fn without_key(&self, error: ServiceError) -> ServiceError {
        let ServiceError::Refused(refused) = error else { return error };
        ServiceError::Refused(Box::new(self.blotted(*refused)))
    }

    /// Also what JSON wrote in another way than the key is written.
    fn blotted(&self, refused: RefusedReply) -> RefusedReply {
        let blot = |text: String| {
            let mut bytes = text.into_bytes();
            self.endpoint.key.blot_out(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        };
        RefusedReply {
            code: refused.code.map(blot),
            kind: refused.kind.map(blot),
            param: refused.param.map(blot),
            message: blot(refused.message),
            request_id: refused.request_id.map(blot),
            ..refused
        }
    }

    /// The JSON of an answer that was accepted.
    fn value(&self, what: &'static str, reply: &Reply) -> Result<Value, ServiceError> {
        match serde_json::from_slice(&reply.body) {
            Ok(value) => Ok(value),
            Err(_) if reply.status == 204 && reply.body.is_empty() => Ok(Value::Null),
            Err(_) if reply.is_page() => Err(self.unreachable_by(UnreachableCause::SignInPage)),
            Err(_) => Err(ServiceError::Garbled { what }),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
