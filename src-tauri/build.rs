//! Hands Tauri the list of commands, so that each has a permission of its own.

use attune_contract::typescript::COMMAND_NAMES;

fn main() {
    let manifest = tauri_build::AppManifest::new().commands(COMMAND_NAMES);
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    tauri_build::try_build(attributes).expect("tauri.conf.json describes this program");
}
