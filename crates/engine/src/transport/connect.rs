//! Addresses to byte streams, over all addresses of a name.
//!
//! Called by the transport after the guard has judged each address. The caller sets the
//! time limit; dropping the future drops every connection that was under way.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an address has for itself at most before the next one is tried beside it: the
/// "Connection Attempt Delay" that RFC 8305 recommends.
const HEAD_START: Duration = Duration::from_millis(250);

/// What can be read and written: a TCP connection, TLS over one, or a test's pipe.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> ByteStream for T {}

/// A connection, whatever carries it.
pub type Stream = Box<dyn ByteStream>;

/// Opens one connection.
#[async_trait]
pub trait Connect: Send + Sync + 'static {
    /// Connects to an address that the guard let through.
    async fn connect(&self, address: SocketAddr) -> io::Result<Stream>;
}

/// TCP, without waiting for small writes to be joined.
#[derive(Debug, Default, Clone, Copy)]
pub struct TcpConnector;

#[async_trait]
impl Connect for TcpConnector {
    async fn connect(&self, address: SocketAddr) -> io::Result<Stream> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}

/// An address that could not be connected to, and why.
pub(super) type Miss = (SocketAddr, io::Error);

/// Connects to the first address that answers. Each next one is tried when the one before
/// it failed or has had its head start, so that all have their turn within the limit `within`,
/// which the caller keeps. If none answers: why, address by address.
pub(super) async fn dial(
    connector: &dyn Connect,
    addresses: &[SocketAddr],
    within: Duration,
) -> Result<Stream, Vec<Miss>> {
    let turns = u32::try_from(addresses.len())
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    let head_start = HEAD_START.min(within / turns);
    let mut waiting = alternate(addresses).into_iter();
    let mut racing = FuturesUnordered::new();
    let mut misses = Vec::new();
    // Each turn starts an address, or settles one that was started: at most two an address.
    loop {
        let settled = if let Some(address) = waiting.next() {
            racing.push(async move { (address, connector.connect(address).await) });
            timeout(head_start, racing.next()).await
        } else {
            Ok(racing.next().await)
        };
        match settled {
            Ok(Some((_, Ok(stream)))) => return Ok(stream),
            Ok(Some((address, Err(error)))) => misses.push((address, error)),
            Ok(None) => return Err(misses),
            Err(_head_start_over) => {}
        }
    }
}

/// Changes family with each address (RFC 8305 section 4), so that a family that leads nowhere does
/// not use up the time of the other. Beyond that, the order is kept.
fn alternate(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (VecDeque<SocketAddr>, VecDeque<SocketAddr>) = addresses
        .iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let mut alternating = Vec::with_capacity(addresses.len());
    while !(first.is_empty() && second.is_empty()) {
        alternating.extend(first.pop_front());
        alternating.extend(second.pop_front());
    }
    alternating
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Mutex;

    use tokio::time::Instant;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(2);

    /// By the last number of the address: 1 refuses, 2 never answers, others connect.
    #[derive(Default)]
    struct Scripted {
        tried: Mutex<Vec<SocketAddr>>,
    }

    #[async_trait]
    impl Connect for Scripted {
        async fn connect(&self, address: SocketAddr) -> io::Result<Stream> {
            self.tried.lock().unwrap().push(address);
            match address.to_string().as_str() {
                "192.0.2.1:80" => Err(io::ErrorKind::ConnectionRefused.into()),
                "192.0.2.2:80" => pending().await,
                _ => Ok(Box::new(tokio::io::empty())),
            }
        }
    }

    fn addresses(last: &[u8]) -> Vec<SocketAddr> {
        last.iter()
            .map(|n| SocketAddr::from(([192, 0, 2, *n], 80)))
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_address_follows_a_refusal_at_once() {
        let (connector, started) = (Scripted::default(), Instant::now());
        assert!(dial(&connector, &addresses(&[1, 3]), LIMIT).await.is_ok());
        assert_eq!(started.elapsed(), Duration::ZERO);
        assert_eq!(*connector.tried.lock().unwrap(), addresses(&[1, 3]));
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_address_follows_a_silent_one_after_its_head_start() {
        let (connector, started) = (Scripted::default(), Instant::now());
        assert!(dial(&connector, &addresses(&[2, 3]), LIMIT).await.is_ok());
        assert!(started.elapsed() >= HEAD_START && started.elapsed() < HEAD_START * 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_to_connect_wins_and_no_more_are_tried() {
        let connector = Scripted::default();
        assert!(dial(&connector, &addresses(&[3, 4]), LIMIT).await.is_ok());
        assert_eq!(*connector.tried.lock().unwrap(), addresses(&[3]));
    }

    #[tokio::test(start_paused = true)]
    async fn every_refusal_is_told() {
        let misses = dial(&Scripted::default(), &addresses(&[1, 1]), LIMIT)
            .await
            .err()
            .unwrap();
        assert_eq!(misses.len(), 2);
        assert!(
            dial(&Scripted::default(), &[], LIMIT)
                .await
                .err()
                .unwrap()
                .is_empty()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn every_address_has_its_turn_within_the_limit() {
        let (connector, started) = (Scripted::default(), Instant::now());
        let many = addresses(&[2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3]);
        assert!(dial(&connector, &many, LIMIT).await.is_ok());
        assert!(started.elapsed() < LIMIT);
    }

    #[test]
    fn families_take_turns() {
        let parse = |text: &str| -> Vec<SocketAddr> {
            text.split(' ')
                .map(|address| address.parse().unwrap())
                .collect()
        };
        let given = parse("[::1]:1 [::2]:1 [::3]:1 1.1.1.1:1 1.1.1.2:1");
        let expected = parse("[::1]:1 1.1.1.1:1 [::2]:1 1.1.1.2:1 [::3]:1");
        assert_eq!(alternate(&given), expected);
        assert_eq!(alternate(&[]), []);
    }
}
