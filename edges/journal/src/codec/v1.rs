//! Version 1 of a record: its structs. They borrow their texts, so that encoding and decoding copy none.
//!
//! The order of fields and of variants is the format. Once released it stays; another shape is version 2.

mod entries;
mod hosting;
mod players;
mod restore;
mod store;

use std::collections::BTreeMap;

use matchwright_model::{AttributeName, AttributeValue as Attribute, Listing, Region};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use entries::Entries;
use players::Players;

type Texts<'a> = BTreeMap<&'a str, &'a str>;
type Attributes<'a> = Entries<'a, Listing<AttributeName, Attribute>, AttributeValue<'a>>;
type Latencies<'a> = Entries<'a, Listing<Region, u32>, u32>;

#[derive(Debug, Serialize, Deserialize)]
pub struct Record<'a> {
    /// Milliseconds since 1970 UTC, like every time here.
    at: u64,
    #[serde(borrow)]
    change: Change<'a>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Change<'a> {
    RuleSetCreated {
        name: &'a str,
        body: &'a str,
        #[serde(borrow)]
        tags: Texts<'a>,
    },
    RuleSetDeleted {
        name: &'a str,
    },
    MatchmakerCreated {
        name: &'a str,
        #[serde(borrow)]
        fields: MatchmakerFields<'a>,
        #[serde(borrow)]
        tags: Texts<'a>,
    },
    MatchmakerUpdated {
        name: &'a str,
        #[serde(borrow)]
        fields: MatchmakerFields<'a>,
    },
    MatchmakerDeleted {
        name: &'a str,
    },
    TagsReplaced {
        #[serde(borrow)]
        resource: Resource<'a>,
        #[serde(borrow)]
        tags: Texts<'a>,
    },
    TicketStarted {
        id: &'a str,
        matchmaker: &'a str,
        #[serde(borrow)]
        players: Players<'a>,
        deadline: u64,
    },
    BackfillStarted {
        id: &'a str,
        matchmaker: &'a str,
        #[serde(borrow)]
        game_session: Option<&'a str>,
        #[serde(borrow)]
        players: Players<'a>,
        deadline: u64,
    },
    TicketSearching {
        id: &'a str,
        reason: Option<EndReason>,
    },
    TicketCancelled {
        id: &'a str,
        reason: EndReason,
        #[serde(borrow)]
        rule_counts: Vec<RuleCount<'a>>,
    },
    TicketTimedOut {
        id: &'a str,
        #[serde(borrow)]
        rule_counts: Vec<RuleCount<'a>>,
    },
    TicketForgotten {
        id: &'a str,
    },
    MatchProposed {
        id: MatchId,
        matchmaker: &'a str,
        #[serde(borrow)]
        seats: Vec<Seat<'a>>,
        acceptance_deadline: Option<u64>,
        #[serde(borrow)]
        region: Option<&'a str>,
        #[serde(borrow)]
        rule_counts: Vec<RuleCount<'a>>,
    },
    ProposalAnswered {
        id: MatchId,
        ticket: &'a str,
        #[serde(borrow)]
        players: Vec<&'a str>,
        accept: bool,
    },
    AcceptanceEnded {
        id: MatchId,
        outcome: AcceptanceOutcome,
    },
    PlacementStarted {
        id: MatchId,
    },
    PlacementAbandoned {
        id: MatchId,
    },
    MatchCompleted {
        id: MatchId,
        #[serde(borrow)]
        session: Option<Session<'a>>,
    },
    MatchFailed {
        id: MatchId,
        #[serde(borrow)]
        rule_counts: Vec<RuleCount<'a>>,
    },
    SinkAdvanced {
        sink: &'a str,
        position: u64,
    },
    TicketRestored {
        #[serde(borrow)]
        ticket: Box<Ticket<'a>>,
    },
    MatchRestored {
        id: MatchId,
        #[serde(borrow)]
        open: Box<Match<'a>>,
    },
    WaitsRestored {
        matchmaker: &'a str,
        minute: u64,
        tickets: u64,
        total_ms: u64,
    },
    /// Boxed: few are as wide as the widest of these.
    Hosting(#[serde(borrow)] Box<hosting::Change<'a>>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MatchmakerFields<'a> {
    #[serde(borrow)]
    description: Option<&'a str>,
    rule_set: &'a str,
    request_timeout_ms: u64,
    acceptance_required: bool,
    acceptance_timeout_ms: Option<u64>,
    mode: Option<Mode>,
    #[serde(borrow)]
    queues: Vec<&'a str>,
    #[serde(borrow)]
    notification_target: Option<&'a str>,
    additional_players: u32,
    #[serde(borrow)]
    custom_event_data: Option<&'a str>,
    #[serde(borrow)]
    game_properties: Vec<(&'a str, &'a str)>,
    #[serde(borrow)]
    game_session_data: Option<&'a str>,
    backfill_mode: Option<BackfillMode>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Mode {
    Standalone,
    WithQueue,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum BackfillMode {
    Automatic,
    Manual,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Resource<'a> {
    RuleSet(&'a str),
    Matchmaker(&'a str),
    Hosted(#[serde(borrow)] hosting::Resource<'a>),
}

#[derive(Debug, Serialize, Deserialize)]
struct Player<'a> {
    id: &'a str,
    #[serde(borrow)]
    attributes: Attributes<'a>,
    #[serde(borrow)]
    latencies: Latencies<'a>,
    #[serde(borrow)]
    team: Option<&'a str>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum AttributeValue<'a> {
    Text(&'a str),
    Number(f64),
    #[serde(borrow)]
    TextList(Vec<&'a str>),
    NumberMap(Entries<'a, BTreeMap<String, f64>, f64>),
}

#[derive(Debug, Serialize, Deserialize)]
struct Seat<'a> {
    ticket: &'a str,
    player: &'a str,
    team: &'a str,
}

#[derive(Debug, Serialize, Deserialize)]
struct RuleCount<'a> {
    rule: &'a str,
    passed: u64,
    failed: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum EndReason {
    Stopped,
    Requeued,
    Replaced,
    NotAccepted,
    OthersNotAccepted,
    ProposalWithdrawn,
    NoCapacity,
    GameEnded,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum AcceptanceOutcome {
    Accepted,
    Rejected,
    TimedOut,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Session<'a> {
    id: &'a str,
    #[serde(borrow)]
    ip: Option<&'a str>,
    #[serde(borrow)]
    dns: Option<&'a str>,
    port: u16,
    #[serde(borrow)]
    player_sessions: Texts<'a>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ticket<'a> {
    id: &'a str,
    matchmaker: &'a str,
    #[serde(borrow)]
    kind: TicketKind<'a>,
    #[serde(borrow)]
    players: Players<'a>,
    started_at: u64,
    deadline: u64,
    status: Status,
    reason: Option<EndReason>,
    #[serde(borrow)]
    teams: Texts<'a>,
    last_match: Option<MatchId>,
    #[serde(borrow)]
    session: Option<Session<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum TicketKind<'a> {
    Matchmaking,
    Backfill {
        #[serde(borrow)]
        game_session: Option<&'a str>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Status {
    Queued,
    Searching,
    Proposed { match_id: MatchId },
    Placing { match_id: MatchId },
    Completed { at: u64 },
    Failed { at: u64 },
    Cancelled { at: u64 },
    TimedOut { at: u64 },
}

#[derive(Debug, Serialize, Deserialize)]
struct Match<'a> {
    matchmaker: &'a str,
    #[serde(borrow)]
    seats: Vec<Seat<'a>>,
    phase: MatchPhase,
    #[serde(borrow)]
    answers: BTreeMap<&'a str, bool>,
    #[serde(borrow)]
    region: Option<&'a str>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum MatchPhase {
    Acceptance { deadline: u64 },
    Placing,
}

/// 16 bytes, most significant first; a UUID's text where people read.
#[derive(Debug, Clone, Copy)]
struct MatchId(matchwright_model::MatchId);

impl Serialize for MatchId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.collect_str(&self.0);
        }
        self.0.as_bytes().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MatchId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <[u8; 16]>::deserialize(deserializer).map(|bytes| Self(matchwright_model::MatchId::from_bytes(bytes)))
    }
}
