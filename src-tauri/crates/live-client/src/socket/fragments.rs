//! Counts the fragments of each WebSocket message (RFC 6455 §5.4), below the WebSocket. Pure; never blocks.
//!
//! tungstenite bounds the bytes of a message and of a frame, but not how many frames make one message: a server that
//! sends empty continuations without an end would keep it busy without an end.

/// The most fragments of one message. A proxy that cuts the largest message that we take (16 MiB) into 4 KiB makes half as
/// many.
pub(crate) const MAX_FRAGMENTS: u32 = 8192;
/// Two bytes, eight of a long length, four of a mask (RFC 6455 §5.2).
const MAX_HEADER: usize = 14;
/// Opcodes from here on are control frames, which may stand between the fragments.
const FIRST_CONTROL: u8 = 8;

/// A message that came in too many fragments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message came in more than {MAX_FRAGMENTS} fragments")]
pub(crate) struct TooManyFragments;

/// The position in the stream of frames.
#[derive(Debug, Default)]
pub(crate) struct Fragments {
    header: [u8; MAX_HEADER],
    /// How many bytes of the current header are known.
    known: usize,
    /// How many bytes of the current payload are still to come.
    payload: u64,
    /// Fragments of the message that is not whole yet.
    open: u32,
}

impl Fragments {
    /// Takes the next bytes, cut anywhere.
    ///
    /// # Errors
    /// [`TooManyFragments`] once a message has too many.
    pub(crate) fn take(&mut self, mut bytes: &[u8]) -> Result<(), TooManyFragments> {
        while !bytes.is_empty() {
            if self.payload > 0 {
                let skipped = usize::try_from(self.payload).unwrap_or(usize::MAX).min(bytes.len());
                self.payload -= skipped as u64;
                bytes = &bytes[skipped..];
                continue;
            }
            self.header[self.known] = bytes[0];
            self.known += 1;
            bytes = &bytes[1..];
            if self.known >= 2 && self.known == self.header_length() {
                self.frame()?;
            }
        }
        Ok(())
    }

    fn header_length(&self) -> usize {
        let length = match self.header[1] & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mask = if self.header[1] & 0x80 == 0 { 0 } else { 4 };
        2 + length + mask
    }

    /// The header is whole.
    fn frame(&mut self) -> Result<(), TooManyFragments> {
        let [first, second, rest @ ..] = &self.header;
        let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        self.payload = match second & 0x7f {
            126 => number(&rest[..2]),
            127 => number(&rest[..8]),
            length => length.into(),
        };
        self.known = 0;
        let (is_last, opcode) = (first & 0x80 != 0, first & 0x0f);
        if opcode >= FIRST_CONTROL {
            return Ok(());
        }
        self.open = if is_last { 0 } else { self.open + 1 };
        if self.open > MAX_FRAGMENTS { Err(TooManyFragments) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(first: u8, is_masked: bool, payload: usize) -> Vec<u8> {
        let mut bytes = vec![first];
        let mask = if is_masked { 0x80 } else { 0_u8 };
        match payload {
            0..126 => bytes.push(mask | payload as u8),
            126..65536 => {
                bytes.push(mask | 0x7e);
                bytes.extend((payload as u16).to_be_bytes());
            }
            _ => {
                bytes.push(mask | 0x7f);
                bytes.extend((payload as u64).to_be_bytes());
            }
        }
        // What would be read as endless fragments where the payload's length is misread.
        bytes.extend(vec![0; payload + if is_masked { 4 } else { 0 }]);
        bytes
    }

    #[test]
    fn empty_fragments_without_end_are_not_taken() {
        let mut fragments = Fragments::default();
        fragments.take(&frame(0x01, false, 0)).unwrap();
        for _ in 1..MAX_FRAGMENTS {
            fragments.take(&frame(0x00, false, 0)).unwrap();
            // A ping in between is none of them, and does not begin anew.
            fragments.take(&frame(0x89, false, 125)).unwrap();
        }
        assert_eq!(fragments.take(&frame(0x00, false, 0)), Err(TooManyFragments));
    }

    #[test]
    fn whole_message_restarts_the_count() {
        let mut fragments = Fragments::default();
        for _ in 0..3 {
            for _ in 0..MAX_FRAGMENTS {
                fragments.take(&frame(0x02, true, 1)).unwrap();
            }
            fragments.take(&frame(0x80, true, 1)).unwrap();
        }
        for _ in 0..2 * MAX_FRAGMENTS {
            fragments.take(&frame(0x82, false, 3)).unwrap();
        }
    }

    proptest! {
        /// Frames of every length are passed over, however the bytes are cut.
        #[test]
        fn frames_are_told_apart_however_they_are_cut(
            frames in prop::collection::vec((prop::sample::select(vec![0x01_u8, 0x00, 0x80, 0x82, 0x89]), any::<bool>(), prop::sample::select(vec![0_usize, 1, 125, 126, 65535, 65536])), 1..12),
            cut in 1_usize..9000,
        ) {
            let bytes: Vec<u8> = frames.iter().flat_map(|(first, masked, length)| frame(*first, *masked, *length)).collect();
            let mut fragments = Fragments::default();
            for part in bytes.chunks(cut) {
                fragments.take(part).unwrap();
            }
            let open = frames.iter().filter(|(first, ..)| *first < 0x88).map(|(first, ..)| first & 0x80 == 0);
            let expected = open.fold(0, |count, is_open| if is_open { count + 1 } else { 0 });
            prop_assert_eq!((fragments.known, fragments.payload, fragments.open), (0, 0, expected));
        }
    }
}
