//! The rule parser answers every text: with a rule set, or with diagnostics that point into the text.

use matchwright_fuzz::{Spoiled, corpus, duration};
use matchwright_rules::{Diagnostic, Options, compile};

const WORDS: [&str; 20] = [
    "\"rules\":[",
    "\"type\":\"compound\"",
    "\"statement\":\"and(a, or(b, not(c)))\"",
    "\"measurements\":[\"count(teams[red].players)\"]",
    "\"referenceValue\":\"teams[*].players[playerId]\"",
    "set_intersection(",
    "flatten(",
    "teams[red,blue]",
    ".attributes[skill]",
    "\"expansions\":[{\"target\":\"rules[a].maxDistance\",\"steps\":[{\"waitTimeSeconds\":5,\"value\":1}]}]",
    "\"quantity\":7",
    "-0.0",
    "1e309",
    "18446744073709551616",
    "\\ud800",
    "\u{10ffff}",
    "/*",
    "//",
    "null",
    "\"\"",
];

#[test]
fn the_corpus_compiles() {
    for (name, body) in corpus("rules") {
        let body = String::from_utf8(body).expect("rule sets are text");
        let compiled = compile(&body, Options::default());
        assert!(compiled.is_ok(), "{name}: {:?}", compiled.err());
    }
}

#[test]
fn spoiled_rule_sets() {
    let corpus: Vec<Vec<u8>> = corpus("rules").into_iter().map(|(_, body)| body).collect();
    bolero::check!().with_type::<Spoiled>().with_test_time(duration()).for_each(|spoiled| {
        compile_is_sound(&String::from_utf8_lossy(&spoiled.bytes(&corpus, &WORDS)));
    });
}

#[test]
fn any_bytes() {
    bolero::check!()
        .with_test_time(duration())
        .for_each(|bytes: &[u8]| compile_is_sound(&String::from_utf8_lossy(bytes)));
}

/// The same answer twice, at least one reason for a refusal, and every finding inside the text.
fn compile_is_sound(body: &str) {
    for unknown_keys_warn in [false, true] {
        let options = Options { unknown_keys_warn };
        let compiled = compile(body, options);
        assert_eq!(compiled, compile(body, options));
        match &compiled {
            Ok((_, warnings)) => points_into(body, warnings),
            Err(found) => {
                assert!(!found.is_empty(), "refused without a reason");
                points_into(body, found);
            }
        }
    }
}

fn points_into(body: &str, found: &[Diagnostic]) {
    for one in found {
        let lines = body.split('\n').count();
        assert!(body.get(one.span.clone()).is_some(), "{one} at {:?} is no part of the text", one.span);
        assert!((1..=lines).contains(&one.line) && one.column >= 1, "{one} at {}:{}", one.line, one.column);
        assert!(
            !one.to_string().is_empty() && matchwright_rules::CODES.iter().any(|(code, _)| *code == one.code)
        );
    }
}
