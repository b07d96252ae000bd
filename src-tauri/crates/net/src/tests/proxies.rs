//! Through proxies of both kinds, and what is made of each way in which one says no.

use std::time::Duration;

use proptest::prelude::*;
use testkit::local::{Port, answer, closed_port, header, read_head, tls_server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::join;
use tokio::net::TcpStream;

use crate::connector::Connector;
use crate::error::{NetError, NetworkFault, ProxyFault};
use crate::origin::Origin;
use crate::proxies::{ProxyChoice, ProxyUrl};
use crate::stream::Stream;

const HOST: &str = "live.example";

fn server() -> Origin {
    Origin { host: HOST.to_owned(), port: 443, is_encrypted: true }
}

fn by(proxy: &str) -> Connector {
    Connector::new(ProxyChoice::Url(proxy.parse().unwrap()))
}

async fn dial(connector: &Connector) -> Result<Box<dyn Stream>, NetError> {
    connector.connect(&server()).await
}

/// The fault of a proxy at `url`, and that it is named without a secret.
fn fault(outcome: Result<Box<dyn Stream>, NetError>, port: u16) -> ProxyFault {
    let Err(error) = outcome else { panic!("it went through") };
    assert!(!format!("{error} {error:?}").contains("Secret"), "{error:?}");
    match error {
        NetError::Proxy { proxy, fault } => {
            assert_eq!(proxy, format!("127.0.0.1:{port}"));
            fault
        }
        other => panic!("{other:?}"),
    }
}

/// Dials through an HTTP proxy that answers with `said`.
async fn refused(credentials: &str, said: &str) -> ProxyFault {
    let proxy = Port::open().await;
    let connector = by(&format!("http://{credentials}127.0.0.1:{}", proxy.number));
    let serving = async {
        let mut tcp = proxy.accept().await;
        answer(&mut tcp, said).await;
    };
    let (outcome, ()) = join!(dial(&connector), serving);
    fault(outcome, proxy.number)
}

#[tokio::test]
async fn a_tunnel_is_asked_for_with_credentials_where_there_are_some() {
    for (credentials, expected) in [("", None), ("me:p%3Aw@", Some("Basic bWU6cDp3"))] {
        let (proxy, (acceptor, trust)) = (Port::open().await, tls_server(&[HOST]));
        let url = format!("http://{credentials}127.0.0.1:{}", proxy.number);
        let connector = by(&url).trusting_only(&trust);
        let serving = async {
            let mut tcp = proxy.accept().await;
            let head = answer(&mut tcp, "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n").await;
            let mut tls = acceptor.accept(tcp).await.unwrap();
            tls.write_all(b"hello").await.unwrap();
            tls.flush().await.unwrap();
            (head, tls)
        };
        let (stream, (head, _tls)) = join!(dial(&connector), serving);
        let mut read = [0; 5];
        stream.unwrap().read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"hello");
        assert!(head.starts_with("CONNECT live.example:443 HTTP/1.1\r\n"), "{head}");
        assert_eq!(header(&head, "host"), Some("live.example:443"));
        assert_eq!(header(&head, "proxy-authorization"), expected);
        assert!(!format!("{connector:?}").contains("p%3Aw") && !format!("{connector:?}").contains("p:w"));
    }
}

#[tokio::test]
async fn proxy_behind_tls_is_asked_over_tls() {
    let (proxy, (acceptor, trust)) = (Port::open().await, tls_server(&[HOST, "127.0.0.1"]));
    let connector = by(&format!("https://127.0.0.1:{}", proxy.number)).trusting_only(&trust);
    let serving = async {
        let mut outer = acceptor.accept(proxy.accept().await).await.unwrap();
        let head = answer(&mut outer, "HTTP/1.1 200 OK\r\n\r\n").await;
        (head, acceptor.accept(outer).await.unwrap().get_ref().1.server_name().map(str::to_owned))
    };
    let (stream, (head, name)) = join!(dial(&connector), serving);
    assert!(stream.is_ok());
    assert!(head.starts_with("CONNECT live.example:443"), "{head}");
    assert_eq!(name.as_deref(), Some(HOST));
}

#[tokio::test]
async fn each_refusal_of_an_http_proxy_has_its_kind() {
    let no = |status: &str| format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
    let challenge = |schemes: &str| format!("HTTP/1.1 407 Who?\r\n{schemes}Content-Length: 0\r\n\r\n");
    let basic = challenge("Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm=\"x\"\r\n");
    assert!(matches!(refused("", &basic).await, ProxyFault::CredentialsMissing));
    assert!(matches!(refused("", &no("407 Who?")).await, ProxyFault::CredentialsMissing));
    assert!(matches!(refused("me:Secret@", &basic).await, ProxyFault::CredentialsRefused));
    let ntlm = challenge("Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n");
    match refused("me:Secret@", &ntlm).await {
        ProxyFault::SignIn { offered } => assert_eq!(offered, "Negotiate or NTLM"),
        other => panic!("{other:?}"),
    }
    match refused("", &no("403 Forbidden")).await {
        ProxyFault::Forbidden { target } => assert_eq!(target, "live.example:443"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(refused("", &no("502 Bad")).await, ProxyFault::NoWay { .. }));
    assert!(matches!(refused("", &no("504 Slow")).await, ProxyFault::NoWay { .. }));
    assert!(matches!(refused("", &no("405 Not here")).await, ProxyFault::Refused { .. }));
    assert!(matches!(refused("", "SSH-2.0-OpenSSH_9.2\r\n").await, ProxyFault::NotAProxy { .. }));
    // Bytes behind the answer are not the server's: that one waits for us.
    assert!(matches!(refused("", "HTTP/1.1 200 OK\r\n\r\nhi").await, ProxyFault::NotAProxy { .. }));
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(20_000));
    assert!(matches!(refused("", &endless).await, ProxyFault::NotAProxy { .. }));
    for cut in ["", "HTTP/1.1 2"] {
        assert!(matches!(refused("me:Secret@", cut).await, ProxyFault::HungUp));
    }
}

#[tokio::test]
async fn unreachable_proxy_is_named() {
    let (_held, number) = closed_port();
    for scheme in ["http", "https", "socks5"] {
        let connector = by(&format!("{scheme}://me:Secret@127.0.0.1:{number}"));
        let fault = fault(dial(&connector).await, number);
        let ProxyFault::Unreachable { kind, .. } = fault else { panic!("{fault:?}") };
        assert_eq!(kind, NetworkFault::Refused);
    }
}

/// What a client asked of a SOCKS5 proxy.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    credentials: Option<(String, String)>,
    /// Kind of address and its text: 3 is a name.
    target: (u8, String, u16),
}

async fn counted(tcp: &mut TcpStream) -> String {
    let mut bytes = vec![0; usize::from(tcp.read_u8().await.unwrap())];
    tcp.read_exact(&mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

/// A SOCKS5 proxy (RFC 1928, RFC 1929) that wants a sign-in when `wants`, and ends with the code `reply`.
async fn socks(tcp: &mut TcpStream, wants: bool, accepts: bool, reply: u8) -> Option<Asked> {
    assert_eq!(tcp.read_u8().await.unwrap(), 5);
    let methods = counted(tcp).await.into_bytes();
    let method = if wants { 2 } else { 0 };
    if !methods.contains(&method) {
        tcp.write_all(&[5, 0xff]).await.unwrap();
        return None;
    }
    tcp.write_all(&[5, method]).await.unwrap();
    let mut credentials = None;
    if wants {
        assert_eq!(tcp.read_u8().await.unwrap(), 1);
        credentials = Some((counted(tcp).await, counted(tcp).await));
        tcp.write_all(&[1, u8::from(!accepts)]).await.unwrap();
        if !accepts {
            return None;
        }
    }
    let mut start = [0; 4];
    tcp.read_exact(&mut start).await.unwrap();
    assert_eq!(start[..3], [5, 1, 0]);
    let name = if start[3] == 3 { counted(tcp).await } else { String::new() };
    let target = (start[3], name, tcp.read_u16().await.unwrap());
    tcp.write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
    Some(Asked { credentials, target })
}

#[tokio::test]
async fn socks_gets_the_name_and_the_credentials() {
    for credentials in [None, Some(("me".to_owned(), "pw".to_owned()))] {
        let (proxy, (acceptor, trust)) = (Port::open().await, tls_server(&[HOST]));
        let before = if credentials.is_some() { "me:pw@" } else { "" };
        let connector = by(&format!("socks5://{before}127.0.0.1:{}", proxy.number)).trusting_only(&trust);
        let serving = async {
            let mut tcp = proxy.accept().await;
            let asked = socks(&mut tcp, credentials.is_some(), true, 0).await;
            (asked, acceptor.accept(tcp).await.unwrap())
        };
        let (stream, (asked, _tls)) = join!(dial(&connector), serving);
        assert!(stream.is_ok());
        assert_eq!(asked, Some(Asked { credentials, target: (3, HOST.to_owned(), 443) }));
    }
}

/// Dials through a SOCKS5 proxy that says no.
async fn socks_refused(before: &str, wants: bool, reply: u8) -> ProxyFault {
    let proxy = Port::open().await;
    let connector = by(&format!("socks5://{before}127.0.0.1:{}", proxy.number));
    let serving = async {
        let mut tcp = proxy.accept().await;
        socks(&mut tcp, wants, false, reply).await;
    };
    let (outcome, ()) = join!(dial(&connector), serving);
    fault(outcome, proxy.number)
}

#[tokio::test]
async fn each_refusal_of_a_socks_proxy_has_its_kind() {
    assert!(matches!(socks_refused("", true, 0).await, ProxyFault::CredentialsMissing));
    assert!(matches!(socks_refused("me:Secret@", true, 0).await, ProxyFault::CredentialsRefused));
    for reply in 1..=9 {
        let fault = socks_refused("", false, reply).await;
        let is_right = match reply {
            1 | 3..=6 => matches!(fault, ProxyFault::NoWay { .. }),
            2 => matches!(fault, ProxyFault::Forbidden { .. }),
            _ => matches!(fault, ProxyFault::Refused { .. }),
        };
        assert!(is_right, "{reply}: {fault:?}");
    }
    let proxy = Port::open().await;
    let connector = by(&format!("socks5://127.0.0.1:{}", proxy.number));
    let http = async {
        proxy.accept().await.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    };
    let (outcome, ()) = join!(dial(&connector), http);
    assert!(matches!(fault(outcome, proxy.number), ProxyFault::NotAProxy { .. }));
    // Some close instead of sending the code that says why.
    let connector = by(&format!("socks5://me:Secret@127.0.0.1:{}", proxy.number));
    let curt = async {
        let mut tcp = proxy.accept().await;
        tcp.read_exact(&mut [0; 4]).await.unwrap();
    };
    let (outcome, ()) = join!(dial(&connector), curt);
    assert!(matches!(fault(outcome, proxy.number), ProxyFault::HungUp));
}

#[tokio::test(start_paused = true)]
async fn silent_proxy_times_out() {
    let proxy = Port::open().await;
    let connector = by(&format!("http://127.0.0.1:{}", proxy.number));
    let silent = async {
        let tcp = proxy.accept().await;
        tokio::time::sleep(Duration::from_mins(1)).await;
        drop(tcp);
    };
    let (outcome, ()) = join!(dial(&connector), silent);
    let fault = fault(outcome, proxy.number);
    assert!(matches!(fault, ProxyFault::Unreachable { kind: NetworkFault::TimedOut, .. }), "{fault:?}");
}

#[tokio::test]
async fn this_computer_is_never_reached_through_a_proxy() {
    let (proxy, server) = (Port::open().await, Port::open().await);
    for host in ["localhost", "127.0.0.1"] {
        let here = Origin { host: host.to_owned(), port: server.number, is_encrypted: false };
        let connector = by(&format!("http://127.0.0.1:{}", proxy.number));
        let (stream, mut accepted) = join!(connector.connect(&here), server.accept());
        drop(stream.unwrap());
        assert_eq!(read_head(&mut accepted).await, "", "nothing is said to a proxy");
    }
}

proptest! {
    /// Whatever is pasted as a proxy is refused or is read as what it shows.
    #[test]
    fn a_proxys_address_is_read_as_it_shows(text in "([a-z5]{2,7}://)?[a-zé%0-9:@\\[\\]./ \r\n-]{0,60}") {
        if let Ok(proxy) = text.parse::<ProxyUrl>() {
            let again: ProxyUrl = proxy.to_string().parse().unwrap();
            prop_assert_eq!(again.to_string(), proxy.to_string());
            prop_assert!(!proxy.to_string().contains('@'));
        }
    }
}
