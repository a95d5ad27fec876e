//! Players seated in teams: what rules are evaluated over.

use std::sync::Arc;

use matchwright_model::{AttributeValue, Listing, Player, PlayerId, Region};

use smallvec::SmallVec;

use crate::RuleSet;

/// A ticket's players as one rule set sees them: values in the order of its attributes, defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Party {
    /// In place for one: most come alone.
    pub members: SmallVec<[Member; 1]>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    pub id: PlayerId,
    /// One value per `RuleSet::attributes`, of the declared type.
    pub values: Box<[AttributeValue]>,
    pub latencies: Listing<Region, u32>,
}

/// Why a ticket does not fit a rule set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindError {
    MissingAttribute {
        player: PlayerId,
        attribute: String,
    },
    WrongType {
        player: PlayerId,
        attribute: String,
        expected: matchwright_model::AttributeType,
        found: matchwright_model::AttributeType,
    },
}

impl Party {
    /// Binds players to a rule set. Attributes that it does not declare are left out (D-28).
    ///
    /// # Errors
    /// The first attribute that is missing without a default, or has another type (D-25, D-26).
    pub fn bind(rules: &RuleSet, players: &[Player]) -> Result<Self, BindError> {
        let mut members = SmallVec::with_capacity(players.len());
        for player in players {
            members.push(Member::bind(rules, player)?);
        }
        Ok(Self { members })
    }

    /// Whether [`Party::bind`] would succeed, without making the party.
    ///
    /// # Errors
    /// Those of [`Party::bind`].
    pub fn check(rules: &RuleSet, players: &[Player]) -> Result<(), BindError> {
        let mut values = players.iter().flat_map(|player| Member::values(rules, player));
        values.try_for_each(|value| value.map(drop))
    }
}

impl Member {
    fn bind(rules: &RuleSet, player: &Player) -> Result<Self, BindError> {
        let mut values = Vec::with_capacity(rules.attributes.len());
        for value in Self::values(rules, player) {
            values.push(value?.clone());
        }
        Ok(Self { id: player.id.clone(), values: values.into(), latencies: player.latencies.clone() })
    }

    fn values<'a>(
        rules: &'a RuleSet,
        player: &'a Player,
    ) -> impl Iterator<Item = Result<&'a AttributeValue, BindError>> {
        rules.attributes.iter().map(|declared| {
            let value = player.attributes.get(declared.name.as_str()).or(declared.default.as_ref());
            let value = value.ok_or_else(|| BindError::MissingAttribute {
                player: player.id.clone(),
                attribute: declared.name.clone(),
            })?;
            if value.kind() != declared.kind {
                return Err(BindError::WrongType {
                    player: player.id.clone(),
                    attribute: declared.name.clone(),
                    expected: declared.kind,
                    found: value.kind(),
                });
            }
            Ok(value)
        })
    }
}

/// A match, whole or in the making: who sits in which team, and who came together.
#[derive(Debug, Clone, Default)]
pub struct Lineup {
    /// The tickets in it.
    pub parties: Vec<Arc<Party>>,
    /// Per team of the rule set, its seats taken: (index into `parties`, index of the member).
    pub teams: Vec<Vec<(usize, usize)>>,
}

impl Lineup {
    pub fn empty(rules: &RuleSet) -> Self {
        Self { parties: Vec::new(), teams: vec![Vec::new(); rules.teams.len()] }
    }

    pub fn member(&self, seat: (usize, usize)) -> &Member {
        &self.parties[seat.0].members[seat.1]
    }

    pub fn team(&self, team: usize) -> impl Iterator<Item = &Member> {
        self.teams[team].iter().map(|seat| self.member(*seat))
    }

    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.teams.iter().flatten().map(|seat| self.member(*seat))
    }

    /// Seats a whole party in one team.
    pub fn push(&mut self, party: Arc<Party>, team: usize) {
        let index = self.parties.len();
        self.teams[team].extend((0..party.members.len()).map(|member| (index, member)));
        self.parties.push(party);
    }

    /// Seats a party whose members sit in given teams (backfill).
    pub fn push_seated(&mut self, party: Arc<Party>, teams: &[usize]) {
        let index = self.parties.len();
        for (member, team) in teams.iter().enumerate() {
            self.teams[*team].push((index, member));
        }
        self.parties.push(party);
    }

    /// Takes the party that was pushed last away again.
    pub fn pop(&mut self) -> Option<Arc<Party>> {
        let party = self.parties.pop()?;
        let index = self.parties.len();
        for team in &mut self.teams {
            while team.last().is_some_and(|seat| seat.0 == index) {
                team.pop();
            }
        }
        Some(party)
    }
}
