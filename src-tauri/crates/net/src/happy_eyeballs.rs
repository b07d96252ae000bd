//! Races IPv6 and IPv4 as RFC 8305 says: addresses alternate, each try starts a little after the one before, the first
//! connection wins.
//!
//! Without this a computer with a broken IPv6 route waits for the system's own limit, which is minutes.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::sleep;

/// RFC 8305 §8 recommends 250 ms between tries.
const STAGGER: Duration = Duration::from_millis(250);

/// Alternates the two families, each in the resolver's order, beginning with the resolver's first choice.
pub(crate) fn order(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = addresses.first() else { return addresses };
    let preferred = first.is_ipv6();
    let (mut one, mut other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|a| a.is_ipv6() == preferred);
    let mut ordered = Vec::with_capacity(one.len() + other.len());
    // Reversed so that `pop` takes them in order.
    one.reverse();
    other.reverse();
    while !one.is_empty() || !other.is_empty() {
        ordered.extend(one.pop());
        ordered.extend(other.pop());
    }
    ordered
}

/// Tries `connect` on each address, the next one after [`STAGGER`] or as soon as all before have failed. The first
/// stream wins and the other tries are dropped.
///
/// # Errors
/// The last failure when every address fails; `NotFound` when there is none.
pub(crate) async fn first<S, F>(
    addresses: Vec<SocketAddr>,
    connect: impl Fn(SocketAddr) -> F,
) -> io::Result<S>
where
    F: Future<Output = io::Result<S>>,
{
    let mut waiting = addresses.into_iter();
    let mut tries = FuturesUnordered::new();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "there is no address to try");
    tries.extend(waiting.next().map(&connect));
    loop {
        tokio::select! {
            outcome = tries.next() => match outcome {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => {
                    failure = error;
                    if tries.is_empty() {
                        match waiting.next() {
                            Some(address) => tries.push(connect(address)),
                            None => return Err(failure),
                        }
                    }
                }
                None => return Err(failure),
            },
            () = sleep(STAGGER), if waiting.len() > 0 => tries.extend(waiting.next().map(&connect)),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| address(text)).collect()
    }

    #[test]
    fn families_take_turns_and_the_resolvers_choice_comes_first() {
        let mixed = addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "10.0.0.1:1"]);
        assert_eq!(order(mixed), addresses(&["[::1]:1", "10.0.0.1:1", "[::2]:1", "[::3]:1"]));
        let v4_first = addresses(&["10.0.0.1:1", "10.0.0.2:1", "[::1]:1"]);
        assert_eq!(order(v4_first), addresses(&["10.0.0.1:1", "[::1]:1", "10.0.0.2:1"]));
        assert!(order(Vec::new()).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn dead_address_family_costs_one_stagger() {
        let begun = Instant::now();
        let winner = first(addresses(&["[::1]:1", "10.0.0.1:1"]), |address| async move {
            if address.is_ipv6() {
                std::future::pending::<()>().await;
            }
            Ok(address)
        });
        assert_eq!(winner.await.unwrap(), address("10.0.0.1:1"));
        assert_eq!(begun.elapsed(), STAGGER);
    }

    #[tokio::test(start_paused = true)]
    async fn next_address_is_tried_at_once_after_a_failure() {
        let begun = Instant::now();
        let winner = first(addresses(&["[::1]:1", "10.0.0.1:1"]), |address| async move {
            if address.is_ipv6() {
                Err(io::Error::from(io::ErrorKind::NetworkUnreachable))
            } else {
                Ok(address)
            }
        });
        assert_eq!(winner.await.unwrap(), address("10.0.0.1:1"));
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_family_wins_when_it_is_only_slow() {
        let winner = first(addresses(&["[::1]:1", "10.0.0.1:1"]), |address| async move {
            let takes = if address.is_ipv6() { 300 } else { 100 };
            sleep(Duration::from_millis(takes)).await;
            Ok(address)
        });
        assert_eq!(winner.await.unwrap(), address("[::1]:1"));
    }

    #[tokio::test(start_paused = true)]
    async fn last_failure_is_the_error() {
        let refuse = |_| async { Err::<(), _>(io::Error::from(io::ErrorKind::ConnectionRefused)) };
        let error = first(addresses(&["[::1]:1", "10.0.0.1:1"]), refuse).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let error = first(Vec::new(), refuse).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
