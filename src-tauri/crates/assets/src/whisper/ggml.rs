//! Writes whisper.cpp's file: sizes, filters, vocabulary, then the tensors under OpenAI's names and in OpenAI's order.
//!
//! Like whisper.cpp's own quantiser, this keeps convolutions in half precision, and one-dimensional tensors and
//! position tables in single precision.

use std::collections::HashMap;

use super::ConvertError;
use super::ct2::{Tensor, Weights};
use super::mel::{self, BINS, MELS};
use super::quantise::{BLOCK, block, single_of};

const MAGIC: u32 = 0x6767_6d6c;
/// The file type: version 2 of the quantisation, mostly q5_1.
const FILE_TYPE: u32 = 2_009;
const SINGLE: u32 = 0;
const HALF: u32 = 1;
const Q5_1: u32 = 7;
/// The first of Whisper's own marks, which the reader makes itself; in files of English models it is written.
const TEXT_TOKENS_END: &str = "<|endoftext|>";
/// Models with so many tokens or more understand several languages.
const MULTILINGUAL: usize = 51_865;

/// How a tensor is stored.
#[derive(Clone, Copy)]
enum Form {
    Single,
    /// A bias of a convolution: single, with a second dimension of one.
    Column,
    Half,
    Blocks,
}

pub(super) fn write(weights: &Weights<'_>, vocabulary: &[u8]) -> Result<Vec<u8>, ConvertError> {
    let shape = |name: &str, rank: usize| {
        let tensor = weights.tensor(name)?;
        if tensor.shape.len() == rank { Ok(tensor.shape) } else { Err(ConvertError::Tensor(name.to_owned())) }
    };
    let vocabulary_size = shape("decoder/embeddings/weight", 2)?[0];
    let audio = shape("encoder/position_encodings/encodings", 2)?;
    let text = shape("decoder/position_encodings/encodings", 2)?;
    let heads = weights.number("encoder/num_heads")? as u32;
    let text_heads = weights.number("decoder/num_heads")? as u32;
    let (encoders, decoders) = (weights.layers("encoder"), weights.layers("decoder"));
    let mut out = Vec::new();
    let header = [
        MAGIC,
        vocabulary_size as u32,
        audio[0] as u32,
        audio[1] as u32,
        heads,
        encoders as u32,
        text[0] as u32,
        text[1] as u32,
        text_heads,
        decoders as u32,
        MELS as u32,
        FILE_TYPE,
        MELS as u32,
        BINS as u32,
    ];
    out.extend(header.iter().flat_map(|number| number.to_le_bytes()));
    out.extend(mel::filters().iter().flat_map(|weight| weight.to_le_bytes()));
    tokens(vocabulary, vocabulary_size >= MULTILINGUAL, &mut out)?;
    let mut writer = Writer { weights, out };
    writer.part("encoder", encoders, audio[1])?;
    writer.part("decoder", decoders, text[1])?;
    Ok(writer.out)
}

/// Writes the text tokens as their bytes.
fn tokens(vocabulary: &[u8], is_multilingual: bool, out: &mut Vec<u8>) -> Result<(), ConvertError> {
    let text = std::str::from_utf8(vocabulary).map_err(|_| ConvertError::Malformed)?;
    let bytes_of = byte_table();
    let end = text.lines().position(|token| token == TEXT_TOKENS_END);
    let end = end.map_or(usize::MAX, |at| at + usize::from(!is_multilingual));
    let all: Vec<Vec<u8>> = text
        .lines()
        .take(end)
        .map(|token| token.chars().map(|letter| bytes_of.get(&letter).copied()).collect::<Option<Vec<u8>>>())
        .collect::<Option<_>>()
        .ok_or(ConvertError::Malformed)?;
    out.extend((all.len() as u32).to_le_bytes());
    for token in all {
        out.extend((token.len() as u32).to_le_bytes());
        out.extend(token);
    }
    Ok(())
}

/// Returns GPT-2's mapping from letters to bytes: visible bytes map to themselves, the others to letters from U+0100
/// on.
fn byte_table() -> HashMap<char, u8> {
    let mut next = 0x100;
    (0..=u8::MAX)
        .map(|byte| {
            let visible = matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
            let letter = if visible {
                char::from(byte)
            } else {
                next += 1;
                char::from_u32(next - 1).unwrap_or_default()
            };
            (letter, byte)
        })
        .collect()
}

struct Writer<'a> {
    weights: &'a Weights<'a>,
    out: Vec<u8>,
}

impl Writer<'_> {
    /// The encoder or the decoder.
    fn part(&mut self, part: &str, layers: usize, width: usize) -> Result<(), ConvertError> {
        let decoder = part == "decoder";
        let positions = format!("{part}/position_encodings/encodings");
        self.named(&format!("{part}.positional_embedding"), &positions, Form::Single)?;
        if decoder {
            self.named("decoder.token_embedding.weight", "decoder/embeddings/weight", Form::Blocks)?;
        } else {
            for n in 1..=2 {
                self.named(
                    &format!("encoder.conv{n}.weight"),
                    &format!("encoder/conv{n}/weight"),
                    Form::Half,
                )?;
                self.named(&format!("encoder.conv{n}.bias"), &format!("encoder/conv{n}/bias"), Form::Column)?;
            }
        }
        for n in 0..layers {
            let (to, from) = (format!("{part}.blocks.{n}"), format!("{part}/layer_{n}"));
            self.own_attention(&format!("{to}.attn"), &format!("{from}/self_attention"), width)?;
            self.norm(&format!("{to}.attn_ln"), &format!("{from}/self_attention/layer_norm"))?;
            if decoder {
                self.cross_attention(&format!("{to}.cross_attn"), &format!("{from}/attention"), width)?;
                self.norm(&format!("{to}.cross_attn_ln"), &format!("{from}/attention/layer_norm"))?;
            }
            self.linear(&format!("{to}.mlp.0"), &format!("{from}/ffn/linear_0"))?;
            self.linear(&format!("{to}.mlp.2"), &format!("{from}/ffn/linear_1"))?;
            self.norm(&format!("{to}.mlp_ln"), &format!("{from}/ffn/layer_norm"))?;
        }
        let last = if decoder { "decoder.ln" } else { "encoder.ln_post" };
        self.norm(last, &format!("{part}/layer_norm"))
    }

    /// CTranslate2 joins query, key and value into one matrix; the keys' bias is zero and OpenAI has none.
    fn own_attention(&mut self, to: &str, from: &str, width: usize) -> Result<(), ConvertError> {
        let joined = format!("{from}/linear_0");
        self.slice(&format!("{to}.query"), &joined, 0, width, true)?;
        self.slice(&format!("{to}.key"), &joined, width, 2 * width, false)?;
        self.slice(&format!("{to}.value"), &joined, 2 * width, 3 * width, true)?;
        self.linear(&format!("{to}.out"), &format!("{from}/linear_1"))
    }

    /// Here key and value are joined, and the query is separate.
    fn cross_attention(&mut self, to: &str, from: &str, width: usize) -> Result<(), ConvertError> {
        let joined = format!("{from}/linear_1");
        self.linear(&format!("{to}.query"), &format!("{from}/linear_0"))?;
        self.slice(&format!("{to}.key"), &joined, 0, width, false)?;
        self.slice(&format!("{to}.value"), &joined, width, 2 * width, true)?;
        self.linear(&format!("{to}.out"), &format!("{from}/linear_2"))
    }

    fn linear(&mut self, to: &str, from: &str) -> Result<(), ConvertError> {
        self.named(&format!("{to}.weight"), &format!("{from}/weight"), Form::Blocks)?;
        self.named(&format!("{to}.bias"), &format!("{from}/bias"), Form::Single)
    }

    fn norm(&mut self, to: &str, from: &str) -> Result<(), ConvertError> {
        self.named(&format!("{to}.weight"), &format!("{from}/gamma"), Form::Single)?;
        self.named(&format!("{to}.bias"), &format!("{from}/beta"), Form::Single)
    }

    fn slice(
        &mut self,
        to: &str,
        from: &str,
        start: usize,
        end: usize,
        bias: bool,
    ) -> Result<(), ConvertError> {
        let rows =
            |name: String| self.weights.tensor(&name)?.rows(start, end).ok_or(ConvertError::Tensor(name));
        let (weight, offset) = (rows(format!("{from}/weight"))?, rows(format!("{from}/bias"))?);
        self.tensor(&format!("{to}.weight"), &weight, Form::Blocks)?;
        if bias {
            self.tensor(&format!("{to}.bias"), &offset, Form::Single)?;
        }
        Ok(())
    }

    fn named(&mut self, to: &str, from: &str, form: Form) -> Result<(), ConvertError> {
        let tensor = self.weights.tensor(from)?;
        self.tensor(to, &tensor, form)
    }

    fn tensor(&mut self, name: &str, tensor: &Tensor<'_>, form: Form) -> Result<(), ConvertError> {
        let mut shape = tensor.shape.clone();
        let kind = match form {
            Form::Single => SINGLE,
            Form::Column => {
                shape.push(1);
                SINGLE
            }
            Form::Half => HALF,
            Form::Blocks => Q5_1,
        };
        let fits =
            !shape.is_empty() && (kind != Q5_1 || shape.last().is_some_and(|width| width % BLOCK == 0));
        if !fits {
            return Err(ConvertError::Tensor(name.to_owned()));
        }
        let head = [shape.len() as u32, name.len() as u32, kind];
        self.out.extend(head.iter().flat_map(|number| number.to_le_bytes()));
        // The innermost dimension comes first.
        self.out.extend(shape.iter().rev().flat_map(|&size| (size as u32).to_le_bytes()));
        self.out.extend(name.as_bytes());
        match form {
            Form::Single | Form::Column => {
                self.out.extend(tensor.halves().flat_map(|half| single_of(half).to_le_bytes()));
            }
            Form::Half => self.out.extend(tensor.halves().flat_map(u16::to_le_bytes)),
            Form::Blocks => {
                let all: Vec<f32> = tensor.halves().map(single_of).collect();
                all.chunks_exact(BLOCK).for_each(|weights| block(weights, &mut self.out));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_letter() {
        let table = byte_table();
        assert_eq!(table.len(), 256);
        assert_eq!((table[&'Ġ'], table[&'a'], table[&'Ċ']), (b' ', b'a', b'\n'));
    }

    #[test]
    fn tokens_are_written_as_bytes_up_to_the_marks() {
        let mut out = Vec::new();
        tokens("!\nĠthe\n<|endoftext|>\n<|en|>\n".as_bytes(), false, &mut out).expect("written");
        let written =
            [&[3, 0, 0, 0, 1, 0, 0, 0, b'!', 4, 0, 0, 0], &b" the"[..], &[13, 0, 0, 0], b"<|endoftext|>"];
        assert_eq!(out, written.concat());
        let mut out = Vec::new();
        tokens("!\n<|endoftext|>\n<|en|>\n".as_bytes(), true, &mut out).expect("written");
        assert_eq!(out, [1, 0, 0, 0, 1, 0, 0, 0, b'!']);
        assert_eq!(tokens("東\n".as_bytes(), false, &mut Vec::new()), Err(ConvertError::Malformed));
    }
}
