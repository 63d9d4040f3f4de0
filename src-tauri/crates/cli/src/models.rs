//! `attune models`: the starting models of this computer, and fetching the starter.

use attune_app::ListedModel;
use attune_contract::models::ModelProgress;
use attune_contract::words::words;
use attune_contract::{Failure, FailureCode, Param, Params, params};
use serde_json::{Map, Value, json};

use crate::arguments::{ModelsArguments, ModelsCommand};
use crate::open;
use crate::output::{Ending, failure_json, line};

/// How far apart two lines about a fetch are.
const TOLD_EVERY_BYTES: u64 = 5_000_000;

pub(crate) async fn run(arguments: ModelsArguments) -> Result<Ending, Failure> {
    match arguments.command {
        Some(ModelsCommand::Fetch { model }) => fetch(&model, arguments.json).await,
        None => list(arguments.json).await,
    }
}

async fn list(is_json: bool) -> Result<Ending, Failure> {
    let app = open::app().await?;
    let listed = app.listed_models().await;
    app.put_away().await;
    let models = listed?;
    if is_json {
        line(&Value::from(models.iter().map(document).collect::<Vec<_>>()).to_string());
    } else {
        for model in &models {
            let state = if model.is_ready { "ready" } else { "-" };
            let (name, title) = (model.model.as_str(), model.title.as_str());
            let params = params!["model" => name, "state" => state, "title" => title];
            line(&words("cli.models.line", &params));
        }
    }
    Ok(Ending::Done)
}

fn document(model: &ListedModel) -> Value {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value);
        }
    };
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    set("model", Some(Value::from(model.model.as_str())));
    set("title", Some(Value::from(model.title.as_str())));
    set("kind", Some(Value::from(model.kind.as_str())));
    set("ready", Some(Value::from(model.is_ready)));
    set("parameters", model.parameters.map(Value::from));
    set("bytes", model.bytes.map(Value::from));
    set("licence", text(&model.licence));
    set("context", model.context.map(Value::from));
    set("base", text(&model.base));
    set("failure", model.failure.as_ref().map(failure_json));
    Value::Object(fields)
}

async fn fetch(model: &str, is_json: bool) -> Result<Ending, Failure> {
    if model != "starter" {
        return Err(Failure::new(FailureCode::InputInvalid, params!["field" => "model"]));
    }
    let app = open::app().await?;
    let mut told = None;
    let mut tell = |progress: &ModelProgress| {
        let far_enough = told.is_none_or(|told| progress.done_bytes >= told + TOLD_EVERY_BYTES);
        if !far_enough {
            return;
        }
        told = Some(progress.done_bytes);
        let (done, total) = (progress.done_bytes, progress.total_bytes);
        if is_json {
            let event = json!({ "event": "progress", "done_bytes": done, "total_bytes": total });
            line(&event.to_string());
        } else {
            let params = Params::from([
                ("done".to_owned(), Param::Bytes(done)),
                ("total".to_owned(), Param::Bytes(total)),
            ]);
            line(&words("cli.models.fetching", &params));
        }
    };
    let fetched = app.fetch_starter(&mut tell).await;
    app.put_away().await;
    fetched?;
    if is_json {
        line(&json!({ "event": "fetched", "model": "starter" }).to_string());
    } else {
        line(&words("cli.models.fetched", &params![]));
    }
    Ok(Ending::Done)
}
