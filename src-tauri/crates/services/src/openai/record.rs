//! What must be remembered of a file that is sent in parts, so that a later process can go on.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::remote::{count, moment, text};

/// How far a file is that is sent in parts. Plain data: whoever sends keeps it after every step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRecord {
    /// The name the file gets at the service.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// Its size.
    pub bytes: u64,
    /// Its MD5 in lower-case hex: a later process sends the same bytes or none.
    pub md5: String,
    /// The size of its parts, but for the last.
    pub part_bytes: u64,
    /// The service's id of the upload; absent before it begins, and after it expired.
    pub upload_id: Option<String>,
    /// Until when its parts must be there on the service's clock, in seconds since 1970.
    pub expires_at: Option<i64>,
    /// The service's ids of the parts it took, by their place in the file.
    pub parts: BTreeMap<u64, String>,
    /// Whether the service was asked to put the parts together; its answer may be lost.
    pub is_completing: bool,
}

impl UploadRecord {
    /// How many parts there are.
    #[must_use]
    pub fn part_count(&self) -> u64 {
        self.bytes.div_ceil(self.part_bytes.max(1))
    }

    /// Where a part lies in the file: its first byte and its length.
    #[must_use]
    pub fn part_range(&self, part: u64) -> (u64, u64) {
        let begin = part.saturating_mul(self.part_bytes).min(self.bytes);
        (begin, self.part_bytes.min(self.bytes - begin))
    }

    /// The parts that the service did not take yet.
    #[must_use]
    pub fn missing(&self) -> Vec<u64> {
        (0..self.part_count()).filter(|part| !self.parts.contains_key(part)).collect()
    }

    /// Bytes that the service took.
    #[must_use]
    pub fn sent_bytes(&self) -> u64 {
        self.parts.keys().map(|&part| self.part_range(part).1).sum()
    }

    /// The same file with nothing sent.
    pub(super) fn begin_again(&mut self) {
        self.upload_id = None;
        self.expires_at = None;
        self.parts.clear();
        self.is_completing = false;
    }

    /// As JSON, to be stored.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let parts: Map<String, Value> = self
            .parts
            .iter()
            .map(|(part, id)| (part.to_string(), Value::from(id.as_str())))
            .collect();
        json!({
            "name": self.name, "purpose": self.purpose, "bytes": self.bytes, "md5": self.md5,
            "part_bytes": self.part_bytes, "upload_id": self.upload_id,
            "expires_at": self.expires_at, "parts": parts, "is_completing": self.is_completing,
        })
    }

    /// From JSON as stored; `None` when it was not written by [`Self::to_json`].
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Self> {
        let part = |(part, id): (&String, &Value)| Some((part.parse().ok()?, text(Some(id))?));
        let record = Self {
            name: text(value.get("name"))?,
            purpose: text(value.get("purpose"))?,
            bytes: count(value.get("bytes"))?,
            md5: text(value.get("md5"))?,
            part_bytes: count(value.get("part_bytes")).filter(|&bytes| bytes > 0)?,
            upload_id: text(value.get("upload_id")),
            expires_at: moment(value.get("expires_at")),
            parts: value.get("parts")?.as_object()?.iter().map(part).collect::<Option<_>>()?,
            is_completing: value.get("is_completing")?.as_bool()?,
        };
        let is_whole = record.parts.keys().all(|&part| part < record.part_count());
        is_whole.then_some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> UploadRecord {
        UploadRecord {
            name: "train-1.jsonl".into(),
            purpose: "fine-tune".into(),
            bytes: 25,
            md5: "d41d8cd98f00b204e9800998ecf8427e".into(),
            part_bytes: 10,
            upload_id: Some("upload_1".into()),
            expires_at: Some(1_760_000_000),
            parts: [(2, "part_c".to_owned()), (0, "part_a".to_owned())].into(),
            is_completing: false,
        }
    }

    #[test]
    fn only_what_was_not_taken_is_missing() {
        let record = record();
        assert_eq!((record.part_count(), record.missing()), (3, vec![1]));
        assert_eq!(record.sent_bytes(), 15);
        assert_eq!([record.part_range(1), record.part_range(2)], [(10, 10), (20, 5)]);
    }

    #[test]
    fn a_record_survives_its_storage() {
        let mut record = record();
        assert_eq!(UploadRecord::from_json(&record.to_json()), Some(record.clone()));
        record.begin_again();
        assert_eq!(UploadRecord::from_json(&record.to_json()), Some(record.clone()));
        assert_eq!(record.missing(), [0, 1, 2]);
        let mut foreign = record.to_json();
        foreign["parts"] = json!({"7": "part_x"});
        assert_eq!(UploadRecord::from_json(&foreign), None);
    }
}
