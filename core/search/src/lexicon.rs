//! Texts by number, as long as somebody here has them: rules compare the words of players, never their texts.

use std::sync::Arc;

use matchwright_rules::Party;
use matchwright_rules::plan::{Plan, Vocabulary, Words};

use crate::numbers::Numbers;

/// The words of one pool.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    words: Numbers<Arc<str>>,
}

impl Lexicon {
    /// The texts that rules name come first and stay.
    pub fn of(vocabulary: &Vocabulary) -> Self {
        let mut lexicon = Self::default();
        for text in &vocabulary.texts {
            lexicon.take(text);
        }
        lexicon
    }

    /// The words of a ticket; `None` where the plan keeps none. They are to be given back with [`Self::release`].
    pub fn words(&mut self, plan: &Plan, party: &Party) -> Option<Words> {
        (!plan.vocabulary.kept.is_empty()).then(|| plan.words(party, &mut |text| self.take(text)))
    }

    /// The words of a backfill ticket, by team.
    pub fn words_seated(&mut self, plan: &Plan, party: &Party, teams: &[usize]) -> Vec<(usize, Words)> {
        if plan.vocabulary.kept.is_empty() {
            return Vec::new();
        }
        plan.words_seated(party, teams, &mut |text| self.take(text))
    }

    /// A ticket left: what nobody else has is forgotten.
    pub fn release(&mut self, words: &Words) {
        words.all().iter().for_each(|word| self.words.give_back(*word));
    }

    fn take(&mut self, text: &str) -> u32 {
        self.words.share(text).unwrap_or_else(|| self.words.add(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use matchwright_model::{AttributeValue, PartyPolicy, Player};
    use matchwright_rules::{Options, compile};

    use super::*;

    const RULES: &str = r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"likes","type":"string_list"}],
        "teams":[{"name":"all","minPlayers":2,"maxPlayers":2}],
        "rules":[{"name":"tea","type":"collection","operation":"reference_intersection_count",
                  "measurements":["flatten(teams[*].players.attributes[likes])"],"referenceValue":["tea"],"minCount":1}]}"#;

    #[test]
    fn a_word_is_free_again_once_nobody_has_its_text() {
        let (rules, _) = compile(RULES, Options { unknown_keys_warn: false }).expect("a valid rule set");
        let plan = Plan::of(&rules, PartyPolicy::Individual);
        let mut lexicon = Lexicon::of(&plan.vocabulary);
        let words = |lexicon: &mut Lexicon, likes: &[&str]| {
            let likes = AttributeValue::text_list(likes.iter().map(|text| text.to_string()));
            let player = Player {
                id: "p".into(),
                attributes: [("likes".into(), likes)].into_iter().collect(),
                latencies: [].into_iter().collect(),
                team: None,
            };
            let party = Party::bind(&rules, &[player]).expect("a player with likes");
            lexicon.words(&plan, &party).expect("the plan keeps likes")
        };
        let ann = words(&mut lexicon, &["tea", "milk"]);
        let bob = words(&mut lexicon, &["milk", "rum"]);
        assert_eq!((ann.all(), bob.all()), (&[0, 1][..], &[1, 2][..]), "what rules name comes first");
        lexicon.release(&ann);
        assert_eq!(words(&mut lexicon, &["gin", "milk"]).all(), &[3, 1], "milk is still bob's");
        lexicon.release(&bob);
        assert_eq!(
            words(&mut lexicon, &["pop", "tea"]).all(),
            &[2, 0],
            "rum is forgotten, tea is the rule's"
        );
    }
}
