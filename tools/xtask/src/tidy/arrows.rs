//! Which crate may know which. A new arrow is a visible one-line change in this table.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Crate, and the crates of ours that it may build upon.
const ARROWS: &[(&str, &[&str])] = &[
    ("matchwright-model", &[]),
    ("matchwright-rules", &["matchwright-model"]),
    ("matchwright-hosting", &["matchwright-model"]),
    ("matchwright-engine", &["matchwright-model", "matchwright-rules", "matchwright-hosting"]),
    ("matchwright-search", &["matchwright-model", "matchwright-rules", "matchwright-engine"]),
    ("matchwright-journal", &["matchwright-model", "matchwright-hosting", "matchwright-engine"]),
    ("matchwright-sinks", &[]),
    ("matchwright-allocate", &[]),
    ("matchwright-amazon", &["matchwright-model", "matchwright-hosting", "matchwright-engine"]),
    (
        "matchwright-gamelift",
        &[
            "matchwright-model",
            "matchwright-rules",
            "matchwright-hosting",
            "matchwright-engine",
            "matchwright-amazon",
        ],
    ),
    (
        "matchwright-game-server",
        &["matchwright-model", "matchwright-hosting", "matchwright-engine", "matchwright-amazon"],
    ),
    (
        "matchwright-sim",
        &[
            "matchwright-model",
            "matchwright-rules",
            "matchwright-hosting",
            "matchwright-engine",
            "matchwright-search",
        ],
    ),
    (
        "matchwright-workbench",
        &["matchwright-model", "matchwright-rules", "matchwright-engine", "matchwright-search"],
    ),
    (
        "matchwright-server",
        &[
            "matchwright-model",
            "matchwright-rules",
            "matchwright-engine",
            "matchwright-search",
            "matchwright-hosting",
            "matchwright-amazon",
            "matchwright-gamelift",
            "matchwright-game-server",
            "matchwright-journal",
            "matchwright-sinks",
            "matchwright-allocate",
        ],
    ),
    ("matchwright-fake-server", &[]),
    ("matchwright-heap", &[]),
    (
        "matchwright",
        &[
            "matchwright-fake-server",
            "matchwright-heap",
            "matchwright-model",
            "matchwright-rules",
            "matchwright-engine",
            "matchwright-journal",
            "matchwright-server",
            "matchwright-workbench",
        ],
    ),
    (
        "matchwright-fuzz",
        &[
            "matchwright-model",
            "matchwright-rules",
            "matchwright-engine",
            "matchwright-gamelift",
            "matchwright-game-server",
            "matchwright-hosting",
            "matchwright-journal",
        ],
    ),
    ("xtask", &[]),
];

/// Folders whose crates are words that several fronts of one vendor share: below the edges.
const WORDS: [&str; 1] = ["/edges/fronts/amazon/"];

/// Layers from the top; an arrow may stay inside its layer or point down, and no edge knows another.
fn layer(manifest: &str) -> Option<usize> {
    let layers: [&[&str]; 5] = [&["/tools/"], &["/apps/"], &["/edges/"], &WORDS, &["/core/"]];
    // The last that fits: words lie in the folder of the edges.
    layers.iter().rposition(|folders| folders.iter().any(|folder| manifest.contains(folder)))
}

pub fn check(metadata: &Value) -> Vec<String> {
    let table: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let packages: Vec<&Value> = metadata["packages"].as_array().into_iter().flatten().collect();
    let home = metadata["workspace_root"].as_str().unwrap_or_default();
    let layers: BTreeMap<&str, Option<usize>> = packages
        .iter()
        .map(|one| {
            (name(one), layer(one["manifest_path"].as_str().unwrap_or_default().trim_start_matches(home)))
        })
        .collect();
    let mut findings = Vec::new();
    for package in &packages {
        let from = name(package);
        let Some(allowed) = table.get(from) else {
            findings
                .push(format!("crate {from} is not in the table of tools/xtask/src/tidy/arrows.rs; add it"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = name(dependency);
            if !layers.contains_key(to) {
                continue;
            }
            if !allowed.contains(&to) {
                findings.push(format!(
                    "{from} -> {to} is no arrow of the table; go through core, or discuss the arrow"
                ));
            }
            findings.extend(wrong_way(from, to, &layers));
        }
    }
    let real: BTreeSet<&str> = layers.keys().copied().collect();
    let gone = table.keys().filter(|one| !real.contains(*one));
    findings
        .extend(gone.map(|one| format!("the table names crate {one}, which does not exist; take it out")));
    findings
}

/// The rule behind the table: down only, and no edge knows another edge.
fn wrong_way(from: &str, to: &str, layers: &BTreeMap<&str, Option<usize>>) -> Option<String> {
    const EDGES: usize = 2;
    let (above, below) = (layers.get(from).copied()??, layers.get(to).copied()??);
    let wrong = above > below || (above == EDGES && below == EDGES);
    wrong.then(|| format!("{from} -> {to} points up or sideways; arrows go apps -> edges -> core"))
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn world(from: &str, to: &str) -> Vec<String> {
        let packages = ARROWS.iter().map(|(name, _)| {
            let folder = match *name {
                "matchwright-journal" | "matchwright-sinks" | "matchwright-gamelift" => "edges",
                "matchwright-server" | "matchwright-sim" | "matchwright" => "apps",
                "matchwright-fuzz" | "xtask" => "tools",
                _ => "core",
            };
            let dependencies = if *name == from { json!([{ "name": to }]) } else { json!([]) };
            json!({ "name": name, "manifest_path": format!("/base/{folder}/{name}/Cargo.toml"), "dependencies": dependencies })
        });
        check(&json!({ "workspace_root": "/base", "packages": packages.collect::<Vec<_>>() }))
    }

    #[test]
    fn arrows_down_are_fine() {
        assert_eq!(world("matchwright-server", "matchwright-journal"), Vec::<String>::new());
        assert_eq!(world("matchwright-engine", "serde"), Vec::<String>::new());
    }

    #[test]
    fn arrows_up_and_between_edges_are_found() {
        assert_eq!(world("matchwright-engine", "matchwright-server").len(), 2);
        assert_eq!(world("matchwright-gamelift", "matchwright-journal").len(), 2);
        assert_eq!(world("matchwright-model", "matchwright-fuzz").len(), 2);
    }
}
