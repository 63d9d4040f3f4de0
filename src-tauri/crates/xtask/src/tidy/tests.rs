//! Each rule sees a planted violation and leaves a sound tree alone.

use std::collections::BTreeSet;
use std::fs;

use super::tree::{SourceFile, Tree};
use super::{RULES, Violation};
use crate::workspace::{Dependency, DependencyKind, Package};

/// A rule, a tree that breaks it, a tree that keeps it, and what is said of the first.
struct Planted {
    rule: &'static str,
    broken: Tree,
    sound: Tree,
    said: &'static str,
}

fn file(path: &str, text: &str) -> Tree {
    files(&[(path, text)])
}

fn files(files: &[(&str, &str)]) -> Tree {
    let file = |(path, text): &(&str, &str)| SourceFile {
        path: (*path).to_owned(),
        text: (*text).to_owned(),
    };
    Tree { files: files.iter().map(file).collect(), packages: Vec::new() }
}

fn package(name: &str, dependencies: &[(&str, DependencyKind)]) -> Package {
    let folder = name.trim_start_matches("attune-");
    let dependency = |(name, kind): &(&str, DependencyKind)| Dependency {
        name: (*name).to_owned(),
        kind: *kind,
    };
    Package {
        name: name.to_owned(),
        folder: format!("src-tauri/crates/{folder}"),
        dependencies: dependencies.iter().map(dependency).collect(),
        test_targets: Vec::new(),
    }
}

fn packages(packages: Vec<Package>) -> Tree {
    Tree { files: Vec::new(), packages }
}

/// The shell and the store beside a package under test, so that their names are ours.
fn with_package(name: &str, dependency: &str, kind: DependencyKind) -> Tree {
    let others = ["attune-store", "attune-testkit", "attune-engine"];
    let mut all: Vec<Package> = others.iter().map(|name| package(name, &[])).collect();
    all.push(package(name, &[(dependency, kind)]));
    packages(all)
}

#[track_caller]
fn check(planted: &Planted) {
    let Planted { rule, broken, sound, said } = planted;
    let check = RULES.iter().find(|known| known.name == *rule).expect("the rule exists").check;
    assert_eq!(shown(&check(broken)), *said, "{rule} should see the planted violation");
    assert_eq!(shown(&check(sound)), "", "{rule} should leave the sound tree alone");
}

fn shown(violations: &[Violation]) -> String {
    let line = |it: &Violation| format!("{}:{} {}", it.path, it.line, it.what);
    violations.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn planted_texts() -> Vec<Planted> {
    let long = "x\n".repeat(601);
    vec![
        Planted {
            rule: "module-doc",
            broken: file("a/src/lib.rs", "// About.\n"),
            sound: files(&[("a/src/lib.rs", "//! About.\n"), ("ui/src/a.ts", "/** About. */\n")]),
            said: "a/src/lib.rs:1 does not begin with a sentence on its purpose",
        },
        Planted {
            rule: "module-doc",
            broken: file("ui/src/a.ts", "export {};\n"),
            sound: file("ui/src/generated/a.ts", "export {};\n"),
            said: "ui/src/a.ts:1 does not begin with a sentence on its purpose",
        },
        Planted {
            rule: "file-length",
            broken: file("a/src/lib.rs", &long),
            sound: files(&[("a/src/lib.rs", &long[2..]), ("ui/src/generated/t.ts", &long)]),
            said: "a/src/lib.rs:601 has 601 lines; 600 are the end",
        },
        Planted {
            rule: "no-ignored-tests",
            broken: file("a/src/tests.rs", "#[test]\n    #[ignore = \"slow\"]\n"),
            sound: file("a/src/tests.rs", "#[test]\n// no #[ignore] here\n"),
            said: "a/src/tests.rs:2 leaves a test out",
        },
        Planted {
            rule: "trailing-space",
            broken: file("docs/a.md", "one\ntwo \n"),
            sound: files(&[("docs/a.md", "one\n\ntwo\n"), ("ui/src/generated/a.ts", "a \n")]),
            said: "docs/a.md:2 ends in white space",
        },
    ]
}

fn planted_packages() -> Vec<Planted> {
    use DependencyKind::{Build, Normal, Test};
    vec![
        Planted {
            rule: "dependency-table",
            broken: with_package("attune-dataset", "attune-store", Normal),
            sound: with_package("attune-app", "attune-store", Normal),
            said: "src-tauri/crates/dataset/Cargo.toml:0 `attune-dataset` may not depend on \
                   `attune-store`",
        },
        Planted {
            rule: "dependency-table",
            broken: with_package("attune-app", "attune-testkit", Normal),
            sound: with_package("attune-app", "attune-testkit", Test),
            said: "src-tauri/crates/app/Cargo.toml:0 `attune-app` may not depend on `attune-testkit`",
        },
        Planted {
            rule: "dependency-table",
            broken: with_package("attune-app", "attune-engine", Test),
            sound: with_package("attune-cli", "attune-engine", Normal),
            said: "src-tauri/crates/app/Cargo.toml:0 `attune-app` may not depend on `attune-engine`",
        },
        Planted {
            rule: "dependency-table",
            broken: packages(vec![package("attune-surprise", &[])]),
            sound: packages(vec![package("attune-jobs", &[("serde", Normal)])]),
            said: "src-tauri/crates/surprise/Cargo.toml:0 `attune-surprise` has no line in the \
                   table of who may depend on whom",
        },
        Planted {
            rule: "shell-alone-names-tauri",
            broken: with_package("attune-app", "tauri-plugin-dialog", Test),
            sound: with_package("attune-desktop", "tauri-build", Build),
            said: "src-tauri/crates/app/Cargo.toml:0 `attune-app` may not depend on \
                   `tauri-plugin-dialog`",
        },
        Planted {
            rule: "store-alone-has-sql",
            broken: with_package("attune-app", "rusqlite", Normal),
            sound: with_package("attune-tests", "rusqlite", Normal),
            said: "src-tauri/crates/app/Cargo.toml:0 `attune-app` may not depend on `rusqlite`",
        },
        Planted {
            rule: "vault-alone-opens-keyrings",
            broken: with_package("attune-app", "zbus-secret-service-keyring-store", Normal),
            sound: with_package("attune-vault", "keyring-core", Normal),
            said: "src-tauri/crates/app/Cargo.toml:0 `attune-app` may not depend on \
                   `zbus-secret-service-keyring-store`",
        },
        Planted {
            rule: "package-ceiling",
            broken: packages((0..19).map(|_| package("attune-app", &[])).collect()),
            sound: packages((0..18).map(|_| package("attune-app", &[])).collect()),
            said: "Cargo.toml:0 the workspace has 19 packages; 18 are the end",
        },
    ]
}

fn planted_maps_and_pure_crates() -> Vec<Planted> {
    let with = |path: &str, text: &str, name: &str| Tree {
        packages: vec![package(name, &[])],
        ..file(path, text)
    };
    let code = "src-tauri/crates/dataset/src/lib.rs";
    let tests = "src-tauri/crates/dataset/src/tests.rs";
    vec![
        Planted {
            rule: "crate-named",
            broken: with("docs/ARCHITECTURE.md", "# Map\n`attune-app-old`", "attune-app"),
            sound: with("docs/ARCHITECTURE.md", "# Map\n`attune-app`", "attune-app"),
            said: "docs/ARCHITECTURE.md:0 does not name `attune-app`",
        },
        Planted {
            rule: "pure-crates",
            broken: with(code, "//! Pure.\nuse std::fs;\n", "attune-dataset"),
            sound: with(tests, "//! Tests.\nuse std::fs;\n", "attune-dataset"),
            said: "src-tauri/crates/dataset/src/lib.rs:2 a pure crate names `std::fs`",
        },
        Planted {
            rule: "pure-crates",
            broken: with_package("attune-jobs", "tokio", DependencyKind::Normal),
            sound: with_package("attune-services", "tokio", DependencyKind::Normal),
            said: "src-tauri/crates/jobs/Cargo.toml:0 `attune-jobs` may not depend on `tokio`",
        },
    ]
}

fn planted_imports() -> Vec<Planted> {
    vec![
        Planted {
            rule: "host-alone-imports-tauri",
            broken: file("ui/src/app/a.ts", "import { invoke } from \"@tauri-apps/api/core\";\n"),
            sound: file("ui/src/host/tauri.ts", "import { a } from \"@tauri-apps/api/core\";\n"),
            said: "ui/src/app/a.ts:1 `@tauri-apps/api/core` may be imported in ui/src/host/ only",
        },
        Planted {
            rule: "host-alone-imports-tauri",
            broken: file("ui/src/app/a.ts", "const it = await import('@tauri-apps/api/event');\n"),
            sound: file("ui/src/app/a.ts", "// from \"@tauri-apps/api/core\"\n"),
            said: "ui/src/app/a.ts:1 `@tauri-apps/api/event` may be imported in ui/src/host/ only",
        },
        Planted {
            rule: "features-apart",
            broken: file("ui/src/features/use/a.ts", "import x from \"../results/b\";\n"),
            sound: file(
                "ui/src/features/use/deep/a.ts",
                "import x from \"../b\";\nimport y from \"../../../design/c\";\n",
            ),
            said: "ui/src/features/use/a.ts:1 the feature `use` imports `../results/b`",
        },
        Planted {
            rule: "features-apart",
            broken: file("ui/src/features/use/a.ts", "import x from \"$features/results/b\";\n"),
            sound: file("ui/src/app/a.ts", "import x from \"../features/results/b\";\n"),
            said: "ui/src/features/use/a.ts:1 the feature `use` imports `$features/results/b`",
        },
        Planted {
            rule: "design-alone",
            broken: file("ui/src/design/A.svelte", "import { t } from \"../messages/format\";\n"),
            sound: file(
                "ui/src/design/A.svelte",
                "import { b } from \"./b\";\nimport { onMount } from \"svelte\";\n",
            ),
            said: "ui/src/design/A.svelte:1 design imports `../messages/format`",
        },
    ]
}

fn planted_templates() -> Vec<Planted> {
    let path = "ui/src/features/use/A.svelte";
    let words = |broken: &str, said: &'static str| Planted {
        rule: "words-in-catalogue",
        broken: file(path, broken),
        sound: file(
            path,
            "<script lang=\"ts\">\n  const words = \"Not shown\";\n</script>\n<!-- A remark -->\n\
             <p class=\"row wide\">{t(\"use.title\")}&nbsp;{n} / {all} &middot; 3</p>\n\
             {#if state === \"Ready now\"}<B label={t(\"use.b\")} on:click={() => { a < b; }} />{/if}\n\
             <style>\n  p { content: \"Words\"; }\n</style>\n",
        ),
        said,
    };
    vec![
        words(
            "<p>\n  Hello {name}\n</p>\n",
            "ui/src/features/use/A.svelte:2 `Hello` is not in the catalogue",
        ),
        words(
            "<button aria-label=\"Close\">{x}</button>\n",
            "ui/src/features/use/A.svelte:1 `Close` is not in the catalogue",
        ),
        words(
            "<A title={open ? \"Close it\" : t(\"use.open\")} />\n",
            "ui/src/features/use/A.svelte:1 `Close it` is not in the catalogue",
        ),
        words(
            "{#if a > b}\n<p>{open ? \"Shown\" : \"\"}</p>{/if}\n",
            "ui/src/features/use/A.svelte:2 `Shown` is not in the catalogue",
        ),
        Planted {
            rule: "no-raw-html",
            broken: file(path, "<p>\n{@html answer}</p>\n"),
            sound: file(path, "<p>\n{answer}</p>\n"),
            said: "ui/src/features/use/A.svelte:2 uses `{@html`",
        },
        Planted {
            rule: "page-without-inline-style",
            broken: file("ui/dist/index.html", "<head>\n<style>a{}</style></head>\n"),
            sound: file("ui/index.html", "<head>\n<link rel=\"stylesheet\" /></head>\n"),
            said: "ui/dist/index.html:2 has an inline `<style>`",
        },
        Planted {
            rule: "no-skipped-page-tests",
            broken: file("ui/src/a.test.ts", "  it.only(\"works\", () => {});\n"),
            sound: file("ui/src/a.test.ts", "  it(\"works\", () => rows.skip(1));\n"),
            said: "ui/src/a.test.ts:1 `it.only(` leaves tests out",
        },
    ]
}

fn planted_colours() -> Vec<Planted> {
    let path = "ui/src/design/A.svelte";
    let sound = "{#each feed as row}<a href=\"#feed\">{row}</a>{/each}\n\
                 <style>\n  p { color: var(--ink); fill: url(#fade); }\n\
                 \x20 p { border-color: oklch(from var(--ink) l c h / 50%); }\n</style>\n";
    let colour = |broken: &str, said: &'static str| Planted {
        rule: "colours-from-tokens",
        broken: file(path, broken),
        sound: file(path, sound),
        said,
    };
    vec![
        colour(
            "<style>\n  p { color: #fff; }\n</style>\n",
            "ui/src/design/A.svelte:2 `#fff` is no token of ui/src/design/tokens.css",
        ),
        colour(
            "<path stroke=\"#1a2b3c\" />\n",
            "ui/src/design/A.svelte:1 `#1a2b3c` is no token of ui/src/design/tokens.css",
        ),
        Planted {
            rule: "colours-from-tokens",
            broken: file("ui/src/app/app.css", "p {\n  color: oklch(70% 0.1 200);\n}\n"),
            sound: file("ui/src/design/tokens.css", ":root { --ink: oklch(20% 0 0); }\n"),
            said: "ui/src/app/app.css:2 `oklch(` is no token of ui/src/design/tokens.css",
        },
    ]
}

fn planted_words() -> Vec<Planted> {
    let catalogue = "ui/src/messages/en.json";
    let code = ("ui/src/generated/types.ts", "export type FailureCode = \"disk_full\";\n");
    let long = "word ".repeat(26);
    vec![
        Planted {
            rule: "failure-words",
            broken: files(&[code, (catalogue, "{\"failure.gone\": \"Gone.\"}")]),
            sound: files(&[
                code,
                (
                    catalogue,
                    "{\"failure.disk_full\": \"Full.\", \"failure.disk_full.action\": \"Look\"}",
                ),
            ]),
            said: "ui/src/messages/en.json:0 `failure.disk_full` has no words\n\
                   ui/src/messages/en.json:0 `failure.gone` belongs to no failure",
        },
        Planted {
            rule: "failure-words",
            broken: file(catalogue, "{\"a\": \"{n\"}"),
            sound: file(catalogue, "{\"a\": \"{n}\"}"),
            said: "ui/src/messages/en.json:0 the text of `a` cannot be read\n  \
                   because: a brace is opened and not closed",
        },
        Planted {
            rule: "plain-sentences",
            broken: file(catalogue, &format!("{{\"a\": \"Short. {long}.\"}}")),
            sound: file(catalogue, &format!("{{\"a\": \"{}. And more words.\"}}", &long[5..])),
            said: "ui/src/messages/en.json:0 `a` has a sentence of 26 words",
        },
    ]
}

fn all() -> Vec<Planted> {
    [
        planted_texts(),
        planted_packages(),
        planted_maps_and_pure_crates(),
        planted_imports(),
        planted_templates(),
        planted_colours(),
        planted_words(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn every_rule_catches_what_is_planted() {
    for planted in all() {
        check(&planted);
    }
}

#[test]
fn every_rule_has_a_planted_violation() {
    let planted: BTreeSet<&str> = all().iter().map(|planted| planted.rule).collect();
    let rules: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(planted, rules);
}

#[test]
fn the_tree_is_read_without_what_nobody_wrote() {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("src/lib.rs", "//! Ours.\n"),
        (".ci/run", "#!/usr/bin/env bash\n"),
        ("ui/dist/index.html", "<p></p>\n"),
        ("ui/dist/assets/a.js", "1\n"),
        ("ui/node_modules/x/a.ts", "export {};\n"),
        ("ui/.planted-1/src/a.ts", "export {};\n"),
        ("target/debug/a.rs", "fn main() {}\n"),
        ("tests/data/a.json", "{ }  \n"),
        ("ui/package-lock.json", "{}\n"),
        ("ui/picture.png", "no text"),
    ] {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let tree = Tree::read(root.path(), Vec::new()).unwrap();
    let paths: Vec<&str> = tree.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, [".ci/run", "src/lib.rs", "ui/dist/index.html"]);
}
