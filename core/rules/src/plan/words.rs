//! What the plan keeps of a ticket beside numbers: texts of its players, each as a *word*, a number that stands for it.
//!
//! Equal texts are equal words and no others. Who takes tickets in numbers them; the texts of the rules come first.

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

/// The words of some players of a ticket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Where each list ends: the players' lists of what is kept first, then those of what is kept next.
    ends: Box<[u32]>,
    words: Box<[u32]>,
    players: usize,
}

impl Words {
    pub(super) fn of(kept: &[Kept], members: &[&Member], word: &mut dyn FnMut(&str) -> u32) -> Self {
        let (mut ends, mut words) = (Vec::with_capacity(kept.len() * members.len()), Vec::new());
        for kept in kept {
            for member in members {
                match kept {
                    Kept::Ids => words.push(word(member.id.as_str())),
                    Kept::Attribute(attribute) => match &member.values[*attribute] {
                        AttributeValue::Text(text) => words.push(word(text)),
                        AttributeValue::Number(number) => words.push(word(&number_as_text(*number))),
                        AttributeValue::TextList(texts) => words.extend(texts.iter().map(|text| word(text))),
                        AttributeValue::NumberMap(_) => {}
                    },
                }
                ends.push(words.len() as u32);
            }
        }
        Self { ends: ends.into(), words: words.into(), players: members.len() }
    }

    /// Every word, as often as it stands here.
    pub fn all(&self) -> &[u32] {
        &self.words
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + 4 * (self.ends.len() + self.words.len())
    }

    pub(super) fn players(&self) -> usize {
        self.players
    }

    /// One player's list of what is kept.
    pub(super) fn of_player(&self, kept: usize, player: usize) -> &[u32] {
        self.between(kept * self.players + player, kept * self.players + player + 1)
    }

    /// All players' lists of what is kept, one after the other.
    pub(super) fn of_all(&self, kept: usize) -> &[u32] {
        self.between(kept * self.players, (kept + 1) * self.players)
    }

    fn between(&self, first: usize, last: usize) -> &[u32] {
        let end = |lists: usize| if lists == 0 { 0 } else { self.ends[lists - 1] as usize };
        &self.words[end(first)..end(last)]
    }
}

/// Equal numbers have equal texts once both zeros are one.
pub(super) fn number_as_text(number: f64) -> String {
    format!("{:?}", number + 0.0)
}
