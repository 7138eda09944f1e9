//! From a URL to a connection: name, guard, TCP, TLS, under one limit.
//!
//! Called for each hop that no kept connection serves. The guard is asked for every
//! address, each time: nothing remembers an earlier answer.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ringback_wire::url::{CallbackUrl, Scheme};
use tokio::time::{Instant, timeout};

use super::connect::{Miss, dial};
use super::connection::Connection;
use super::failure::{FailureKind, Host, Trouble};
use super::guard::Refused;
use super::{HttpTransport, Timings, tls};

/// Addresses of one name that are tried. More are not a service but a scan.
const MOST_ADDRESSES: usize = 16;

/// How far a connection has come.
#[derive(Debug, Clone, Copy)]
enum Stage {
    Resolving,
    Connecting,
    Securing,
}

/// Opens a connection for `url`, within `limit` over all stages.
pub(super) async fn open(
    transport: &HttpTransport,
    url: &CallbackUrl,
    limit: Duration,
    timings: &mut Timings,
) -> Result<Connection, Trouble> {
    let mut stage = Stage::Resolving;
    match timeout(limit, stages(transport, url, limit, timings, &mut stage)).await {
        Ok(opened) => opened,
        Err(_elapsed) => Err(late(stage, url, limit)),
    }
}

async fn stages(
    transport: &HttpTransport,
    url: &CallbackUrl,
    limit: Duration,
    timings: &mut Timings,
    stage: &mut Stage,
) -> Result<Connection, Trouble> {
    let addresses = addresses(transport, url, timings).await?;
    *stage = Stage::Connecting;
    let left = limit.saturating_sub(timings.dns.unwrap_or_default());
    let begun = Instant::now();
    let dialled = dial(transport.connector.as_ref(), &addresses, left).await;
    timings.connect = Some(begun.elapsed());
    let mut stream = dialled.map_err(|misses| unreached(url, &misses))?;
    if url.scheme() == Scheme::Https {
        *stage = Stage::Securing;
        let begun = Instant::now();
        let secured = tls::secure(&transport.tls, url, stream).await;
        timings.tls = Some(begun.elapsed());
        stream = secured?;
    }
    Ok(Connection::new(stream))
}

/// The addresses of the URL's host that the guard lets through.
async fn addresses(
    transport: &HttpTransport,
    url: &CallbackUrl,
    timings: &mut Timings,
) -> Result<Vec<SocketAddr>, Trouble> {
    let (host, found) = match url.host() {
        url::Host::Ipv4(address) => (Host::Literal, vec![IpAddr::V4(*address)]),
        url::Host::Ipv6(address) => (Host::Literal, vec![IpAddr::V6(*address)]),
        url::Host::Domain(name) => {
            let begun = Instant::now();
            let resolved = transport.resolver.resolve(name).await;
            timings.dns = Some(begun.elapsed());
            (
                Host::Name,
                resolved.map_err(|error| unresolved(name, &error))?,
            )
        }
    };
    let mut refused = None;
    let mut allowed = Vec::with_capacity(found.len().min(MOST_ADDRESSES));
    for address in found {
        match transport.guard.check(address) {
            Ok(()) if allowed.len() == MOST_ADDRESSES => break,
            Ok(()) => allowed.push(SocketAddr::new(address, url.port())),
            Err(refusal) => refused = Some((address, refusal)),
        }
    }
    match refused {
        _ if !allowed.is_empty() => Ok(allowed),
        Some((address, refusal)) => Err(forbidden(host, address, refusal)),
        None => Err(Trouble::new(
            FailureKind::Dns,
            format!(
                "{} has no address: correct the name, or its DNS entry.",
                url.authority()
            ),
        )),
    }
}

fn forbidden(host: Host, address: IpAddr, refusal: Refused) -> Trouble {
    let detail = format!(
        "Nothing was sent: {address} is {refusal}. Use a public URL, or allow its network \
         (--allow-destination)."
    );
    Trouble::new(FailureKind::AddressRefused(host), detail)
}

fn unresolved(name: &str, error: &io::Error) -> Trouble {
    let detail = format!("{name} could not be resolved ({error}): correct the name, or its DNS.");
    Trouble::new(FailureKind::Dns, detail)
}

/// One refusal is the most telling miss: there is a host, and nobody listens.
fn unreached(url: &CallbackUrl, misses: &[Miss]) -> Trouble {
    let here = url.authority();
    let refused = misses
        .iter()
        .find(|(_, e)| e.kind() == io::ErrorKind::ConnectionRefused);
    let Some((address, error)) = refused.or(misses.first()) else {
        return Trouble::new(FailureKind::Dns, format!("{here} has no address."));
    };
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Trouble::new(
            FailureKind::ConnectionRefused,
            format!("{address} refused the connection: is the application of {here} running?"),
        ),
        io::ErrorKind::TimedOut => Trouble::new(
            FailureKind::ConnectTimeout,
            format!("{address} does not answer: check the firewall and the host of {here}."),
        ),
        _ => Trouble::new(
            FailureKind::ConnectionFailed,
            format!("{here} cannot be reached at {address} ({error}): check the network."),
        ),
    }
}

fn late(stage: Stage, url: &CallbackUrl, limit: Duration) -> Trouble {
    let (here, limit) = (url.authority(), limit.as_millis());
    match stage {
        Stage::Resolving => Trouble::new(
            FailureKind::Dns,
            format!("{here} was not resolved within {limit} ms: check the name servers."),
        ),
        Stage::Connecting => Trouble::new(
            FailureKind::ConnectTimeout,
            format!("{here} accepted no connection within {limit} ms: check host and firewall."),
        ),
        Stage::Securing => Trouble::new(
            FailureKind::ConnectTimeout,
            format!(
                "{here} did not finish the TLS handshake within {limit} ms: is this its https \
                 port?"
            ),
        ),
    }
}
