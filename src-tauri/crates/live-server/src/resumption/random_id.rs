//! Ids that nobody guesses.

use std::hash::{BuildHasher, RandomState};

/// 128 bits that nobody guesses, in hexadecimal digits.
pub(crate) fn random_id() -> String {
    format!("{:032x}", random_bits())
}

/// A random UUID, of version 4.
pub(crate) fn random_uuid() -> String {
    let bits = random_bits() & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// 64 random bits as a decimal number.
pub(crate) fn random_decimal() -> String {
    ((random_bits() >> 64) as u64).to_string()
}

/// From the operating system's source of bits that nobody guesses.
fn random_bits() -> u128 {
    let mut bits = [0; 16];
    if getrandom::fill(&mut bits).is_err() {
        // A system that gives none has started the hasher's keys with some.
        for (part, bits) in bits.chunks_exact_mut(8).enumerate() {
            bits.copy_from_slice(&RandomState::new().hash_one(part).to_le_bytes());
        }
    }
    u128::from_le_bytes(bits)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn handles_are_long_and_have_nothing_in_common() {
        let handles: Vec<String> = (0..10_000).map(|_| random_id()).collect();
        assert!(handles.iter().all(|handle| handle.len() == 32));
        assert_eq!(handles.iter().collect::<HashSet<_>>().len(), handles.len());
        // Each bit is set in about half of them, and changes from one to the next about every other time.
        let bits: Vec<u128> =
            handles.iter().map(|handle| u128::from_str_radix(handle, 16).expect("hex")).collect();
        for bit in 0..128 {
            let set = bits.iter().filter(|bits| *bits >> bit & 1 == 1).count();
            let changed = bits.windows(2).filter(|pair| (pair[0] ^ pair[1]) >> bit & 1 == 1).count();
            assert!((4_500..5_500).contains(&set) && (4_500..5_500).contains(&changed), "bit {bit}");
        }
    }

    #[test]
    fn uuids_say_their_version() {
        for _ in 0..100 {
            let uuid = random_uuid();
            assert_eq!((uuid.len(), uuid.matches('-').count(), &uuid[14..15]), (36, 4, "4"), "{uuid}");
            assert!(uuid[19..20].contains(['8', '9', 'a', 'b']), "{uuid}");
        }
    }
}
