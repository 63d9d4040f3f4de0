//! `attune export --model ft:… --to FOLDER`: a trained model as files, with the proof that they are
//! it.

use attune_app::ExportOrder;
use attune_contract::models::ExportKind;
use attune_contract::words::words;
use attune_contract::{Failure, FailureCode, params};
use serde_json::json;

use crate::arguments::{ExportArguments, ExportKindArgument};
use crate::open;
use crate::output::{Ending, failure_json, line};

pub(crate) async fn run(arguments: ExportArguments) -> Result<Ending, Failure> {
    let app = open::app().await?;
    let kind = match arguments.kind {
        ExportKindArgument::Adapter => ExportKind::Adapter,
        ExportKindArgument::Merged => ExportKind::Merged,
    };
    let folder = arguments.to.clone();
    let order = ExportOrder { model: arguments.model.clone(), kind, folder };
    let exported = app.export_model(&order, &mut |_| {}).await;
    app.put_away().await;
    let outcome = match exported {
        Ok(outcome) => outcome,
        // The files are not the model: that is an answer, and it is "no".
        Err(failure) if failure.code == FailureCode::ExportNotProven && arguments.json => {
            line(&json!({ "failure": failure_json(&failure) }).to_string());
            return Ok(Ending::No);
        }
        Err(failure) => return Err(failure),
    };
    let (asked, same, rounded) = (outcome.asked, outcome.same, outcome.rounded);
    if arguments.json {
        let document = json!({
            "model": arguments.model,
            "kind": match arguments.kind {
                ExportKindArgument::Adapter => "adapter",
                ExportKindArgument::Merged => "merged",
            },
            "folder": arguments.to,
            "bytes": outcome.bytes,
            "asked": asked,
            "same": same,
            "rounded": rounded,
        });
        line(&document.to_string());
    } else {
        let folder = arguments.to.to_string_lossy().into_owned();
        line(&words("cli.export.done", &params![folder, same, asked, rounded]));
    }
    Ok(Ending::Done)
}
