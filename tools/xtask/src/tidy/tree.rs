//! The files of the project, read once. Knows what is not ours: build output, installed packages.

use std::fs;
use std::path::Path;

/// One text file.
pub struct File {
    /// From the root, with `/`.
    pub path: String,
    pub text: String,
}

/// Every text file of the project, sorted by path, and every folder.
pub struct Tree {
    pub files: Vec<File>,
    pub folders: Vec<String>,
}

const NOT_OURS: [&str; 7] =
    [".git", "target", "node_modules", ".venv", "__pycache__", "matchwright-data", ".pytest_cache"];

impl Tree {
    pub fn read(root: &Path) -> Result<Self, String> {
        let mut tree = Self { files: Vec::new(), folders: Vec::new() };
        tree.walk(root, "")?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        tree.folders.sort();
        Ok(tree)
    }

    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Whether a path of the page exists, as a file of any kind or as a folder.
    pub fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.file(path).is_some() || self.folders.iter().any(|folder| folder == path)
    }

    /// Whether some folder has a file of this name.
    pub fn has_named(&self, name: &str) -> bool {
        self.files.iter().any(|file| file.path.rsplit('/').next() == Some(name))
    }

    /// Files under a folder with this ending.
    pub fn under<'a>(&'a self, folder: &'a str, ending: &'a str) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |file| file.path.starts_with(folder) && file.path.ends_with(ending))
    }

    fn walk(&mut self, folder: &Path, prefix: &str) -> Result<(), String> {
        let entries = fs::read_dir(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        for entry in entries {
            let entry = entry.map_err(|why| format!("{}: {why}", folder.display()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            let kind = entry.file_type().map_err(|why| format!("{path}: {why}"))?;
            if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) {
                self.walk(&entry.path(), &format!("{path}/"))?;
                self.folders.push(path);
            } else if kind.is_file() {
                // A file that is not text (a corpus, an old journal) is kept by name only.
                let text = fs::read_to_string(entry.path()).unwrap_or_default();
                self.files.push(File { path, text });
            }
        }
        Ok(())
    }
}
