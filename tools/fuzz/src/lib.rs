//! What the fuzz targets share: documents of a corpus, and edits that spoil them. Holds no target; those are `tests/`.
//!
//! A random text is hardly ever a rule set. So a target takes a good document from the corpus, lets the generator
//! make edits, and looks at what the edited document does. `BOLERO_RANDOM_SEED`, printed by a failure, repeats it.

use std::path::Path;
use std::time::Duration;

use bolero::TypeGenerator;

/// One change of a document. Places are taken modulo its length, so every edit fits every document.
#[derive(Debug, Clone, TypeGenerator)]
pub enum Edit {
    /// Another byte.
    Set {
        at: u32,
        byte: u8,
    },
    Insert {
        at: u32,
        byte: u8,
    },
    /// A word of the target's language.
    Word {
        at: u32,
        word: u8,
    },
    Remove {
        at: u32,
        length: u8,
    },
    /// A part of the document once more, elsewhere.
    Repeat {
        from: u32,
        length: u8,
        at: u32,
    },
    /// The rest is gone.
    End {
        at: u32,
    },
    /// A bracket, many times: depth must not cost the stack.
    Nest {
        at: u32,
        depth: u16,
        square: bool,
    },
}

/// A document of the corpus and what is done to it.
#[derive(Debug, Clone, TypeGenerator)]
pub struct Spoiled {
    pub document: u8,
    pub edits: Vec<Edit>,
}

impl Spoiled {
    /// The edited bytes. Only the first few edits count, so that most documents stay near their form.
    pub fn bytes(&self, corpus: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
        let document = corpus[usize::from(self.document) % corpus.len()].clone();
        self.edits.iter().take(6).fold(document, |document, edit| edit.apply(document, words))
    }
}

impl Edit {
    fn apply(&self, mut document: Vec<u8>, words: &[&str]) -> Vec<u8> {
        let place = |at: u32| at as usize % (document.len() + 1);
        match *self {
            Edit::Set { at, byte } => {
                let at = place(at);
                if let Some(found) = document.get_mut(at) {
                    *found = byte;
                }
            }
            Edit::Insert { at, byte } => document.insert(place(at), byte),
            Edit::Word { at, word } => {
                let word = words[usize::from(word) % words.len()];
                let at = place(at);
                document.splice(at..at, word.bytes());
            }
            Edit::Remove { at, length } => {
                let at = place(at);
                let end = (at + usize::from(length)).min(document.len());
                document.drain(at..end);
            }
            Edit::Repeat { from, length, at } => {
                let (from, at) = (place(from), place(at));
                let end = (from + usize::from(length)).min(document.len());
                let part = document[from..end].to_vec();
                document.splice(at..at, part);
            }
            Edit::End { at } => document.truncate(place(at)),
            Edit::Nest { at, depth, square } => {
                let at = place(at);
                let bracket = if square { b'[' } else { b'{' };
                document.splice(at..at, std::iter::repeat_n(bracket, usize::from(depth)));
            }
        }
        document
    }
}

/// Every document of a folder below `corpus/`, by name.
pub fn corpus(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    let mut documents: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("an entry of the corpus").path();
            let name = path.file_name().expect("a file name").to_string_lossy().into_owned();
            (name, std::fs::read(&path).expect("a document of the corpus"))
        })
        .collect();
    documents.sort();
    assert!(!documents.is_empty(), "{} is empty", folder.display());
    documents
}

/// How long a target runs: `FUZZ_SECONDS`, or two seconds as part of the gate.
pub fn duration() -> Duration {
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edit_fits_every_document() {
        let corpus = [b"".to_vec(), b"{}".to_vec(), vec![7; 100]];
        bolero::check!().with_type::<Spoiled>().with_iterations(2000).for_each(|spoiled| {
            spoiled.bytes(&corpus, &["word"]);
        });
    }
}
