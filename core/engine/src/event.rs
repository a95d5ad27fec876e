//! What outsiders are told. Computed from changes, so that whoever remembers a position loses none.

use std::time::Duration;

use matchwright_hosting as hosting;
use matchwright_model::{
    MatchId, MatchmakerName, PlacementId, PlayerId, QueueName, Region, TeamName, TicketId, Timestamp,
};
use smallvec::{SmallVec, smallvec};

use crate::{AcceptanceOutcome, Change, EndReason, Match, Record, RuleCount, Session, State, Ticket};

/// An event of matchmaking or of placement. Its position is that of the change it tells: one change, at most one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub at: Timestamp,
    pub source: Source,
    pub kind: EventKind,
    /// Mostly it is one.
    pub tickets: SmallVec<[EventTicket; 1]>,
    /// As configured for its source when the event happened.
    pub custom_event_data: Option<String>,
    pub notification_target: Option<String>,
}

/// What an event is about. Events of one source come in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Matchmaker(MatchmakerName),
    Queue(QueueName),
}

impl Source {
    pub fn name(&self) -> &str {
        match self {
            Self::Matchmaker(name) => name.as_str(),
            Self::Queue(name) => name.as_str(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    Searching {
        estimated_wait_seconds: Option<u64>,
    },
    /// `acceptance_timeout` is `None` where no acceptance is required.
    PotentialMatch {
        match_id: MatchId,
        acceptance_timeout: Option<Duration>,
        rule_counts: Vec<RuleCount>,
        region: Option<Region>,
    },
    Answered {
        match_id: MatchId,
    },
    AcceptanceEnded {
        match_id: MatchId,
        outcome: AcceptanceOutcome,
    },
    Succeeded {
        match_id: MatchId,
        session: Option<Box<Session>>,
        region: Option<Region>,
    },
    TimedOut {
        rule_counts: Vec<RuleCount>,
    },
    /// `match_id` only when it was cancelled out of a proposal (D-123).
    Cancelled {
        match_id: Option<MatchId>,
        reason: EndReason,
        rule_counts: Vec<RuleCount>,
    },
    Failed {
        match_id: MatchId,
        rule_counts: Vec<RuleCount>,
    },
    /// Of a queue, without tickets.
    PlacementEnded {
        placement: PlacementId,
        started_at: Timestamp,
        outcome: PlacementOutcome,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum PlacementOutcome {
    Fulfilled(Box<Session>),
    Cancelled,
    TimedOut,
    Failed,
}

#[derive(Debug, Clone, PartialEq)]
pub struct EventTicket {
    pub id: TicketId,
    pub started_at: Timestamp,
    /// Mostly it is one.
    pub players: SmallVec<[EventPlayer; 1]>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct EventPlayer {
    pub id: PlayerId,
    pub team: Option<TeamName>,
    /// His answer, once given.
    pub accepted: Option<bool>,
    pub session: Option<String>,
}

/// The event of a change, or none. `state` is the state just before the change is applied.
pub fn tell(state: &State, record: &Record) -> Option<Event> {
    let teller = Teller { state, at: record.at };
    match &record.change {
        Change::TicketSearching { id, .. } => {
            let ticket = state.tickets.get(id)?;
            let estimated_wait_seconds = state.matchmaker_estimate(&ticket.matchmaker, record.at);
            Some(teller.of_ticket(ticket, false, EventKind::Searching { estimated_wait_seconds }))
        }
        Change::TicketCancelled { id, reason, rule_counts } => {
            let ticket = state.tickets.get(id)?;
            let match_id = ticket.last_match().filter(|_| *reason == EndReason::NotAccepted);
            let rule_counts = rule_counts.clone();
            Some(teller.of_ticket(
                ticket,
                true,
                EventKind::Cancelled { match_id, reason: *reason, rule_counts },
            ))
        }
        Change::TicketTimedOut { id, rule_counts } => {
            let kind = EventKind::TimedOut { rule_counts: rule_counts.clone() };
            Some(teller.of_ticket(state.tickets.get(id)?, true, kind))
        }
        Change::MatchProposed { id, matchmaker, seats, acceptance_deadline, region, rule_counts } => {
            let kind = EventKind::PotentialMatch {
                match_id: *id,
                acceptance_timeout: acceptance_deadline.map(|deadline| deadline.since(record.at)),
                rule_counts: rule_counts.clone(),
                region: region.clone(),
            };
            let made =
                Match::proposed(matchmaker.clone(), seats.clone(), *acceptance_deadline, region.clone());
            Some(teller.of_match(&made, kind))
        }
        Change::ProposalAnswered { id, players, accept, .. } => {
            let mut answered = state.matches.get(id)?.clone();
            answered.answer(players, *accept);
            Some(teller.of_match(&answered, EventKind::Answered { match_id: *id }))
        }
        Change::AcceptanceEnded { id, outcome } => {
            let kind = EventKind::AcceptanceEnded { match_id: *id, outcome: *outcome };
            Some(teller.of_match(state.matches.get(id)?, kind))
        }
        Change::MatchCompleted { id, session } => {
            let made = state.matches.get(id)?;
            let kind =
                EventKind::Succeeded { match_id: *id, session: session.clone(), region: made.region.clone() };
            let mut event = teller.of_match(made, kind);
            for player in event.tickets.iter_mut().flat_map(|ticket| &mut ticket.players) {
                player.accepted = None;
                player.session = session.as_ref().and_then(|s| s.player_sessions.get(&player.id).cloned());
            }
            Some(event)
        }
        Change::MatchFailed { id, rule_counts } => {
            let kind = EventKind::Failed { match_id: *id, rule_counts: rule_counts.clone() };
            let mut event = teller.of_match(state.matches.get(id)?, kind);
            event
                .tickets
                .iter_mut()
                .flat_map(|ticket| &mut ticket.players)
                .for_each(|player| player.accepted = None);
            Some(event)
        }
        Change::Hosting(change) => teller.of_placement(change),
        _ => None,
    }
}

struct Teller<'a> {
    state: &'a State,
    at: Timestamp,
}

impl Teller<'_> {
    fn event(
        &self,
        matchmaker: &MatchmakerName,
        kind: EventKind,
        tickets: SmallVec<[EventTicket; 1]>,
    ) -> Event {
        let fields = self.state.matchmakers.get(matchmaker).map(|one| &one.fields);
        Event {
            at: self.at,
            source: Source::Matchmaker(matchmaker.clone()),
            kind,
            tickets,
            custom_event_data: fields.and_then(|fields| fields.custom_event_data.clone()),
            notification_target: fields.and_then(|fields| fields.notification_target.clone()),
        }
    }

    fn of_placement(&self, change: &hosting::Change) -> Option<Event> {
        let (id, outcome) = match change {
            hosting::Change::PlacementFulfilled { id } => {
                let placement = self.state.hosting.placements.get(id)?;
                let session = self.state.hosting.sessions.get(placement.session.as_ref()?)?;
                (id, PlacementOutcome::Fulfilled(Box::new(Session::of(session))))
            }
            hosting::Change::PlacementCancelled { id } => (id, PlacementOutcome::Cancelled),
            hosting::Change::PlacementTimedOut { id } => (id, PlacementOutcome::TimedOut),
            hosting::Change::PlacementFailed { id } => (id, PlacementOutcome::Failed),
            _ => return None,
        };
        self.placement_ended(id, outcome)
    }

    fn placement_ended(&self, id: &PlacementId, outcome: PlacementOutcome) -> Option<Event> {
        let placement = self.state.hosting.placements.get(id)?;
        let queue = &placement.request.queue;
        let fields = self.state.hosting.queues.get(queue).map(|queue| &queue.fields);
        Some(Event {
            at: self.at,
            source: Source::Queue(queue.clone()),
            kind: EventKind::PlacementEnded {
                placement: id.clone(),
                started_at: placement.started_at,
                outcome,
            },
            tickets: SmallVec::new(),
            custom_event_data: fields.and_then(|fields| fields.custom_event_data.clone()),
            notification_target: fields.and_then(|fields| fields.notification_target.clone()),
        })
    }

    /// Teams of an earlier proposal are shown where `with_teams` (D-126).
    fn of_ticket(&self, ticket: &Ticket, with_teams: bool, kind: EventKind) -> Event {
        let players = ticket.players.iter().map(|player| EventPlayer {
            id: player.id.clone(),
            team: ticket.team_of(&player.id).filter(|_| with_teams).cloned(),
            accepted: None,
            session: None,
        });
        let told =
            EventTicket { id: ticket.id.clone(), started_at: ticket.started_at, players: players.collect() };
        self.event(&ticket.matchmaker, kind, smallvec![told])
    }

    fn of_match(&self, made: &Match, kind: EventKind) -> Event {
        let mut tickets: SmallVec<[EventTicket; 1]> = SmallVec::new();
        for seat in &made.seats {
            let player = EventPlayer {
                id: seat.player.clone(),
                team: Some(seat.team.clone()),
                accepted: made.answers.get(&seat.player).copied(),
                session: None,
            };
            match tickets.last_mut() {
                Some(last) if last.id == seat.ticket => last.players.push(player),
                _ => tickets.push(EventTicket {
                    id: seat.ticket.clone(),
                    started_at: self.state.tickets.get(&seat.ticket).map_or(self.at, |one| one.started_at),
                    players: smallvec![player],
                }),
            }
        }
        self.event(&made.matchmaker, kind, tickets)
    }
}
