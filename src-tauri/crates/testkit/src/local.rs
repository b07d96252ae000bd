//! Servers on this computer: ports, heads of HTTP, TLS with a certificate that nobody else has signed.

// A double says what it expected by panicking.
#![expect(clippy::unwrap_used)]

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A TLS server for these names, and its certificate (DER), signed by itself.
pub fn tls_server(names: &[&str]) -> (TlsAcceptor, Vec<u8>) {
    let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    tls_server_with(&CertificateParams::new(names).unwrap())
}

/// The same with this certificate, signed by itself.
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

/// A port of this computer.
#[derive(Debug)]
pub struct Port {
    listener: TcpListener,
    /// Its number.
    pub number: u16,
}

impl Port {
    /// Opens one that is free.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let number = listener.local_addr().unwrap().port();
        Self { listener, number }
    }

    /// The next connection.
    pub async fn accept(&self) -> TcpStream {
        self.listener.accept().await.unwrap().0
    }
}

/// A port of this computer where nobody listens, and nobody else will: it is taken as long as this is held.
pub fn closed_port() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let number = socket.local_addr().unwrap().port();
    (socket, number)
}

/// Reads a request's head and nothing behind it; one without its end is what came until the line was cut.
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

/// The value of a header in a head.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
