//! The contract's commands as Tauri commands: no decisions, no strings.

use std::sync::Arc;

use attune_app::App;
use attune_contract::Failure;
use tauri::State;
use tauri::ipc::Invoke;

macro_rules! tauri_commands {
    ($( $name:ident($request:ty) -> $response:ty, )*) => {
        $(
            #[tauri::command]
            async fn $name(app: State<'_, Arc<App>>, request: $request) -> Result<$response, Failure> {
                app.run(stringify!($name), app.$name(request)).await
            }
        )*

        /// Answers every command of the contract.
        pub(crate) fn handler() -> impl Fn(Invoke) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$( $name ),*]
        }
    };
}
attune_contract::for_each_command!(tauri_commands);

#[cfg(test)]
mod tests {
    use attune_contract::typescript::COMMAND_NAMES;

    /// What the page may ask for is exactly the contract's commands and hearing of events.
    #[test]
    fn the_capability_lists_every_command_and_nothing_else() {
        let text = include_str!("../../tauri.conf.json");
        let config: serde_json::Value = serde_json::from_str(text).unwrap();
        let listed =
            config["app"]["security"]["capabilities"][0]["permissions"].as_array().unwrap();
        let mut expected =
            vec!["core:event:allow-listen".to_owned(), "core:event:allow-unlisten".to_owned()];
        expected
            .extend(COMMAND_NAMES.iter().map(|name| format!("allow-{}", name.replace('_', "-"))));
        let listed: Vec<&str> = listed.iter().map(|name| name.as_str().unwrap()).collect();
        assert_eq!(listed, expected);
    }
}
