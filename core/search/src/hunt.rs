//! The search around one anchor: depth first over tickets and teams, pruned by the three-valued bound.
//!
//! Within its budget it is complete: it finds a match with the tickets that must be in it if one exists, and the
//! largest one. The first descent is the documented greedy pass (D-95): candidates in order, teams in the order of
//! [`team_order`] (D-98), and what breaks a soft rule at this moment after everything else (D-94). Every match it
//! returns was judged.

use std::collections::BTreeSet;

use matchwright_model::{PartyPolicy, Region, Timestamp};
use matchwright_rules::plan::{Case, Coming, Company, Means, Plan, Totals, Verdicts, Wanted};
use matchwright_rules::{
    CollectionOperation, ExpansionAge, Expression, Lineup, Node, Reference, Room, Rule, RuleKind, RuleSet,
    Team, TeamSelection, Tier, TierSpan, Universe, Verdict, bound, judge,
};

use smallvec::SmallVec;

use crate::Crowd;
use crate::ahead::{Ages, Ahead, Lack};
use crate::pool::{Entry, Seats};

/// What one hunt is about.
pub(crate) struct Hunt<'a> {
    pub rules: &'a RuleSet,
    pub plan: &'a Plan,
    pub crowd: &'a Crowd,
    pub now: Timestamp,
    pub policy: PartyPolicy,
    /// These are in every set: the anchor first.
    pub must: Vec<&'a Entry>,
    /// These may be, in the order to try them.
    pub candidates: Vec<&'a Entry>,
    /// Most players of the match: all seats but the reserved ones (D-116).
    pub players_max: u32,
    pub nodes: u64,
}

/// A match: tickets with the team of every member.
#[derive(Debug, Clone)]
pub(crate) struct Found<'a> {
    pub entries: Vec<&'a Entry>,
    pub lineup: Lineup,
    pub region: Option<Region>,
    pub full: bool,
    pub tier: Tier,
}

#[derive(Debug)]
pub(crate) struct Outcome<'a> {
    pub found: Option<Found<'a>>,
    pub nodes_used: u64,
    /// The budget ended before the search did.
    pub cut: bool,
    /// Per rule: how often it held and failed on sets of two tickets and more.
    pub counts: Vec<(u64, u64)>,
}

/// Per team of a match; in place for a few.
pub(crate) type Teams<T> = SmallVec<[T; 4]>;

/// Hunts.
pub(crate) fn hunt<'a>(hunt: &Hunt<'a>) -> Outcome<'a> {
    let everybody = || hunt.candidates.iter().chain(&hunt.must).map(|entry| &*entry.party);
    let mut walk = Walk {
        hunt,
        universe: hunt.plan.is_partial.then(|| Universe::of(hunt.rules, everybody())),
        ahead: Ahead::of(hunt),
        coming: Coming::default(),
        nobody: Totals::new(&hunt.plan.columns, hunt.rules.teams.len()),
        company: Company::default(),
        chosen: Vec::new(),
        players: 0,
        best: None,
        best_players: 0,
        nodes: 0,
        counts: vec![(0, 0); hunt.rules.rules.len()],
        twins: interchangeable(hunt.rules),
        may_fill: hunt.candidates.iter().chain(&hunt.must).any(|entry| entry.is_backfill()),
        has_soft: hunt.rules.rules.iter().any(is_soft),
    };
    let end = walk.place_musts(0);
    Outcome { found: walk.best, nodes_used: walk.nodes, cut: end == Flow::OutOfNodes, counts: walk.counts }
}

/// The tier of a set with these ages, by the rule set's word.
pub(crate) fn tier_of<'a>(rules: &RuleSet, now: Timestamp, entries: impl Iterator<Item = &'a Entry>) -> Tier {
    let ages = entries.map(|entry| now.since(entry.rank.started_at()));
    rules.tier(match rules.algorithm.expansion_age {
        ExpansionAge::Newest => ages.min().unwrap_or_default(),
        ExpansionAge::Oldest => ages.max().unwrap_or_default(),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    /// A full match was found: nothing larger exists.
    Full,
    OutOfNodes,
    /// It breaks a soft rule: not before everything that breaks none was tried.
    PutOff,
}

/// A ticket that is to come into the set.
#[derive(Clone, Copy)]
struct Step<'a> {
    entry: &'a Entry,
    /// `None`: where its backfill says.
    team: Option<usize>,
    /// Tiers at which the set with it, or one that grows out of it, can be judged.
    span: TierSpan,
    /// The candidates from here on may come after it.
    next: usize,
    /// All who must be in are.
    whole: bool,
}

/// A ticket in the set.
#[derive(Clone)]
struct Chosen<'a> {
    entry: &'a Entry,
    /// `None`: where its backfill says.
    team: Option<usize>,
    /// With all before it.
    totals: Totals,
    /// With all before it, and those who must be in.
    ages: Ages,
}

struct Walk<'h, 'a> {
    hunt: &'h Hunt<'a>,
    /// For rules that the plan leaves to the bound.
    universe: Option<Universe>,
    ahead: Ahead,
    /// Who may still come into the set at hand.
    coming: Coming,
    nobody: Totals,
    company: Company<'a>,
    chosen: Vec<Chosen<'a>>,
    players: u32,
    best: Option<Found<'a>>,
    best_players: u32,
    nodes: u64,
    counts: Vec<(u64, u64)>,
    /// Per team definition: no rule tells its teams apart.
    twins: Vec<bool>,
    /// A game may come in, whose players sit in certain teams.
    may_fill: bool,
    /// Some rule can fail now and hold once more players are in.
    has_soft: bool,
}

impl<'a> Walk<'_, 'a> {
    /// Seats the tickets that must be in, the anchor first, then whoever may be.
    fn place_musts(&mut self, index: usize) -> Flow {
        let Some(entry) = self.hunt.must.get(index).copied() else { return self.extend(0) };
        if self.is_excluded(entry) {
            return Flow::On;
        }
        let whole = index + 1 == self.hunt.must.len();
        let span = self.span_with(entry, 0);
        let mut last = Vec::new();
        for team in self.placements(entry, span) {
            let step = Step { entry, team, span, next: 0, whole };
            match self.try_team(step, true, &mut |walk| walk.place_musts(index + 1)) {
                Flow::On => {}
                Flow::PutOff => last.push(step),
                end => return end,
            }
        }
        for step in last {
            match self.try_team(step, false, &mut |walk| walk.place_musts(index + 1)) {
                Flow::On => {}
                end => return end,
            }
        }
        Flow::On
    }

    /// Tries every candidate from `from` on as the next one in.
    fn extend(&mut self, from: usize) -> Flow {
        let mut last = Vec::new();
        for index in from..self.hunt.candidates.len() {
            let entry = self.hunt.candidates[index];
            if !self.can_grow(index) {
                break;
            }
            if self.is_excluded(entry) {
                continue;
            }
            let (span, next) = (self.span_with(entry, index + 1), index + 1);
            for team in self.placements(entry, span) {
                let step = Step { entry, team, span, next, whole: true };
                match self.try_team(step, true, &mut |walk| walk.extend(next)) {
                    Flow::On => {}
                    Flow::PutOff => last.push(step),
                    end => return end,
                }
            }
        }
        for step in last {
            if !self.can_grow(step.next - 1) {
                continue;
            }
            match self.try_team(step, false, &mut |walk| walk.extend(step.next)) {
                Flow::On => {}
                end => return end,
            }
        }
        Flow::On
    }

    /// Whether a set with a candidate of this index or a later one can be larger than the best so far.
    fn can_grow(&self, index: usize) -> bool {
        let reach = || self.hunt.players_max.min(self.players + self.ahead.all(index).players);
        self.best.is_none() || reach() > self.best_players
    }

    /// Seats a ticket in a team, goes on from there, and takes it out again. `may_put_off`: not if it breaks a soft rule.
    fn try_team(
        &mut self,
        step: Step<'a>,
        may_put_off: bool,
        go_on: &mut dyn FnMut(&mut Self) -> Flow,
    ) -> Flow {
        if self.nodes >= self.hunt.nodes {
            return Flow::OutOfNodes;
        }
        self.seat(step.entry, step.team);
        let flow = match may_put_off && self.breaks_soft() {
            true => Flow::PutOff,
            false => self.visit(step, go_on),
        };
        self.unseat();
        flow
    }

    /// Keeps the set if it is a match, and goes on from it if more can come of it.
    fn visit(&mut self, step: Step<'a>, go_on: &mut dyn FnMut(&mut Self) -> Flow) -> Flow {
        self.nodes += 1;
        if !self.is_open(step.span, step.next, step.whole) {
            return Flow::On;
        }
        match if step.whole { self.record() } else { Flow::On } {
            Flow::On => go_on(self),
            end => end,
        }
    }

    /// Some rule has all its values and fails on the set as it is. Whether it can still heal is the bound's question.
    fn breaks_soft(&self) -> bool {
        if !self.has_soft {
            return false;
        }
        let tier = tier_of(self.hunt.rules, self.hunt.now, self.entries());
        if self.hunt.plan.is_partial {
            let judgement = judge(self.hunt.rules, &self.lineup(), tier, self.hunt.policy);
            let rules = self.hunt.rules.rules.iter().zip(&judgement.rules);
            return rules.into_iter().any(|(rule, held)| is_soft(rule) && *held == Some(false));
        }
        let (exact, nobody) = (TierSpan::only(tier), Coming::default());
        self.hunt.plan.verdict_of(self.hunt.rules, &self.case(exact, &nobody), is_soft) == Verdict::False
    }

    fn verdicts(&self, tiers: TierSpan, coming: &Coming) -> Verdicts {
        self.hunt.plan.verdicts(&self.case(tiers, coming))
    }

    fn case<'c>(&'c self, tiers: TierSpan, coming: &'c Coming) -> Case<'c> {
        Case {
            columns: &self.hunt.plan.columns,
            totals: self.totals(),
            company: &self.company,
            coming,
            tiers,
        }
    }

    fn entries(&self) -> impl Iterator<Item = &'a Entry> {
        self.chosen.iter().map(|one| one.entry)
    }

    /// The set as the judge sees it.
    fn lineup(&self) -> Lineup {
        let mut lineup = Lineup::empty(self.hunt.rules);
        self.chosen.iter().for_each(|one| one.entry.join(&mut lineup, one.team));
        lineup
    }

    fn taken(&self) -> Teams<u32> {
        (0..self.hunt.rules.teams.len()).map(|team| self.totals().row(team)[0] as u32).collect()
    }

    /// A second backfill ticket, or a player who is in the set already.
    fn is_excluded(&self, entry: &Entry) -> bool {
        if !self.may_fill {
            return false;
        }
        let has_backfill = self.entries().any(|one| one.is_backfill());
        if has_backfill && entry.is_backfill() {
            return true;
        }
        if !has_backfill && !entry.is_backfill() {
            // A player has one matchmaking ticket at a time; only a backfill ticket can list him once more.
            return false;
        }
        let here: BTreeSet<_> =
            self.entries().flat_map(|one| &one.party.members).map(|member| &member.id).collect();
        entry.party.members.iter().any(|member| here.contains(&member.id))
    }

    /// `None` stands for the seats that a backfill ticket brings.
    fn placements(&self, entry: &Entry, span: TierSpan) -> Teams<Option<usize>> {
        match entry.seats {
            Seats::Taken(_) => Teams::from_elem(None, 1),
            Seats::Open(_) => {
                let teams = team_order(self.hunt.rules, &self.taken(), span, entry.size());
                teams.into_iter().filter(|team| !self.has_empty_twin(*team)).map(Some).collect()
            }
        }
    }

    /// Of empty teams that are interchangeable only the first is tried. A game that may still come in tells them apart.
    fn has_empty_twin(&self, team: usize) -> bool {
        if self.may_fill && !self.entries().any(|entry| entry.is_backfill()) {
            return false;
        }
        let teams = &self.hunt.rules.teams;
        let twins = (0..team).filter(|one| teams[*one].definition == teams[team].definition);
        self.twins[teams[team].definition]
            && self.is_empty(team)
            && twins.into_iter().any(|one| self.is_empty(one))
    }

    fn is_empty(&self, team: usize) -> bool {
        self.totals().row(team)[0] == 0.0
    }

    fn seat(&mut self, entry: &'a Entry, team: Option<usize>) {
        let mut totals = self.totals().clone();
        let Hunt { crowd, plan, .. } = self.hunt;
        match &entry.seats {
            Seats::Open(slot) => {
                let team = team.expect("only a backfill ticket brings its seats");
                totals.add(&plan.columns, team, crowd.row(*slot));
                crowd.words(*slot).into_iter().for_each(|words| self.company.seat(team, words));
            }
            Seats::Taken(taken) => {
                taken.rows.iter().for_each(|(team, row)| totals.add(&plan.columns, *team, row));
                taken.words.iter().for_each(|(team, words)| self.company.seat(*team, words));
            }
        }
        let ages = self.ages().with(self.hunt.now.since(entry.rank.started_at()));
        self.players += entry.size();
        self.chosen.push(Chosen { entry, team, totals, ages });
    }

    fn unseat(&mut self) {
        if let Some(last) = self.chosen.pop() {
            self.players -= last.entry.size();
            self.company.unseat(match &last.entry.seats {
                Seats::Open(slot) => usize::from(self.hunt.crowd.words(*slot).is_some()),
                Seats::Taken(taken) => taken.words.len(),
            });
        }
    }

    fn totals(&self) -> &Totals {
        self.chosen.last().map_or(&self.nobody, |last| &last.totals)
    }

    /// Of the set, and those who must be in.
    fn ages(&self) -> Ages {
        self.chosen.last().map_or(self.ahead.must_ages, |last| last.ages)
    }

    /// Tiers at which the set with this ticket, or any set that grows out of it, can be judged.
    fn span_with(&self, entry: &Entry, next: usize) -> TierSpan {
        let rules = self.hunt.rules;
        let now = self.ages().with(self.hunt.now.since(entry.rank.started_at()));
        let later = now.and(self.ahead.ages[next]);
        let (one, other) = match rules.algorithm.expansion_age {
            ExpansionAge::Newest => (rules.tier(now.least), rules.tier(later.least)),
            ExpansionAge::Oldest => (rules.tier(now.most), rules.tier(later.most)),
        };
        TierSpan { low: one.min(other), high: one.max(other) }
    }

    /// May a valid match still grow out of this set?
    fn is_open(&mut self, span: TierSpan, next: usize, whole: bool) -> bool {
        let common = self.entries().fold(u64::MAX, |all, one| all & one.regions_at(span));
        if self.players > self.hunt.players_max || !self.can_be_filled(span, next, whole, common) {
            return false;
        }
        let domain = if whole { &self.ahead.domains[next] } else { &self.ahead.everybody };
        self.coming.domain.clone_from(domain);
        let has_region = common != 0;
        let mut verdicts = self.verdicts(span, &self.coming);
        if !has_region {
            let regional = self.hunt.plan.rules.iter().map(|means| matches!(means, Means::Region));
            let failing = verdicts.iter_mut().zip(regional).filter(|(_, is)| *is);
            failing.for_each(|(verdict, _)| *verdict = Verdict::False);
        }
        let enforced = self.hunt.rules.rules.iter().zip(&verdicts).filter(|(rule, _)| rule.enforced);
        if has_region && enforced.into_iter().all(|(_, verdict)| *verdict != Verdict::False) {
            return self.universe.is_none() || self.is_open_by_bound(span);
        }
        if self.chosen.len() > 1 {
            self.count(&verdicts);
        }
        false
    }

    /// In some region those who are left can bring what the set lacks; writes down who may come.
    fn can_be_filled(&mut self, span: TierSpan, next: usize, whole: bool, common: u64) -> bool {
        let Some(lack) = self.lack(span) else { return false };
        let supply = match whole {
            // A game may bring players to several teams at once.
            _ if self.may_fill => self.ahead.near(next, common).map(|supply| supply.players).max(),
            false => Some(self.ahead.all(next).players),
            true => {
                let near = self.ahead.near(next, common).filter(|supply| lack.is_met_by(supply));
                near.map(|supply| supply.players).max()
            }
        };
        let waiting: u32 = match whole {
            true => 0,
            false => self.hunt.must[self.chosen.len()..].iter().map(|entry| entry.size()).sum(),
        };
        let Some(supply) = supply.map(|supply| supply + waiting) else { return false };
        let seats = lack.rooms.iter().map(|(least, most)| (f64::from(*least), f64::from(*most.min(&supply))));
        self.coming.seats.clear();
        self.coming.seats.extend(seats);
        self.coming.supply = f64::from(supply);
        lack.all.0 <= supply
    }

    /// `None`: a team has more players than it may.
    fn lack(&self, span: TierSpan) -> Option<Lack> {
        let mut rooms = Teams::new();
        for (index, team) in self.hunt.rules.teams.iter().enumerate() {
            let taken = self.totals().row(index)[0] as u32;
            let least = team.min_players.span(span.low, span.high).iter().min().copied().unwrap_or(0);
            let most = team.max_players.span(span.low, span.high).iter().max().copied().unwrap_or(0);
            rooms.push((least.saturating_sub(taken), most.checked_sub(taken)?));
        }
        let all = rooms.iter().fold((0, 0), |all, room: &(u32, u32)| (all.0 + room.0, all.1 + room.1));
        let is_unmet = |wanted: &Wanted| {
            let least = wanted.least.span(span.low, span.high).iter().copied().fold(f64::INFINITY, f64::min);
            let here: f64 = wanted.teams.iter().map(|team| self.totals().row(*team)[wanted.column + 1]).sum();
            here < least
        };
        let tickets = self.ahead.wanted.iter();
        let tickets = tickets.map(|column| self.hunt.plan.steer.tickets_wanted(*column, is_unmet)).collect();
        Some(Lack { rooms, all, tickets })
    }

    /// The same question to the slow twin, for rules that the plan leaves to it.
    fn is_open_by_bound(&mut self, span: TierSpan) -> bool {
        let Some(universe) = &self.universe else { return true };
        let room =
            Room { teams: self.coming.seats.iter().map(|room| (room.0 as u32, room.1 as u32)).collect() };
        let verdicts = bound(self.hunt.rules, &self.lineup(), &room, universe, span, self.hunt.policy);
        let mut enforced = self.hunt.rules.rules.iter().zip(&verdicts);
        let open = enforced.all(|(rule, verdict)| !rule.enforced || *verdict != Verdict::False);
        if !open && self.chosen.len() > 1 {
            self.count(&verdicts);
        }
        open
    }

    fn count(&mut self, verdicts: &[Verdict]) {
        for (count, verdict) in self.counts.iter_mut().zip(verdicts) {
            count.1 += u64::from(*verdict == Verdict::False);
            count.0 += u64::from(*verdict == Verdict::True);
        }
    }

    /// Keeps the set if it is a valid match and larger than the best one so far.
    fn record(&mut self) -> Flow {
        let rules = self.hunt.rules;
        let tier = tier_of(rules, self.hunt.now, self.entries());
        let players = self.players;
        let fits = |(team, taken): (&Team, u32)| {
            (*team.min_players.at(tier)..=*team.max_players.at(tier)).contains(&taken)
        };
        let sizes_fit = rules.teams.iter().zip(self.taken()).all(fits);
        let all_backfill = self.entries().all(|entry| entry.is_backfill());
        if !sizes_fit || all_backfill || (self.best.is_some() && players <= self.best_players) {
            return Flow::On;
        }
        let (exact, nobody) = (TierSpan::only(tier), Coming::default());
        if self.hunt.plan.verdict(rules, &self.case(exact, &nobody)) == Verdict::False {
            if self.chosen.len() > 1 {
                let verdicts = self.verdicts(exact, &nobody);
                self.count(&verdicts);
            }
            return Flow::On;
        }
        let lineup = self.lineup();
        let judgement = judge(rules, &lineup, tier, self.hunt.policy);
        if self.chosen.len() > 1 {
            for (count, held) in self.counts.iter_mut().zip(&judgement.rules) {
                count.0 += u64::from(*held == Some(true));
                count.1 += u64::from(*held == Some(false));
            }
        }
        if !judgement.valid {
            return Flow::On;
        }
        let seats: u32 = rules.teams.iter().map(|team| *team.max_players.at(tier)).sum();
        let full = players == seats.min(self.hunt.players_max);
        let entries = self.entries().collect();
        self.best = Some(Found { entries, lineup, region: judgement.region, full, tier });
        self.best_players = players;
        if full { Flow::Full } else { Flow::On }
    }
}

/// Teams with room for a ticket, in the order to try them: those below their minimum, then the most open seats,
/// then the order of the rule set (D-98, D-104).
pub(crate) fn team_order(rules: &RuleSet, taken: &[u32], span: TierSpan, size: u32) -> Teams<usize> {
    let mut teams: Teams<(bool, u32, usize)> = Teams::new();
    for (index, team) in rules.teams.iter().enumerate() {
        let taken = taken[index];
        let most = team.max_players.span(span.low, span.high).iter().max().copied().unwrap_or(0);
        let least = team.min_players.at(span.high);
        if taken + size <= most {
            teams.push((taken >= *least, u32::MAX - (most - taken), index));
        }
    }
    teams.sort_unstable();
    teams.into_iter().map(|(_, _, index)| index).collect()
}

/// It can fail now and hold once more players are in.
fn is_soft(rule: &Rule) -> bool {
    rule.enforced && can_heal(&rule.kind)
}

/// More players can make it true again; latencies and batch distances only ever get worse.
fn can_heal(kind: &RuleKind) -> bool {
    !matches!(kind, RuleKind::Latency(_) | RuleKind::BatchDistance(_) | RuleKind::Sort(_))
}

/// Per team definition: true when every expression takes all of its teams or none.
fn interchangeable(rules: &RuleSet) -> Vec<bool> {
    let definitions = rules.teams.iter().map(|team| team.definition + 1).max().unwrap_or(0);
    let mut alike = vec![true; definitions];
    for expression in rules.rules.iter().flat_map(|rule| expressions(&rule.kind)) {
        let named = teams_named(expression);
        for (definition, alike) in alike.iter_mut().enumerate() {
            let of_it = |index: &usize| rules.teams[*index].definition == definition;
            let taken = named.iter().filter(|index| of_it(index)).count();
            let all = (0..rules.teams.len()).filter(of_it).count();
            *alike &= taken == 0 || taken == all;
        }
    }
    alike
}

fn expressions(kind: &RuleKind) -> Vec<&Expression> {
    fn referenced(reference: Option<&Reference>) -> Option<&Expression> {
        match reference {
            Some(Reference::Expression(expression)) => Some(expression),
            _ => None,
        }
    }
    match kind {
        RuleKind::Distance(rule) => {
            rule.measurements.iter().chain(referenced(Some(&rule.reference))).collect()
        }
        RuleKind::Comparison(rule) => {
            rule.measurements.iter().chain(referenced(rule.reference.as_ref())).collect()
        }
        RuleKind::Collection(rule) => {
            let reference = match &rule.operation {
                CollectionOperation::ReferenceIntersectionCount(reference) => Some(reference),
                _ => None,
            };
            rule.measurements.iter().chain(referenced(reference)).collect()
        }
        _ => Vec::new(),
    }
}

fn teams_named(expression: &Expression) -> Vec<usize> {
    match &expression.node {
        Node::Players(teams) | Node::PlayerIds(teams) | Node::Attribute { teams, .. } => match teams {
            TeamSelection::One(team) => vec![*team],
            TeamSelection::Many(teams) => teams.clone(),
        },
        Node::Call { argument, .. } => teams_named(argument),
    }
}
