//! GGUF files, versions 2 and 3: metadata and where each tensor lies. Every count is held against
//! the bytes that are really there before anything is reserved for it.

use std::collections::BTreeMap;
use std::path::Path;

use super::HubError;
use super::numbers::NumberKind;
use super::reader::Reader;

const MAGIC: [u8; 4] = *b"GGUF";
const MOST_ENTRIES: u64 = 1 << 16;
const MOST_DIMENSIONS: u32 = 4;
const MOST_NESTED_LISTS: u32 = 2;
const LONGEST_TEXT: u64 = 16 << 20;
const LONGEST_NAME: usize = 1 << 16;
const LONGEST_LIST: u64 = 1 << 22;
const DEFAULT_ALIGNMENT: u64 = 32;

/// Lists that are kept; the others (scores, tags, data sets) are read over.
const KEPT_LISTS: [&str; 3] =
    ["tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.merges"];

/// A value of the metadata.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Whole(i64),
    Real(f64),
    Truth(bool),
    Text(String),
    Texts(Vec<String>),
    Wholes(Vec<i64>),
    /// A list that nobody here asks for.
    Unread,
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
    pub(crate) start: u64,
}

/// The head of a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gguf {
    pub(crate) metadata: BTreeMap<String, Value>,
    pub(crate) tensors: BTreeMap<String, GgufTensor>,
    /// Bytes of the whole file.
    pub(crate) length: u64,
}

/// Reads the head of the file at `path`; its weights are not touched.
pub(crate) fn read_gguf(path: &Path) -> Result<Gguf, HubError> {
    let mut reader = Reader::open(path)?;
    if reader.left() < 4 || reader.array()? != MAGIC {
        return Err(broken("it does not begin as a GGUF file"));
    }
    match reader.u32()? {
        2 | 3 => {}
        // The bytes of a small number, the other way round.
        version if version.swap_bytes() < 16 => {
            return Err(HubError::Unsupported { what: "is a big-endian GGUF file".to_owned() });
        }
        version => {
            return Err(HubError::Unsupported { what: format!("is GGUF of version {version}") });
        }
    }
    let (tensor_count, entry_count) = (reader.count()?, reader.count()?);
    let mut metadata = BTreeMap::new();
    for _ in 0..entry_count {
        let name = reader.name()?;
        let value = reader.entry(&name)?;
        if metadata.insert(name.clone(), value).is_some() {
            return Err(broken(&format!("`{name}` is there twice")));
        }
    }
    let heads: Vec<(String, GgufTensor)> =
        (0..tensor_count).map(|_| reader.tensor()).collect::<Result<_, _>>()?;
    let data = reader.at().next_multiple_of(alignment(&metadata)?);
    let tensors = placed(heads, data, reader.length())?;
    Ok(Gguf { metadata, tensors, length: reader.length() })
}

fn alignment(metadata: &BTreeMap<String, Value>) -> Result<u64, HubError> {
    match metadata.get("general.alignment").map(Value::as_usize) {
        None => Ok(DEFAULT_ALIGNMENT),
        Some(Some(alignment)) if (1..=1 << 16).contains(&alignment) => Ok(alignment as u64),
        Some(_) => Err(broken("its alignment cannot be")),
    }
}

/// The tensors where they lie in a file of `length` bytes: inside it, and none over another.
fn placed(
    heads: Vec<(String, GgufTensor)>,
    data: u64,
    length: u64,
) -> Result<BTreeMap<String, GgufTensor>, HubError> {
    let mut spans = Vec::with_capacity(heads.len());
    let mut tensors = BTreeMap::new();
    for (name, mut tensor) in heads {
        tensor.start =
            data.checked_add(tensor.start).ok_or_else(|| broken("an offset is too large"))?;
        let end = tensor.bytes().and_then(|bytes| tensor.start.checked_add(bytes));
        let end = end.filter(|end| *end <= length);
        let end = end.ok_or_else(|| broken(&format!("`{name}` reaches past its end")))?;
        spans.push((tensor.start, end, name.clone()));
        if tensors.insert(name.clone(), tensor).is_some() {
            return Err(broken(&format!("`{name}` is there twice")));
        }
    }
    spans.sort_unstable();
    match spans.windows(2).find(|pair| pair[1].0 < pair[0].1) {
        Some(pair) => Err(broken(&format!("`{}` lies over `{}`", pair[1].2, pair[0].2))),
        None => Ok(tensors),
    }
}

impl GgufTensor {
    /// Its bytes; none when they cannot be counted, or when its rows do not fill whole blocks.
    fn bytes(&self) -> Option<u64> {
        let (columns, outer) = self.sizes.split_first()?;
        let row = self.kind.bytes(*columns)? as u64;
        outer.iter().try_fold(row, |all, size| all.checked_mul(*size as u64))
    }
}

impl Reader<'_> {
    fn count(&mut self) -> Result<u64, HubError> {
        match self.u64()? {
            count if count > MOST_ENTRIES => Err(broken("it claims to have too many parts")),
            count => Ok(count),
        }
    }

    fn text(&mut self) -> Result<String, HubError> {
        let length = self.u64()?;
        if length > self.left() {
            return Err(broken("a text of it reaches past its end"));
        }
        if length > LONGEST_TEXT {
            return Err(broken("a text of it is far too long"));
        }
        String::from_utf8(self.bytes(length)?).map_err(|_| broken("a text of it is not UTF-8"))
    }

    fn name(&mut self) -> Result<String, HubError> {
        let name = self.text()?;
        if name.len() >= LONGEST_NAME {
            return Err(broken("a name of it is far too long"));
        }
        Ok(name)
    }

    fn entry(&mut self, name: &str) -> Result<Value, HubError> {
        match self.u32()? {
            9 if KEPT_LISTS.contains(&name) => self.list(),
            kind => self.value(kind, 0),
        }
    }

    fn value(&mut self, kind: u32, depth: u32) -> Result<Value, HubError> {
        Ok(match kind {
            0..=5 | 10 | 11 => Value::Whole(self.whole(kind)?),
            6 => Value::Real(f64::from(f32::from_le_bytes(self.array()?))),
            7 => Value::Truth(self.array::<1>()?[0] != 0),
            8 => Value::Text(self.text()?),
            9 => return self.read_over(depth).map(|()| Value::Unread),
            12 => Value::Real(f64::from_le_bytes(self.array()?)),
            _ => return Err(broken("its metadata have a value of an unknown kind")),
        })
    }

    fn whole(&mut self, kind: u32) -> Result<i64, HubError> {
        Ok(match kind {
            0 => i64::from(self.array::<1>()?[0]),
            1 => i64::from(i8::from_le_bytes(self.array()?)),
            2 => i64::from(u16::from_le_bytes(self.array()?)),
            3 => i64::from(i16::from_le_bytes(self.array()?)),
            4 => i64::from(self.u32()?),
            5 => i64::from(i32::from_le_bytes(self.array()?)),
            10 => i64::try_from(self.u64()?).map_err(|_| broken("a number of it is too large"))?,
            11 => i64::from_le_bytes(self.array()?),
            _ => return Err(broken("a list of it has another kind than it should")),
        })
    }

    /// The kind of a list's entries and how many there are, each of which takes some bytes.
    fn list_head(&mut self) -> Result<(u32, u64), HubError> {
        let (kind, count) = (self.u32()?, self.u64()?);
        let least = bytes_of(kind).unwrap_or(8);
        if count.checked_mul(least).is_none_or(|bytes| bytes > self.left()) {
            return Err(broken("a list of its metadata reaches past its end"));
        }
        Ok((kind, count))
    }

    fn list(&mut self) -> Result<Value, HubError> {
        let (kind, count) = self.list_head()?;
        if count > LONGEST_LIST {
            return Err(broken("a list of its metadata is far too long"));
        }
        match kind {
            8 => (0..count).map(|_| self.text()).collect::<Result<_, _>>().map(Value::Texts),
            kind => {
                (0..count).map(|_| self.whole(kind)).collect::<Result<_, _>>().map(Value::Wholes)
            }
        }
    }

    fn read_over(&mut self, depth: u32) -> Result<(), HubError> {
        let (kind, count) = self.list_head()?;
        match bytes_of(kind) {
            Some(bytes) => self.skip(count * bytes),
            None if kind == 8 => (0..count).try_for_each(|_| {
                let length = self.u64()?;
                self.skip(length)
            }),
            None if kind == 9 && depth < MOST_NESTED_LISTS => {
                (0..count).try_for_each(|_| self.read_over(depth + 1))
            }
            None => Err(broken("its metadata have a list of an unknown kind")),
        }
    }

    fn tensor(&mut self) -> Result<(String, GgufTensor), HubError> {
        let name = self.name()?;
        let dimensions = self.u32()?;
        if !(1..=MOST_DIMENSIONS).contains(&dimensions) {
            return Err(broken(&format!("`{name}` has {dimensions} dimensions")));
        }
        let sizes: Vec<usize> = (0..dimensions)
            .map(|_| usize::try_from(self.u64()?).map_err(|_| broken("a tensor is too large")))
            .collect::<Result<_, _>>()?;
        let kind = NumberKind::of_gguf(self.u32()?, &name)?;
        Ok((name, GgufTensor { sizes, kind, start: self.u64()? }))
    }
}

/// Bytes of a value that always takes the same.
fn bytes_of(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

fn broken(reason: &str) -> HubError {
    HubError::Broken { reason: reason.to_owned() }
}
