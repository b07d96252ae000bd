//! The way to a server, tried on this computer: a TLS server that takes any name, and proxies in front of it.
//!
//! These tests are in the crate since they need what nobody else may have: trust in a certificate of their own.

mod endpoints;
mod proxies;
mod tokens;

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::dialer::Stream;
use crate::tls;

/// A TLS server for these names, and a client's trust in it and in nobody else.
pub(crate) fn tls_pair(names: &[&str]) -> (TlsAcceptor, tls::Config) {
    tls_pair_of(
        &CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap(),
    )
}

/// A TLS server with this certificate, signed by itself, and a client's trust in it and in nobody else.
pub(crate) fn tls_pair_of(params: &CertificateParams) -> (TlsAcceptor, tls::Config) {
    let signing_key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&signing_key).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(ring::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (TlsAcceptor::from(Arc::new(server)), Ok(Arc::new(tls::http1(client))))
}

/// A port of this computer.
struct Port {
    listener: TcpListener,
    number: u16,
}

impl Port {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let number = listener.local_addr().unwrap().port();
        Self { listener, number }
    }

    async fn accept(&self) -> TcpStream {
        self.listener.accept().await.unwrap().0
    }
}

/// A port of this computer where nobody listens, and nobody else will: it is taken as long as this is held.
fn closed_port() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let number = socket.local_addr().unwrap().port();
    (socket, number)
}

/// Reads a request's head and nothing behind it; one without its end is what came until the line was cut.
async fn read_head(stream: &mut impl Stream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n")
        && let Ok(byte) = stream.read_u8().await
    {
        head.push(byte);
    }
    String::from_utf8(head).unwrap()
}

/// Reads a request's head and answers it.
async fn answer(stream: &mut impl Stream, answer: &str) -> String {
    let head = read_head(stream).await;
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    head
}

/// The value of a header in a head.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
