//! Sound files, read back by independent decoders.

use std::time::Duration;

use super::*;
use crate::error::Fault;
use proptest::prelude::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("folder")
}

fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

fn wav(path: &Path) -> Vec<i16> {
    let reader = hound::WavReader::open(path).expect("a complete file");
    let spec = reader.spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (1, 24_000, 16));
    reader.into_samples().map(|sample| sample.expect("sample")).collect()
}

/// Decodes with claxon, which checks each frame's CRC; the MD5 of the whole is checked here.
fn flac(path: &Path) -> Vec<i16> {
    let mut reader = claxon::FlacReader::open(path).expect("a complete file");
    let info = reader.streaminfo();
    assert_eq!((info.channels, info.sample_rate, info.bits_per_sample), (1, 24_000, 16));
    let samples: Vec<i16> = reader.samples().map(|sample| sample.expect("sample") as i16).collect();
    assert_eq!(info.samples, Some(samples.len() as u64));
    let mut sum = Context::new(16, 1);
    sum.fill_interleaved(&samples.iter().map(|sample| i32::from(*sample)).collect::<Vec<_>>()).expect("sum");
    assert_eq!(info.md5sum, sum.md5_digest());
    samples
}

fn names(folder: &tempfile::TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).expect("folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Returns something like a voice: a tone that swells, with noise.
fn voice(length: usize) -> Vec<i16> {
    let mut noise = 1_u32;
    (0..length)
        .map(|n| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let swell = (n as f32 / 9_000.0).sin();
            (swell * (n as f32 * 0.07).sin() * 9_000.0) as i16 + (noise >> 24) as i16
        })
        .collect()
}

#[test]
fn a_reply_is_saved_bit_for_bit_in_each_format() {
    let folder = folder();
    let samples = voice(50_001);
    for name in ["reply.wav", "reply.flac", "REPLY.FLAC", "reply"] {
        save_sound(&folder.path().join(name), &bytes(&samples), 24_000).expect("saved");
    }
    assert_eq!(wav(&folder.path().join("reply.wav")), samples);
    assert_eq!(wav(&folder.path().join("reply")), samples);
    assert_eq!(flac(&folder.path().join("reply.flac")), samples);
    assert_eq!(flac(&folder.path().join("REPLY.FLAC")), samples);
    assert_eq!(names(&folder).len(), 4, "nothing else is left: {:?}", names(&folder));
}

#[test]
fn flac_is_smaller() {
    let folder = folder();
    let size = |name: &str| {
        save_sound(&folder.path().join(name), &bytes(&voice(240_000)), 24_000).expect("saved");
        fs::metadata(folder.path().join(name)).expect("size").len()
    };
    let (wav, flac) = (size("reply.wav"), size("reply.flac"));
    assert!(flac * 3 < wav * 2, "{flac} of {wav} bytes");
}

#[test]
fn another_rate_is_resampled_to_24_khz_completely() {
    let folder = folder();
    let path = folder.path().join("reply.wav");
    save_sound(&path, &bytes(&voice(40_000)), 16_000).expect("saved");
    assert_eq!(wav(&path).len(), 60_000);
}

#[test]
fn the_old_file_stays_until_the_new_one_is_complete() {
    let folder = folder();
    let path = folder.path().join("reply.wav");
    fs::write(&path, "older").expect("write");
    let mut file = SoundFile::create(&path).expect("create");
    file.write(7).expect("write");
    assert_eq!(fs::read(&path).expect("read"), b"older");
    file.complete().expect("complete");
    assert_eq!((wav(&path), names(&folder)), (vec![7], vec!["reply.wav".to_owned()]));
}

#[test]
fn a_crash_keeps_what_was_flushed() {
    let folder = folder();
    let path = folder.path().join("reply.flac");
    let samples = voice(2 * BLOCK + 100);
    let mut file = SoundFile::create(&path).expect("create");
    samples.iter().try_for_each(|sample| file.write(*sample)).expect("write");
    file.flush().expect("flush");
    // As if the program crashed here.
    drop(file);
    assert_eq!(flac(&folder.path().join("reply.flac.part")), samples[..2 * BLOCK]);
    save_sound(&path, &bytes(&[1; 100]), 24_000).expect("saved");
    assert_eq!(flac(&path), [1; 100]);
    assert_eq!(names(&folder), ["reply.flac", "reply.flac.part"]);
}

#[test]
fn an_unwritable_place_is_an_error_and_leaves_nothing() {
    let folder = folder();
    let fault = |path: &Path| save_sound(path, &[0; 100], 24_000).expect_err("refused").fault();
    assert_eq!(fault(&folder.path().join("no/such/folder.wav")), Fault::Missing);
    assert_eq!(fault(folder.path()), Fault::Other);
    assert_eq!(names(&folder), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn links_and_special_files_are_not_replaced() {
    use std::os::unix::fs::FileTypeExt;
    let folder = folder();
    let (link, target) = (folder.path().join("link.wav"), folder.path().join("target.wav"));
    fs::write(&target, "older").expect("write");
    std::os::unix::fs::symlink(&target, &link).expect("link");
    save_sound(&link, &bytes(&[1, 2]), 24_000).expect("saved");
    assert_eq!((wav(&target), fs::symlink_metadata(&link).expect("link").is_symlink()), (vec![1, 2], true));
    save_sound(Path::new("/dev/null"), &[0; 100], 24_000).expect("swallowed");
    assert!(fs::metadata("/dev/null").expect("there").file_type().is_char_device());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    assert!(save_sound(Path::new("/dev/full"), &bytes(&voice(100_000)), 24_000).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn flac_of_any_length_decodes_to_its_input(samples in proptest::collection::vec(any::<i16>(), 1..200), blocks in 0_usize..2) {
        let folder = folder();
        let path = folder.path().join("reply.flac");
        let samples: Vec<i16> = voice(blocks * BLOCK).into_iter().chain(samples).collect();
        save_sound(&path, &bytes(&samples), 24_000).expect("saved");
        let mut decoded = flac(&path);
        if samples.len() % BLOCK < LEAST {
            prop_assert!(decoded.len() - samples.len() < LEAST);
            prop_assert!(decoded.drain(samples.len()..).all(|sample| sample == 0));
        }
        prop_assert_eq!(decoded, samples);
    }
}

#[cfg(unix)]
#[test]
fn a_new_file_is_private_and_an_old_one_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("folder");
    let (new, old) = (folder.path().join("new.wav"), folder.path().join("old.wav"));
    std::fs::write(&old, "before").expect("a file");
    std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o640)).expect("permissions");
    for (path, mode) in [(&new, 0o600), (&old, 0o640)] {
        save_sound(path, &[0; 200], SAVE_RATE).expect("saved");
        assert_eq!(std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777, mode);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_unwritable_place_is_noticed_beforehand() {
    let folder = folder();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    for place in [Path::new("/dev/full"), folder.path(), &folder.path().join("none/reply.wav"), &pipe] {
        assert!(matches!(check_save_path(place), Err(AudioError::Save { .. })), "{}", place.display());
    }
    let place = folder.path().join("reply.wav");
    fs::write(&place, "before").expect("a file");
    check_save_path(&place).expect("there is room");
    assert_eq!(
        (names(&folder), fs::read(&place).expect("it is there")),
        (vec!["pipe".into(), "reply.wav".into()], b"before".to_vec())
    );
    check_save_path(Path::new("/dev/null")).expect("it takes everything");
}

#[test]
fn what_was_saved_is_read_as_it_was() {
    let folder = folder();
    let pcm: Vec<u8> = (0..24_000_i16).flat_map(i16::to_le_bytes).collect();
    for name in ["a.wav", "a.flac"] {
        let place = folder.path().join(name);
        save_sound(&place, &pcm, SAVE_RATE).expect("saved");
        let (read, rate) = crate::read_sound(&place, Duration::from_mins(1)).expect("read");
        // The last frame of a FLAC file may be filled up with silence.
        assert_eq!((&read[..pcm.len()], rate), (&pcm[..], SAVE_RATE), "{name}");
        let (part, _) = crate::read_sound(&place, Duration::from_millis(100)).expect("read");
        assert_eq!(part, pcm[..4_800], "{name}");
    }
    assert!(crate::read_sound(&folder.path().join("none.wav"), Duration::MAX).is_err());
}
