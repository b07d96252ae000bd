//! Files as people have them, made byte by byte.

use std::fmt::Write as _;
use std::path::PathBuf;

use hound::{SampleFormat, WavSpec, WavWriter};

use super::*;
use crate::error::Fault;

/// Creates a folder with one file.
struct Disk {
    _folder: tempfile::TempDir,
}

impl Disk {
    fn with(bytes: &[u8]) -> (Self, PathBuf) {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("voice.wav");
        std::fs::write(&path, bytes).expect("written");
        (Self { _folder: folder }, path)
    }
}

/// The beginning of a format chunk.
fn format(tag: u16, channels: u16, rate: u32, bits: u16, place: u16) -> Vec<u8> {
    let align = channels * place;
    let bytes_a_second = rate * u32::from(align);
    [
        &tag.to_le_bytes()[..],
        &channels.to_le_bytes(),
        &rate.to_le_bytes(),
        &bytes_a_second.to_le_bytes(),
        &align.to_le_bytes(),
        &bits.to_le_bytes(),
    ]
    .concat()
}

fn chunk(mark: &[u8], body: &[u8]) -> Vec<u8> {
    let mut chunk = [mark, &(body.len() as u32).to_le_bytes(), body].concat();
    if body.len() % 2 == 1 {
        chunk.push(0);
    }
    chunk
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    [&b"RIFF"[..], &(body.len() as u32 + 4).to_le_bytes(), b"WAVE", &body].concat()
}

fn plain(format: &[u8], sound: &[u8]) -> Vec<u8> {
    riff(&[chunk(b"fmt ", format), chunk(b"data", sound)])
}

fn all_of(bytes: &[u8]) -> Vec<f32> {
    let (_disk, path) = Disk::with(bytes);
    check_sound_file(&path).expect("it is whole");
    let mut mic = FileMic::open(&path).expect("open");
    let mut all = Vec::new();
    while !mic.is_over() {
        all.extend_from_slice(mic.read(1));
    }
    all.truncate(all.len() - mic.channels);
    all
}

fn refused(bytes: &[u8]) -> String {
    let (_disk, path) = Disk::with(bytes);
    let error = check_sound_file(&path).expect_err("it is refused");
    assert_eq!(error.fault(), Fault::Format, "{error}");
    let AudioError::File { source, .. } = error else { panic!("{error}") };
    source.to_string()
}

#[test]
fn every_sample_format_of_a_wav_gives_the_same_sound() {
    // Half of full scale, zero, and a quarter below.
    let expected = [0.5, 0.0, -0.25];
    let cases: [(&str, Vec<u8>, Vec<u8>); 7] = [
        ("8", format(1, 1, 8_000, 8, 1), vec![192, 128, 96]),
        (
            "16",
            format(1, 1, 8_000, 16, 2),
            [1_i16 << 14, 0, -1 << 13].iter().flat_map(|s| s.to_le_bytes()).collect(),
        ),
        ("24", format(1, 1, 8_000, 24, 3), vec![0, 0, 0x40, 0, 0, 0, 0, 0, 0xe0]),
        (
            "32",
            format(1, 1, 8_000, 32, 4),
            [1_i32 << 30, 0, -1 << 29].iter().flat_map(|s| s.to_le_bytes()).collect(),
        ),
        (
            "64",
            format(1, 1, 8_000, 64, 8),
            [1_i64 << 62, 0, -1 << 61].iter().flat_map(|s| s.to_le_bytes()).collect(),
        ),
        ("f32", format(3, 1, 8_000, 32, 4), expected.iter().flat_map(|s: &f32| s.to_le_bytes()).collect()),
        (
            "f64",
            format(3, 1, 8_000, 64, 8),
            expected.iter().flat_map(|s| f64::from(*s).to_le_bytes()).collect(),
        ),
    ];
    for (name, format, sound) in cases {
        assert_eq!(all_of(&plain(&format, &sound)), expected, "{name}");
    }
    let mu_law = all_of(&plain(&format(7, 1, 8_000, 8, 1), &[0x8f, 0xff]));
    assert!((mu_law[0] - 0.51).abs() < 0.01 && mu_law[1] == 0.0, "{mu_law:?}");
    let a_law = all_of(&plain(&format(6, 1, 8_000, 8, 1), &[0xa5 ^ 0x0f, 0xd5]));
    assert!(a_law[0] > 0.3 && a_law[1].abs() < 0.001, "{a_law:?}");
}

#[test]
fn a_wav_with_24_valid_bits_of_32_is_read() {
    let mut extensible = format(0xfffe, 1, 48_000, 32, 4);
    extensible.extend([22_u16.to_le_bytes(), 24_u16.to_le_bytes()].concat());
    extensible.extend(4_u32.to_le_bytes());
    extensible.extend([1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]);
    let tone = |n: usize| (std::f64::consts::TAU * 440.0 * n as f64 / 48_000.0).sin() / 2.0;
    let sound: Vec<u8> =
        (0..48_000).flat_map(|n| (((tone(n) * 8_388_608.0) as i32) << 8).to_le_bytes()).collect();
    let heard: Vec<i16> = all_of(&plain(&extensible, &sound)).into_iter().map(pcm::to_i16).collect();
    assert_eq!(heard.iter().map(|sample| sample.unsigned_abs()).max(), Some(16_384));
    let crossings = heard.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
    assert!(crossings.abs_diff(440) <= 1, "{crossings}");
}

#[test]
fn chunks_of_odd_length_before_the_sound_are_skipped() {
    let (format, sound) = (chunk(b"fmt ", &format(1, 1, 8_000, 16, 2)), [0, 0x40]);
    for padded in [true, false] {
        let mut odd = chunk(b"LIST", b"INFOx");
        odd.truncate(if padded { odd.len() } else { odd.len() - 1 });
        let file = riff(&[odd.clone(), format.clone(), odd, chunk(b"data", &sound), chunk(b"LIST", b"INFO")]);
        assert_eq!(all_of(&file), [0.5], "padded: {padded}");
    }
}

#[test]
fn a_streamed_wav_without_sizes_is_read_to_its_end() {
    let whole = plain(&format(1, 1, 8_000, 16, 2), &[0, 0x40, 0, 0x20]);
    for (riff_size, data_size) in [(0, 0), (u32::MAX, u32::MAX), (0x7fff_f024, 0x7fff_f000), (u32::MAX, 4)] {
        let mut streamed = whole.clone();
        streamed[4..8].copy_from_slice(&u32::to_le_bytes(riff_size));
        streamed[40..44].copy_from_slice(&u32::to_le_bytes(data_size));
        assert_eq!(all_of(&streamed), [0.5, 0.25], "{riff_size:#x} {data_size:#x}");
    }
}

#[test]
fn a_wav_over_4_gb_has_its_size_in_ds64() {
    let sizes = [100_u64, 4, 2].iter().flat_map(|size| size.to_le_bytes()).chain([0; 4]).collect::<Vec<u8>>();
    let mut file = riff(&[
        chunk(b"ds64", &sizes),
        chunk(b"fmt ", &format(1, 1, 8_000, 16, 2)),
        chunk(b"data", &[0, 0x40, 0, 0x20]),
        chunk(b"LIST", b"INFO"),
    ]);
    file[..4].copy_from_slice(b"RF64");
    file[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    let data = file.windows(4).position(|mark| mark == b"data").expect("data");
    file[data + 4..data + 8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(all_of(&file), [0.5, 0.25]);
}

#[test]
fn an_empty_wav_ends_at_once() {
    assert!(all_of(&plain(&format(1, 1, 8_000, 16, 2), &[])).is_empty());
    let with_list =
        riff(&[chunk(b"fmt ", &format(1, 1, 8_000, 16, 2)), chunk(b"data", &[]), chunk(b"LIST", b"INFO")]);
    assert!(all_of(&with_list).is_empty());
}

#[test]
fn a_wav_with_many_channels_is_read() {
    let sound: Vec<u8> = (0..64).flat_map(|n| (n * 256_i16).to_le_bytes()).collect();
    let heard = all_of(&plain(&format(1, 32, 48_000, 16, 2), &sound));
    assert_eq!((heard.len(), heard[32]), (64, 0.25));
}

#[test]
fn nan_in_a_float_wav_is_silence() {
    let sound: Vec<u8> =
        [0.5, f32::NAN, f32::INFINITY, f32::MAX, -0.5].iter().flat_map(|s| s.to_le_bytes()).collect();
    assert_eq!(all_of(&plain(&format(3, 1, 48_000, 32, 4), &sound)), [0.5, 0.0, 0.0, 8.0, -0.5]);
}

#[test]
fn an_unplayable_sound_file_is_refused() {
    let sound = [0; 64];
    let wav = plain(&format(1, 1, 8_000, 16, 2), &sound);
    let mut cut = wav.clone();
    cut.truncate(wav.len() - 10);
    let mut said = String::new();
    for (name, bytes) in [
        ("empty", vec![]),
        ("text", b"no sound at all".to_vec()),
        ("mp3", b"ID3\x04\0\0\0\0\0\0and the rest".to_vec()),
        ("bare mp3", b"\xff\xfb\x90\x64and the rest".to_vec()),
        ("ogg", b"OggS and the rest".to_vec()),
        ("m4a", b"\0\0\0\x20ftypM4A ".to_vec()),
        ("cut off", cut),
        ("header alone", wav[..30].to_vec()),
        ("no data", wav[..36].to_vec()),
        ("no format", riff(&[chunk(b"data", &sound)])),
        ("0 channels", plain(&format(1, 0, 8_000, 16, 2), &sound)),
        ("0 Hz", plain(&format(1, 1, 0, 16, 2), &sound)),
        ("10 MHz", plain(&format(1, 1, 10_000_000, 16, 2), &sound)),
        ("0 bits", plain(&format(1, 1, 8_000, 0, 2), &sound)),
        ("half floats", plain(&format(3, 1, 8_000, 16, 2), &sound)),
        ("adpcm", plain(&format(0x11, 1, 8_000, 4, 1), &sound)),
        ("mp3 in wav", plain(&format(0x55, 1, 8_000, 0, 1), &sound)),
        (
            "a chunk too long",
            riff(&[chunk(b"fmt ", &format(1, 1, 8_000, 16, 2)), b"LIST\xff\xff\xff\x7f".to_vec()]),
        ),
        ("cut flac", flac(4_000)[..3_000].to_vec()),
        ("flac's head", flac(4_000)[..42].to_vec()),
    ] {
        writeln!(said, "{name}: {}", refused(&bytes)).expect("written");
    }
    let expected = "empty: It is empty.
text: Only WAV and FLAC files can be played; this is neither.
mp3: Only WAV and FLAC files can be played; this looks like MP3.
bare mp3: Only WAV and FLAC files can be played; this looks like MP3.
ogg: Only WAV and FLAC files can be played; this looks like Ogg (Vorbis or Opus).
m4a: Only WAV and FLAC files can be played; this looks like MP4 (M4A).
cut off: It is cut off: 54 of 64 bytes of sound are there.
header alone: It is damaged: its format chunk is too short.
no data: It is damaged: there is no sound in it.
no format: It is damaged: it does not say how its sound is written.
0 channels: It claims 0 channels.
0 Hz: It claims a rate of 0 Hz.
10 MHz: It claims a rate of 10000000 Hz.
0 bits: It claims samples of 0 bits in 2 bytes.
half floats: It claims samples of 16 bits in 2 bytes.
adpcm: Its sound is packed as ADPCM; only plain samples, A-law, µ-law and FLAC are read.
mp3 in wav: Its sound is packed as MP3; only plain samples, A-law, µ-law and FLAC are read.
a chunk too long: It is damaged: a chunk is longer than the file.
cut flac: It is damaged: it ends in the middle of a frame.
flac's head: It is damaged: 0 of 4000 samples are there.
";
    assert_eq!(said, expected);
}

/// Creates a FLAC file with this many noise-like samples.
fn flac(samples: usize) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("voice.flac");
    crate::recording::sound_file::save_sound(&path, &noise(samples), 24_000).expect("saved");
    std::fs::read(path).expect("read")
}

fn noise(samples: usize) -> Vec<u8> {
    (0..samples).flat_map(|n| ((n * n * 7_919) as u16).to_le_bytes()).collect()
}

#[test]
fn a_flac_file_is_read_with_and_without_an_id3_tag() {
    let expected: Vec<f32> = pcm::samples(&noise(10_000)).map(pcm::to_f32).collect();
    let file = flac(10_000);
    assert_eq!(all_of(&file), expected);
    let tagged = [&b"ID3\x04\0\0\0\0\0\x03abc"[..], &file].concat();
    assert_eq!(all_of(&tagged), expected);
}

#[test]
fn folders_pipes_and_devices_are_refused_at_once() {
    let folder = tempfile::tempdir().expect("folder");
    let of = |path: &Path| match check_sound_file(path) {
        Err(AudioError::File { source, .. }) => source.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(of(folder.path()), "It is a folder.");
    if cfg!(unix) {
        assert_eq!(of(Path::new("/dev/zero")), "It is a pipe or a device, not a file.");
        let pipe = folder.path().join("voice.wav");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
        assert!(made.success());
        assert_eq!(of(&pipe), "It is a pipe or a device, not a file.");
    }
    let missing = check_sound_file(&folder.path().join("missing.wav")).expect_err("missing");
    assert_eq!(missing.fault(), Fault::Missing);
}

#[test]
fn a_stereo_wav_is_followed_by_silence() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("voice.wav");
    let spec =
        WavSpec { channels: 2, sample_rate: 22_050, bits_per_sample: 24, sample_format: SampleFormat::Int };
    let mut writer = WavWriter::create(&path, spec).expect("file");
    for sample in [1 << 22, -(1 << 22), 1 << 21, 0] {
        writer.write_sample(sample).expect("sample");
    }
    writer.finalize().expect("end");
    let mut mic = FileMic::open(&path).expect("open");
    assert_eq!(mic.format(), (22_050, 2));
    assert_eq!(mic.read(1), [0.5, -0.5]);
    assert!(!mic.is_over());
    assert_eq!(mic.read(2), [0.25, 0.0, 0.0, 0.0]);
    assert!(mic.is_over());
    assert_eq!(mic.read(1), [0.0, 0.0]);
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_the_reader(head in 0_usize..60, junk in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        for good in [plain(&format(1, 2, 8_000, 16, 2), &[7; 64]), flac(100)] {
            let bytes = [&good[..head.min(good.len())], &junk].concat();
            let (_disk, path) = Disk::with(&bytes);
            if let Ok(mut mic) = FileMic::open(&path) {
                _ = check_sound_file(&path);
                for _ in 0..100 {
                    mic.read(7);
                }
            }
        }
    }
}
