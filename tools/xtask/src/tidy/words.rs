//! Files for one sitting, nothing unfinished, no path of one machine.

use super::tree::{File, Tree};

/// Lines of a source or a page.
const LONGEST: usize = 700;

pub fn check(tree: &Tree) -> Vec<String> {
    let ours = [".rs", ".py", ".mjs", ".md", ".toml", ".json", "run"];
    let files = tree.files.iter().filter(|file| ours.iter().any(|ending| file.path.ends_with(ending)));
    files.flat_map(|file| [too_long(file), unfinished(file), machine_paths(file)].concat()).collect()
}

fn too_long(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    let counted = [".rs", ".py", ".mjs", ".md"].iter().any(|ending| file.path.ends_with(ending));
    let long = counted && lines > LONGEST;
    long.then(|| format!("{} has {lines} lines; at most {LONGEST}, split it by noun", file.path))
        .into_iter()
        .collect()
}

fn unfinished(file: &File) -> Vec<String> {
    // Taken apart, so that this list does not find itself.
    let words = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("db", "g!("),
        concat!("FIX", "ME"),
        concat!("#[ign", "ore"),
    ];
    if !file.path.ends_with(".rs") {
        return Vec::new();
    }
    let found = words.iter().filter(|word| file.text.contains(**word));
    found
        .map(|word| format!("{} has {word}; finish it, or write it down as a known gap", file.path))
        .collect()
}

/// A home or a checkout of one machine; a loopback address or a URL is none.
fn machine_paths(file: &File) -> Vec<String> {
    let roots = ["work", "root", "home", "Users"].map(|name| format!("/{name}/"));
    let mut found = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        let named = roots.iter().find(|root| {
            line.match_indices(root.as_str()).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                before.is_none_or(|letter| !letter.is_alphanumeric() && !"._-/}$".contains(letter))
            })
        });
        if let Some(root) = named {
            found.push(format!(
                "{}:{}: a path of one machine ({root}); make it relative",
                file.path,
                number + 1
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File { path: "a.rs".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn machine_paths_are_found_and_parts_of_urls_are_not() {
        let home = concat!("/", "home/");
        assert_eq!(machine_paths(&file(&format!("let a = \"{home}me/x\";"))).len(), 1);
        assert_eq!(machine_paths(&file(&format!("https://example.org{home}x"))), Vec::<String>::new());
    }

    #[test]
    fn length_and_holes_are_found() {
        assert_eq!(too_long(&file(&"a\n".repeat(LONGEST))), Vec::<String>::new());
        assert_eq!(too_long(&file(&"a\n".repeat(LONGEST + 1))).len(), 1);
        assert_eq!(unfinished(&file(concat!("db", "g!(x)"))).len(), 1);
    }
}
