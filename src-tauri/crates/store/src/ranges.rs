//! A set of ids as ascending ranges: an import or a bulk deletion of a million examples is a few bytes in the log.

use crate::ExampleId;

/// Ascending ids, kept as inclusive ranges that neither touch nor overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IdRanges(Vec<(i64, i64)>);

impl IdRanges {
    /// The set of `ids`, in whatever order and however often they are named.
    pub(crate) fn from_ids(ids: &[ExampleId]) -> Self {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let mut ranges = Self::default();
        for id in ids {
            ranges.push(id);
        }
        ranges
    }

    /// Adds an id above all that are in the set.
    pub(crate) fn push(&mut self, id: ExampleId) {
        match self.0.last_mut() {
            Some((_, last)) if *last + 1 == id.0 => *last = id.0,
            _ => self.0.push((id.0, id.0)),
        }
    }

    /// How many ids there are.
    pub(crate) fn len(&self) -> u64 {
        self.0.iter().map(|(first, last)| (last - first + 1).unsigned_abs()).sum()
    }

    /// The smallest id.
    pub(crate) fn first(&self) -> Option<ExampleId> {
        self.0.first().map(|(first, _)| ExampleId(*first))
    }

    /// The ranges, cut so that none has more than `most` ids (at least one).
    pub(crate) fn pieces(&self, most: i64) -> impl Iterator<Item = (i64, i64)> {
        let most = most.max(1);
        self.0.iter().flat_map(move |&(first, last)| {
            let starts = std::iter::successors(Some(first), move |start| Some(start + most));
            starts
                .take_while(move |start| *start <= last)
                .map(move |start| (start, last.min(start + most - 1)))
        })
    }

    /// For the log: for each range the distance from the end of the last one and the length, as LEB128 numbers.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut end = 0;
        for &(first, last) in &self.0 {
            push_number(&mut bytes, (first - end).unsigned_abs());
            push_number(&mut bytes, (last - first).unsigned_abs());
            end = last;
        }
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote; none if the bytes are not that.
    pub(crate) fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut ranges = Vec::new();
        let mut end: i64 = 0;
        while !bytes.is_empty() {
            let first = end.checked_add(i64::try_from(take_number(&mut bytes)?).ok()?)?;
            end = first.checked_add(i64::try_from(take_number(&mut bytes)?).ok()?)?;
            ranges.push((first, end));
        }
        Some(Self(ranges))
    }
}

fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = u8::try_from(number & 0x7f).expect("seven bits fit a byte");
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
