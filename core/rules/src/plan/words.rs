//! What the plan keeps of a ticket beside numbers: texts of its players, each as a *word*, a number that stands for it.
//!
//! Equal texts are equal words and no others. Who takes tickets in numbers them; the texts of the rules come first.

use std::sync::Arc;

use matchwright_model::AttributeValue;

use crate::Member;

/// What every player brings a list of words of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// An attribute: its text, its number, or every text of its list.
    Attribute(usize),
    /// The player's id.
    Ids,
}

/// What is kept, and the texts that rules name: the word of each is its place.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vocabulary {
    pub kept: Vec<Kept>,
    pub texts: Vec<String>,
}

impl Vocabulary {
    pub(super) fn of(&mut self, kept: Kept) -> usize {
        place(&mut self.kept, kept)
    }

    pub(super) fn word(&mut self, text: String) -> u32 {
        place(&mut self.texts, text) as u32
    }
}

/// The place of something, which is made where it is new.
fn place<T: PartialEq>(list: &mut Vec<T>, one: T) -> usize {
    list.iter().position(|known| *known == one).unwrap_or_else(|| {
        list.push(one);
        list.len() - 1
    })
}

/// The words of some players of a ticket; a copy is the same words once more.
///
/// In one piece, because a search asks many tickets for few words: how many players and lists, where each list ends
/// (the players' lists of what is kept first, then those of what is kept next), and the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(Arc<[u32]>);

/// What stands before the ends.
const HEAD: usize = 2;

impl Words {
    pub(super) fn of(kept: &[Kept], members: &[&Member], word: &mut dyn FnMut(&str) -> u32) -> Self {
        let lists = kept.len() * members.len();
        let mut all = vec![members.len() as u32, lists as u32];
        all.resize(HEAD + lists, 0);
        let places = kept.iter().flat_map(|kept| members.iter().map(move |member| (kept, member)));
        for (list, (kept, member)) in places.enumerate() {
            match kept {
                Kept::Ids => all.push(word(member.id.as_str())),
                Kept::Attribute(attribute) => match &member.values[*attribute] {
                    AttributeValue::Text(text) => all.push(word(text)),
                    AttributeValue::Number(number) => all.push(word(&number_as_text(*number))),
                    AttributeValue::TextList(texts) => all.extend(texts.iter().map(|text| word(text))),
                    AttributeValue::NumberMap(_) => {}
                },
            }
            all[HEAD + list] = all.len() as u32;
        }
        Self(all.into())
    }

    /// Every word, as often as it stands here.
    pub fn all(&self) -> &[u32] {
        &self.0[HEAD + self.0[1] as usize..]
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        4 * self.0.len()
    }

    pub(super) fn players(&self) -> usize {
        self.0[0] as usize
    }

    /// One player's list of what is kept.
    pub(super) fn of_player(&self, kept: usize, player: usize) -> &[u32] {
        let list = kept * self.players() + player;
        self.between(list, list + 1)
    }

    /// All players' lists of what is kept, one after the other.
    pub(super) fn of_all(&self, kept: usize) -> &[u32] {
        self.between(kept * self.players(), (kept + 1) * self.players())
    }

    fn between(&self, first: usize, last: usize) -> &[u32] {
        let start = HEAD + self.0[1] as usize;
        let end = |lists: usize| if lists == 0 { start } else { self.0[HEAD + lists - 1] as usize };
        &self.0[end(first)..end(last)]
    }
}

/// A text for a number: equal numbers have equal texts, both zeros the same.
pub fn number_as_text(number: f64) -> String {
    format!("{:?}", number + 0.0)
}
