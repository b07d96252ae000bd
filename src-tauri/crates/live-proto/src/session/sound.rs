//! The sound of a reply, from what the service sends to whole samples that can be played (PROTOCOL.md §4). Pure.
//!
//! The service sends `audio/pcm;rate=24000`, and others in front of it send more: no type at all, a WAV file in pieces,
//! pieces that end within a sample. `audio/L16` is big-endian by RFC 2586, but Google labels little-endian samples so
//! (`audio/L16;codec=pcm;rate=24000`, from its speech models), and whoever imitates it does too: it is read as
//! little-endian.

use super::event::Generation;
use crate::wire::Blob;

/// The rate of a reply that does not say it, in Hz (PROTOCOL.md §4).
const DEFAULT_RATE: u32 = 24_000;
/// Rates that can be meant, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 8_000..=48_000;
/// Bytes of one sample.
const SAMPLE: usize = 2;
/// How many types that can't be played are told, each once.
const TOLD: usize = 4;
/// How much of a type is told, in characters.
const TOLD_CHARS: usize = 80;

/// What became of a piece.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    /// 16-bit little-endian, mono, whole samples; maybe none.
    Pcm { pcm: Vec<u8>, rate: u32 },
    /// Sound in a form that is not played. `told`: that is to be told, as it was not before.
    Unplayable { mime: String, told: bool },
    /// No sound: a picture, or something new.
    Other { mime: String },
}

/// 16-bit samples.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pcm {
    rate: u32,
    channels: usize,
}

impl Pcm {
    fn is_playable(self) -> bool {
        RATES.contains(&self.rate) && matches!(self.channels, 1 | 2)
    }
}

/// What a type says.
#[derive(Debug, PartialEq)]
enum Form {
    Raw(Pcm),
    /// A WAV file, or the next piece of one.
    Wav,
    /// Nothing: the bytes must show it.
    Untyped,
    Sound,
    Other,
}

/// The sounds of a session's replies.
#[derive(Debug, Default)]
pub(super) struct Sounds {
    /// The beginning of a sample whose rest is in the next piece, and of which reply and form it is.
    rest: Option<(Generation, Pcm, Vec<u8>)>,
    /// What the header of a WAV file said, and of which reply.
    wav: Option<(Generation, Pcm)>,
    /// Types that were told to be unplayable.
    told: Vec<String>,
}

impl Sounds {
    /// The samples of a piece of this reply.
    pub(super) fn take(&mut self, blob: Blob, generation: Generation) -> Piece {
        let form = form_of(blob.mime_type.as_deref());
        let mut data = blob.data.unwrap_or_default().0;
        let pcm = match form {
            Form::Other => return Piece::Other { mime: shown(blob.mime_type) },
            // Whatever it is called.
            _ if is_wav(&data) => match header(&data) {
                Some((pcm, samples)) => {
                    data.truncate(samples.end);
                    data.drain(..samples.start);
                    self.wav = Some((generation, pcm));
                    Some(pcm)
                }
                None => None,
            },
            Form::Raw(pcm) => Some(pcm),
            Form::Wav => Some(match self.wav {
                Some((of, pcm)) if of == generation => pcm,
                _ => Pcm { rate: DEFAULT_RATE, channels: 1 },
            }),
            Form::Untyped if !is_compressed(&data) => Some(Pcm { rate: DEFAULT_RATE, channels: 1 }),
            Form::Untyped | Form::Sound => None,
        };
        match pcm.filter(|pcm| pcm.is_playable()) {
            Some(pcm) => Piece::Pcm { pcm: self.whole(data, pcm, generation), rate: pcm.rate },
            None => self.unplayable(shown(blob.mime_type)),
        }
    }

    /// Whole samples, mono. What is left of the last one waits for the next piece of the same reply.
    fn whole(&mut self, mut data: Vec<u8>, pcm: Pcm, generation: Generation) -> Vec<u8> {
        if let Some((of, form, rest)) = self.rest.take()
            && (of, form) == (generation, pcm)
        {
            data.splice(..0, rest);
        }
        let end = data.len() - data.len() % (SAMPLE * pcm.channels);
        if end < data.len() {
            self.rest = Some((generation, pcm, data.split_off(end)));
        }
        if pcm.channels == 2 { mixed(&data) } else { data }
    }

    fn unplayable(&mut self, mime: String) -> Piece {
        let told = self.told.len() < TOLD && !self.told.contains(&mime);
        if told {
            self.told.push(mime.clone());
        }
        Piece::Unplayable { mime, told }
    }
}

fn form_of(mime: Option<&str>) -> Form {
    const RAW: &[&str] =
        &["audio/pcm", "audio/l16", "audio/x-l16", "audio/lpcm", "audio/x-pcm", "audio/raw", "audio/x-raw"];
    const WAV: &[&str] = &["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"];
    let mut pieces = mime.unwrap_or_default().split(';').map(str::trim);
    let essence = pieces.next().unwrap_or_default();
    let is_one_of = |types: &[&str]| types.iter().any(|known| essence.eq_ignore_ascii_case(known));
    if essence.is_empty() {
        Form::Untyped
    } else if is_one_of(WAV) {
        Form::Wav
    } else if is_one_of(RAW) {
        Form::Raw(parameters(pieces))
    } else if essence.get(..6).is_some_and(|kind| kind.eq_ignore_ascii_case("audio/")) {
        Form::Sound
    } else {
        Form::Other
    }
}

fn parameters<'a>(pieces: impl Iterator<Item = &'a str>) -> Pcm {
    let mut pcm = Pcm { rate: DEFAULT_RATE, channels: 1 };
    for (name, value) in pieces.filter_map(|piece| piece.split_once('=')) {
        let number = value.trim().trim_matches('"').parse::<u32>().ok().filter(|number| *number > 0);
        let Some(number) = number else { continue };
        match name.trim() {
            name if name.eq_ignore_ascii_case("rate") => pcm.rate = number,
            name if name.eq_ignore_ascii_case("channels") => pcm.channels = number as usize,
            _ => {}
        }
    }
    pcm
}

fn is_wav(data: &[u8]) -> bool {
    data.starts_with(b"RIFF") && data.get(8..12) == Some(b"WAVE")
}

/// Whether the bytes are those of a compressed file.
fn is_compressed(data: &[u8]) -> bool {
    [&b"OggS"[..], b"fLaC", b"ID3", b"\x1aE\xdf\xa3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf1"]
        .iter()
        .any(|start| data.starts_with(start))
}

/// What the header of a WAV file says, and where its samples are. `None`: it is cut off, or holds no 16-bit samples.
fn header(data: &[u8]) -> Option<(Pcm, std::ops::Range<usize>)> {
    const EXTENSIBLE: u16 = 0xfffe;
    let half = |at: usize| Some(u16::from_le_bytes(data.get(at..at + 2)?.try_into().ok()?));
    let word = |at: usize| Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?));
    let mut at = 12;
    let mut form = None;
    loop {
        let (name, length) = (data.get(at..at + 4)?, word(at + 4)? as usize);
        let body = at + 8;
        match name {
            b"fmt " => {
                let tag = half(body)?;
                let tag = if tag == EXTENSIBLE { half(body + 24)? } else { tag };
                let is_pcm = (tag, half(body + 14)?) == (1, 16);
                form = is_pcm.then_some(Pcm { rate: word(body + 4)?, channels: half(body + 2)?.into() });
            }
            // One that is written while it is sent does not know its length.
            b"data" if length == 0 => return Some((form?, body..data.len())),
            b"data" => return Some((form?, body..body.saturating_add(length).min(data.len()))),
            _ => {}
        }
        at = body.checked_add(length)?.checked_add(length % 2)?;
    }
}

/// Two channels as one.
fn mixed(data: &[u8]) -> Vec<u8> {
    let sample = |bytes: &[u8]| i32::from(i16::from_le_bytes([bytes[0], bytes[1]]));
    let mix = |pair: &[u8]| i32::midpoint(sample(&pair[..2]), sample(&pair[2..])) as i16;
    data.chunks_exact(2 * SAMPLE).flat_map(|pair| mix(pair).to_le_bytes()).collect()
}

fn shown(mime: Option<String>) -> String {
    mime.unwrap_or_default().chars().take(TOLD_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(mime: Option<&str>, data: &[u8]) -> Blob {
        Blob { mime_type: mime.map(str::to_owned), data: Some(data.to_vec().into()), ..Blob::default() }
    }

    fn wav(rate: u32, channels: u16, bits: u16, length: u32, samples: &[u8]) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0\x01\0".to_vec();
        file.extend(channels.to_le_bytes());
        file.extend(rate.to_le_bytes());
        file.extend([0; 6]);
        file.extend(bits.to_le_bytes());
        file.extend(b"data");
        file.extend(length.to_le_bytes());
        file.extend(samples);
        file
    }

    fn heard(sounds: &mut Sounds, mime: Option<&str>, data: &[u8]) -> Option<(Vec<u8>, u32)> {
        match sounds.take(piece(mime, data), Generation(1)) {
            Piece::Pcm { pcm, rate } => Some((pcm, rate)),
            _ => None,
        }
    }

    #[test]
    fn what_is_16_bit_samples_is_played_whatever_it_is_called() {
        for (mime, rate) in [
            (Some("audio/pcm;rate=24000"), 24_000),
            (Some("audio/pcm"), 24_000),
            (Some("audio/PCM; rate=16000"), 16_000),
            (Some("audio/pcm;rate=oops"), 24_000),
            (Some("audio/L16;rate=24000"), 24_000),
            (Some("audio/L16;codec=pcm;rate=24000"), 24_000),
            (Some("audio/l16; RATE=\"48000\"; channels=1"), 48_000),
            (Some("audio/raw"), 24_000),
            (Some(""), 24_000),
            (None, 24_000),
        ] {
            let got = heard(&mut Sounds::default(), mime, &[1, 0, 2, 0]);
            assert_eq!(got, Some((vec![1, 0, 2, 0], rate)), "{mime:?}");
        }
    }

    #[test]
    fn a_wav_file_is_played_in_pieces() {
        let mut sounds = Sounds::default();
        let first = wav(16_000, 1, 16, u32::MAX, &[1, 0, 2]);
        assert_eq!(heard(&mut sounds, Some("audio/wav"), &first), Some((vec![1, 0], 16_000)));
        assert_eq!(heard(&mut sounds, Some("audio/wav"), &[0, 3, 0]), Some((vec![2, 0, 3, 0], 16_000)));
        let whole = wav(24_000, 1, 16, 2, &[4, 0, b'L', b'I', b'S', b'T']);
        for mime in [Some("audio/x-wav"), None, Some("audio/pcm;rate=16000")] {
            assert_eq!(heard(&mut sounds, mime, &whole), Some((vec![4, 0], 24_000)), "{mime:?}");
        }
    }

    #[test]
    fn two_channels_become_one() {
        let both = [100i16, 300, -4, -8].map(i16::to_le_bytes).concat();
        let one = [200i16, -6].map(i16::to_le_bytes).concat();
        let mut sounds = Sounds::default();
        let got = heard(&mut sounds, Some("audio/L16;rate=24000;channels=2"), &both[..5]);
        assert_eq!(got, Some((one[..2].to_vec(), 24_000)));
        let got = heard(&mut sounds, Some("audio/L16;rate=24000;channels=2"), &both[5..]);
        assert_eq!(got, Some((one[2..].to_vec(), 24_000)));
        assert_eq!(heard(&mut sounds, None, &wav(8_000, 2, 16, 8, &both)), Some((one, 8_000)));
    }

    #[test]
    fn what_cannot_be_played_is_told_once_for_each_type() {
        let mut sounds = Sounds::default();
        let mut told = |mime: Option<&str>, data: &[u8]| {
            let piece = sounds.take(piece(mime, data), Generation(1));
            matches!(piece, Piece::Unplayable { told: true, .. })
        };
        assert!(told(Some("audio/opus"), &[1, 2]));
        assert!(!told(Some("audio/opus"), &[1, 2]));
        assert!(told(None, b"OggS\0"));
        assert!(told(Some("audio/pcm;rate=96000"), &[1, 2]));
        assert!(told(Some("audio/wav"), &wav(24_000, 1, 24, 3, &[1, 2, 3])));
        assert!(!told(Some("audio/mpeg"), &[1, 2]), "four are enough");
    }

    #[test]
    fn half_a_sample_belongs_to_its_reply_alone() {
        let mut sounds = Sounds::default();
        let mime = Some("audio/pcm;rate=24000");
        let mut take = |generation, data: &[u8]| match sounds.take(piece(mime, data), Generation(generation))
        {
            Piece::Pcm { pcm, .. } => pcm,
            other => panic!("{other:?}"),
        };
        assert_eq!(take(1, &[1, 0, 2]), [1, 0]);
        assert_eq!(take(2, &[3, 0]), [3, 0]);
        assert!(take(2, &[4]).is_empty());
        assert!(take(2, &[]).is_empty());
        assert_eq!(take(2, &[0, 5]), [4, 0]);
    }
}
