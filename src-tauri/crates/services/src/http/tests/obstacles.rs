//! Everything that can stand between this computer and a service: each has a cause of its own.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::{Certificate, Proxy};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;

/// Long enough for a machine under load, short enough to wait for.
const BUDGET: Duration = Duration::from_millis(300);

/// Asks once, with `finish` as the last word about the client, and gives what stood in the way.
async fn cause(base_url: String, finish: impl Fn(ClientBuilder) -> ClientBuilder) -> String {
    let http = Http::with(endpoint(base_url), finish).unwrap();
    let answer = http.json("models", http.get("/models").timeout(BUDGET * 40)).await;
    shown(answer)
}

/// The same with little time.
async fn cause_in_time(base_url: String) -> String {
    let http = Http::new(endpoint(base_url)).unwrap();
    shown(http.json("models", http.get("/models").timeout(BUDGET)).await)
}

fn shown(answer: Result<Value, ServiceError>) -> String {
    match answer {
        Err(ServiceError::Unreachable { cause, .. }) => format!("{cause:?}"),
        Err(error) => error.to_string(),
        Ok(_) => "answered".to_owned(),
    }
}

/// A server that reads a request and then does what `then` says.
async fn raw<F>(then: impl Fn(TcpStream) -> F + Send + 'static) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            let _ = stream.read(&mut request).await;
            tokio::spawn(then(stream));
        }
    });
    address.to_string()
}

/// A server that answers with these bytes and hangs up.
async fn says(bytes: &'static [u8]) -> String {
    raw(move |mut stream| async move {
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
    })
    .await
}

fn own(address: &str) -> String {
    format!("http://{address}/v1")
}

#[tokio::test]
async fn a_line_that_breaks_or_is_silent_is_told_apart() {
    // Bound and never listened on: nobody else can get this port meanwhile.
    let unheard = tokio::net::TcpSocket::new_v4().unwrap();
    unheard.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = unheard.local_addr().unwrap().to_string();
    assert_eq!(cause(own(&nobody), |client| client).await, "ConnectionRefused");

    let hole = raw(|stream| async move {
        let _kept = stream;
        std::future::pending::<()>().await;
    });
    assert_eq!(cause_in_time(own(&hole.await)).await, "TimedOut");

    let half = raw(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{").await;
        std::future::pending::<()>().await;
    });
    assert_eq!(cause_in_time(own(&half.await)).await, "TimedOut");

    let drip = raw(|mut stream| async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await;
        while stream.write_all(b"{").await.is_ok() {
            ticks.tick().await;
        }
    });
    assert_eq!(cause_in_time(own(&drip.await)).await, "TimedOut");

    for cut in [&b""[..], b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"a\""] {
        assert_eq!(cause(own(&says(cut).await), |it| it).await, "Cut", "{cut:?}");
    }
}

#[tokio::test]
async fn a_page_in_the_place_of_an_answer_is_seen() {
    for (bytes, expected) in [
        (
            &b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\nWelcome to the hotel"[..],
            "SignInPage",
        ),
        (b"HTTP/1.1 200 OK\r\n\r\n  <!DOCTYPE html><html>", "SignInPage"),
        (b"HTTP/1.1 511 X\r\ncontent-length: 0\r\n\r\n", "SignInPage"),
        (b"HTTP/1.1 407 X\r\ncontent-length: 0\r\n\r\n", "ProxyWantsPassword"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"data\":",
            "the service answered `models` with something that is no answer",
        ),
        (
            b"HTTP/1.1 302 Found\r\nlocation: http://hotel.test/\r\ncontent-length: 0\r\n\r\n",
            "the service refused with status 302: status 302",
        ),
    ] {
        assert_eq!(cause(own(&says(bytes).await), |it| it).await, expected);
    }
}

/// Knows no name at all.
struct NoNames;

impl Resolve for NoNames {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Err("no such name".into()) })
    }
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_seen() {
    let far = "https://service.test/v1".to_owned();
    let seen = cause(far, |it| it.no_proxy().dns_resolver(Arc::new(NoNames))).await;
    assert_eq!(seen, "NoSuchHost");
}

#[tokio::test]
async fn a_proxy_on_the_way_is_seen() {
    for (bytes, expected) in [
        (&b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"[..], "ProxyWantsPassword"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "ProxyRefused"),
    ] {
        let proxy = own(&says(bytes).await);
        let through = |it: ClientBuilder| it.proxy(Proxy::all(&proxy).unwrap());
        assert_eq!(cause("https://service.test/v1".to_owned(), through).await, expected);
    }
}

/// A server whose certificate is `made` by somebody the client trusts; `named` is what the client
/// calls it.
async fn encrypted(made: impl FnOnce(&mut CertificateParams), is_self_made: bool) -> String {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "The authority of these tests");
    let authority_key = KeyPair::generate().unwrap();
    let trusted = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);

    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    made(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate =
        if is_self_made { params.self_signed(&key) } else { params.signed_by(&key, &issuer) };
    let secret = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.unwrap().der().clone()], secret)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut request = [0; 4_096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
                let _ = stream.shutdown().await;
            });
        }
    });
    let trusted = Certificate::from_der(trusted.der()).unwrap();
    let trusting = move |it: ClientBuilder| it.tls_certs_only([trusted.clone()]);
    cause(format!("https://localhost:{port}/v1"), trusting).await
}

#[tokio::test]
async fn a_service_that_cannot_prove_itself_says_why() {
    assert_eq!(encrypted(|_| {}, false).await, "answered");
    let over = |it: &mut CertificateParams| it.not_after = date_time_ymd(2001, 1, 1);
    assert_eq!(encrypted(over, false).await, "Tls(Expired)");
    let later = |it: &mut CertificateParams| it.not_before = date_time_ymd(3001, 1, 1);
    assert_eq!(encrypted(later, false).await, "Tls(NotYetValid)");
    assert_eq!(encrypted(|_| {}, true).await, "Tls(UnknownIssuer)");
    // What most programs make by themselves says that it vouches for others, too.
    let authority =
        |it: &mut CertificateParams| it.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    assert_eq!(encrypted(authority, true).await, "Tls(UnknownIssuer)");
    let other = |it: &mut CertificateParams| {
        *it = CertificateParams::new(vec!["elsewhere.test".to_owned()]).unwrap();
    };
    assert_eq!(encrypted(other, false).await, "Tls(WrongHost)");

    let plain = says(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert_eq!(cause(format!("https://{plain}/v1"), |it| it).await, "Tls(Other)");
}
