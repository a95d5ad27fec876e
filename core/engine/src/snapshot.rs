//! The state as the shortest list of changes that rebuilds it: one codec for journal and snapshot.

use crate::{Change, Record, State};

/// Applied in order to an empty state, these rebuild `state`.
pub fn snapshot(state: &State) -> Vec<Record> {
    let mut records = Vec::new();
    for (name, one) in &state.rule_sets {
        let change =
            Change::RuleSetCreated { name: name.clone(), body: one.body.clone(), tags: one.tags.clone() };
        records.push(Record { at: one.created_at, change });
    }
    for (name, one) in &state.matchmakers {
        let change = Change::MatchmakerCreated {
            name: name.clone(),
            fields: one.fields.clone().into(),
            tags: one.tags.clone(),
        };
        records.push(Record { at: one.created_at, change });
    }
    // Before what plays on it.
    for (at, change) in matchwright_hosting::snapshot(&state.hosting) {
        records.push(Record { at, change: Change::Hosting(Box::new(change)) });
    }
    for (matchmaker, waits) in &state.waits {
        let minutes = waits.minutes().map(|(minute, tickets, total_ms)| Record {
            at: matchwright_model::Timestamp(minute * 60_000),
            change: Change::WaitsRestored { matchmaker: matchmaker.clone(), minute, tickets, total_ms },
        });
        records.extend(minutes);
    }
    for ticket in state.tickets.values() {
        let change = Change::TicketRestored { ticket: Box::new(ticket.clone()) };
        records.push(Record { at: ticket.started_at, change });
    }
    for (id, open) in &state.matches {
        let at = state.tickets.get(&open.seats[0].ticket).map(|ticket| ticket.started_at).unwrap_or_default();
        records.push(Record { at, change: Change::MatchRestored { id: *id, open: Box::new(open.clone()) } });
    }
    for (sink, position) in &state.sinks {
        let change = Change::SinkAdvanced { sink: sink.clone(), position: *position };
        records.push(Record { at: matchwright_model::Timestamp(0), change });
    }
    records
}
