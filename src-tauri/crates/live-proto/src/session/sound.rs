//! Converts the audio of a reply to whole samples that can be played (PROTOCOL.md §4). Pure.
//!
//! The service sends `audio/pcm;rate=24000`. Compatible servers also send no type at all, a WAV file in pieces, or
//! pieces that end within a sample. RFC 2586 defines `audio/L16` as big-endian, but Google uses the name for
//! little-endian samples (`audio/L16;codec=pcm;rate=24000`, from its speech models), and so do compatible servers. We
//! read it as little-endian.

use super::event::Generation;
use crate::wire::Blob;

/// The sample rate when the type does not give one, in Hz (PROTOCOL.md §4).
const DEFAULT_RATE: u32 = 24_000;
/// Accepted sample rates, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 8_000..=48_000;
/// Bytes of one sample.
const SAMPLE: usize = 2;
/// How many unplayable types are reported.
const MAX_REPORTED: usize = 4;
/// How much of a type is reported, in characters.
const REPORTED_CHARS: usize = 80;

/// The result for one piece.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    /// 16-bit little-endian, mono, whole samples; may be empty.
    Pcm { pcm: Vec<u8>, rate: u32 },
    /// Audio in a format that we can't play; `is_new` when the type was not reported before.
    Unplayable { mime: String, is_new: bool },
    /// Not audio: a picture or an unknown type.
    Other { mime: String },
}

/// The format of 16-bit samples.
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

/// The format that a MIME type stands for.
#[derive(Debug, PartialEq)]
enum Form {
    Raw(Pcm),
    /// A WAV file, or the next piece of one.
    Wav,
    /// No type: the bytes decide.
    Untyped,
    OtherAudio,
    Other,
}

/// The decoder for the audio of a session's replies.
#[derive(Debug, Default)]
pub(super) struct ReplyAudio {
    /// The start of a sample whose rest is in the next piece, with its reply and format.
    rest: Option<(Generation, Pcm, Vec<u8>)>,
    /// The format in the header of the reply's WAV file.
    wav: Option<(Generation, Pcm)>,
    /// Unplayable types that were reported.
    reported: Vec<String>,
}

impl ReplyAudio {
    /// Decodes one piece of a reply.
    pub(super) fn decode(&mut self, blob: Blob, generation: Generation) -> Piece {
        let form = form_of(blob.mime_type.as_deref());
        let mut data = blob.data.unwrap_or_default().0;
        let pcm = match form {
            Form::Other => return Piece::Other { mime: reported_mime(blob.mime_type) },
            // WAV, whatever type was given.
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
            Form::Untyped | Form::OtherAudio => None,
        };
        match pcm.filter(|pcm| pcm.is_playable()) {
            Some(pcm) => Piece::Pcm { pcm: self.whole_samples(data, pcm, generation), rate: pcm.rate },
            None => self.unplayable(reported_mime(blob.mime_type)),
        }
    }

    /// Returns whole samples, mono. An incomplete sample waits for the next piece of the same reply.
    fn whole_samples(&mut self, mut data: Vec<u8>, pcm: Pcm, generation: Generation) -> Vec<u8> {
        if let Some((of, form, rest)) = self.rest.take()
            && (of, form) == (generation, pcm)
        {
            data.splice(..0, rest);
        }
        let end = data.len() - data.len() % (SAMPLE * pcm.channels);
        if end < data.len() {
            self.rest = Some((generation, pcm, data.split_off(end)));
        }
        if pcm.channels == 2 { mix_to_mono(&data) } else { data }
    }

    fn unplayable(&mut self, mime: String) -> Piece {
        let is_new = self.reported.len() < MAX_REPORTED && !self.reported.contains(&mime);
        if is_new {
            self.reported.push(mime.clone());
        }
        Piece::Unplayable { mime, is_new }
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
        Form::OtherAudio
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

/// Returns whether the bytes start like a compressed file.
fn is_compressed(data: &[u8]) -> bool {
    [&b"OggS"[..], b"fLaC", b"ID3", b"\x1aE\xdf\xa3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf1"]
        .iter()
        .any(|start| data.starts_with(start))
}

/// Returns the format in a WAV header and where the samples are; `None` when the header is incomplete or the samples
/// are not 16-bit.
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
            // A streamed file does not know its length.
            b"data" if length == 0 => return Some((form?, body..data.len())),
            b"data" => return Some((form?, body..body.saturating_add(length).min(data.len()))),
            _ => {}
        }
        at = body.checked_add(length)?.checked_add(length % 2)?;
    }
}

/// Mixes two channels into one.
fn mix_to_mono(data: &[u8]) -> Vec<u8> {
    let sample = |bytes: &[u8]| i32::from(i16::from_le_bytes([bytes[0], bytes[1]]));
    let mix = |pair: &[u8]| i32::midpoint(sample(&pair[..2]), sample(&pair[2..])) as i16;
    data.chunks_exact(2 * SAMPLE).flat_map(|pair| mix(pair).to_le_bytes()).collect()
}

fn reported_mime(mime: Option<String>) -> String {
    mime.unwrap_or_default().chars().take(REPORTED_CHARS).collect()
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

    fn decoded(sounds: &mut ReplyAudio, mime: Option<&str>, data: &[u8]) -> Option<(Vec<u8>, u32)> {
        match sounds.decode(piece(mime, data), Generation(1)) {
            Piece::Pcm { pcm, rate } => Some((pcm, rate)),
            _ => None,
        }
    }

    #[test]
    fn sixteen_bit_samples_are_played_under_any_name() {
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
            let got = decoded(&mut ReplyAudio::default(), mime, &[1, 0, 2, 0]);
            assert_eq!(got, Some((vec![1, 0, 2, 0], rate)), "{mime:?}");
        }
    }

    #[test]
    fn a_wav_file_is_played_in_pieces() {
        let mut sounds = ReplyAudio::default();
        let first = wav(16_000, 1, 16, u32::MAX, &[1, 0, 2]);
        assert_eq!(decoded(&mut sounds, Some("audio/wav"), &first), Some((vec![1, 0], 16_000)));
        assert_eq!(decoded(&mut sounds, Some("audio/wav"), &[0, 3, 0]), Some((vec![2, 0, 3, 0], 16_000)));
        let whole = wav(24_000, 1, 16, 2, &[4, 0, b'L', b'I', b'S', b'T']);
        for mime in [Some("audio/x-wav"), None, Some("audio/pcm;rate=16000")] {
            assert_eq!(decoded(&mut sounds, mime, &whole), Some((vec![4, 0], 24_000)), "{mime:?}");
        }
    }

    #[test]
    fn two_channels_become_one() {
        let both = [100i16, 300, -4, -8].map(i16::to_le_bytes).concat();
        let one = [200i16, -6].map(i16::to_le_bytes).concat();
        let mut sounds = ReplyAudio::default();
        let got = decoded(&mut sounds, Some("audio/L16;rate=24000;channels=2"), &both[..5]);
        assert_eq!(got, Some((one[..2].to_vec(), 24_000)));
        let got = decoded(&mut sounds, Some("audio/L16;rate=24000;channels=2"), &both[5..]);
        assert_eq!(got, Some((one[2..].to_vec(), 24_000)));
        assert_eq!(decoded(&mut sounds, None, &wav(8_000, 2, 16, 8, &both)), Some((one, 8_000)));
    }

    #[test]
    fn an_unplayable_type_is_reported_once() {
        let mut sounds = ReplyAudio::default();
        let mut is_new = |mime: Option<&str>, data: &[u8]| {
            let piece = sounds.decode(piece(mime, data), Generation(1));
            matches!(piece, Piece::Unplayable { is_new: true, .. })
        };
        assert!(is_new(Some("audio/opus"), &[1, 2]));
        assert!(!is_new(Some("audio/opus"), &[1, 2]));
        assert!(is_new(None, b"OggS\0"));
        assert!(is_new(Some("audio/pcm;rate=96000"), &[1, 2]));
        assert!(is_new(Some("audio/wav"), &wav(24_000, 1, 24, 3, &[1, 2, 3])));
        assert!(!is_new(Some("audio/mpeg"), &[1, 2]), "four are enough");
    }

    #[test]
    fn half_a_sample_belongs_to_its_reply() {
        let mut sounds = ReplyAudio::default();
        let mime = Some("audio/pcm;rate=24000");
        let mut take =
            |generation, data: &[u8]| match sounds.decode(piece(mime, data), Generation(generation)) {
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
