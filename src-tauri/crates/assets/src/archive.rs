//! Extracts one file from a zip archive, such as a Python package. Pure; the caller checks the archive's digest first.

use std::io::Read;

use flate2::read::DeflateDecoder;

const END_OF_DIRECTORY: &[u8] = b"PK\x05\x06";
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL_HEADER: &[u8] = b"PK\x03\x04";
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Size of the end record with the longest comment, in bytes.
const TAIL: usize = 22 + 65_535;

/// Returns the content of `member`, at most `most` bytes long; `None` when it is missing or unreadable.
pub(crate) fn member(archive: &[u8], member: &str, most: u64) -> Option<Vec<u8>> {
    let from = archive.len().saturating_sub(TAIL);
    let end = from + archive[from..].windows(4).rposition(|four| four == END_OF_DIRECTORY)?;
    let count = u16_at(archive, end + 10)?;
    let mut at = u32_at(archive, end + 16)? as usize;
    for _ in 0..count {
        let entry = archive.get(at..).filter(|rest| rest.starts_with(DIRECTORY_ENTRY))?;
        let name_length = usize::from(u16_at(entry, 28)?);
        let behind = 46 + name_length + usize::from(u16_at(entry, 30)?) + usize::from(u16_at(entry, 32)?);
        if entry.get(46..46 + name_length)? == member.as_bytes() {
            return content(archive, entry, most);
        }
        at = at.checked_add(behind)?;
    }
    None
}

fn content(archive: &[u8], entry: &[u8], most: u64) -> Option<Vec<u8>> {
    let method = u16_at(entry, 10)?;
    let packed = u32_at(entry, 20)? as usize;
    let size = u64::from(u32_at(entry, 24)?);
    let start = u32_at(entry, 42)? as usize;
    let local = archive.get(start..).filter(|rest| rest.starts_with(LOCAL_HEADER))?;
    // The local header's name and extra field may differ in length from the directory's.
    let skip = 30 + usize::from(u16_at(local, 26)?) + usize::from(u16_at(local, 28)?);
    let data = local.get(skip..skip.checked_add(packed)?)?;
    if size > most {
        return None;
    }
    let content = match method {
        STORED => data.to_vec(),
        DEFLATED => {
            let mut content = Vec::with_capacity(size as usize);
            DeflateDecoder::new(data).take(size + 1).read_to_end(&mut content).ok()?;
            content
        }
        _ => return None,
    };
    (content.len() as u64 == size).then_some(content)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at + 2)?;
    Some(u16::from_le_bytes([pair[0], pair[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::DeflateEncoder;
    use std::io::Write;

    /// Returns an archive of these files, every second one compressed.
    pub(crate) fn archive_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut all, mut directory) = (Vec::new(), Vec::new());
        for (n, (name, content)) in files.iter().enumerate() {
            let packed = if n % 2 == 0 {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(content).expect("memory");
                encoder.finish().expect("memory")
            } else {
                content.to_vec()
            };
            let method = if n % 2 == 0 { DEFLATED } else { STORED };
            let start = all.len() as u32;
            let mut middle = Vec::new();
            middle.extend(method.to_le_bytes());
            middle.extend([0; 8]);
            middle.extend((packed.len() as u32).to_le_bytes());
            middle.extend((content.len() as u32).to_le_bytes());
            middle.extend((name.len() as u16).to_le_bytes());
            middle.extend([0; 2]);
            all.extend([LOCAL_HEADER, &[20, 0, 0, 0], &middle, name.as_bytes(), &packed].concat());
            let tail = [&[0; 10][..], &start.to_le_bytes()].concat();
            directory
                .extend([DIRECTORY_ENTRY, &[20, 0, 20, 0, 0, 0], &middle, &tail, name.as_bytes()].concat());
        }
        let start = all.len() as u32;
        all.extend(&directory);
        let count = (files.len() as u16).to_le_bytes();
        all.extend([END_OF_DIRECTORY, &[0; 4], &count, &count].concat());
        all.extend((directory.len() as u32).to_le_bytes());
        all.extend(start.to_le_bytes());
        all.extend([0; 2]);
        all
    }

    #[test]
    fn a_member_is_extracted_unchanged() {
        let long = b"weights ".repeat(1_000);
        let archive = archive_of(&[("a/long", &long), ("b", b"short")]);
        assert_eq!(member(&archive, "a/long", 10_000).as_deref(), Some(&long[..]));
        assert_eq!(member(&archive, "b", 5).as_deref(), Some(&b"short"[..]));
        assert_eq!(member(&archive, "b", 4), None, "longer than it may be");
        assert_eq!(member(&archive, "c", 10), None);
    }

    #[test]
    fn no_damage_makes_it_panic() {
        let archive = archive_of(&[("a", b"some content that is long enough"), ("b", b"more")]);
        for at in 0..archive.len() {
            let _ = member(&archive[..at], "b", 1_000);
            let mut damaged = archive.clone();
            damaged[at] ^= 0xff;
            let _ = member(&damaged, "a", 1_000);
        }
    }
}
