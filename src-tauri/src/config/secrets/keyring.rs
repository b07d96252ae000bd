//! The system's keyring: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows. Every call may block for
//! ever, so all of them are made through [`super::ask`].

use keyring_core::{Entry, Error};

use crate::messages::KeyringFault;

const SERVICE: &str = "app.vivavoce.Vivavoce";

/// A connection to it. A new one for each question: what failed once may work the next time.
#[cfg(target_os = "linux")]
pub(crate) struct Keyring(std::sync::Arc<zbus_secret_service_keyring_store::Store>);

/// The system's own, which is always there.
#[cfg(not(target_os = "linux"))]
pub(crate) struct Keyring;

impl Keyring {
    /// Connects to it.
    pub(crate) fn open() -> Result<Self, KeyringFault> {
        // What fails here is the way to it, and not a lock.
        open().map_err(|error| KeyringFault::NoService(error.to_string()))
    }

    /// What is kept under this name; none when there is nothing.
    pub(crate) fn read(&self, account: &str) -> Result<Option<String>, KeyringFault> {
        match self.entry(account).and_then(|entry| entry.get_password()) {
            Ok(secret) => Ok(Some(secret)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(refused(&error)),
        }
    }

    /// Keeps this under this name.
    pub(crate) fn write(&self, account: &str, secret: &str) -> Result<(), KeyringFault> {
        self.entry(account).and_then(|entry| entry.set_password(secret)).map_err(|error| refused(&error))
    }

    /// Keeps nothing under this name any more.
    pub(crate) fn remove(&self, account: &str) -> Result<(), KeyringFault> {
        match self.entry(account).and_then(|entry| entry.delete_credential()) {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(refused(&error)),
        }
    }

    #[cfg(target_os = "linux")]
    fn entry(&self, account: &str) -> keyring_core::Result<Entry> {
        use keyring_core::api::CredentialStoreApi;

        self.0.build(SERVICE, account, None)
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "as on Linux")]
    fn entry(&self, account: &str) -> keyring_core::Result<Entry> {
        keyring::Entry::new(SERVICE, account).map(|entry| entry.inner)
    }
}

#[cfg(target_os = "linux")]
fn open() -> keyring_core::Result<Keyring> {
    zbus_secret_service_keyring_store::Store::new().map(Keyring)
}

#[cfg(not(target_os = "linux"))]
fn open() -> keyring_core::Result<Keyring> {
    match keyring::Entry::store_status() {
        Ok(()) => Ok(Keyring),
        Err(_) => Err(Error::NoDefaultStore),
    }
}

fn refused(error: &Error) -> KeyringFault {
    KeyringFault::Refused(error.to_string())
}
