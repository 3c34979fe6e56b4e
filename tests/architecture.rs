//! Holds `src` to the documents: the tables of `docs/ARCHITECTURE.md` are the rule, nothing is repeated here.
//!
//! It reads text, line by line. That is enough because imports are one `use` per module and
//! `super::super` is forbidden. Test files (`tests.rs`, `tests/`) may read files and use an oracle's
//! crate, but the arrows between modules hold for them too.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

const ARCHITECTURE: &str = include_str!("../docs/ARCHITECTURE.md");
const GLOSSARY: &str = include_str!("../docs/GLOSSARY.md");
const LINES_PER_FILE: usize = 800;

#[test]
fn modules_use_only_what_they_may() {
    let may_use: BTreeMap<String, Vec<String>> =
        table(ARCHITECTURE, "## Modules").into_iter().map(|row| (row.name, row.may)).collect();
    let mut wrong = Vec::new();
    for line in source_lines() {
        for used in named_modules(&line, &may_use) {
            let allowed = may_use.get(&line.module).is_some_and(|may| may.contains(&used));
            if used != line.module && !allowed {
                wrong.push(format!("{}: `{}` may not use `{used}`", line.place, line.module));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn what_is_outside_is_named_only_where_it_may() {
    let only_in = table(ARCHITECTURE, "## Crates and the outside world");
    let mut wrong = Vec::new();
    for line in source_lines().iter().filter(|line| !line.test_file) {
        for outside in &only_in {
            if names(&line.code, &outside.name) && !outside.may.contains(&line.module) {
                wrong.push(format!("{}: `{}` may not use `{}`", line.place, line.module, outside.name));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn the_document_lists_the_modules_that_exist_lowest_first() {
    let mut placed = BTreeSet::new();
    for row in table(ARCHITECTURE, "## Modules") {
        for used in &row.may {
            assert!(placed.contains(used), "`{}` uses `{used}`, which stands below it", row.name);
        }
        placed.insert(row.name);
    }
    let existing: BTreeSet<String> = source_lines().into_iter().map(|line| line.module).collect();
    assert_eq!(placed, existing, "left: docs/ARCHITECTURE.md, right: src");
}

#[test]
fn files_are_short_and_imports_are_plain() {
    let mut wrong = Vec::new();
    for path in files_of("src") {
        let text = fs::read_to_string(&path).unwrap();
        let count = text.lines().count();
        if count > LINES_PER_FILE {
            wrong.push(format!("{}: {count} lines, at most {LINES_PER_FILE}", path.display()));
        }
        for hidden in ["super::super", "crate::{", "std::{"] {
            if text.contains(hidden) {
                wrong.push(format!("{}: `{hidden}` hides names from this test", path.display()));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn the_glossary_has_every_type_of_the_field_and_no_other() {
    let glossary = table(GLOSSARY, "## Terms");
    let explained: BTreeSet<&String> = glossary.iter().flat_map(|row| &row.may).collect();
    let mut wrong = Vec::new();
    let mut existing = BTreeSet::new();
    for line in source_lines() {
        let Some(name) = public_type(&line.code) else { continue };
        if line.module == "domain" && !explained.contains(&name) {
            wrong.push(format!("{}: `{name}` has no row in docs/GLOSSARY.md", line.place));
        }
        existing.insert(name);
    }
    for name in explained {
        if !existing.contains(name) {
            wrong.push(format!("docs/GLOSSARY.md: there is no public type `{name}`"));
        }
    }
    assert_none(&wrong);
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// A line of code of `src`, outside `lib.rs` and `bin`, without its comment.
struct Line {
    module: String,
    place: String,
    code: String,
    /// In `src/x.rs` or `src/x/mod.rs`, where `super::` reaches the other modules.
    module_root: bool,
    test_file: bool,
}

fn source_lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for path in files_of("src") {
        let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let [_, first, rest @ ..] = parts.as_slice() else { continue };
        if first == "lib.rs" || first == "bin" {
            continue;
        }
        for (index, text) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            lines.push(Line {
                module: first.trim_end_matches(".rs").to_owned(),
                place: format!("{}:{}", path.display(), index + 1),
                code: text.split("//").next().unwrap_or_default().to_owned(),
                module_root: rest.is_empty() || rest == ["mod.rs"],
                test_file: rest.iter().any(|part| part == "tests" || part == "tests.rs"),
            });
        }
    }
    lines
}

/// Every Rust file below a folder. Paths are relative: cargo runs tests in the package's folder.
fn files_of(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_of(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The modules that a line names after `crate::`, or after `super::` where that reaches them.
fn named_modules(line: &Line, modules: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let after = |prefix| line.code.split(prefix).skip(1).map(leading_name);
    let mut named: Vec<String> = after("crate::").collect();
    if line.module_root {
        named.extend(after("super::").filter(|name| modules.contains_key(name)));
    }
    named
}

/// Whether a line names a crate or a path of the standard library.
fn names(code: &str, path: &str) -> bool {
    let below = format!("{path}::");
    code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':')
        .map(|token| token.trim_start_matches(':'))
        .any(|token| token.starts_with(&below) || path.contains("::") && token == path)
}

fn public_type(code: &str) -> Option<String> {
    let declared = code.trim_start().strip_prefix("pub ")?;
    let kinds = ["struct ", "enum ", "trait ", "type "];
    kinds.iter().find_map(|kind| declared.strip_prefix(kind)).map(leading_name)
}

fn leading_name(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// A row of a table in a document: the name in its first column, and those in its column of names.
struct Row {
    name: String,
    may: Vec<String>,
}

/// The table under a heading. In each, the first column is the subject and the last but one holds the names.
fn table(document: &str, heading: &str) -> Vec<Row> {
    let (_, section) = document.split_once(&format!("\n{heading}\n")).unwrap();
    let rows = section.lines().take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| "));
    let rows = rows.skip(2).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let [first, .., names, _] = cells.as_slice() else { unreachable!("a row of four columns: {line}") };
        Row { name: first.trim().trim_matches('`').to_owned(), may: in_backticks(names) }
    });
    let rows: Vec<Row> = rows.collect();
    assert!(!rows.is_empty(), "no table under {heading}");
    rows
}

fn in_backticks(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
