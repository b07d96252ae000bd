//! Ids that nobody guesses.

use std::hash::{BuildHasher, RandomState};

/// 128 bits that nobody guesses, from the operating system's source of them.
pub(crate) fn random_id() -> String {
    let mut bits = [0; 16];
    if getrandom::fill(&mut bits).is_err() {
        // A system that gives none has started the hasher's keys with some.
        for (part, bits) in bits.chunks_exact_mut(8).enumerate() {
            bits.copy_from_slice(&RandomState::new().hash_one(part).to_le_bytes());
        }
    }
    format!("{:032x}", u128::from_le_bytes(bits))
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
}
