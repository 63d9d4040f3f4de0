//! Pages of lists: `after` names the last thing seen, `limit` how many more.

use serde_json::{Value, json};

use super::refusal::Refusal;

/// A query, as pairs in their order.
pub(super) type Query = Vec<(String, String)>;

/// The value of a name in a query.
pub(super) fn find<'a>(query: &'a Query, name: &str) -> Option<&'a str> {
    query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Cuts `all` to the page that `query` asks for and writes it as a list.
pub(super) fn page(
    all: Vec<Value>,
    query: &Query,
    usual: usize,
    most: usize,
) -> Result<Value, Refusal> {
    let limit = match find(query, "limit") {
        None => usual,
        Some(text) => {
            text.parse().ok().filter(|limit| (1..=most).contains(limit)).ok_or_else(|| {
                let message =
                    format!("Invalid 'limit': expected 1 to {most}, but got '{text}' instead.");
                Refusal::invalid("limit", "invalid_value", message)
            })?
        }
    };
    let from = match find(query, "after") {
        None => 0,
        Some(after) => {
            1 + all.iter().position(|item| item["id"] == after).ok_or_else(|| {
                Refusal::invalid("after", "invalid_value", format!("No such object: {after}"))
            })?
        }
    };
    let has_more = all.len() > from + limit;
    let data: Vec<Value> = all.into_iter().skip(from).take(limit).collect();
    Ok(list(&data, has_more))
}

/// A list. The API document wants texts as first and last id, so an empty list has empty ones.
fn list(data: &[Value], has_more: bool) -> Value {
    let id = |item: Option<&Value>| item.map_or_else(|| json!(""), |item| item["id"].clone());
    let (first, last) = (id(data.first()), id(data.last()));
    json!({
        "object": "list", "data": data, "first_id": first, "last_id": last, "has_more": has_more,
    })
}
