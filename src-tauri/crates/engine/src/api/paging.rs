//! Pages of lists, as OpenAI cuts them: `after` names the last thing seen, `limit` how many more.

use serde_json::{Value, json};

use super::failure::Refusal;

/// The query of a list.
pub(crate) struct Page {
    after: Option<String>,
    limit: usize,
}

impl Page {
    /// Reads a query; a `limit` that is not there is `usual`, one that is too large is `most`.
    pub(crate) fn read(
        query: &[(String, String)],
        usual: usize,
        most: usize,
    ) -> Result<Self, Refusal> {
        let find = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, it)| it);
        let limit = match find("limit") {
            None => usual,
            Some(limit) => limit.parse::<usize>().map_err(|_| {
                let message = format!("`limit` must be a number, not `{limit}`");
                Refusal::invalid("limit", "invalid_value", message)
            })?,
        };
        Ok(Self { after: find("after").cloned(), limit: limit.clamp(1, most) })
    }

    /// The last thing seen.
    pub(crate) fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// How many are wanted.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Cuts a list to the wanted page, and tells whether more follows.
    pub(crate) fn cut<Item>(
        &self,
        mut all: Vec<Item>,
        id: impl Fn(&Item) -> String,
    ) -> Result<(Vec<Item>, bool), Refusal> {
        if let Some(after) = &self.after {
            let at = all.iter().position(|item| id(item) == *after).ok_or_else(not_there)?;
            all.drain(..=at);
        }
        let has_more = all.len() > self.limit;
        all.truncate(self.limit);
        Ok((all, has_more))
    }
}

/// A refusal for an `after` that names nothing in the list.
pub(crate) fn not_there() -> Refusal {
    Refusal::invalid("after", "invalid_value", "`after` names nothing in this list".to_owned())
}

/// A list as OpenAI answers it.
pub(crate) fn list(data: &[Value], has_more: bool) -> Value {
    let id = |item: Option<&Value>| item.map(|item| item["id"].clone());
    json!({
        "object": "list", "data": data, "has_more": has_more,
        "first_id": id(data.first()), "last_id": id(data.last()),
    })
}
