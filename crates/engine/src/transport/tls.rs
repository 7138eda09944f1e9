//! TLS: whom we trust, the handshake, and what its failures are called.
//!
//! One configuration serves all connections. Invariant: a certificate is always checked
//! against the host of the URL; nothing switches that off.

use std::io;
use std::sync::Arc;

use ringback_wire::url::CallbackUrl;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, CertificateError, ClientConfig, InvalidMessage, RootCertStore};
use tokio_rustls::TlsConnector;
use url::Host;

use super::connect::Stream;
use super::failure::{FailureKind, TlsFault, Trouble};

/// Whose certificates are trusted besides the extra roots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SystemRoots {
    /// Those that the system trusts.
    #[default]
    Trusted,
    /// Nobody's.
    Ignored,
}

/// Why there is no transport: the configuration has to change.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetupError {
    /// An extra root is no CA certificate.
    #[error("an extra root certificate cannot be used")]
    Root(#[source] rustls::Error),
    /// The crypto provider lacks a protocol version.
    #[error("TLS cannot be set up")]
    Provider(#[source] rustls::Error),
}

/// Makes the configuration: TLS 1.2 and 1.3 with ring, HTTP/1.1 alone by ALPN.
pub(super) fn client_config(
    system: SystemRoots,
    extra: Vec<CertificateDer<'static>>,
) -> Result<TlsConnector, TlsSetupError> {
    let mut roots = RootCertStore::empty();
    if system == SystemRoots::Trusted {
        let found = rustls_native_certs::load_native_certs();
        let (added, ignored) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            tracing::warn!("the system has no usable root certificates: https callbacks will fail");
        }
        tracing::debug!(
            added,
            ignored,
            errors = found.errors.len(),
            "system roots loaded"
        );
    }
    for root in extra {
        roots.add(root).map_err(TlsSetupError::Root)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsSetupError::Provider)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Shakes hands over a fresh connection.
pub(super) async fn secure(
    connector: &TlsConnector,
    url: &CallbackUrl,
    stream: Stream,
) -> Result<Stream, Trouble> {
    let name = server_name(url)?;
    match connector.connect(name, stream).await {
        Ok(secured) => Ok(Box::new(secured)),
        Err(error) => Err(handshake_trouble(&error, url)),
    }
}

/// What a TLS failure, at whatever depth of `error`, is called; `None` if there is none.
pub(super) fn trouble(error: &io::Error, url: &CallbackUrl) -> Option<Trouble> {
    let error = rustls_error(error)?;
    Some(Trouble::new(kind(error), detail(error, url.authority())))
}

fn server_name(url: &CallbackUrl) -> Result<ServerName<'static>, Trouble> {
    match url.host() {
        Host::Domain(name) => ServerName::try_from(name.clone()).map_err(|_| {
            let detail = format!("{name} cannot be the name in a certificate: give another URL.");
            Trouble::new(FailureKind::Url, detail)
        }),
        Host::Ipv4(address) => Ok(ServerName::IpAddress((*address).into())),
        Host::Ipv6(address) => Ok(ServerName::IpAddress((*address).into())),
    }
}

fn handshake_trouble(error: &io::Error, url: &CallbackUrl) -> Trouble {
    trouble(error, url).unwrap_or_else(|| {
        let detail = format!(
            "{} closed the connection during the TLS handshake: does it speak https there?",
            url.authority()
        );
        Trouble::new(FailureKind::Tls(TlsFault::Other), detail)
    })
}

fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    let inner = error.get_ref()?;
    inner
        .downcast_ref()
        .or_else(|| inner.source()?.downcast_ref())
}

fn kind(error: &rustls::Error) -> FailureKind {
    match error {
        rustls::Error::InvalidCertificate(fault) => FailureKind::Tls(certificate_fault(fault)),
        // The first byte of the answer is no TLS record: plain http, most likely.
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => FailureKind::Protocol,
        rustls::Error::NoApplicationProtocol
        | rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
            FailureKind::HttpVersion
        }
        _ => FailureKind::Tls(TlsFault::Other),
    }
}

fn certificate_fault(error: &CertificateError) -> TlsFault {
    match error {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsFault::Name
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => TlsFault::Expired,
        // Also signed by a CA of the same name but another key: one that was made anew.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsFault::UnknownIssuer,
        _ => TlsFault::Other,
    }
}

fn detail(error: &rustls::Error, authority: &str) -> String {
    match kind(error) {
        FailureKind::Tls(TlsFault::Name) => format!(
            "The certificate of {authority} is for other names: issue one for this host, or \
             correct the URL."
        ),
        FailureKind::Tls(TlsFault::Expired) => format!(
            "The certificate of {authority} has expired or is not valid yet: renew it, and check \
             both clocks."
        ),
        FailureKind::Tls(TlsFault::UnknownIssuer) => format!(
            "The certificate of {authority} leads to no trusted root: serve the full chain, or \
             trust its CA here."
        ),
        FailureKind::Protocol => {
            format!("{authority} does not speak TLS: write http:// in the URL, or switch the port.")
        }
        FailureKind::HttpVersion => {
            format!("{authority} does not offer HTTP/1.1 over TLS: switch it on there.")
        }
        _ => format!("The TLS handshake with {authority} failed: {error}."),
    }
}
