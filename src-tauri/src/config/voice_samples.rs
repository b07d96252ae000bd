//! The samples of voices that were recorded from a model, kept in the user's cache folder: each is recorded once. A bounded
//! number; the oldest go. All calls block on the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest sample.
pub(crate) const LONGEST: Duration = Duration::from_secs(15);
/// How many are kept: two models' thirty voices, about 10 MB.
const MOST: usize = 60;
/// The longest name of a file. What has a longer one is recorded each time.
const LONGEST_NAME: usize = 200;

/// Where samples are kept; nowhere without a home folder or in a run from a profile.
#[derive(Clone, Debug, Default)]
pub(crate) struct VoiceSamples(Option<PathBuf>);

/// Which sample.
#[derive(Clone, Debug)]
pub(crate) struct SampleKey {
    /// Who speaks: the service, or a custom server's address.
    pub(crate) partner: String,
    /// The model's id.
    pub(crate) model: String,
    /// The voice's name.
    pub(crate) voice: String,
}

impl VoiceSamples {
    /// The user's own.
    pub(crate) fn of_user() -> Self {
        let folders = directories::ProjectDirs::from("app", "vivavoce", "Vivavoce");
        Self(folders.map(|folders| folders.cache_dir().join("voice-samples")))
    }

    /// In this folder.
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self(Some(folder))
    }

    /// Returns the sound of a sample, signed 16-bit little-endian mono, and its rate in Hz. `None` when it has to be
    /// recorded.
    pub(crate) fn load(&self, key: &SampleKey) -> Option<(Vec<u8>, u32)> {
        let place = self.place(key)?;
        if !place.is_file() {
            return None;
        }
        let read = audio::read_sound(&place, LONGEST).inspect_err(|error| {
            tracing::info!(%error, "a voice's sample can't be read and is recorded again");
        });
        read.ok().filter(|(pcm, _)| !pcm.is_empty())
    }

    /// Keeps a sample, and drops the oldest when there are too many.
    pub(crate) fn save(&self, key: &SampleKey, pcm: &[u8], rate: u32) {
        let Some(place) = self.place(key) else { return };
        let folder = place.parent().unwrap_or(&place);
        let saved = fs::create_dir_all(folder)
            .map_err(|error| error.to_string())
            .and_then(|()| audio::save_sound(&place, pcm, rate).map_err(|error| error.to_string()));
        match saved {
            Ok(()) => drop_oldest(folder),
            Err(error) => tracing::warn!(error, "a voice's sample can't be kept"),
        }
    }

    fn place(&self, key: &SampleKey) -> Option<PathBuf> {
        let folder = self.0.as_ref()?;
        let name = [&key.partner, &key.model, &key.voice].map(|part| plain(part)).join("~");
        (name.len() <= LONGEST_NAME).then(|| folder.join(format!("{name}.flac")))
    }
}

/// A text as a part of a file's name: no two texts have the same.
fn plain(text: &str) -> String {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02x}"),
    };
    text.bytes().map(letter).collect()
}

fn drop_oldest(folder: &Path) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut samples: Vec<_> = files
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "flac"))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    samples.sort();
    for (_, path) in samples.iter().take(samples.len().saturating_sub(MOST)) {
        _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(voice: &str) -> SampleKey {
        SampleKey { partner: "gemini".into(), model: "models/a".into(), voice: voice.into() }
    }

    #[test]
    fn a_sample_is_kept_and_read_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let samples = VoiceSamples::in_folder(folder.path().join("deep"));
        assert_eq!(samples.load(&key("Kore")), None);
        let pcm: Vec<u8> = (0..12_000_i16).flat_map(i16::to_le_bytes).collect();
        samples.save(&key("Kore"), &pcm, 24_000);
        let (read, rate) = samples.load(&key("Kore")).unwrap();
        assert_eq!((&read[..pcm.len()], rate), (&pcm[..], 24_000));
        assert_eq!(samples.load(&key("Puck")), None);
        let other = SampleKey { partner: "ws://127.0.0.1:1".into(), ..key("Kore") };
        assert_eq!(samples.load(&other), None, "another server has other voices");
        VoiceSamples::default().save(&key("Kore"), &pcm, 24_000);
    }

    #[test]
    fn names_of_others_stay_in_the_folder() {
        let samples = VoiceSamples::in_folder(PathBuf::from("samples"));
        for voice in ["../../x", "a/b", "C:\\x", "a b", "ü", "."] {
            let place = samples.place(&key(voice)).unwrap();
            assert_eq!(place.parent(), Some(Path::new("samples")), "{voice}");
            assert!(place.file_name().unwrap().to_str().unwrap().is_ascii());
        }
        assert!(samples.place(&key(&"long".repeat(100))).is_none());
    }

    #[test]
    fn the_oldest_go_and_a_broken_file_is_no_trouble() {
        let folder = tempfile::tempdir().unwrap();
        let samples = VoiceSamples::in_folder(folder.path().to_owned());
        for n in 0..=MOST {
            let place = samples.place(&key(&n.to_string())).unwrap();
            fs::write(&place, "no sound").unwrap();
            let at = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(n as u64);
            fs::File::options().write(true).open(&place).unwrap().set_modified(at).unwrap();
        }
        assert_eq!(samples.load(&key("0")), None);
        samples.save(&key("new"), &[1; 4_800], 24_000);
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, MOST);
        assert!(samples.load(&key("new")).is_some() && !samples.place(&key("0")).unwrap().exists());
    }
}
