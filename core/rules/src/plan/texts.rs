//! A rule over the texts (or numbers) of single players: whose lists share what, who is alike.
//!
//! Exact on a whole match; on a partial one a list is what it holds by now, and as much more as may still come.

use smallvec::SmallVec;

use super::Coming;
use super::company::{Company, Each, Gathered, extra};
use super::words::{Kept, Vocabulary, number_as_text};
use crate::{
    Collection, CollectionOperation, Comparison, ComparisonOperation, Expression, Function, Node, Reference,
    RuleKind, RuleSet, TeamSelection, TierSpan, Tiered, Type, Verdict,
};

/// What a rule says of words.
#[derive(Debug, Clone, PartialEq)]
pub enum Texts {
    /// How many words of each measured list stand in each list of the others.
    Shared { measured: Vec<Lists>, against: Others, limits: Limits },
    /// How many words all lists of a group have in common.
    Common { measured: Vec<Lists>, limits: Limits },
    /// How many lists of a group hold a word; of a flat list, how many of its words are it.
    Holding { measured: Vec<Lists>, word: Tiered<u32>, limits: Limits },
    /// All equal to one another, or each to each of the others.
    Alike { measured: Vec<Lists>, against: Option<Others> },
    /// All different from one another, or each from each of the others.
    Apart { measured: Vec<Lists>, against: Option<Others> },
}

/// Words of the players of some teams, as the language nests them.
#[derive(Debug, Clone, PartialEq)]
pub struct Lists {
    pub kept: usize,
    pub teams: Vec<usize>,
    pub nest: Nest,
    /// A player brings any number of words, not just one.
    pub is_list: bool,
}

/// What is listed, from the outermost list to the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nest {
    /// Teams, their players' lists.
    TeamsOfPlayers,
    /// Players' lists.
    Players,
    /// Teams' lists.
    Teams,
    /// One list.
    Flat,
}

/// What lists are compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Others {
    Words(Tiered<Vec<u32>>),
    Lists(Lists),
}

/// How many may be.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    pub min: Option<Tiered<f64>>,
    pub max: Option<Tiered<f64>>,
}

/// Who is asked about: those who are seated, those who come (`None`: anybody), and the tiers in question.
#[derive(Debug, Clone, Copy)]
struct Ask<'a> {
    company: &'a Company<'a>,
    coming: Option<&'a Coming>,
    tiers: TierSpan,
}

impl Texts {
    pub(super) fn verdict(&self, company: &Company<'_>, coming: &Coming, tiers: TierSpan) -> Verdict {
        self.ask(&Ask { company, coming: Some(coming), tiers })
    }

    /// It fails, whoever may come.
    pub(super) fn breaks(&self, company: &Company<'_>, tiers: TierSpan) -> bool {
        self.ask(&Ask { company, coming: None, tiers }) == Verdict::False
    }

    /// It can fail in a way that no further player repairs.
    pub(super) fn may_break(&self) -> bool {
        match self {
            Self::Alike { .. } | Self::Apart { .. } => true,
            Self::Holding { limits, .. } => limits.max.is_some(),
            // What a single player has too little of, nobody else brings.
            Self::Shared { measured, limits, .. } => {
                let is_of_players = measured.iter().any(|lists| lists.each() == Each::Player);
                limits.max.is_some() || is_of_players && limits.min.is_some()
            }
            Self::Common { measured, limits } => measured.iter().any(|lists| match lists.nest {
                Nest::TeamsOfPlayers | Nest::Players => limits.min.is_some(),
                Nest::Teams | Nest::Flat => limits.max.is_some(),
            }),
        }
    }

    /// What it measures.
    pub(super) fn measured(&self) -> &[Lists] {
        match self {
            Self::Shared { measured, .. }
            | Self::Common { measured, .. }
            | Self::Holding { measured, .. }
            | Self::Alike { measured, .. }
            | Self::Apart { measured, .. } => measured,
        }
    }

    fn ask(&self, ask: &Ask<'_>) -> Verdict {
        let each = |verdicts: &mut dyn Iterator<Item = Verdict>| verdicts.min().unwrap_or(Verdict::True);
        match self {
            Self::Shared { measured, against, limits } => {
                each(&mut measured.iter().map(|lists| shared(ask, lists, against, limits)))
            }
            Self::Common { measured, limits } => {
                let groups =
                    measured.iter().flat_map(|lists| lists.groups().map(move |group| (lists, group)));
                each(&mut groups.map(|(lists, (teams, by))| common(ask, lists, teams, by, limits)))
            }
            Self::Holding { measured, word, limits } => {
                let groups =
                    measured.iter().flat_map(|lists| lists.groups().map(move |group| (lists, group)));
                let over = |count: (f64, f64)| limits.verdict(ask, count);
                each(&mut groups.map(|(lists, (teams, by))| {
                    over(hull(words_at(word, ask).iter().map(|word| holding(ask, lists, teams, by, *word))))
                }))
            }
            Self::Alike { measured, against: None } => {
                let (words, is_open) = flat(ask, measured);
                Verdict::of(!is_open, words.iter().any(|word| *word != words[0]))
            }
            Self::Apart { measured, against: None } => {
                let (mut words, is_open) = flat(ask, measured);
                words.sort_unstable();
                Verdict::of(!is_open, words.windows(2).any(|pair| pair[0] == pair[1]))
            }
            Self::Alike { measured, against: Some(others) } => {
                pairs(ask, measured, others, |one, other| one == other)
            }
            Self::Apart { measured, against: Some(others) } => {
                pairs(ask, measured, others, |one, other| one != other)
            }
        }
    }
}

impl Limits {
    /// Is a count between its two ends within the limits.
    fn verdict(&self, ask: &Ask<'_>, (low, high): (f64, f64)) -> Verdict {
        let ends = |limit: &Option<Tiered<f64>>, absent: f64| match limit {
            Some(limit) => hull(limit.span(ask.tiers.low, ask.tiers.high).iter().map(|one| (*one, *one))),
            None => (absent, absent),
        };
        let (min, max) = (ends(&self.min, f64::NEG_INFINITY), ends(&self.max, f64::INFINITY));
        #[cfg(test)]
        let max = crate::bound::soundness::mutation::limit(max);
        Verdict::of(low >= min.1 && high <= max.0, high < min.0 || low > max.1)
    }
}

/// The least of the low ends and the greatest of the high ones.
fn hull(ends: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    ends.fold((f64::INFINITY, f64::NEG_INFINITY), |hull, one| (hull.0.min(one.0), hull.1.max(one.1)))
}

fn words_at<'t, T>(tiered: &'t Tiered<T>, ask: &Ask<'_>) -> &'t [T] {
    tiered.span(ask.tiers.low, ask.tiers.high)
}

impl Lists {
    /// Whose words make one innermost list.
    fn each(&self) -> Each {
        match self.nest {
            Nest::TeamsOfPlayers | Nest::Players => Each::Player,
            Nest::Teams => Each::Team,
            Nest::Flat => Each::All,
        }
    }

    /// Lists that are looked at together, as the teams that they are of: each team by itself where they are nested
    /// that deep (D-73).
    fn groups(&self) -> impl Iterator<Item = (&[usize], Each)> {
        let size = if self.nest == Nest::TeamsOfPlayers { 1 } else { self.teams.len().max(1) };
        self.teams.chunks(size).map(|teams| (teams, self.each()))
    }

    /// Words that players who come may bring, at most.
    fn more(&self, teams: &[usize], ask: &Ask<'_>) -> f64 {
        match extra(teams, ask.coming).1 {
            players if self.is_list && players > 0.0 => f64::INFINITY,
            players => players,
        }
    }

    /// Does something hold of every list, each with the words that it may still get.
    fn every(&self, ask: &Ask<'_>, holds: impl Fn((&[u32], f64)) -> Verdict) -> Verdict {
        if self.each() != Each::Player {
            return self.gather(ask).iter().map(holds).min().unwrap_or(Verdict::True);
        }
        let is_open = extra(&self.teams, ask.coming).1 > 0.0;
        let mut every = if is_open { Verdict::Unknown } else { Verdict::True };
        ask.company.each_player(self.kept, &self.teams, |list| every = every.min(holds((list, 0.0))));
        every
    }

    fn gather(&self, ask: &Ask<'_>) -> Growing {
        let each = self.each();
        let lists = ask.company.lists(self.kept, &self.teams, each);
        let more = match each {
            Each::Player => SmallVec::new(),
            Each::Team => self.teams.iter().map(|team| self.more(&[*team], ask)).collect(),
            Each::All => SmallVec::from_elem(self.more(&self.teams, ask), 1),
        };
        Growing { lists, more, is_open: each == Each::Player && extra(&self.teams, ask.coming).1 > 0.0 }
    }
}

/// Lists, and what may still come to them.
struct Growing {
    lists: Gathered,
    /// Per list, the words that it may still get; none where it says nothing.
    more: SmallVec<[f64; 4]>,
    /// Further lists may come.
    is_open: bool,
}

impl Growing {
    fn iter(&self) -> impl Iterator<Item = (&[u32], f64)> {
        let more = self.more.iter().copied().chain(std::iter::repeat(0.0));
        self.lists.iter().zip(more)
    }
}

fn shared(ask: &Ask<'_>, lists: &Lists, against: &Others, limits: &Limits) -> Verdict {
    // How many words of a list stand in another, at least and at most.
    let count = |(list, more): (&[u32], f64), (other, others_more): (&[u32], f64)| {
        let here = list.iter().filter(|word| other.contains(*word)).count();
        let left = if others_more > 0.0 { list.len() - here } else { 0 };
        (here as f64, (here + left) as f64 + more)
    };
    let open = |is_open: bool| if is_open { Verdict::Unknown } else { Verdict::True };
    match against {
        Others::Words(words) => lists.every(ask, |list| {
            let counts = words_at(words, ask).iter().map(|words| count(list, (words, 0.0)));
            limits.verdict(ask, hull(counts))
        }),
        Others::Lists(others) => {
            let others = others.gather(ask);
            let known = lists.every(ask, |list| {
                let verdicts = others.iter().map(|other| limits.verdict(ask, count(list, other)));
                verdicts.min().unwrap_or(Verdict::True)
            });
            known.min(open(others.is_open))
        }
    }
}

fn common(ask: &Ask<'_>, lists: &Lists, teams: &[usize], by: Each, limits: &Limits) -> Verdict {
    let gathered = ask.company.lists(lists.kept, teams, by);
    let here = gathered.common() as f64;
    let count = match by {
        // Every further list leaves less.
        Each::Player if extra(teams, ask.coming).1 > 0.0 => {
            (0.0, if gathered.iter().next().is_some() { here } else { f64::INFINITY })
        }
        Each::Player => (here, here),
        // Every list may grow, but those of teams that are full.
        Each::Team | Each::All => {
            let closed = teams.iter().zip(gathered.iter());
            let closed = closed.filter(|(team, _)| lists.more(&[**team], ask) <= 0.0);
            let most = closed.map(|(_, list)| list.len()).min().map_or(f64::INFINITY, |most| most as f64);
            let is_open = teams.iter().any(|team| lists.more(&[*team], ask) > 0.0);
            (here, if is_open { most } else { here })
        }
    };
    limits.verdict(ask, count)
}

fn holding(ask: &Ask<'_>, lists: &Lists, teams: &[usize], by: Each, word: u32) -> (f64, f64) {
    let gathered = ask.company.lists(lists.kept, teams, by);
    let holds = |list: &[u32]| list.contains(&word);
    match by {
        Each::Player => {
            let here = gathered.iter().filter(|list| holds(list)).count() as f64;
            (here, here + extra(teams, ask.coming).1)
        }
        Each::Team => {
            let here = gathered.iter().filter(|list| holds(list)).count() as f64;
            let others = teams.iter().zip(gathered.iter()).filter(|(_, list)| !holds(list));
            let open = others.filter(|(team, _)| extra(&[**team], ask.coming).1 > 0.0).count() as f64;
            (here, here + open)
        }
        Each::All => {
            let here = gathered.words.iter().filter(|one| **one == word).count() as f64;
            (here, here + lists.more(teams, ask))
        }
    }
}

/// All words of several lists, and whether more may come.
fn flat(ask: &Ask<'_>, measured: &[Lists]) -> (SmallVec<[u32; 64]>, bool) {
    let mut words = SmallVec::new();
    for lists in measured {
        words.extend_from_slice(&ask.company.lists(lists.kept, &lists.teams, Each::All).words);
    }
    (words, measured.iter().any(|lists| extra(&lists.teams, ask.coming).1 > 0.0))
}

/// Does something hold of each word and each of the others.
fn pairs(ask: &Ask<'_>, measured: &[Lists], others: &Others, holds: impl Fn(u32, u32) -> bool) -> Verdict {
    let (own, is_open) = flat(ask, measured);
    let all = |others: &[u32]| own.iter().all(|one| others.iter().all(|other| holds(*one, *other)));
    match others {
        Others::Words(words) => {
            let mut each = words_at(words, ask).iter().map(|words| all(words));
            let (some, every) = each.by_ref().fold((false, true), |sum, one| (sum.0 || one, sum.1 && one));
            Verdict::of(every && !is_open, !some)
        }
        Others::Lists(lists) => {
            let (others, others_open) = flat(ask, std::slice::from_ref(lists));
            let is_settled = (!is_open && own.is_empty()) || (!others_open && others.is_empty());
            Verdict::of(is_settled || !(is_open || others_open), !all(&others))
        }
    }
}

/// The rule over words, where words can say it.
pub(super) fn texts(rules: &RuleSet, kind: &RuleKind, vocabulary: &mut Vocabulary) -> Option<Texts> {
    match kind {
        RuleKind::Collection(rule) => collection(rules, rule, vocabulary),
        RuleKind::Comparison(rule) => comparison(rules, rule, vocabulary),
        _ => None,
    }
}

fn collection(rules: &RuleSet, rule: &Collection, vocabulary: &mut Vocabulary) -> Option<Texts> {
    let measured = all(rules, &rule.measurements, vocabulary)?;
    let limits = Limits { min: rule.min_count.clone(), max: rule.max_count.clone() };
    Some(match &rule.operation {
        CollectionOperation::Intersection => Texts::Common { measured, limits },
        CollectionOperation::Contains(text) => {
            let word = Tiered(text.0.iter().map(|text| vocabulary.word(text.clone())).collect());
            Texts::Holding { measured, word, limits }
        }
        CollectionOperation::ReferenceIntersectionCount(reference) => {
            Texts::Shared { measured, against: others(rules, reference, vocabulary)?, limits }
        }
    })
}

fn comparison(rules: &RuleSet, rule: &Comparison, vocabulary: &mut Vocabulary) -> Option<Texts> {
    let kind = leaf(&rule.measurements.first()?.kind);
    if rule.measurements.iter().any(|one| leaf(&one.kind) != kind) {
        return None;
    }
    let measured = all(rules, &rule.measurements, vocabulary)?;
    let against = match &rule.reference {
        Some(reference) => Some(others(rules, reference, vocabulary)?),
        None => None,
    };
    match rule.operation {
        ComparisonOperation::Equal => Some(Texts::Alike { measured, against }),
        ComparisonOperation::NotEqual => Some(Texts::Apart { measured, against }),
        _ => None,
    }
}

fn leaf(kind: &Type) -> &Type {
    match kind {
        Type::List(of) => leaf(of),
        leaf => leaf,
    }
}

fn all(rules: &RuleSet, list: &[Expression], vocabulary: &mut Vocabulary) -> Option<Vec<Lists>> {
    list.iter().map(|one| lists(rules, one, vocabulary)).collect()
}

fn others(rules: &RuleSet, reference: &Reference, vocabulary: &mut Vocabulary) -> Option<Others> {
    fn words<T>(tiered: &Tiered<T>, of: impl FnMut(&T) -> Vec<u32>) -> Others {
        Others::Words(Tiered(tiered.0.iter().map(of).collect()))
    }
    Some(match reference {
        Reference::Number(number) => words(number, |number| vec![vocabulary.word(number_as_text(*number))]),
        Reference::Text(text) => words(text, |text| vec![vocabulary.word(text.clone())]),
        Reference::Texts(texts) => {
            words(texts, |texts| texts.iter().map(|text| vocabulary.word(text.clone())).collect())
        }
        Reference::Expression(expression) => Others::Lists(lists(rules, expression, vocabulary)?),
    })
}

fn lists(rules: &RuleSet, expression: &Expression, vocabulary: &mut Vocabulary) -> Option<Lists> {
    let (kept, teams, nest) = nested(rules, expression)?;
    let is_list = match kept {
        Kept::Attribute(attribute) => is_list(rules, attribute),
        Kept::Ids => false,
    };
    Some(Lists { kept: vocabulary.of(kept), teams, nest, is_list })
}

fn is_list(rules: &RuleSet, attribute: usize) -> bool {
    rules.attributes[attribute].kind == matchwright_model::AttributeType::TextList
}

fn nested(rules: &RuleSet, expression: &Expression) -> Option<(Kept, Vec<usize>, Nest)> {
    let of = |kept: Kept, selection: &TeamSelection, is_list: bool| match (selection, is_list) {
        (TeamSelection::One(team), false) => (kept, vec![*team], Nest::Flat),
        (TeamSelection::One(team), true) => (kept, vec![*team], Nest::Players),
        (TeamSelection::Many(teams), false) => (kept, teams.clone(), Nest::Teams),
        (TeamSelection::Many(teams), true) => (kept, teams.clone(), Nest::TeamsOfPlayers),
    };
    match &expression.node {
        Node::PlayerIds(teams) => Some(of(Kept::Ids, teams, false)),
        Node::Attribute { attribute, .. }
            if rules.attributes[*attribute].kind == matchwright_model::AttributeType::NumberMap =>
        {
            None
        }
        Node::Attribute { teams, attribute } => {
            Some(of(Kept::Attribute(*attribute), teams, is_list(rules, *attribute)))
        }
        Node::Call { function: Function::Flatten, argument, lift: 0 } => {
            let (kept, teams, nest) = nested(rules, argument)?;
            let flatter = match nest {
                Nest::TeamsOfPlayers => Nest::Players,
                Nest::Players | Nest::Teams => Nest::Flat,
                Nest::Flat => return None,
            };
            Some((kept, teams, flatter))
        }
        _ => None,
    }
}
