//! `ARCHITECTURE.md` names every crate's folder, and every path and source file that any page names exists.

use serde_json::Value;

use super::tree::Tree;

/// Pages that must be there.
const PAGES: [&str; 5] =
    ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md", "docs/README.md", "docs/reference/errors.md"];

pub fn check(tree: &Tree, metadata: &Value) -> Vec<String> {
    let mut findings = Vec::new();
    let map = tree.file("ARCHITECTURE.md").map_or("", |file| file.text.as_str());
    for folder in crate_folders(metadata) {
        if !map.contains(&format!("`{folder}`")) && !map.contains(&format!("`{folder}/`")) {
            findings
                .push(format!("{folder} is not named; write `{folder}`, what it does and what is absent"));
        }
    }
    let missing = PAGES.iter().filter(|page| tree.file(page).is_none());
    findings.extend(missing.map(|page| format!("{page} is missing")));
    for file in tree.under("", ".md") {
        let page = &file.path;
        let paths = named_paths(tree, &file.text).into_iter().filter(|path| !tree.has(path));
        let sources = named_sources(&file.text).filter(|name| !tree.has_named(name));
        let dead = paths.chain(sources);
        findings.extend(dead.map(|path| format!("{page} names `{path}`, which does not exist")));
        let dead = linked_paths(page, &file.text).into_iter().filter(|path| !tree.has(path));
        findings.extend(dead.map(|path| format!("{page} links to {path}, which does not exist")));
    }
    findings
}

fn crate_folders(metadata: &Value) -> Vec<String> {
    let root = metadata["workspace_root"].as_str().unwrap_or_default();
    let manifests = metadata["packages"].as_array().into_iter().flatten();
    let folders = manifests.filter_map(|package| {
        let path = package["manifest_path"].as_str()?.strip_prefix(root)?;
        Some(path.trim_matches('/').trim_end_matches("/Cargo.toml").to_owned())
    });
    folders.collect()
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Names of Rust files in backticks, without a folder.
fn named_sources(text: &str) -> impl Iterator<Item = &str> {
    quoted(text).filter(|word| word.ends_with(".rs") && !word.contains(['/', '*', ' ', '\n']))
}

/// What stands in backticks, has a slash, and begins with a folder of the root.
fn named_paths<'a>(tree: &Tree, text: &'a str) -> Vec<&'a str> {
    let paths = quoted(text).filter(|word| {
        let first = word.split('/').next().unwrap_or_default();
        word.contains('/')
            && !word.contains(['*', '<', '{', ' ', '\n'])
            && tree.folders.iter().any(|folder| folder == first)
    });
    paths.collect()
}

/// Targets of `[text](target)` inside the project, from the root.
fn linked_paths(page: &str, text: &str) -> Vec<String> {
    let home = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    let ours = targets.filter(|target| !target.is_empty() && !target.contains("://"));
    ours.map(|target| resolve(home, target)).collect()
}

fn resolve(home: &str, target: &str) -> String {
    let mut parts: Vec<&str> = home.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_names_of_sources_are_read() {
        let text = "see `stand.rs`, `core/search/src/seek.rs`, `*.rs` and stand.rs";
        assert_eq!(named_sources(text).collect::<Vec<_>>(), ["stand.rs"]);
    }

    #[test]
    fn links_are_read_from_their_page() {
        let text =
            "see [a](../decisions/0001.md#why), [b](errors.md), [c](https://example.org/x), [d](#here)";
        assert_eq!(
            linked_paths("docs/reference/x.md", text),
            ["docs/decisions/0001.md", "docs/reference/errors.md"]
        );
    }
}
