//! What is wrong with a server's certificate, or with its TLS, told apart by the library's own kinds. Pure.

use std::io;

use rustls::{CertificateError, Error};

/// Why there is no encrypted connection although something answers. The messages follow the name of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TlsFault {
    /// Signed by an authority that this computer does not know, or by itself.
    #[error("has a certificate that is not trusted")]
    Untrusted,
    /// The certificate is for other names.
    #[error("has a certificate for another name")]
    OtherName,
    /// It has expired, or this computer's clock is ahead.
    #[error("has a certificate that has expired")]
    Expired,
    /// It is not valid yet, or this computer's clock is behind.
    #[error("has a certificate that is not valid yet")]
    NotYetValid,
    /// Its authority revoked the certificate.
    #[error("has a certificate that was revoked")]
    Revoked,
    /// The certificate is damaged, or of a form that is not accepted.
    #[error("has a certificate that cannot be used")]
    Unusable,
    /// This computer's list of trusted authorities is empty or can't be read.
    #[error("cannot be checked: this computer has no list of trusted certificate authorities")]
    NoAuthorities,
    /// What answers does not speak TLS, or no version that we speak.
    #[error("does not answer in TLS")]
    Handshake,
}

impl TlsFault {
    /// Returns what an error of the handshake means; `None` when it is not an error of TLS.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        let error = error.get_ref()?.downcast_ref::<Error>()?;
        Some(match error {
            Error::InvalidCertificate(certificate) => Self::of_certificate(certificate),
            Error::NoCertificatesPresented => Self::Unusable,
            // From reading the trust store; a handshake fails with other kinds.
            Error::General(_) | Error::Other(_) => Self::NoAuthorities,
            _ => Self::Handshake,
        })
    }

    fn of_certificate(error: &CertificateError) -> Self {
        match error {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::OtherName
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::Revoked => Self::Revoked,
            // A bad signature: an authority of the same name and with another key. Others: a certificate that signed itself as
            // authorities do, and what the systems' own verifiers say.
            CertificateError::UnknownIssuer | CertificateError::BadSignature | CertificateError::Other(_) => {
                Self::Untrusted
            }
            _ => Self::Unusable,
        }
    }
}
