//! A session bus that accepts connections and then answers nothing, like a broken keyring.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bus. Its connections stay open while the test runs.
pub(crate) struct SilentBus {
    address: String,
    connections: Arc<AtomicUsize>,
}

impl SilentBus {
    pub(crate) fn listen(socket: &Path) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                count.fetch_add(1, Ordering::SeqCst);
                // A client may disconnect at any time.
                std::thread::spawn(move || _ = greet(stream));
            }
        });
        Self { address: format!("unix:path={}", socket.display()), connections }
    }

    /// Returns the address for `DBUS_SESSION_BUS_ADDRESS`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Returns the number of connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Accepts the client (D-Bus specification, "Authentication Protocol"), answers its `Hello`, and then only reads.
fn greet(stream: UnixStream) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    while !line.starts_with("BEGIN") {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let words = line.trim_start_matches('\0');
        if words.starts_with("AUTH") {
            out.write_all(b"OK 0123456789abcdef0123456789abcdef\r\n")?;
        } else if words.starts_with("NEGOTIATE") {
            out.write_all(b"ERROR\r\n")?;
        }
    }
    let mut head = [0; 16];
    lines.read_exact(&mut head)?;
    let serial = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
    out.write_all(&welcome(serial))?;
    // Reads all requests without answering.
    std::io::copy(&mut lines, &mut std::io::sink()).map(|_| ())
}

/// Returns the answer to `Hello`: the client's name on the bus.
fn welcome(serial: u32) -> Vec<u8> {
    let name = b":1.1";
    let mut fields = vec![5, 1, b'u', 0];
    fields.extend(serial.to_le_bytes());
    fields.extend([8, 1, b'g', 0, 1, b's', 0, 0]);
    for (field, text) in [(6, &name[..]), (7, b"org.freedesktop.DBus")] {
        while fields.len() % 8 > 0 {
            fields.push(0);
        }
        fields.extend([field, 1, b's', 0]);
        fields.extend((text.len() as u32).to_le_bytes());
        fields.extend(text);
        fields.push(0);
    }
    let body = name.len() as u32 + 5;
    // Little endian, a method's return, no flags, version 1.
    let mut message = vec![b'l', 2, 0, 1];
    for number in [body, 1, fields.len() as u32] {
        message.extend(number.to_le_bytes());
    }
    message.extend(fields);
    while message.len() % 8 > 0 {
        message.push(0);
    }
    message.extend((name.len() as u32).to_le_bytes());
    message.extend(name);
    message.push(0);
    message
}
