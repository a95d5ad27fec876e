//! What must always hold, checked from outside the engine, change by change.

use std::collections::{BTreeMap, BTreeSet};

mod hosting;

pub use hosting::{Ledger, audit_moment};

use matchwright_engine::{Change, Record, Seat, Settings, State, Status, Ticket};
use matchwright_model::{PlayerId, TicketId, Timestamp};
use matchwright_rules::{ExpansionAge, Lineup, Party, judge};
use std::sync::Arc;

/// Checks a change against the state before it.
///
/// # Panics
/// With what does not hold.
pub fn audit_change(before: &State, record: &Record, settings: &Settings) {
    match &record.change {
        Change::MatchProposed { id, matchmaker, seats, .. } => {
            audit_seats(before, seats, settings);
            if !is_own_game(before, seats, settings) {
                audit_judge(before, matchmaker, seats, record.at, settings);
            }
            for seat in seats {
                let live = before.live_match_of(&seat.player);
                assert!(live.is_none(), "player {} of {id} is in live match {live:?}", seat.player);
            }
        }
        Change::TicketCancelled { id, .. } | Change::TicketTimedOut { id, .. } => {
            let ticket = &before.tickets[id];
            assert!(ticket.status.is_active(), "ticket {id} ends twice: it is {}", ticket.status.name());
        }
        Change::TicketSearching { id, .. } => {
            let status = before.tickets[id].status;
            assert!(
                status.is_active() && status != Status::Searching,
                "ticket {id} searches out of {}",
                status.name()
            );
            audit_search(before, &before.tickets[id]);
        }
        _ => {}
    }
}

/// Nobody searches in two tickets of his own.
fn audit_search(before: &State, ticket: &Ticket) {
    let searches = |other: &&Ticket| other.status == Status::Searching && !other.is_backfill();
    let others = before.tickets.values().filter(|other| other.id != ticket.id).filter(searches);
    for other in others.filter(|_| !ticket.is_backfill()) {
        let twice = other.players.iter().find(|one| ticket.players.iter().any(|own| own.id == one.id));
        let twice = twice.map(|player| &player.id);
        assert!(twice.is_none(), "player {twice:?} searches in {} and in {}", ticket.id, other.id);
    }
}

/// Whole tickets, one team a party, one backfill at most and one new ticket at least.
///
/// Where the settings let players back into their own game, the backfill that still lists them sits without them.
fn audit_seats(before: &State, seats: &[Seat], settings: &Settings) {
    let mut by_ticket: BTreeMap<_, Vec<&Seat>> = BTreeMap::new();
    let mut players = BTreeSet::new();
    for seat in seats {
        by_ticket.entry(&seat.ticket).or_default().push(seat);
        assert!(players.insert(&seat.player), "player {} sits twice", seat.player);
    }
    let mut backfills = 0;
    let seats_all = seats;
    for (id, seats) in &by_ticket {
        let ticket = &before.tickets[*id];
        assert_eq!(ticket.status, Status::Searching, "ticket {id} is free for a match");
        let seated: BTreeSet<&PlayerId> = seats.iter().map(|seat| &seat.player).collect();
        let is_back = |player: &PlayerId| {
            settings.backfill_offers_own_seat
                && ticket.is_backfill()
                && seats_of_others(seats_all, id).any(|seat| seat.player == *player)
        };
        let here = ticket.players.iter().map(|player| &player.id).filter(|player| !is_back(player));
        assert_eq!(seated, here.collect(), "all of ticket {id} sit");
        if ticket.is_backfill() {
            backfills += 1;
            let keeps = |seat: &&&Seat| {
                ticket.players.iter().any(|p| p.id == seat.player && p.team.as_ref() == Some(&seat.team))
            };
            assert_eq!(
                seats.iter().filter(keeps).count(),
                seats.len(),
                "players of a running match keep their teams"
            );
        } else {
            assert!(seats.iter().all(|seat| seat.team == seats[0].team), "party {id} is in one team");
        }
    }
    assert!(
        backfills <= 1 && backfills < by_ticket.len(),
        "{backfills} backfills in {} tickets",
        by_ticket.len()
    );
}

/// Players go back to the game that they were in: it was judged when they came first.
fn is_own_game(before: &State, seats: &[Seat], settings: &Settings) -> bool {
    let tickets = || seats.iter().map(|seat| &before.tickets[&seat.ticket]);
    let Some(backfill) = tickets().find(|ticket| ticket.is_backfill()) else { return false };
    let is_listed = |seat: &Seat| backfill.players.iter().any(|player| player.id == seat.player);
    settings.backfill_offers_own_seat && seats.iter().all(is_listed)
}

fn seats_of_others<'a>(seats: &'a [Seat], ticket: &'a TicketId) -> impl Iterator<Item = &'a Seat> {
    seats.iter().filter(move |seat| seat.ticket != *ticket)
}

/// The judge's word on a match, from the tickets as the engine knows them.
fn audit_judge(
    before: &State,
    matchmaker: &matchwright_model::MatchmakerName,
    seats: &[Seat],
    at: Timestamp,
    settings: &Settings,
) {
    let rules = before.rules_of(matchmaker).expect("a match is made by rules");
    let mut lineup = Lineup::empty(rules);
    let mut tickets: Vec<&Ticket> = Vec::new();
    for seat in seats {
        if !tickets.iter().any(|ticket| ticket.id == seat.ticket) {
            tickets.push(&before.tickets[&seat.ticket]);
        }
    }
    for ticket in &tickets {
        let party = Arc::new(Party::bind(rules, &ticket.players).expect("a matched ticket fits its rules"));
        let team_of = |player: &PlayerId| {
            let seat = seats.iter().find(|seat| seat.player == *player).expect("every player has a seat");
            rules.team(seat.team.as_str()).expect("a seat is in a team of the rules")
        };
        let teams: Vec<usize> = ticket.players.iter().map(|player| team_of(&player.id)).collect();
        lineup.push_seated(party, &teams);
    }
    let ages = tickets.iter().map(|ticket| at.since(ticket.started_at));
    let age = match rules.algorithm.expansion_age {
        ExpansionAge::Newest => ages.min(),
        ExpansionAge::Oldest => ages.max(),
    };
    let tier = rules.tier(age.expect("a match has tickets"));
    let judgement = judge(rules, &lineup, tier, settings.party_policy);
    assert!(judgement.valid, "the judge refuses a match at {tier:?}: {judgement:?}\n{seats:?}");
}
