//! What a client that means harm may send, by a seed: damaged messages, messages out of place, and bytes that are no
//! WebSocket at all. Shared by the tests and by the bench `hostile`.

use tokio_tungstenite::tungstenite::Message;

/// xorshift, so that a failure can be repeated.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

/// A setup that is taken.
pub(crate) const SETUP: &str = r#"{"setup":{"model":"models/gemini-3.8-live","tools":[{"functionDeclarations":[{"name":"get_weather","parameters":{"type":"OBJECT","properties":{"location":{"type":"STRING"}},"required":["location"]}}]}]}}"#;

const SEEDS: [&str; 15] = [
    SETUP,
    r#"{"realtimeInput":{"audio":{"data":"////fwCAAAABAP7/","mimeType":"audio/pcm;rate=16000"}}}"#,
    r#"{"realtimeInput":{"audio":{"data":"AAA","mimeType":"audio/pcm;rate=44100"}}}"#,
    r#"{"realtimeInput":{"video":{"data":"/9j/wAAL","mimeType":"image/jpeg"}}}"#,
    r#"{"realtimeInput":{"text":"what's the weather in 99999999999999999999 / 0 \u0000 🙂"}}"#,
    r#"{"realtimeInput":{"audioStreamEnd":true}}"#,
    r#"{"realtimeInput":{"activityStart":{}}}"#,
    r#"{"clientContent":{"turns":[{"role":"user","parts":[{"text":"1/0 + 1e309 my name is"}]}],"turnComplete":true}}"#,
    r#"{"clientContent":{"turnComplete":true}}"#,
    r#"{"toolResponse":{"functionResponses":[{"id":"x","name":"y","response":{"output":[[[[{}]]]]}}]}}"#,
    r#"{"contextUpdate":{"tools":{"tools":[{"functionDeclarations":[{"name":"_"}]}]}}}"#,
    r#"{"setup":{"model":"models/"}}"#,
    r#"{"setup":{"model":"models/gemini-3.8-live","realtimeInputConfig":{"automaticActivityDetection":{"prefixPaddingMs":-9223372036854775808,"silenceDurationMs":9223372036854775807}}}}"#,
    r#"{"setup":{"model":"models/gemini-3.8-live","sessionResumption":{"handle":"nobody's"},"contextWindowCompression":{"triggerTokens":"-1"}}}"#,
    "[[[[[[[[[[",
];

/// A message of the protocol with up to three faults in it, perhaps none.
pub(crate) fn damaged(dice: &mut Dice) -> Message {
    let mut frame = SEEDS[dice.roll(SEEDS.len())].as_bytes().to_vec();
    for _ in 0..dice.roll(4) {
        let at = dice.roll(frame.len());
        match dice.roll(4) {
            0 => frame[at] = dice.roll(256) as u8,
            1 => frame.truncate(at.max(1)),
            2 => {
                let piece = frame[at..].to_vec();
                frame.extend(piece);
            }
            _ => drop(frame.remove(at)),
        }
        if frame.is_empty() {
            frame.push(b'{');
        }
    }
    match String::from_utf8(frame) {
        Ok(text) => Message::text(text),
        Err(error) => Message::binary(error.into_bytes()),
    }
}

/// The first thing that a client sends.
pub(crate) enum First {
    Message(Message),
    /// Bytes behind the handshake.
    Raw(Vec<u8>),
}

pub(crate) fn first(dice: &mut Dice) -> First {
    match dice.roll(8) {
        0..5 => First::Message(damaged(dice)),
        5 => First::Message(Message::binary(noise(dice, 400))),
        6 => First::Message(Message::text(outsized(dice))),
        _ => First::Raw(broken_frame(dice)),
    }
}

fn noise(dice: &mut Dice, most: usize) -> Vec<u8> {
    (0..dice.roll(most)).map(|_| dice.roll(256) as u8).collect()
}

/// Deep, long or plenty.
fn outsized(dice: &mut Dice) -> String {
    let many = 1 + dice.roll(4_000);
    match dice.roll(5) {
        0 => format!("{{\"setup\":{}", "[".repeat(many)),
        1 => format!(r#"{{"setup":{{"model":"{}"}}}}"#, "é".repeat(many)),
        2 => format!(r#"{{"setup":{{"model":"models/gemini-3.8-live"{}}}}}"#, r#","model":"m""#.repeat(many)),
        3 => format!(r#"{{"{}":{{}}}}"#, "a".repeat(many)),
        _ => format!(
            r#"{{"setup":{{"model":"models/gemini-3.8-live","tools":[{{"functionDeclarations":[{}{{}}]}}]}}}}"#,
            r#"{"name":""},"#.repeat(many % 400)
        ),
    }
}

/// Bytes that break a rule of RFC 6455.
fn broken_frame(dice: &mut Dice) -> Vec<u8> {
    const MASKED: u8 = 0x80;
    let key = [0; 4];
    let framed = |first: u8, payload: &[u8]| {
        let mut frame = vec![first, MASKED | payload.len() as u8];
        frame.extend(key);
        frame.extend(payload);
        frame
    };
    match dice.roll(8) {
        // Not masked.
        0 => vec![0x81, 2, b'{', b'}'],
        // A reserved bit.
        1 => framed(0x81 | (0x10 << dice.roll(3)), b"{}"),
        // A reserved kind.
        2 => framed(0x83 + dice.roll(5) as u8, b"{}"),
        // A continuation of nothing.
        3 => framed(0x80, b"{}"),
        // A ping in pieces.
        4 => framed(0x09, b"?"),
        // A text that is no UTF-8.
        5 => framed(0x81, &[b'{', 0xff, 0xfe, b'}']),
        // A close with half a code.
        6 => framed(0x88, &[3]),
        // A length beyond every memory.
        _ => [&[0x82, MASKED | 127][..], &(u64::MAX >> 1).to_be_bytes(), &key].concat(),
    }
}
