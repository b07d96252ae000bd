//! Reads CTranslate2's `model.bin`: a header, then named variables, each with its shape, type and little-endian bytes.

use std::collections::HashMap;

use super::ConvertError;

/// The type number of half precision.
const FLOAT16: u8 = 4;
/// Limits above what any Whisper has.
const MOST_VARIABLES: u32 = 4_096;
const MOST_DIMENSIONS: u8 = 4;

/// A half-precision variable.
#[derive(Clone, Debug)]
pub(super) struct Tensor<'a> {
    pub(super) shape: Vec<usize>,
    bytes: &'a [u8],
}

impl<'a> Tensor<'a> {
    /// Returns its bits, row by row.
    pub(super) fn halves(&self) -> impl ExactSizeIterator<Item = u16> + 'a {
        self.bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
    }

    /// Returns the rows `from..to` along the first dimension.
    pub(super) fn rows(&self, from: usize, to: usize) -> Option<Self> {
        let (&count, rest) = self.shape.split_first()?;
        let row = 2 * rest.iter().product::<usize>();
        if from > to || to > count {
            return None;
        }
        let mut shape = self.shape.clone();
        shape[0] = to - from;
        Some(Self { shape, bytes: self.bytes.get(from * row..to * row)? })
    }
}

/// All variables by their names.
#[derive(Debug)]
pub(super) struct Weights<'a> {
    tensors: HashMap<String, Tensor<'a>>,
    numbers: HashMap<String, i64>,
}

impl<'a> Weights<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, ConvertError> {
        let mut reader = Reader { bytes };
        let _version = reader.u32()?;
        let _kind = reader.name()?;
        let _revision = reader.u32()?;
        let count = reader.u32()?;
        if count > MOST_VARIABLES {
            return Err(ConvertError::Malformed);
        }
        let (mut tensors, mut numbers) = (HashMap::new(), HashMap::new());
        for _ in 0..count {
            let name = reader.name()?;
            let rank = reader.u8()?;
            if rank > MOST_DIMENSIONS {
                return Err(ConvertError::Malformed);
            }
            let shape = (0..rank).map(|_| Ok(reader.u32()? as usize)).collect::<Result<Vec<_>, _>>()?;
            let kind = reader.u8()?;
            let length = reader.u32()? as usize;
            let data = reader.take(length)?;
            let elements = shape.iter().try_fold(1_usize, |all, &one| all.checked_mul(one));
            if kind == FLOAT16 && elements.and_then(|count| count.checked_mul(2)) == Some(length) {
                tensors.insert(name, Tensor { shape, bytes: data });
            } else if rank == 0 && (1..=2).contains(&length) {
                let value = data.iter().rev().fold(0_i64, |all, &byte| (all << 8) | i64::from(byte));
                numbers.insert(name, value);
            }
        }
        Ok(Self { tensors, numbers })
    }

    pub(super) fn tensor(&self, name: &str) -> Result<Tensor<'a>, ConvertError> {
        self.tensors.get(name).cloned().ok_or_else(|| ConvertError::Tensor(name.to_owned()))
    }

    pub(super) fn number(&self, name: &str) -> Result<i64, ConvertError> {
        self.numbers.get(name).copied().ok_or_else(|| ConvertError::Tensor(name.to_owned()))
    }

    /// Returns how many layers `encoder` or `decoder` has.
    pub(super) fn layers(&self, part: &str) -> usize {
        (0..MOST_VARIABLES)
            .take_while(|n| self.tensors.contains_key(&format!("{part}/layer_{n}/ffn/linear_0/weight")))
            .count()
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ConvertError> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or(ConvertError::Malformed)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn u8(&mut self) -> Result<u8, ConvertError> {
        Ok(self.take(1)?[0])
    }

    fn u16(&mut self) -> Result<u16, ConvertError> {
        let bytes = self.take(2)?;
        Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
    }

    fn u32(&mut self) -> Result<u32, ConvertError> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// Reads a length, then that many bytes, the last one zero.
    fn name(&mut self) -> Result<String, ConvertError> {
        let length = usize::from(self.u16()?);
        let bytes = self.take(length)?;
        let text = std::str::from_utf8(bytes).map_err(|_| ConvertError::Malformed)?;
        Ok(text.trim_end_matches('\0').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(variables: &[(&str, &[u32], u8, &[u8])]) -> Vec<u8> {
        let name = |text: &str| [&(text.len() as u16 + 1).to_le_bytes()[..], text.as_bytes(), &[0]].concat();
        let mut all = [&6_u32.to_le_bytes()[..], &name("WhisperSpec"), &3_u32.to_le_bytes()].concat();
        all.extend((variables.len() as u32).to_le_bytes());
        for (text, shape, kind, data) in variables {
            all.extend(name(text));
            all.push(shape.len() as u8);
            shape.iter().for_each(|one| all.extend(one.to_le_bytes()));
            all.push(*kind);
            all.extend((data.len() as u32).to_le_bytes());
            all.extend(*data);
        }
        all
    }

    #[test]
    fn variables_are_found_by_name_and_cut_by_rows() {
        let bytes = file(&[
            ("a/weight", &[3, 2], 4, &[1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]),
            ("heads", &[], 2, &[6, 0]),
        ]);
        let weights = Weights::read(&bytes).expect("read");
        let tensor = weights.tensor("a/weight").expect("there");
        assert_eq!(tensor.rows(1, 3).expect("rows").halves().collect::<Vec<_>>(), [3, 4, 5, 6]);
        assert!(tensor.rows(1, 4).is_none());
        assert_eq!(weights.number("heads"), Ok(6));
        assert_eq!(weights.tensor("b").err(), Some(ConvertError::Tensor("b".into())));
    }

    #[test]
    fn every_cut_of_a_file_is_refused_and_none_panics() {
        let bytes = file(&[("a", &[2], 4, &[1, 2, 3, 4]), ("b", &[], 2, &[1, 0])]);
        for end in 0..bytes.len() {
            assert_eq!(Weights::read(&bytes[..end]).err(), Some(ConvertError::Malformed), "cut at {end}");
        }
        let mut wild = bytes.clone();
        wild[20..].fill(0xff);
        assert!(Weights::read(&wild).is_err());
    }
}
