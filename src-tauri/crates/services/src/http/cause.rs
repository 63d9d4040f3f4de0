//! Why a service cannot be reached, in kinds that have words of their own.

use std::error::Error;
use std::fmt;
use std::io;

use rustls::CertificateError;

/// Why no answer of the service came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnreachableCause {
    /// Nobody knows this name: offline, or the address is wrong.
    NoSuchHost,
    /// There is no way to it: offline, or a firewall.
    NoRoute,
    /// Nobody listens there.
    ConnectionRefused,
    /// No answer in time.
    TimedOut,
    /// It cannot prove who it is.
    Tls(TlsFault),
    /// A proxy on the way wants a name and a password.
    ProxyWantsPassword,
    /// A proxy on the way does not let it through.
    ProxyRefused,
    /// A page to sign in to the network answered in its place.
    SignInPage,
    /// The line was cut.
    Cut,
}

/// Why a service cannot prove who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlsFault {
    /// Its certificate is over, or this computer's clock is wrong.
    Expired,
    /// Its certificate is not valid yet, or this computer's clock is wrong.
    NotYetValid,
    /// Nobody this computer trusts vouches for it: made by itself, or by a firewall.
    UnknownIssuer,
    /// It is another computer's certificate.
    WrongHost,
    /// Anything else.
    Other,
}

impl fmt::Display for UnreachableCause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoSuchHost => "its name is not known",
            Self::NoRoute => "there is no way to it",
            Self::ConnectionRefused => "nobody listens there",
            Self::TimedOut => "it did not answer in time",
            Self::Tls(TlsFault::Expired) => "its certificate is over",
            Self::Tls(TlsFault::NotYetValid) => "its certificate is not valid yet",
            Self::Tls(TlsFault::UnknownIssuer) => "nobody vouches for its certificate",
            Self::Tls(TlsFault::WrongHost) => "its certificate is another computer's",
            Self::Tls(TlsFault::Other) => "no encrypted connection can be made",
            Self::ProxyWantsPassword => "a proxy wants a password",
            Self::ProxyRefused => "a proxy does not let it through",
            Self::SignInPage => "a page to sign in to the network answered",
            Self::Cut => "the line was cut",
        })
    }
}

/// The cause of an error of the client, found in what lies below it.
pub(super) fn cause_of(error: &reqwest::Error) -> UnreachableCause {
    let below = || Layers(Some(error));
    if let Some(fault) = below().find_map(tls_fault) {
        return UnreachableCause::Tls(fault);
    }
    // hyper keeps these two kinds to itself and shows them only by their words.
    let says = |words: &str| below().any(|it| it.to_string().contains(words));
    if says("proxy authorization required") {
        return UnreachableCause::ProxyWantsPassword;
    }
    if says("error establishing tunnel") || says("tunnel error") {
        return UnreachableCause::ProxyRefused;
    }
    if error.is_timeout() {
        return UnreachableCause::TimedOut;
    }
    if says("dns error") {
        return UnreachableCause::NoSuchHost;
    }
    let kind = below().find_map(|it| it.downcast_ref::<io::Error>()).map(io::Error::kind);
    match kind {
        Some(io::ErrorKind::ConnectionRefused) => UnreachableCause::ConnectionRefused,
        Some(io::ErrorKind::TimedOut) => UnreachableCause::TimedOut,
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
            UnreachableCause::NoRoute
        }
        _ => UnreachableCause::Cut,
    }
}

fn tls_fault(error: &(dyn Error + 'static)) -> Option<TlsFault> {
    let error = error.downcast_ref::<rustls::Error>()?;
    let rustls::Error::InvalidCertificate(fault) = error else {
        return Some(TlsFault::Other);
    };
    Some(match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            TlsFault::NotYetValid
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsFault::UnknownIssuer,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsFault::WrongHost
        }
        // One that somebody made for himself is often one that could vouch for others.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            TlsFault::UnknownIssuer
        }
        _ => TlsFault::Other,
    })
}

/// An error and everything below it. An `io::Error` hides what it wraps from `source`.
struct Layers<'a>(Option<&'a (dyn Error + 'static)>);

impl<'a> Iterator for Layers<'a> {
    type Item = &'a (dyn Error + 'static);

    fn next(&mut self) -> Option<Self::Item> {
        let this = self.0?;
        let wrapped = this.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        self.0 = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => this.source(),
        };
        Some(this)
    }
}
