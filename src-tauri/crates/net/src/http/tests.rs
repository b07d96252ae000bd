//! Requests against servers of this computer that answer well, badly and without an end.

use std::time::Duration;

use testkit::local::{Port, answer, header, read_head, tls_server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::join;
use tokio::time::Instant;

use super::{HttpRequest, is_header};
use crate::connector::Connector;
use crate::error::{NetError, NetworkFault};
use crate::origin::HttpUrl;
use crate::proxies::ProxyChoice;
use crate::scrub::Scrubber;

fn connector() -> Connector {
    Connector::new(ProxyChoice::None)
}

fn url(port: &Port, target: &str) -> HttpUrl {
    format!("http://127.0.0.1:{}{target}", port.number).parse().unwrap()
}

fn http(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn is_timed_out(error: &NetError) -> bool {
    matches!(error, NetError::Network { kind: NetworkFault::TimedOut, .. })
}

#[tokio::test]
async fn one_request_gets_one_bounded_answer() {
    let port = Port::open().await;
    let request = HttpRequest::get(url(&port, "/a").with_query([("q", "x y")]))
        .header("range", "bytes=1-")
        .secret_header("authorization", "Bearer Secret-1234")
        .at_most(4);
    let here = connector();
    let serving = async { answer(&mut port.accept().await, &http(206, "abcdef")).await };
    let (got, head) = join!(request.send(&here), serving);
    let got = got.unwrap();
    assert_eq!((got.status, got.body.as_slice(), got.is_cut), (206, &b"abcd"[..], true));
    assert_eq!(got.header("content-length"), Some("6"));
    assert!(head.starts_with("GET /a?q=x%20y HTTP/1.1\r\n"), "{head}");
    assert_eq!(header(&head, "host"), Some(format!("127.0.0.1:{}", port.number).as_str()));
    assert_eq!(header(&head, "range"), Some("bytes=1-"));
    assert_eq!(header(&head, "authorization"), Some("Bearer Secret-1234"));
    assert!(!format!("{request:?} {got:?}").contains("Secret"), "{request:?}");
}

#[tokio::test]
async fn a_header_of_any_name_is_sent_and_its_secret_comes_back_to_nobody() {
    let port = Port::open().await;
    let request = HttpRequest::get(url(&port, "/"))
        .named_header("X-Api-Key", "Secret-1234", true)
        .named_header("X-Kind", "plain-1234", false);
    let here = connector();
    let serving = async { answer(&mut port.accept().await, &http(200, "Secret-1234 plain-1234")).await };
    let (got, head) = join!(request.send(&here), serving);
    assert_eq!(got.unwrap().body, b"[redacted] plain-1234");
    assert_eq!(header(&head, "x-api-key"), Some("Secret-1234"));
    assert_eq!(header(&head, "x-kind"), Some("plain-1234"));
    for (name, value) in [("", "a"), ("a b", "a"), ("a\r\nb", "a"), ("a", "b\r\nc: d"), ("a", "\u{0}")] {
        assert!(!is_header(name, value), "{name:?} {value:?}");
        let request = HttpRequest::get(url(&port, "/")).named_header(name, value, true);
        assert!(request.send(&here).await.is_err(), "{name:?} {value:?}");
    }
}

#[tokio::test]
async fn a_form_is_posted_encoded() {
    let port = Port::open().await;
    let fields = [("grant_type", "urn:x"), ("client_secret", "Secret/1&2")];
    let request = HttpRequest::post_form(url(&port, "/token"), fields);
    let here = connector();
    let serving = async {
        let mut stream = port.accept().await;
        let head = read_head(&mut stream).await;
        let mut body = vec![0; header(&head, "content-length").unwrap().parse().unwrap()];
        stream.read_exact(&mut body).await.unwrap();
        stream.write_all(http(200, "").as_bytes()).await.unwrap();
        (head, String::from_utf8(body).unwrap())
    };
    let (got, (head, body)) = join!(request.send(&here), serving);
    assert_eq!(got.unwrap().status, 200);
    assert!(head.starts_with("POST /token HTTP/1.1\r\n"), "{head}");
    assert_eq!(header(&head, "content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(body, "grant_type=urn%3Ax&client_secret=Secret%2F1%262");
}

#[tokio::test]
async fn an_answer_that_repeats_a_secret_is_shown_without_it() {
    let port = Port::open().await;
    let request = HttpRequest::get(url(&port, "/"))
        .secret_header("x-goog-api-key", "AIzaSy-Secret")
        .scrubbing(&Scrubber::new(["ya29.Secret".to_owned()]));
    let here = connector();
    let repeated = "no \\u0041IzaSy-Secret, no ya29.Secret";
    let serving = async { answer(&mut port.accept().await, &http(401, repeated)).await };
    let (got, _) = join!(request.send(&here), serving);
    assert_eq!(String::from_utf8(got.unwrap().body).unwrap(), "no [redacted], no [redacted]");
}

#[tokio::test]
async fn invalid_header_is_not_sent() {
    let port = Port::open().await;
    let request = HttpRequest::get(url(&port, "/")).secret_header("x-key", "Secret\r\nx-evil: 1");
    let error = request.send(&connector()).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("Secret"), "{error:?}");
}

#[tokio::test]
async fn broken_answers_are_errors() {
    for nonsense in ["SSH-2.0-OpenSSH_9.2\r\n\r\n", &format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(300_000))]
    {
        let port = Port::open().await;
        let request = HttpRequest::get(url(&port, "/"));
        let here = connector();
        let serving = async {
            let mut stream = port.accept().await;
            read_head(&mut stream).await;
            // A client that has enough closes before the end.
            let _ = stream.write_all(nonsense.as_bytes()).await;
        };
        let (error, ()) = join!(request.send(&here), serving);
        let error = error.unwrap_err();
        assert!(matches!(error, NetError::BadAnswer { .. }), "{error:?}");
    }
    // A body that breaks off is none; of a refusal, what came is enough.
    for (status, is_enough) in [(200, false), (503, true)] {
        let port = Port::open().await;
        let request = HttpRequest::get(url(&port, "/"));
        let here = connector();
        let cut = format!("HTTP/1.1 {status} X\r\nContent-Length: 99\r\n\r\nbusy");
        let serving = async { answer(&mut port.accept().await, &cut).await };
        let (got, _) = join!(request.send(&here), serving);
        match got {
            Ok(got) => assert!(is_enough && got.body == b"busy", "{got:?}"),
            Err(error) => {
                let is_broken = matches!(error, NetError::Network { kind: NetworkFault::Broken, .. });
                assert!(!is_enough && is_broken, "{error:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_wait_has_its_limit() {
    let seconds = Duration::from_secs;
    // What the server sends before it falls silent, whether the answer is streamed, and when the client has enough.
    for (sent, is_streamed, limit) in [
        ("", false, 3),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", false, 3),
        ("", true, 3),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", true, 4),
    ] {
        let port = Port::open().await;
        let request = HttpRequest::get(url(&port, "/")).answer_within(seconds(3)).silence(seconds(4));
        let here = connector();
        let serving = async {
            let mut stream = port.accept().await;
            read_head(&mut stream).await;
            stream.write_all(sent.as_bytes()).await.unwrap();
            // Until the client goes away.
            while stream.read_u8().await.is_ok() {}
        };
        let begun = Instant::now();
        let asking = async {
            if !is_streamed {
                return request.send(&here).await.unwrap_err();
            }
            match request.stream(&here).await {
                Ok(stream) => stream.collect(99).await.unwrap_err(),
                Err(error) => error,
            }
        };
        let (error, ()) = join!(asking, serving);
        assert!(is_timed_out(&error), "{error:?}");
        assert_eq!(begun.elapsed(), seconds(limit), "{sent:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn dripping_body_ends_at_the_limit_for_all_of_it() {
    let port = Port::open().await;
    let request = HttpRequest::get(url(&port, "/")).within(Duration::from_mins(1));
    let here = connector();
    let dripping = async {
        let mut stream = port.accept().await;
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n").await;
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
    };
    let begun = Instant::now();
    let asking = async { request.stream(&here).await.unwrap().collect(99).await.unwrap_err() };
    let error = tokio::select! {
        error = asking => error,
        () = dripping => panic!("the client went away without a word"),
    };
    assert!(is_timed_out(&error), "{error:?}");
    assert_eq!(begun.elapsed(), Duration::from_mins(1));
}

#[tokio::test]
async fn a_streamed_body_comes_piece_by_piece() {
    let port = Port::open().await;
    let request = HttpRequest::post(url(&port, "/chat"), "application/json", "{}");
    let here = connector();
    let (seen, first_seen) = tokio::sync::oneshot::channel();
    let serving = async {
        let mut stream = port.accept().await;
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        answer(&mut stream, &format!("{head}3\r\none\r\n")).await;
        first_seen.await.unwrap();
        stream.write_all(b"3\r\ntwo\r\n0\r\n\r\n").await.unwrap();
    };
    let asking = async {
        let mut stream = request.stream(&here).await.unwrap();
        assert!(stream.is_success());
        assert_eq!(stream.header("content-type"), Some("text/event-stream"));
        assert_eq!(stream.next().await.unwrap().as_deref(), Some(&b"one"[..]));
        seen.send(()).unwrap();
        assert_eq!(stream.next().await.unwrap().as_deref(), Some(&b"two"[..]));
        assert_eq!(stream.next().await.unwrap(), None);
    };
    join!(asking, serving);
}

fn sends_to(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

#[tokio::test]
async fn redirects_are_followed_where_they_are_wanted() {
    let port = Port::open().await;
    let here = connector();
    let serving = async {
        let mut heads = Vec::new();
        for said in [sends_to("/b"), http(200, "there"), sends_to("/b")] {
            heads.push(answer(&mut port.accept().await, &said).await);
        }
        heads
    };
    let asking = async {
        let request = HttpRequest::get(url(&port, "/a")).header("range", "bytes=5-");
        let followed = request.clone().redirects(1).send(&here).await.unwrap();
        assert_eq!((followed.status, followed.body.as_slice()), (200, &b"there"[..]));
        assert_eq!(request.send(&here).await.unwrap().status, 302, "an answer like any other");
    };
    let ((), heads) = join!(asking, serving);
    assert!(heads[1].starts_with("GET /b HTTP/1.1\r\n"), "{heads:?}");
    assert_eq!(header(&heads[1], "range"), Some("bytes=5-"));
}

#[tokio::test]
async fn redirects_end_and_do_not_leave_encryption() {
    let (port, elsewhere) = (Port::open().await, Port::open().await);
    let here = connector();
    for (location, said) in [
        ("/round/and/round", "from one address to the next"),
        (&format!("http://127.0.0.1:{}/", elsewhere.number), "not https"),
        ("http://example.org/", "not https"),
    ] {
        let request = HttpRequest::get(url(&port, "/")).redirects(2);
        let serving = async {
            loop {
                answer(&mut port.accept().await, &sends_to(location)).await;
            }
        };
        let error = tokio::select! {
            outcome = request.send(&here) => outcome.unwrap_err(),
            () = serving => unreachable!(),
        };
        assert!(error.to_string().contains(said), "{error}");
    }
    let nobody = tokio::time::timeout(Duration::ZERO, elsewhere.accept()).await;
    assert!(nobody.is_err(), "nobody came");
}

#[tokio::test]
async fn a_secret_goes_to_no_other_server() {
    let (first, second) = (Port::open().await, Port::open().await);
    let (acceptor, certificate) = tls_server(&["127.0.0.1"]);
    let trusting = connector().trusting_only(&certificate);
    let request = HttpRequest::get(format!("https://127.0.0.1:{}/a", first.number).parse().unwrap())
        .secret_header("authorization", "Bearer Secret")
        .header("accept", "text/plain")
        .redirects(2);
    let serving = async {
        let mut heads = Vec::new();
        let there = format!("https://127.0.0.1:{}/c", second.number);
        for (port, said) in [(&first, sends_to("/b")), (&first, sends_to(&there)), (&second, http(200, ""))] {
            let mut tls = acceptor.accept(port.accept().await).await.unwrap();
            heads.push(answer(&mut tls, &said).await);
        }
        heads
    };
    let (got, heads) = join!(request.send(&trusting), serving);
    assert_eq!(got.unwrap().status, 200);
    let sent: Vec<_> = heads.iter().map(|head| header(head, "authorization")).collect();
    assert_eq!(sent, [Some("Bearer Secret"), Some("Bearer Secret"), None]);
    assert_eq!(header(&heads[2], "accept"), Some("text/plain"));
}
