//! Finds the id in a message that is too large to be kept, or can't be read: whoever waits for it is told then. Pure.

/// Reads a JSON object byte by byte and remembers the number that its own field `id` has.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "the state of a reader of JSON")]
pub(super) struct MessageId {
    depth: usize,
    /// It is no object.
    is_none: bool,
    in_text: bool,
    is_escaped: bool,
    in_value: bool,
    /// The beginning of the last name in the object itself.
    name: Vec<u8>,
    number: Option<i64>,
    found: Option<i64>,
}

impl MessageId {
    /// The id of a whole message.
    pub(super) fn of(message: &[u8]) -> Option<i64> {
        let mut id = Self::default();
        id.read(message);
        id.found()
    }

    /// Reads on.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while let Some((byte, rest)) = bytes.split_first() {
            if self.is_none {
                return;
            }
            self.byte(*byte);
            bytes = rest;
            // Long texts are most of a large message.
            if self.in_text && !self.is_escaped && !self.is_name() {
                let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
                bytes = &rest[end.unwrap_or(rest.len())..];
            }
        }
    }

    /// What was found so far.
    pub(super) fn found(&self) -> Option<i64> {
        self.found
    }

    /// Whether a text here is a name in the object itself.
    fn is_name(&self) -> bool {
        self.depth == 1 && !self.in_value
    }

    fn byte(&mut self, byte: u8) {
        let is_name = self.is_name();
        if self.in_text {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_text = false,
                // One more than is compared.
                _ if is_name && self.name.len() < 3 => self.name.push(byte),
                _ => {}
            }
            return;
        }
        match byte {
            // No object.
            _ if self.depth == 0 && byte != b'{' => self.is_none |= !byte.is_ascii_whitespace(),
            b'"' => {
                self.in_text = true;
                if is_name {
                    self.name.clear();
                }
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                if self.depth == 1 {
                    self.end_value();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            b':' if self.depth == 1 => (self.in_value, self.number) = (true, None),
            b',' if self.depth == 1 => {
                self.end_value();
                self.in_value = false;
            }
            b'0'..=b'9' if self.depth == 1 && self.in_value && self.name == b"id" => {
                let digit = i64::from(byte - b'0');
                self.number = Some(self.number.unwrap_or(0).saturating_mul(10).saturating_add(digit));
            }
            _ => {}
        }
    }

    fn end_value(&mut self) {
        if self.name == b"id" {
            // No id of ours is so large.
            self.found = self.number.filter(|number| *number != i64::MAX).or(self.found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_of_the_message_itself_is_found() {
        for (message, id) in [
            (r#"{"jsonrpc":"2.0","id":17,"result":{"id":4}}"#, Some(17)),
            (r#"{"result":{"id":4,"x":"\"id\":5}"},"jsonrpc":"2.0","id": 18 }"#, Some(18)),
            (r#"{"result":[[{"id":4}]],"idx":3,"a":"id","id":19}"#, Some(19)),
            (r#"{"id":"seven"}"#, None),
            (r#"{"method":"x","params":{"id":4}}"#, None),
            (r#"{"id":99999999999999999999999}"#, None),
            ("}}]],:\"id\":5", None),
            ("", None),
        ] {
            assert_eq!(MessageId::of(message.as_bytes()), id, "{message}");
            let mut piecewise = MessageId::default();
            message.bytes().for_each(|byte| piecewise.read(&[byte]));
            assert_eq!(piecewise.found(), id, "{message}");
        }
    }
}
