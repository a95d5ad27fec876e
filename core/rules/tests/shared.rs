//! Rule sets that others wrote: every good one is accepted, every bad one refused for its reason.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use matchwright_rules::{Options, compile};

fn folder(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/rulesets").join(name);
    if !folder.is_dir() {
        println!("the collected rule sets are not here; nothing to compare with");
        return None;
    }
    Some(folder)
}

fn bodies(folder: &Path) -> BTreeMap<String, String> {
    let files =
        std::fs::read_dir(folder).expect("a readable folder").map(|entry| entry.expect("an entry").path());
    let read = |file: PathBuf| {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(file).expect("a readable rule set"))
    };
    files.map(read).collect()
}

#[test]
fn every_good_rule_set_is_accepted() {
    for folder in ["guide", "valid"].into_iter().filter_map(folder) {
        for (name, body) in bodies(&folder) {
            if let Err(found) = compile(&body, Options::default()) {
                panic!("{name}: {}", found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
            }
        }
    }
}

/// Part of the file name -> the code that names its reason.
const REASONS: [(&str, &str); 50] = [
    ("o3de-placeholder", "R105"),
    ("pixelrush-no-version", "R105"),
    ("fmlocal-1v1-accept", "R104"),
    ("fmlocal-1v1", "R130"),
    ("flexi-multi-compound", "R130"),
    ("flexi-distinct", "R130"),
    ("flexi-bad-across", "R122"),
    ("flexi-contains", "R130"),
    ("flexi-refcount", "R130"),
    ("flexi-full", "R130"),
    ("flexi-no-version", "R105"),
    ("flexi-bad-version", "R107"),
    ("flexi-balanced-type", "R119"),
    ("flexi-balanced-undeclared", "R118"),
    ("flexi-maxdistance-text", "R103"),
    ("no-teams", "R105"),
    ("bad-json", "R101"),
    ("missing-rulelanguageversion", "R105"),
    ("unsupported-rulelanguageversion", "R107"),
    ("unknown-rule-type", "R108"),
    ("compound-to-unknown-rule", "R141"),
    ("case-balanced-needs-attr", "R105"),
    ("expansion-bad-target", "R150"),
    ("invalid-batchingpreference", "R108"),
    ("sorted-needs-sortbyattributes", "R117"),
    ("bad-expansionageselection", "R108"),
    ("distancesort-needs-attr", "R105"),
    ("compound-rejects-batchdistance", "R142"),
    ("batchdistance-rejects-mindistance", "R104"),
    ("latency-distancereference-needs-maxdistance", "R124"),
    ("comparison-without-referencevalue", "R122"),
    ("collection-contains-needs-referencevalue", "R122"),
    ("unknown-playerattribute-type", "R108"),
    ("team-maxplayers-must-be-positive", "R109"),
    ("team-minplayers-exceeds-maxplayers", "R112"),
    ("unknown-algorithm-strategy", "R108"),
    ("unknown-backfillpriority", "R108"),
    ("balancedattribute-not-declared", "R118"),
    ("balancedattribute-not-a-number", "R119"),
    ("batching-sorted-requires", "R116"),
    ("batching-random-requires", "R116"),
    ("batching-largestpopulation-requires", "R116"),
    ("batching-fastestregion-requires", "R116"),
    ("duplicate-team-name", "R110"),
    ("duplicate-playerattribute-name", "R110"),
    ("duplicate-rule-name", "R110"),
    ("forum-6752-wildcard", "R150"),
    ("dialect-tencent-distance", "R104"),
    ("dialect-tencent-comparison", "R104"),
    ("dialect-tencent-latency", "R104"),
];

#[test]
fn every_bad_rule_set_is_refused_for_its_reason() {
    let Some(folder) = folder("invalid") else { return };
    let mut wrong = Vec::new();
    for (name, body) in bodies(&folder) {
        let (_, reason) =
            REASONS.iter().find(|(part, _)| name.contains(part)).expect("a reason for each file");
        let found = compile(&body, Options::default()).err().unwrap_or_default();
        if !found.iter().any(|one| one.code == *reason) {
            wrong.push(format!(
                "{name}: expected {reason}, found {:?}",
                found.iter().map(ToString::to_string).collect::<Vec<_>>()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
