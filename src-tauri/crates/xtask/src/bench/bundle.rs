//! How large the page is: what the window reads first, and all of it, as it would be compressed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::SectionError;
use crate::process;
use crate::workspace::Workspace;

/// Prints "BYTES GZIPPED PATH" for each file named; Node has gzip, so no crate is needed for it.
const SIZES: &str = "const z=require('zlib'),f=require('fs');for(const p of process.argv.slice(1)){\
const b=f.readFileSync(p);console.log(b.length,z.gzipSync(b,{level:9}).length,p)}";

/// Sizes of `ui/dist` as a table.
pub(super) fn measure(workspace: &Workspace) -> Result<String, SectionError> {
    let dist = workspace.ui().join("dist");
    let page = dist.join("index.html");
    if !page.is_file() {
        let what = "`ui/dist` (`cargo xtask test page-install page-build`)".to_owned();
        return Err(SectionError::NoSubject { what });
    }
    let html = fs::read_to_string(page)?;
    let mut files = Vec::new();
    collect(&dist, &mut files)?;
    let said = process::output(Command::new("node").args(["-e", SIZES]).args(&files))?;
    let sizes = parse(&said)?;
    let is_first = |path: &str| is_named(&html, path);
    if !sizes.iter().any(|size| size.path.ends_with(".js") && is_first(&size.path)) {
        // A page that stands in for the built one would give figures of nothing.
        return Err(SectionError::NoSubject { what: "a built page with a script".to_owned() });
    }
    let kilobytes = |is_meant: &dyn Fn(&str) -> bool| {
        let sum = |pick: fn(&Size) -> u64| {
            sizes.iter().filter(|size| is_meant(&size.path)).map(pick).sum::<u64>()
        };
        format!("{} | {}", shown(sum(|size| size.raw)), shown(sum(|size| size.gzipped)))
    };
    Ok(format!(
        "| what | kB | kB gzip | budget (gzip) |\n| --- | ---: | ---: | --- |\n\
         | JavaScript the window reads first | {} | 90 kB |\n\
         | style sheets the window reads first | {} | |\n\
         | the whole of `ui/dist` | {} | 600 kB |",
        kilobytes(&|path| path.ends_with(".js") && is_first(path)),
        kilobytes(&|path| path.ends_with(".css") && is_first(path)),
        kilobytes(&|_| true),
    ))
}

struct Size {
    raw: u64,
    gzipped: u64,
    path: String,
}

fn parse(said: &str) -> Result<Vec<Size>, SectionError> {
    let size = |line: &str| {
        let mut parts = line.splitn(3, ' ');
        let raw = parts.next()?.parse().ok()?;
        let gzipped = parts.next()?.parse().ok()?;
        Some(Size { raw, gzipped, path: parts.next()?.to_owned() })
    };
    let unexpected = || SectionError::Unexpected { said: said.to_owned() };
    said.lines().map(|line| size(line).ok_or_else(unexpected)).collect()
}

/// Whether the page names the file: as its script, its style sheet or to be loaded ahead.
fn is_named(html: &str, path: &str) -> bool {
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
    html.contains(name.as_ref())
}

/// Thousands of bytes with one decimal.
fn shown(bytes: u64) -> String {
    let tenths = (bytes + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), SectionError> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}
