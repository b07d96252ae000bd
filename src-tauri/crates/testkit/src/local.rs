//! Local servers: ports, HTTP heads, TLS with a self-signed certificate.

// A test double panics with what it expected.
#![expect(clippy::unwrap_used)]

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Returns a TLS acceptor for these names and its self-signed certificate (DER).
pub fn tls_server(names: &[&str]) -> (TlsAcceptor, Vec<u8>) {
    let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    tls_server_with(&CertificateParams::new(names).unwrap())
}

/// Like [`tls_server`], with these certificate parameters.
pub fn tls_server_with(params: &CertificateParams) -> (TlsAcceptor, Vec<u8>) {
    let signing_key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&signing_key).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(server)), cert.der().to_vec())
}

/// A local port that is listened on.
#[derive(Debug)]
pub struct Port {
    listener: TcpListener,
    /// The port's number.
    pub number: u16,
}

impl Port {
    /// Listens on a free port.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let number = listener.local_addr().unwrap().port();
        Self { listener, number }
    }

    /// Accepts the next connection.
    pub async fn accept(&self) -> TcpStream {
        self.listener.accept().await.unwrap().0
    }
}

/// Returns a local port where nothing listens. It stays reserved while the socket is held.
pub fn closed_port() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let number = socket.local_addr().unwrap().port();
    (socket, number)
}

/// Reads the head of a request and nothing after it; an incomplete head if the connection closes.
pub async fn read_head(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n")
        && let Ok(byte) = stream.read_u8().await
    {
        head.push(byte);
    }
    String::from_utf8(head).unwrap()
}

/// Reads a request's head and answers it.
pub async fn answer(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), answer: &str) -> String {
    let head = read_head(stream).await;
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    head
}

/// Returns the value of a header.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
