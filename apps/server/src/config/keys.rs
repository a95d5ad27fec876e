//! Every key, its default and what it does: the one list behind suggestions and the reference page.

/// A key as `section.key`; `[]` marks a list of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub path: &'static str,
    /// As TOML; empty where the key is required or has none.
    pub default: &'static str,
    pub meaning: &'static str,
}

const fn key(path: &'static str, default: &'static str, meaning: &'static str) -> Key {
    Key { path, default, meaning }
}

/// In the order of the reference page.
pub const KEYS: &[Key] = &[
    key("listen", "\"127.0.0.1:4600\"", "Address and port of the API. Port 0 takes a free one."),
    key("insecure_listen", "false", "Allow an address that other machines can reach without `[[keys]]`."),
    key(
        "data_dir",
        "\"matchwright-data\"",
        "Folder of the journals, one folder per region in it. A local disk.",
    ),
    key(
        "region",
        "[\"us-east-1\"]",
        "The region served, or a list of several, each a realm of its own: rule sets, matchmakers and tickets of one are unknown to the others.",
    ),
    key("account", "\"000000000000\"", "Twelve digits, shown in ARNs and events."),
    key("sinks[].name", "", "Unique name. The delivered position is kept under it."),
    key("sinks[].type", "\"webhook\"", "`webhook`: one POST per event, confirmed by any 2xx."),
    key("sinks[].url", "", "Where to: `http://` or `https://`."),
    key(
        "sinks[].format",
        "\"event\"",
        "`event`: the event's envelope. `sns`: the envelope inside a notification.",
    ),
    key(
        "sinks[].lanes",
        "4",
        "Deliveries at the same time. Events of one matchmaker stay in one lane, in order.",
    ),
    key("sinks[].timeout_seconds", "10", "How long one try may take."),
    key("allocators[].name", "", "Unique name, for messages."),
    key(
        "allocators[].type",
        "",
        "`agones`: a cluster with Agones. `webhook`: a service of your own (docs/reference/allocators.md).",
    ),
    key("allocators[].queues", "", "The queues whose placements it hosts. Each queue has one home at most."),
    key("allocators[].region", "", "Only in this region. Without it: in each that is served."),
    key("allocators[].url", "", "Where to ask: `http://` or `https://`."),
    key(
        "allocators[].location",
        "",
        "The location that its game sessions are in: the region that players tell latencies of. Without it: its name.",
    ),
    key("allocators[].concurrency", "16", "Questions at the same time."),
    key("allocators[].timeout_seconds", "10", "How long one try may take."),
    key(
        "allocators[].session_seconds",
        "14400",
        "After this time a game session counts as over: nobody tells that it ended.",
    ),
    key(
        "allocators[].reservation_seconds",
        "14400",
        "How long a seat is kept: nobody tells that a player came.",
    ),
    key("allocators[].token_file", "", "Sent as a bearer token; read before every try."),
    key("allocators[].ca_file", "", "Whom to trust instead of the public authorities, in PEM."),
    key("allocators[].certificate_file", "", "Shown to a service that asks for it, in PEM; with `key_file`."),
    key("allocators[].key_file", "", "The key of that certificate, in PEM."),
    key(
        "allocators[].api",
        "\"kubernetes\"",
        "`agones`: `kubernetes`, the Kubernetes API, or `allocator`, the service agones-allocator.",
    ),
    key("allocators[].namespace", "\"default\"", "`agones`: the namespace of the game servers."),
    key(
        "allocators[].labels",
        "{}",
        "`agones`: what a game server must have, such as `{ \"agones.dev/fleet\" = \"duels\" }`.",
    ),
    key("allocators[].scheduling", "\"packed\"", "`agones`: `packed` fills machines, `distributed` spreads."),
    key(
        "allocators[].players_list",
        "",
        "`agones`: the list of the game server that takes the players' ids, such as `players`.",
    ),
    key("allocators[].port_name", "", "`agones`: the port that players connect to. Without it: the first."),
    key("keys[].access_key_id", "", "With any key configured, every request must be signed by one of them."),
    key(
        "keys[].secret",
        "",
        "The secret of the key: 40 characters, such as `openssl rand -base64 30` prints.",
    ),
    key("keys[].policy", "", "A policy document as text. Without one the key may do everything."),
    key("keys[].policy_file", "", "The same in a file, relative to the configuration file."),
    key("search.nodes_per_anchor", "1000", "Partial matches looked at around one ticket."),
    key(
        "search.nodes_per_step",
        "20000",
        "Once a match was found, partial matches looked at for the one that an older ticket makes.",
    ),
    key(
        "search.exact_tickets",
        "40",
        "Buckets of up to so many tickets are searched depth first, within the budget; up to four times as many around who waits in vain.",
    ),
    key(
        "search.candidates_max",
        "256",
        "In larger buckets, how many tickets are looked at around one, besides a few for each that was seated.",
    ),
    key(
        "search.sweep_tickets",
        "5000",
        "When so many tickets wait to be looked from at once, their pool is swept, not by age. 0: never.",
    ),
    key("search.workers", "1", "Threads that share a sweep."),
    key(
        "search.hold_seconds",
        "0.0",
        "What is new is looked at together, at most once in so long: longer waits, closer matches.",
    ),
    key(
        "search.hold_partial_seconds",
        "0.0",
        "A match with open seats waits until its oldest ticket has waited so long.",
    ),
    key(
        "limits.body_bytes",
        "1048576",
        "The largest request body; at most 1048576, so that every request fits the journal.",
    ),
    key("limits.header_read_seconds", "30", "How long a client may take to send the head of a request."),
    key("limits.body_read_seconds", "30", "How long a client may take to send the body."),
    key("limits.requests", "4096", "Requests at work at the same time; more are refused."),
    key("limits.connections", "10000", "Open connections; more wait unaccepted."),
    key("limits.drain_seconds", "10", "How long a stop waits for requests at work."),
    key("journal.max_bytes", "0", "The most bytes of a journal's database file. 0: as the disk allows."),
    key("journal.snapshot_bytes", "67108864", "A snapshot is written after so many bytes of journal."),
    key("journal.snapshot_minutes", "30", "And after so many minutes, when anything changed."),
    key(
        "events.keep",
        "100000",
        "Events kept in memory for readers; older ones are read from the journal again.",
    ),
    key("events.keep_alive_seconds", "15", "A comment is sent to quiet readers this often."),
    key("quotas.rule_sets", "1000", "Rule sets per region."),
    key("quotas.matchmakers", "100", "Matchmaking configurations per region."),
    key("quotas.tags", "50", "Tags per resource."),
    key("quotas.ticket_retention_seconds", "10800", "How long an ended ticket can still be described."),
    key("quotas.locations", "100", "Locations per region."),
    key("quotas.fleets", "100", "Fleets per region."),
    key("quotas.aliases", "100", "Aliases per region."),
    key("quotas.queues", "100", "Game session queues per region."),
    key("quotas.computes_per_fleet", "10000", "Computes of a fleet."),
    key("quotas.processes", "100000", "Game server processes per region; ended ones do not count."),
    key("quotas.players_per_session", "200", "The most players that a game session may be made for."),
    key("behavior.lenient_ids", "false", "Accept any printable text as ticket id."),
    key("behavior.lenient_latency", "false", "Read a latency of 0 as 1."),
    key("behavior.lenient_rule_sets", "false", "Unknown keys in a rule set only warn."),
    key(
        "behavior.party_aggregation",
        "\"individual\"",
        "`individual`: every member's own value decides. `literal`: the party's aggregate counts for each member.",
    ),
    key(
        "behavior.requeue_cancels_backfill",
        "true",
        "A new ticket of a player also cancels backfill tickets that list him.",
    ),
    key(
        "behavior.backfill_forgets_leavers",
        "false",
        "Who left a game is taken out of its automatic backfill, so that his seat is filled too.",
    ),
    key(
        "behavior.backfill_offers_own_seat",
        "false",
        "Who queues again while the game that he was in still seeks players gets his own seat at once; the backfill of that game is spared.",
    ),
    key(
        "behavior.backfill_fullest_first",
        "false",
        "Where the rule set gives backfills a priority, the game with the fewest open seats is filled first.",
    ),
    key(
        "behavior.deadline_during_acceptance",
        "false",
        "The request deadline also ends tickets that wait for acceptance.",
    ),
    key(
        "hosting.public_endpoint",
        "\"\"",
        "What computes are told to connect to, as `ws://` or `wss://`, at most 128 characters. Empty: `ws://` and the address of the listener.",
    ),
    key(
        "hosting.paths",
        "[\"/game-server\", \"/\"]",
        "Paths of the game-server socket, each with and without a slash at its end.",
    ),
    key(
        "hosting.game_session_activation_timeout_seconds",
        "300",
        "From CreateGameSession until the game server must activate it; then the session ends.",
    ),
    key(
        "hosting.player_session_reservation_seconds",
        "60",
        "How long a seat is kept for a player who does not come.",
    ),
    key(
        "hosting.process_ready_timeout_seconds",
        "300",
        "From the first connection of a process until it must be ready.",
    ),
    key(
        "hosting.reconnect_grace_seconds",
        "200",
        "How long a process may be disconnected before it counts as crashed. The slowest SDK tries for 184 s.",
    ),
    key("hosting.termination_grace_seconds", "300", "From TerminateProcess until the process is given up."),
    key("hosting.heartbeat_seconds", "60", "How often the SDKs send a heartbeat."),
    key("hosting.heartbeat_jitter_seconds", "10", "How much later than that one may come."),
    key("hosting.heartbeats_missed", "3", "After so many bad or missing ones a process counts as unhealthy."),
    key(
        "hosting.token_life_seconds",
        "10800",
        "The life of an auth token. Connected processes get a new one in time.",
    ),
    key(
        "hosting.session_retention_seconds",
        "10800",
        "How long an ended game session can still be described.",
    ),
    key(
        "hosting.placement_retention_seconds",
        "10800",
        "How long an ended placement can still be described.",
    ),
    key("hosting.process_retention_seconds", "10800", "How long the id of an ended process is refused."),
    key("hosting.queue_timeout_seconds", "600", "Of a queue that names none."),
    key(
        "hosting.placement_attempts",
        "1",
        "How many processes a placement may try; more than one tries another where the first never activated.",
    ),
    key("hosting.sockets", "20000", "Open sockets of game servers; more are refused."),
    key("hosting.message_bytes", "1048576", "The largest message of a game server."),
    key(
        "hosting.requests_per_socket",
        "64",
        "Requests of one game server at work at the same time; more are answered 429.",
    ),
    key(
        "hosting.rate_limits",
        "true",
        "Each action has the rate of the original service per process; more is answered 429.",
    ),
    key(
        "hosting.ping_seconds",
        "30",
        "A quiet socket is pinged this often, and dropped when three pings were not answered.",
    ),
    key(
        "tls.certificate",
        "\"\"",
        "A file of PEM certificates, the server's own first, relative to the configuration file. Read again when it changes. Empty: one that is made at the first start, under `data_dir`.",
    ),
    key("tls.key", "\"\"", "The file of its private key, as PEM."),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::Config;

    fn leaves(prefix: &str, value: &toml::Value, out: &mut BTreeMap<String, String>) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                    leaves(&path, value, out);
                }
            }
            value => drop(out.insert(prefix.to_string(), value.to_string())),
        }
    }

    #[test]
    fn the_list_holds_every_key_with_its_default() {
        let mut expected = BTreeMap::new();
        leaves("", &toml::Value::try_from(Config::default()).unwrap(), &mut expected);
        expected.retain(|path, _| !["sinks", "keys", "allocators"].contains(&path.as_str()));
        let listed = KEYS.iter().filter(|key| !key.path.contains("[]"));
        let listed: BTreeMap<String, String> =
            listed.map(|key| (key.path.to_string(), key.default.to_string())).collect();
        assert_eq!(listed, expected);
    }

    #[test]
    fn the_reference_page_lists_every_key() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/configuration.md");
        let page = std::fs::read_to_string(page).unwrap();
        for key in KEYS {
            let default = if key.default.is_empty() { String::new() } else { format!("`{}`", key.default) };
            let row = format!("| `{}` | {default} | {} |", key.path, key.meaning);
            assert!(page.contains(&row), "docs/reference/configuration.md lacks this row:\n{row}");
        }
    }
}
