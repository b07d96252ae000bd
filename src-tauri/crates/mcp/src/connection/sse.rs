//! Server-sent events out of the pieces of a body, within bounds. Pure.

use sse_stream::Sse;

use super::MOST_BYTES;
use super::failure::TOO_LARGE;

/// An event is larger than what is taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{TOO_LARGE}")]
pub(super) struct TooLarge;

/// Reads events.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// The line that is not whole.
    line: Vec<u8>,
    event: Sse,
    /// The last byte was a carriage return: a line feed after it belongs to it.
    after_return: bool,
    ready: std::collections::VecDeque<Sse>,
}

impl Events {
    /// Takes a piece of the body.
    pub(super) fn take(&mut self, piece: &[u8]) -> Result<(), TooLarge> {
        for part in piece.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let (text, end) = match part.split_last() {
                Some((end @ (b'\n' | b'\r'), text)) => (text, Some(*end)),
                _ => (part, None),
            };
            let is_second_half =
                std::mem::take(&mut self.after_return) && text.is_empty() && end == Some(b'\n');
            if is_second_half {
                continue;
            }
            let held = self.line.len() + self.event.data.as_ref().map_or(0, String::len);
            if held + text.len() > MOST_BYTES {
                return Err(TooLarge);
            }
            self.line.extend_from_slice(text);
            if end.is_some() {
                self.after_return = end == Some(b'\r');
                self.line_ends();
            }
        }
        Ok(())
    }

    /// The next whole event.
    pub(super) fn next(&mut self) -> Option<Sse> {
        self.ready.pop_front()
    }

    fn line_ends(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            if event != Sse::default() {
                self.ready.push_back(event);
            }
            return;
        }
        let line = String::from_utf8_lossy(&line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => match &mut self.event.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.event.data = Some(value.to_owned()),
            },
            "event" => self.event.event = Some(value.to_owned()),
            "id" if !value.contains('\0') => self.event.id = Some(value.to_owned()),
            "retry" => self.event.retry = value.parse().ok(),
            // A comment, or a field that nobody knows.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pieces: &[&[u8]]) -> Vec<Sse> {
        let mut events = Events::default();
        for piece in pieces {
            events.take(piece).unwrap();
        }
        std::iter::from_fn(|| events.next()).collect()
    }

    #[test]
    fn events_are_the_same_however_the_body_is_cut() {
        let body = b": hello\nevent: message\r\nid: 4\rdata: {\"a\":\ndata: 1}\nretry: 50\n\n\n\r\ndata:x\n\ndata: half\n";
        let whole = all(&[body]);
        let first = Sse {
            event: Some("message".into()),
            data: Some("{\"a\":\n1}".into()),
            id: Some("4".into()),
            retry: Some(50),
        };
        assert_eq!(whole, [first, Sse { data: Some("x".into()), ..Sse::default() }]);
        for cut in 0..body.len() {
            assert_eq!(all(&[&body[..cut], &body[cut..]]), whole, "{cut}");
        }
        let single: Vec<&[u8]> = body.chunks(1).collect();
        assert_eq!(all(&single), whole);
    }

    #[test]
    fn an_event_without_an_end_is_not_kept() {
        let mut events = Events::default();
        let line = [b"data: ".as_slice(), &vec![b'x'; 1024 * 1024], b"\n"].concat();
        let taken = (0..10).take_while(|_| events.take(&line).is_ok()).count();
        assert_eq!(taken, 3);
        let mut events = Events::default();
        assert_eq!((0..10).take_while(|_| events.take(&vec![b'x'; 1024 * 1024]).is_ok()).count(), 4);
    }
}
