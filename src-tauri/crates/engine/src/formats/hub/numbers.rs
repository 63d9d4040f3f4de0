//! How numbers are kept in the files of models, and how they become `f32`.

use half::{bf16, f16};

use super::HubError;

/// A way to keep numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberKind {
    F32,
    F16,
    Bf16,
    /// Blocks of 32: a scale (f16), then 32 signed bytes.
    Q8_0,
    /// Blocks of 32: a scale and a least value (f16), then 32 numbers of four bits.
    Q4_1,
}

const BLOCK: usize = 32;
const KNOWN: &str = "F32, F16, BF16, Q8_0 or Q4_1";

/// The names of ggml's kinds, by their number, to refuse them by name.
const GGML_NAMES: [&str; 32] = [
    "F32", "F16", "Q4_0", "Q4_1", "Q4_2", "Q4_3", "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K",
    "Q4_K", "Q5_K", "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S",
    "IQ2_S", "IQ4_XS", "I8", "I16", "I32", "I64", "F64", "IQ1_M", "BF16", "Q4_0_4_4",
];

impl NumberKind {
    /// The kind that GGUF numbers so.
    pub(crate) fn of_gguf(number: u32, tensor: &str) -> Result<Self, HubError> {
        match number {
            0 => Ok(Self::F32),
            1 => Ok(Self::F16),
            3 => Ok(Self::Q4_1),
            8 => Ok(Self::Q8_0),
            30 => Ok(Self::Bf16),
            _ => {
                let name = usize::try_from(number).ok().and_then(|it| GGML_NAMES.get(it).copied());
                let name = name.map_or_else(|| format!("kind {number}"), str::to_owned);
                Err(HubError::Unsupported {
                    what: format!("has {name} numbers (tensor `{tensor}`), not {KNOWN}"),
                })
            }
        }
    }

    /// The kind that safetensors names so.
    pub(crate) fn of_safetensors(kind: safetensors::Dtype, tensor: &str) -> Result<Self, HubError> {
        match kind {
            safetensors::Dtype::F32 => Ok(Self::F32),
            safetensors::Dtype::F16 => Ok(Self::F16),
            safetensors::Dtype::BF16 => Ok(Self::Bf16),
            other => Err(HubError::Unsupported {
                what: format!("has {other:?} numbers (tensor `{tensor}`), not {KNOWN}"),
            }),
        }
    }

    /// Bytes of `numbers`; none when they do not fill whole blocks or cannot be counted.
    pub(crate) fn bytes(self, numbers: usize) -> Option<usize> {
        match self {
            Self::F32 => numbers.checked_mul(4),
            Self::F16 | Self::Bf16 => numbers.checked_mul(2),
            Self::Q8_0 => blocks(numbers)?.checked_mul(2 + BLOCK),
            Self::Q4_1 => blocks(numbers)?.checked_mul(4 + BLOCK / 2),
        }
    }

    /// The numbers as `f32`. Formulas: ggml's `dequantize_row_q8_0` and `dequantize_row_q4_1`.
    pub(crate) fn decode(self, bytes: &[u8], count: usize) -> Vec<f32> {
        let mut out = Vec::with_capacity(count);
        match self {
            Self::F32 => {
                out.extend(bytes.as_chunks::<4>().0.iter().map(|it| f32::from_le_bytes(*it)));
            }
            Self::F16 => out.extend(bytes.as_chunks::<2>().0.iter().map(|it| half_of(*it))),
            Self::Bf16 => {
                let wide = |it: &[u8; 2]| bf16::from_le_bytes(*it).to_f32();
                out.extend(bytes.as_chunks::<2>().0.iter().map(wide));
            }
            Self::Q8_0 => {
                for block in bytes.as_chunks::<{ 2 + BLOCK }>().0 {
                    let scale = half_of([block[0], block[1]]);
                    out.extend(block[2..].iter().map(|it| f32::from(it.cast_signed()) * scale));
                }
            }
            Self::Q4_1 => {
                for block in bytes.as_chunks::<{ 4 + BLOCK / 2 }>().0 {
                    let scale = half_of([block[0], block[1]]);
                    let least = half_of([block[2], block[3]]);
                    let value = |four: u8| f32::from(four) * scale + least;
                    out.extend(block[4..].iter().map(|it| value(it & 15)));
                    out.extend(block[4..].iter().map(|it| value(it >> 4)));
                }
            }
        }
        out
    }
}

/// How a written model keeps its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Four bytes a number.
    F32,
    /// Two bytes a number, rounded to the nearest.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "only exact numbers can be proven to the letter")
    )]
    Bf16,
}

impl Kept {
    /// Bytes of one number.
    pub(super) fn width(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Bf16 => 2,
        }
    }

    /// Its name in safetensors files.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::Bf16 => "BF16",
        }
    }

    /// Appends the bytes of `numbers`.
    pub(super) fn encode(self, numbers: &[f32], out: &mut Vec<u8>) {
        match self {
            Self::F32 => out.extend(numbers.iter().flat_map(|number| number.to_le_bytes())),
            Self::Bf16 => {
                out.extend(numbers.iter().flat_map(|number| bf16::from_f32(*number).to_le_bytes()));
            }
        }
    }
}

fn half_of(bytes: [u8; 2]) -> f32 {
    f16::from_le_bytes(bytes).to_f32()
}

fn blocks(numbers: usize) -> Option<usize> {
    numbers.is_multiple_of(BLOCK).then_some(numbers / BLOCK)
}
