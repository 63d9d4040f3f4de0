//! A Llama in a folder as model hubs give them. Names in its index never lead out of the folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use safetensors::tensor::Metadata;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::config::{Config, piece_ids};
use super::numbers::NumberKind;
use super::source::{Place, Tensors};
use super::template::Template;
use super::text::HubText;
use super::{HubError, HubModel, tokenizer};

/// JSON files of a model are far smaller, and a reader must not fill the memory.
const LONGEST_JSON: u64 = 64 << 20;
const LONGEST_HEAD: u64 = 100 << 20;

/// What decides the answers of a model beside its weights.
const DECIDING: [&str; 5] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "generation_config.json",
];

/// Opens a folder.
pub(super) fn open(folder: &Path) -> Result<HubModel, HubError> {
    let config: Config = read_json(&inside(folder, "config.json")?)?;
    let shape = config.shape()?;
    shape.check()?;
    let (tensors, file_bytes) = tensors(folder)?;
    let settings: Value = read_json(&inside(folder, "tokenizer_config.json")?)?;
    let tokenizer = tokenizer::read(&read(&inside(folder, "tokenizer.json")?)?)?;
    let named = |name: &str| match settings.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(token) => token.get("content").and_then(Value::as_str).unwrap_or_default().to_owned(),
        None => String::new(),
    };
    let (begin, end) = (named("bos_token"), named("eos_token"));
    let template = Template::new(&template_source(folder, &settings)?, &begin, &end)?;
    let mut ends = piece_ids(config.eos_token_id.as_ref());
    if let Some(generation) = optional(folder, "generation_config.json")? {
        ends.extend(piece_ids(read_json::<Value>(&generation)?.get("eos_token_id")));
    }
    ends.extend(tokenizer.token_to_id(&end));
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let text = HubText::new(tokenizer, template, ends, shape.vocabulary)?;
    let mut sources = tensors.files.clone();
    for name in DECIDING {
        sources.extend(optional(folder, name)?);
    }
    Ok(HubModel {
        shape,
        text: Arc::new(text),
        name: name.unwrap_or_default(),
        licence: licence(folder)?,
        file_bytes,
        sources,
        tensors,
    })
}

fn template_source(folder: &Path, settings: &Value) -> Result<String, HubError> {
    if let Some(beside) = optional(folder, "chat_template.jinja")? {
        let bytes = read(&beside)?;
        return String::from_utf8(bytes)
            .map_err(|_| HubError::broken("the chat template is not UTF-8"));
    }
    match settings.get("chat_template") {
        Some(Value::String(template)) => Ok(template.clone()),
        // Several templates by name: the one that is used unless another is asked for.
        Some(Value::Array(named)) => {
            let default = named.iter().find(|it| it["name"] == "default");
            let template = default.and_then(|it| it["template"].as_str());
            template.map(str::to_owned).ok_or(HubError::NoTemplate)
        }
        _ => Err(HubError::NoTemplate),
    }
}

/// The licence that the model's card names, where there is one.
fn licence(folder: &Path) -> Result<Option<String>, HubError> {
    let Some(card) = optional(folder, "README.md")? else { return Ok(None) };
    let text = String::from_utf8_lossy(&read(&card)?).into_owned();
    let mut lines = text.lines();
    if lines.next() != Some("---") {
        return Ok(None);
    }
    let head = lines.take_while(|line| *line != "---");
    let named = head.filter_map(|line| line.strip_prefix("license:"));
    Ok(named.map(|it| it.trim().trim_matches('"').to_owned()).next())
}

fn tensors(folder: &Path) -> Result<(Tensors, u64), HubError> {
    let files = match optional(folder, "model.safetensors")? {
        Some(single) => vec![single],
        None => sharded(folder)?,
    };
    let mut places = BTreeMap::new();
    let mut bytes = 0;
    for (file, path) in files.iter().enumerate() {
        bytes += places_of(path, file, &mut places)?;
    }
    Ok((Tensors { files, places }, bytes))
}

fn sharded(folder: &Path) -> Result<Vec<PathBuf>, HubError> {
    let index: Value = read_json(&inside(folder, "model.safetensors.index.json")?)?;
    let map = index.get("weight_map").and_then(Value::as_object);
    let map = map.ok_or_else(|| HubError::broken("its index has no `weight_map`"))?;
    let names: BTreeSet<&str> = map.values().filter_map(Value::as_str).collect();
    names.into_iter().map(|name| inside(folder, name)).collect()
}

/// A file right in the folder; any other way of naming one is refused, and so is a link out of it.
fn inside(folder: &Path, name: &str) -> Result<PathBuf, HubError> {
    let outside = || HubError::broken(format!("it names a file outside of its folder: `{name}`"));
    let mut parts = Path::new(name).components();
    let (Some(Component::Normal(_)), None) = (parts.next(), parts.next()) else {
        return Err(outside());
    };
    let path = folder.join(name);
    let real = |path: &Path| path.canonicalize().map_err(|source| HubError::io(path, source));
    let (target, folder) = (real(&path)?, real(folder)?);
    if target.starts_with(&folder) || shared_by_hub(&folder, &target) {
        return Ok(path);
    }
    Err(outside())
}

/// Hugging Face's cache keeps `models--x/snapshots/y` as links into `models--x/blobs`.
fn shared_by_hub(folder: &Path, target: &Path) -> bool {
    let snapshots = folder.parent().filter(|it| it.ends_with("snapshots"));
    let blobs = snapshots.and_then(Path::parent).map(|model| model.join("blobs"));
    blobs.is_some_and(|blobs| target.parent() == Some(&blobs))
}

/// A file of the folder that may be missing.
fn optional(folder: &Path, name: &str) -> Result<Option<PathBuf>, HubError> {
    if folder.join(name).exists() { inside(folder, name).map(Some) } else { Ok(None) }
}

/// Where the tensors of one file lie. Returns the file's bytes.
fn places_of(
    path: &Path,
    file: usize,
    places: &mut BTreeMap<String, Place>,
) -> Result<u64, HubError> {
    let failed = |source| HubError::io(path, source);
    let mut reader = File::open(path).map_err(failed)?;
    let length = reader.metadata().map_err(failed)?.len();
    let mut count = [0; 8];
    reader.read_exact(&mut count).map_err(|_| HubError::broken("a file of weights is cut off"))?;
    let count = u64::from_le_bytes(count);
    let end = count.checked_add(8).filter(|end| *end <= length && count <= LONGEST_HEAD);
    let data = end.ok_or_else(|| HubError::broken("a file of weights has an impossible head"))?;
    let mut head = Vec::new();
    reader.take(count).read_to_end(&mut head).map_err(failed)?;
    let metadata: Metadata = serde_json::from_slice(&head)
        .map_err(|error| HubError::broken(format!("the head of a file of weights: {error}")))?;
    for (name, tensor) in metadata.tensors() {
        let kind = NumberKind::of_safetensors(tensor.dtype, &name)?;
        let (rows, columns) = match tensor.shape[..] {
            [columns] => (1, columns),
            [rows, columns] => (rows, columns),
            _ => return Err(HubError::broken(format!("`{name}` has too many dimensions"))),
        };
        let (from, to) = tensor.data_offsets;
        let bytes = rows.checked_mul(columns).and_then(|numbers| kind.bytes(numbers));
        let end = data.checked_add(to as u64);
        let fits = bytes == to.checked_sub(from) && end.is_some_and(|end| end <= length);
        if !fits {
            return Err(HubError::broken(format!("`{name}` does not fit its file")));
        }
        let start = data + from as u64;
        let place = Place { file, start, rows, columns, kind, paired_heads: 0 };
        if places.insert(name.clone(), place).is_some() {
            return Err(HubError::broken(format!("`{name}` is there twice")));
        }
    }
    Ok(length)
}

fn read(path: &Path) -> Result<Vec<u8>, HubError> {
    let failed = |source| HubError::io(path, source);
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(LONGEST_JSON + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LONGEST_JSON {
        let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        return Err(HubError::broken(format!("`{name}` is far too long")));
    }
    Ok(bytes)
}

fn read_json<Wanted: DeserializeOwned>(path: &Path) -> Result<Wanted, HubError> {
    let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    serde_json::from_slice(&read(path)?)
        .map_err(|error| HubError::broken(format!("`{name}`: {error}")))
}
