//! Files below `src` do not import each other in a circle.
//!
//! A folder's `mod.rs` is an exception: it names the files of its folder, and they may use what it
//! declares.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::architecture::{is_word, rust_files, without_comments_and_tests};

type Module = Vec<String>;

/// Every path in the code that starts with `crate` or `super`, resolved from the root, with groups
/// expanded.
fn paths(code: &str, own: &Module) -> Vec<Module> {
    let mut found = Vec::new();
    for head in ["crate::", "super::"] {
        for (at, _) in code.match_indices(head) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| is_word(c) || c == ':') {
                continue;
            }
            let mut base = own.clone();
            let mut rest = &code[at..];
            if let Some(after) = rest.strip_prefix("crate::") {
                (base, rest) = (Vec::new(), after);
            }
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
            expand(base, rest, &mut found);
        }
    }
    found
}

/// Collects the paths below a module in a text such as `a::{b, c::d}`; returns the rest of the text.
fn expand<'a>(base: Module, text: &'a str, found: &mut Vec<Module>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = expand(base.clone(), rest, found).trim_start();
            match rest.strip_prefix(',') {
                Some(after) if !after.trim_start().starts_with('}') => rest = after,
                Some(after) => return after.trim_start().strip_prefix('}').unwrap_or(""),
                None => return rest.strip_prefix('}').unwrap_or(rest),
            }
        }
    }
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let mut path = base;
    if name != "self" && !name.is_empty() {
        path.push(name.to_owned());
    }
    match rest.strip_prefix("::") {
        Some(after) => expand(path, after, found),
        None => {
            found.push(path);
            rest
        }
    }
}

fn module_of(src: &Path, file: &Path) -> Module {
    let path = file.strip_prefix(src).unwrap().with_extension("");
    let mut module: Module = path.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if module.last().is_some_and(|name| ["mod", "lib", "main"].contains(&name.as_str())) {
        module.pop();
    }
    module
}

/// The files that each file imports, without the `mod.rs` of its own folders and files below it.
fn imports(files: &BTreeMap<Module, String>) -> BTreeMap<&Module, BTreeSet<&Module>> {
    let mut graph = BTreeMap::new();
    for (own, text) in files {
        let named = paths(&without_comments_and_tests(text), own);
        let resolved = named.iter().filter_map(|path| {
            let mut prefixes = (1..=path.len()).rev().map(|length| path[..length].to_vec());
            let module = prefixes.find(|prefix| files.contains_key(prefix))?;
            files.get_key_value(&module).map(|(module, _)| module)
        });
        let kin = |other: &&Module| !(own.starts_with(other) || other.starts_with(own));
        graph.insert(own, resolved.filter(kin).collect());
    }
    graph
}

/// The files on a circle: the rest after repeatedly removing files that import nothing.
fn circles(files: &BTreeMap<Module, String>) -> Vec<String> {
    let mut graph = imports(files);
    loop {
        let done: Vec<&Module> =
            graph.iter().filter(|(_, to)| to.is_empty()).map(|(from, _)| *from).collect();
        if done.is_empty() {
            break;
        }
        graph.retain(|from, _| !done.contains(from));
        graph.values_mut().for_each(|to| to.retain(|module| !done.contains(module)));
    }
    // A file that only imports from a circle is not on it.
    let imported: BTreeSet<&Module> = graph.values().flatten().copied().collect();
    graph.keys().filter(|module| imported.contains(*module)).map(|it| it.join("::")).collect()
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths: Vec<PathBuf> = Vec::new();
    rust_files(&src, &mut paths);
    let of_tests = |path: &PathBuf| {
        let mut parts = path.strip_prefix(&src).unwrap().iter();
        parts.any(|part| {
            ["tests", "tests.rs", "testing.rs", "fixtures.rs"].iter().any(|it| part == *it)
        })
    };
    paths.retain(|path| !of_tests(path));
    let files: BTreeMap<Module, String> = paths
        .iter()
        .map(|path| (module_of(&src, path), fs::read_to_string(path).unwrap()))
        .collect();
    assert!(files.len() > 100, "only {} files", files.len());
    assert_eq!(circles(&files), [""; 0]);
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let files = |texts: &[(&str, &str)]| -> BTreeMap<Module, String> {
        let module = |path: &str| path.split("::").map(str::to_owned).collect();
        texts.iter().map(|(path, text)| (module(path), (*text).to_owned())).collect()
    };
    let sound = [
        ("rules", "mod a;\nmod b;"),
        ("rules::a", "use super::b::B;\nuse super::Rule;"),
        ("rules::b", ""),
    ];
    assert_eq!(circles(&files(&sound)), [""; 0]);
    for back in [
        "use super::a::A;",
        "use super::{Rule, a::{self, A}};",
        "use crate::rules::a;",
        "fn f() { super::a::f() }",
    ] {
        let circle = [sound[0], sound[1], ("rules::b", back), ("model", "use crate::rules::a::A;")];
        assert_eq!(circles(&files(&circle)), ["rules::a", "rules::b"], "{back}");
    }
}
