//! GGUF files, versions 2 and 3: metadata and where each tensor lies. Every count is held against
//! the bytes that are really there before anything is reserved for it.

use std::collections::BTreeMap;

use super::HubError;
use super::numbers::NumberKind;

const MAGIC: u32 = 0x4655_4747;
const MOST_ENTRIES: u64 = 1 << 16;
const MOST_DIMENSIONS: u32 = 4;
const DEFAULT_ALIGNMENT: usize = 32;

/// A value of the metadata.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Whole(i64),
    Real(f64),
    Truth(bool),
    Text(String),
    List(Vec<Value>),
}

impl Value {
    pub(crate) fn as_usize(&self) -> Option<usize> {
        match self {
            Self::Whole(value) => usize::try_from(*value).ok(),
            _ => None,
        }
    }

    pub(crate) fn as_real(&self) -> Option<f64> {
        match self {
            Self::Real(value) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// One tensor of the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GgufTensor {
    /// Sizes, the innermost first.
    pub(crate) sizes: Vec<usize>,
    pub(crate) kind: NumberKind,
    /// Where its bytes begin in the file.
    pub(crate) start: usize,
}

/// The head of a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gguf {
    pub(crate) metadata: BTreeMap<String, Value>,
    pub(crate) tensors: BTreeMap<String, GgufTensor>,
}

/// Whether `bytes` begin as a GGUF file does.
pub(crate) fn is_gguf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"GGUF")
}

/// Reads the head of a file of `length` bytes that begins with `bytes`.
pub(crate) fn read_gguf(bytes: &[u8], length: u64) -> Result<Gguf, HubError> {
    let mut reader = Reader { bytes, at: 0 };
    if reader.u32()? != MAGIC {
        return Err(broken("it does not begin as a GGUF file"));
    }
    let version = reader.u32()?;
    if !matches!(version, 2 | 3) {
        return Err(HubError::Unsupported { what: format!("GGUF version {version}") });
    }
    let tensor_count = reader.count()?;
    let entry_count = reader.count()?;
    let mut metadata = BTreeMap::new();
    for _ in 0..entry_count {
        let name = reader.text()?;
        let kind = reader.u32()?;
        let value = reader.value(kind, 0)?;
        metadata.insert(name, value);
    }
    let heads: Vec<(String, GgufTensor)> =
        (0..tensor_count).map(|_| reader.tensor()).collect::<Result<_, _>>()?;
    let alignment = match metadata.get("general.alignment").map(Value::as_usize) {
        None => DEFAULT_ALIGNMENT,
        Some(Some(alignment)) if (1..=1 << 16).contains(&alignment) => alignment,
        Some(_) => return Err(broken("its alignment cannot be")),
    };
    let data = reader.at.next_multiple_of(alignment);
    let mut tensors = BTreeMap::new();
    for (name, mut tensor) in heads {
        tensor.start =
            data.checked_add(tensor.start).ok_or_else(|| broken("an offset is too large"))?;
        let end = tensor.bytes().and_then(|bytes| tensor.start.checked_add(bytes));
        if end.is_none_or(|end| end as u64 > length) {
            return Err(broken(&format!("tensor `{name}` reaches past its end")));
        }
        if tensors.insert(name.clone(), tensor).is_some() {
            return Err(broken(&format!("tensor `{name}` is there twice")));
        }
    }
    Ok(Gguf { metadata, tensors })
}

impl GgufTensor {
    /// Its bytes; none when they cannot be counted.
    pub(crate) fn bytes(&self) -> Option<usize> {
        let numbers = self.sizes.iter().try_fold(1_usize, |all, size| all.checked_mul(*size))?;
        self.kind.bytes(numbers)
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], HubError> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| broken("it is cut off"))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], HubError> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| broken("it is cut off"))
    }

    fn u32(&mut self) -> Result<u32, HubError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, HubError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn count(&mut self) -> Result<u64, HubError> {
        let count = self.u64()?;
        if count > MOST_ENTRIES {
            Err(broken("it claims to have too many parts"))
        } else {
            Ok(count)
        }
    }

    fn text(&mut self) -> Result<String, HubError> {
        let length = self.u64()?;
        let length = usize::try_from(length).map_err(|_| broken("a text is too long"))?;
        let bytes = self.take(length)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| broken("a text is not UTF-8"))
    }

    fn value(&mut self, kind: u32, depth: u32) -> Result<Value, HubError> {
        Ok(match kind {
            0 => Value::Whole(i64::from(self.array::<1>()?[0])),
            1 => Value::Whole(i64::from(i8::from_le_bytes(self.array()?))),
            2 => Value::Whole(i64::from(u16::from_le_bytes(self.array()?))),
            3 => Value::Whole(i64::from(i16::from_le_bytes(self.array()?))),
            4 => Value::Whole(i64::from(self.u32()?)),
            5 => Value::Whole(i64::from(i32::from_le_bytes(self.array()?))),
            6 => Value::Real(f64::from(f32::from_le_bytes(self.array()?))),
            7 => Value::Truth(self.array::<1>()?[0] != 0),
            8 => Value::Text(self.text()?),
            9 => return self.list(depth),
            10 => Value::Whole(
                i64::try_from(self.u64()?).map_err(|_| broken("a number is too large"))?,
            ),
            11 => Value::Whole(i64::from_le_bytes(self.array()?)),
            12 => Value::Real(f64::from_le_bytes(self.array()?)),
            _ => return Err(broken("its metadata have a value of an unknown kind")),
        })
    }

    fn list(&mut self, depth: u32) -> Result<Value, HubError> {
        let kind = self.u32()?;
        let count = self.u64()?;
        let left = (self.bytes.len() - self.at) as u64;
        // Every entry has at least one byte, so nothing beyond the file is ever reserved.
        if depth > 2 || count > left {
            return Err(broken("a list of its metadata reaches past its end"));
        }
        (0..count).map(|_| self.value(kind, depth + 1)).collect::<Result<_, _>>().map(Value::List)
    }

    fn tensor(&mut self) -> Result<(String, GgufTensor), HubError> {
        let name = self.text()?;
        let dimensions = self.u32()?;
        if !(1..=MOST_DIMENSIONS).contains(&dimensions) {
            return Err(broken(&format!("tensor `{name}` has {dimensions} dimensions")));
        }
        let sizes: Vec<usize> = (0..dimensions)
            .map(|_| usize::try_from(self.u64()?).map_err(|_| broken("a tensor is too large")))
            .collect::<Result<_, _>>()?;
        let kind = NumberKind::of_gguf(self.u32()?, &name)?;
        let start = usize::try_from(self.u64()?).map_err(|_| broken("an offset is too large"))?;
        Ok((name, GgufTensor { sizes, kind, start }))
    }
}

fn broken(reason: &str) -> HubError {
    HubError::Broken { reason: reason.to_owned() }
}
