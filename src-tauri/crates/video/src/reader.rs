//! The reader thread: opens the source, blocks on it, trims each frame and stores it in the exchange.
//!
//! Only this thread may block without a limit. It reads every frame, even when none is needed: macOS queues unread
//! frames without bound, and Linux would deliver stale ones.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use crate::VideoError;
use crate::exchange::{Exchange, Opened};
use crate::format::Layout;
use crate::mjpeg::{self, Damage};
use crate::picture::Frame;
use crate::source::{Opener, RawFrame, Source};

/// Starts the thread. It tells the exchange when it has ended, however it ends.
///
/// # Errors
/// When the system starts no more threads.
pub(crate) fn spawn(exchange: &Arc<Exchange>, opener: Opener) -> std::io::Result<JoinHandle<Option<()>>> {
    let exchange = Arc::clone(exchange);
    threads::spawn("camera-reader", move || {
        match threads::watched("camera-reader", || run(&exchange, opener)) {
            Some(Ok(())) => {}
            Some(Err(error)) => exchange.failed(error),
            None => {
                let cause = Arc::new(std::io::Error::other("the camera's driver code panicked"));
                exchange.failed(VideoError::Other { cause });
            }
        }
        exchange.reader_ended();
    })
}

fn run(exchange: &Exchange, opener: Opener) -> Result<(), VideoError> {
    let mut source = opener()?;
    if exchange.stopped() {
        return Ok(());
    }
    let (width, height) = source.size();
    exchange.opened(Opened { name: source.name(), width, height });
    read(exchange, source.as_mut())
}

fn read(exchange: &Exchange, source: &mut dyn Source) -> Result<(), VideoError> {
    let mut sequence = 0;
    while !exchange.stopped() {
        threads::test_point("camera-reader");
        source.next(&mut |raw| {
            let mut data = exchange.take_spare();
            match cut(raw, &mut data) {
                Ok(()) => {
                    let RawFrame { layout, width, height, .. } = raw;
                    exchange.put(Frame { layout, width, height, data, at: Instant::now(), sequence });
                }
                Err(damage) => {
                    tracing::debug!(%damage, sequence, "damaged frame dropped");
                    exchange.count_damaged();
                    exchange.give_spare(data);
                }
            }
            sequence += 1;
        })?;
    }
    Ok(())
}

/// Copies the frame's own bytes out of the source's memory.
fn cut(raw: RawFrame<'_>, out: &mut Vec<u8>) -> Result<(), Damage> {
    if raw.layout == Layout::Mjpeg {
        return mjpeg::extract(raw.data, out);
    }
    let bytes = raw.layout.frame_bytes(raw.width, raw.height).unwrap_or(0);
    let frame = raw.data.get(..bytes).ok_or(Damage::Truncated)?;
    out.clear();
    out.extend_from_slice(frame);
    Ok(())
}
