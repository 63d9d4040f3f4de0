//! Who may depend on whom: the house's one table, held against what cargo says.
//!
//! The compiler would let any crate name any other; this is what keeps the domain apart from
//! storage, network and window.

use super::{Violation, tree::Tree};
use crate::workspace::{DependencyKind, Package};

/// What a package may name of ours.
enum Allowed {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

const DATASET: &str = "attune-dataset";
const COST: &str = "attune-cost";
const JOBS: &str = "attune-jobs";
const EVALUATION: &str = "attune-evaluation";
const CONTRACT: &str = "attune-contract";
const APP: &str = "attune-app";
const ENGINE: &str = "attune-engine";
const TESTKIT: &str = "attune-testkit";
const SHELL: &str = "attune-desktop";

fn allowed(package: &str) -> Option<Allowed> {
    Some(match package {
        SHELL => Allowed::Only(&[APP, CONTRACT]),
        "attune-cli" => Allowed::Only(&[APP, CONTRACT, ENGINE]),
        APP => Allowed::AllBut(&[ENGINE, SHELL, "attune-cli", "attune-tests", "xtask", TESTKIT]),
        "attune-services" => Allowed::Only(&[COST, JOBS]),
        "attune-gateway" => Allowed::Only(&["attune-services", COST]),
        "attune-store" => Allowed::Only(&[DATASET, COST, JOBS, EVALUATION, "attune-tuning"]),
        EVALUATION | "attune-reports" => Allowed::Only(&[DATASET, COST, JOBS]),
        COST | ENGINE => Allowed::Only(&[DATASET]),
        "attune-tuning" => Allowed::Only(&[COST]),
        DATASET | JOBS | CONTRACT | "attune-vault" => Allowed::Only(&[]),
        "xtask" => Allowed::Only(&[CONTRACT, TESTKIT]),
        TESTKIT | "attune-tests" => Allowed::AllBut(&[]),
        _ => return None,
    })
}

/// Every dependency on a package of ours stands in the table; test equipment is for tests.
pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let names: Vec<&str> = tree.packages.iter().map(|package| package.name.as_str()).collect();
    tree.packages.iter().flat_map(|package| check_package(package, &names)).collect()
}

fn check_package(package: &Package, ours: &[&str]) -> Vec<Violation> {
    let manifest = manifest(package);
    let Some(allowed) = allowed(&package.name) else {
        let what = format!("`{}` has no line in the table of who may depend on whom", package.name);
        return vec![Violation::new(&manifest, 0, what)];
    };
    let is_refused = |name: &str, kind: DependencyKind| {
        if name == TESTKIT && kind == DependencyKind::Test {
            return false;
        }
        match &allowed {
            Allowed::Only(names) => !names.contains(&name),
            Allowed::AllBut(names) => names.contains(&name),
        }
    };
    package
        .dependencies
        .iter()
        .filter(|it| ours.contains(&it.name.as_str()) && is_refused(&it.name, it.kind))
        .map(|it| format!("`{}` may not depend on `{}`", package.name, it.name))
        .map(|what| Violation::new(&manifest, 0, what))
        .collect()
}

/// The path of a package's manifest.
pub(super) fn manifest(package: &Package) -> String {
    if package.folder.is_empty() {
        return "Cargo.toml".to_owned();
    }
    format!("{}/Cargo.toml", package.folder)
}
