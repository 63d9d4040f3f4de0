//! The contract as TypeScript, for `ui/src/generated`. `xtask codegen` writes what this returns.

use ts_rs::{Config, TS, TypeVisitor};

use crate::models::{ExportState, ModelProgress};
use crate::{FailureCode, Param, chat, imports, settings};
use crate::{testing, training, work};

/// One generated file: its name inside `ui/src/generated` and its text.
pub type GeneratedFile = (&'static str, String);

/// Every generated file of the contract.
#[must_use]
pub fn files() -> Vec<GeneratedFile> {
    let config = Config::default().with_large_int("number");
    vec![("types.ts", types(&config)), ("commands.ts", commands(&config))]
}

const HEADER: &str = "// Written by `cargo xtask codegen` from the contract; never edited.\n";

/// Gathers declarations of types and of all they mention, each once, in the order of their names.
struct Declarations<'a> {
    config: &'a Config,
    seen: std::collections::BTreeMap<String, String>,
}

impl TypeVisitor for Declarations<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Only types of our own have a file; numbers, strings and lists do not.
        if T::output_path().is_none() {
            return;
        }
        let name = T::ident(self.config);
        if self.seen.contains_key(&name) {
            return;
        }
        self.seen.insert(name, format!("export {}\n", T::decl(self.config)));
        T::visit_dependencies(self);
    }
}

macro_rules! visit_commands {
    ($( $name:ident($request:ty) -> $response:ty, )*) => {
        fn visit_commands(declarations: &mut Declarations<'_>) {
            $( declarations.visit::<$request>(); declarations.visit::<$response>(); )*
        }

        fn command_lines(config: &Config) -> String {
            let mut out = String::new();
            $( out += &format!(
                "  {}: {{ request: {}; response: {} }};\n",
                stringify!($name), <$request as TS>::name(config), <$response as TS>::name(config),
            ); )*
            out
        }

        /// Every command's name, for the shell's permission list.
        pub const COMMAND_NAMES: &[&str] = &[$( stringify!($name) ),*];
    };
}
crate::for_each_command!(visit_commands);

use crate::Nothing;
use chat::{ChatEnded, ChatPiece};
use imports::{ImportDropped, ImportProgress};
use settings::Closing;
use testing::TestReport;
use training::RunDetail;
use work::WorkCounting;

macro_rules! visit_events {
    ($( $variant:ident $name:ident($payload:ty), )*) => {
        fn visit_events(declarations: &mut Declarations<'_>) {
            $( declarations.visit::<$payload>(); )*
        }

        fn event_lines(config: &Config) -> String {
            let mut out = String::new();
            $( out += &format!("  {}: {};\n", stringify!($name), <$payload as TS>::name(config)); )*
            out
        }
    };
}
crate::for_each_event!(visit_events);

fn declarations(config: &Config) -> Declarations<'_> {
    let mut declarations = Declarations { config, seen: std::collections::BTreeMap::new() };
    visit_commands(&mut declarations);
    visit_events(&mut declarations);
    declarations.visit::<FailureCode>();
    declarations.visit::<Param>();
    declarations
}

fn types(config: &Config) -> String {
    let declarations = declarations(config);
    let mut out = String::from(HEADER);
    for text in declarations.seen.values() {
        out += "\n";
        out += text;
    }
    out
}

fn commands(config: &Config) -> String {
    let names: Vec<String> = declarations(config).seen.into_keys().collect();
    let commands = command_lines(config);
    let events = event_lines(config);
    let used = |name: &String| mentions(&commands, name) || mentions(&events, name);
    let imported: Vec<&str> = names.iter().filter(|name| used(name)).map(String::as_str).collect();
    format!(
        "{HEADER}\nimport type {{\n  {},\n}} from \"./types\";\n\n\
         /** Every command: what it is asked with and what it answers. */\n\
         export interface Commands {{\n{commands}}}\n\n\
         /** Every event and what it carries. */\n\
         export interface Events {{\n{events}}}\n",
        imported.join(",\n  "),
    )
}

fn mentions(lines: &str, name: &str) -> bool {
    lines.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}
