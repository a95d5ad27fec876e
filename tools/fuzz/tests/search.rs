//! The expressions of SearchGameSessions: every text is read, or told where and why not.

use matchwright_fuzz::{Spoiled, corpus, duration};
use matchwright_gamelift::search::{parse_filter, parse_sort};

const WORDS: [&str; 16] = [
    " AND ",
    " OR ",
    "NOT ",
    "(",
    ")",
    "<>",
    ">=",
    "gameSessionProperties.",
    "gameSessionId",
    "hasAvailablePlayerSessions",
    "playerSessionCount",
    "9223372036854775808",
    "'arn:aws:gamelift:::gamesession/a/b/c'",
    "\\",
    "\"",
    "\u{1f3ae}",
];

#[test]
fn the_corpus_is_read() {
    for (name, text) in corpus("search") {
        let text = String::from_utf8(text).expect("expressions are text");
        let read = parse_filter(text.trim_end());
        assert!(read.is_ok(), "{name}: {read:?}");
    }
}

#[test]
fn spoiled_expressions() {
    let corpus: Vec<Vec<u8>> = corpus("search").into_iter().map(|(_, text)| text).collect();
    bolero::check!().with_type::<Spoiled>().with_test_time(duration()).for_each(|spoiled| {
        is_answered(&String::from_utf8_lossy(&spoiled.bytes(&corpus, &WORDS)));
    });
}

#[test]
fn any_bytes() {
    bolero::check!()
        .with_test_time(duration())
        .for_each(|bytes: &[u8]| is_answered(&String::from_utf8_lossy(bytes)));
}

/// A refusal points into the text or behind its end, and says what was expected.
fn is_answered(text: &str) {
    for error in [parse_filter(text).err(), parse_sort(text).err()].into_iter().flatten() {
        assert!((1..=text.chars().count() + 1).contains(&error.position), "{error}: {text:?}");
        assert!(!error.expected.is_empty() && !error.found.is_empty(), "{error:?}");
    }
}
