//! Questions. They change nothing and see every change before them.

use matchwright_model::{MatchmakerName, Page, RuleSetName, TicketId, Timestamp};

use crate::{Matchmaker, Rejection, Resource, RuleSetRecord, State, Ticket};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// In the order asked, duplicates once, unknown ids left out (D-34).
    Tickets(Vec<TicketId>),
    /// With names: exactly those, unknown ones rejected (D-14); else a page.
    RuleSets {
        names: Vec<RuleSetName>,
        page: Page,
    },
    /// Both filters apply; unknown names are left out (D-21).
    Matchmakers {
        names: Vec<MatchmakerName>,
        rule_set: Option<RuleSetName>,
        page: Page,
    },
    Tags(Resource),
    Hosting(matchwright_hosting::Query),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// With the estimate of its matchmaker in seconds, where there is one.
    Tickets(Vec<(Ticket, Option<u64>)>),
    RuleSets {
        found: Vec<(RuleSetName, RuleSetRecord)>,
        next: Option<(Timestamp, String)>,
    },
    Matchmakers {
        found: Vec<(MatchmakerName, Matchmaker)>,
        next: Option<(Timestamp, String)>,
    },
    Tags(BTreeMap<String, String>),
    Hosting(Box<matchwright_hosting::Answer>),
}

/// Answers a query.
///
/// # Rejections
/// `RuleSetNotFound`, `MatchmakerNotFound` (tags).
pub fn answer(state: &State, query: &Query, now: Timestamp) -> Result<Answer, Rejection> {
    match query {
        Query::Tickets(ids) => {
            let mut found: Vec<(Ticket, Option<u64>)> = Vec::new();
            for id in ids {
                if let Some(ticket) = state.tickets.get(id)
                    && !found.iter().any(|(seen, _)| seen.id == *id)
                {
                    let estimate = state.matchmaker_estimate(&ticket.matchmaker, now);
                    found.push((ticket.clone(), estimate));
                }
            }
            Ok(Answer::Tickets(found))
        }
        Query::RuleSets { names, page } if names.is_empty() => {
            let all =
                state.rule_sets.iter().map(|(name, one)| ((one.created_at, name.as_str()), (name, one)));
            let (found, next) = page.of(all);
            Ok(Answer::RuleSets {
                found: found.into_iter().map(|(n, r)| (n.clone(), r.clone())).collect(),
                next,
            })
        }
        Query::RuleSets { names, .. } => {
            let found = names.iter().map(|name| match state.rule_sets.get(name) {
                Some(one) => Ok((name.clone(), one.clone())),
                None => Err(Rejection::RuleSetNotFound(name.clone())),
            });
            Ok(Answer::RuleSets { found: found.collect::<Result<_, _>>()?, next: None })
        }
        Query::Matchmakers { names, rule_set, page } => {
            let matching = state.matchmakers.iter().filter(|(name, one)| {
                (names.is_empty() || names.contains(name))
                    && rule_set.as_ref().is_none_or(|wanted| one.fields.rule_set == *wanted)
            });
            let all = matching.map(|(name, one)| ((one.created_at, name.as_str()), (name, one)));
            let (found, next) = page.of(all);
            Ok(Answer::Matchmakers {
                found: found.into_iter().map(|(n, m)| (n.clone(), m.clone())).collect(),
                next,
            })
        }
        Query::Tags(resource) => state.tags(resource).cloned().map(Answer::Tags),
        Query::Hosting(query) => matchwright_hosting::answer(&state.hosting, query)
            .map(|answer| Answer::Hosting(Box::new(answer)))
            .map_err(Rejection::Hosting),
    }
}
