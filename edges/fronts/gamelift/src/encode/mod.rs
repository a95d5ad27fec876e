//! Replies to bytes, a file for each family of nouns: exactly the members of the model (spec 1.4, hosting 3); absent
//! optional ones are left out.

mod fleets;
mod matchmaking;
mod queues;
mod sessions;

use std::time::Duration;

use matchwright_engine::{Answer, Reply};
use matchwright_hosting as hosting;
use matchwright_model::Timestamp;

pub(crate) use matchmaking::{CANCELLED, FAILED, NOT_ACCEPTED, TIMED_OUT};

use crate::decode::token;
use crate::operations::Operation;
use crate::out::{Members, Out};
use crate::{Front, Outcome};

/// Where the next page begins.
type Next = Option<(Timestamp, String)>;

pub(crate) fn encode(front: &Front, operation: Operation, outcome: &Outcome, out: &mut Out) {
    out.map(|reply| match outcome {
        Outcome::Valid => reply.member("Valid").bool(true),
        Outcome::Reply(Reply::Hosting(one)) => encode_hosted(front, operation, one, reply),
        Outcome::Reply(one) => encode_reply(front, one, reply),
        Outcome::Answer(answer) => {
            if let Some(next) = encode_answer(front, operation, answer, reply) {
                reply.text("NextToken", &token(next));
            }
        }
    });
}

fn encode_reply(front: &Front, one: &Reply, reply: &mut Members<'_>) {
    use matchmaking::*;
    match one {
        Reply::Done | Reply::Hosting(_) => {}
        Reply::Ticket(one, estimate) => ticket(front, one, *estimate, reply.member("MatchmakingTicket")),
        Reply::RuleSet(name, one) => rule_set(front, name.as_str(), one, reply.member("RuleSet")),
        Reply::Matchmaker(name, one) => matchmaker(front, name.as_str(), one, reply.member("Configuration")),
    }
}

fn encode_hosted(front: &Front, operation: Operation, one: &hosting::Reply, reply: &mut Members<'_>) {
    use hosting::Reply::*;
    match one {
        // What is told to game servers is none of the API's.
        Done | Connected(_) => {}
        Location(name, _) => fleets::location(front, name, reply.member("Location")),
        Fleet(id, one) if operation == Operation::CreateFleet => {
            fleets::fleet(front, id, one, reply.member("FleetAttributes"));
            fleets::location_states(one.locations.iter(), one.status, reply);
        }
        Fleet(id, _) => fleets::fleet_id(front, id, reply),
        FleetLocations(id, locations) => {
            let is_removed = operation == Operation::DeleteFleetLocations;
            let status =
                if is_removed { hosting::FleetStatus::Deleting } else { hosting::FleetStatus::Active };
            fleets::fleet_id(front, id, reply);
            fleets::location_states(locations.iter(), status, reply);
        }
        Alias(id, one) => fleets::alias(front, id, one, reply.member("Alias")),
        Compute(fleet, name, one) => fleets::compute(front, fleet, name, one, reply.member("Compute")),
        Token(fleet, name, one) => fleets::token(front, fleet, name, one, reply),
        Queue(name, one) => queues::queue(front, name, one, reply.member("GameSessionQueue")),
        Placement(one, session) => {
            queues::placement(front, one, session.as_deref(), reply.member("GameSessionPlacement"));
        }
        Session(one) => sessions::game_session(front, one, reply.member("GameSession")),
        PlayerSessions(seats, session) if operation == Operation::CreatePlayerSession => {
            let out = reply.member("PlayerSession");
            seats.iter().for_each(|one| sessions::player_session(front, one, session, out));
        }
        PlayerSessions(seats, session) => {
            let list = reply.member("PlayerSessions");
            list.list(seats.iter(), |out, one| sessions::player_session(front, one, session, out));
        }
    }
}

fn encode_answer<'a>(
    front: &Front,
    operation: Operation,
    answer: &'a Answer,
    reply: &mut Members<'_>,
) -> &'a Next {
    use matchmaking::*;
    match answer {
        Answer::Hosting(answer) => encode_hosted_answer(front, operation, answer, reply),
        Answer::Tickets(found) => {
            let list = reply.member("TicketList");
            list.list(found.iter(), |out, (one, estimate)| ticket(front, one, *estimate, out));
            &None
        }
        Answer::RuleSets { found, next } => {
            let list = reply.member("RuleSets");
            list.list(found.iter(), |out, (name, one)| rule_set(front, name.as_str(), one, out));
            next
        }
        Answer::Matchmakers { found, next } => {
            let list = reply.member("Configurations");
            list.list(found.iter(), |out, (name, one)| matchmaker(front, name.as_str(), one, out));
            next
        }
        Answer::Tags(tags) => {
            tagged(tags.iter(), reply);
            &None
        }
    }
}

fn tagged<'t>(tags: impl Iterator<Item = (&'t String, &'t String)>, reply: &mut Members<'_>) {
    reply.member("Tags").list(tags, |out, (key, value)| pair(key, value, out));
}

fn encode_hosted_answer<'a>(
    front: &Front,
    operation: Operation,
    answer: &'a hosting::Answer,
    reply: &mut Members<'_>,
) -> &'a Next {
    use hosting::Answer::*;
    match answer {
        Locations((found, next)) => {
            let list = reply.member("Locations");
            list.list(found.iter(), |out, (name, _)| fleets::location(front, name, out));
            return next;
        }
        Fleets((found, next)) => {
            fleets::fleets(front, operation, found, reply);
            return next;
        }
        Fleet(id, one, location) => fleets::settings(front, operation, id, one, location.as_ref(), reply),
        FleetLocations(id, status, (found, next)) => {
            fleets::location_attributes(front, id, *status, found, reply);
            return next;
        }
        FleetEvents(fleet, (found, next)) => {
            let list = reply.member("Events");
            list.list(found.iter(), |out, one| fleets::event(fleet, one, out));
            return next;
        }
        Utilization((found, next)) => {
            fleets::utilizations(front, operation, found, reply);
            return next;
        }
        Aliases((found, next)) => {
            let list = reply.member("Aliases");
            list.list(found.iter(), |out, (id, one)| fleets::alias(front, id, one, out));
            return next;
        }
        Alias(id, one) => fleets::alias(front, id, one, reply.member("Alias")),
        Resolved(fleet) => fleets::fleet_id(front, fleet, reply),
        Computes(fleet, (found, next)) => {
            let list = reply.member("ComputeList");
            list.list(found.iter(), |out, (name, one)| fleets::compute(front, fleet, name, one, out));
            return next;
        }
        Compute(fleet, name, one) => fleets::compute(front, fleet, name, one, reply.member("Compute")),
        Queues((found, next)) => {
            let list = reply.member("GameSessionQueues");
            list.list(found.iter(), |out, (name, one)| queues::queue(front, name, one, out));
            return next;
        }
        Placement(one, session) => {
            queues::placement(front, one, session.as_deref(), reply.member("GameSessionPlacement"));
        }
        Sessions((found, next)) => {
            sessions::game_sessions(front, operation, found, reply);
            return next;
        }
        Found(found, next) => {
            sessions::game_sessions(front, operation, found, reply);
            // A search goes on at a number.
            if let Some(next) = next {
                reply.text("NextToken", &token(&(Timestamp(*next as u64), String::new())));
            }
        }
        PlayerSessions((found, next)) => {
            let list = reply.member("PlayerSessions");
            list.list(found.iter(), |out, (one, session)| sessions::player_session(front, one, session, out));
            return next;
        }
        Connections(session, players) => sessions::connections(front, session, players, reply),
        Tags(tags) => tagged(tags.iter(), reply),
    }
    &None
}

fn pair(key: &str, value: &str, out: &mut Out) {
    out.map(|pair| {
        pair.text("Key", key);
        pair.text("Value", value);
    });
}

fn seconds(span: Duration) -> i64 {
    span.as_secs() as i64
}
