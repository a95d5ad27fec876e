//! Rule sets of different character, for pools in which everything that exists can be listed.

/// A name and a rule set.
pub const RULE_SETS: [(&str, &str); 6] = [
    (
        "near skills",
        r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number"},{"name":"role","type":"string_list"}],
        "teams":[{"name":"t","minPlayers":2,"maxPlayers":2,"quantity":2}],
        "rules":[{"name":"r","type":"distance","measurements":["max(flatten(teams[*].players.attributes[skill]))"],
                  "referenceValue":"min(flatten(teams[*].players.attributes[skill]))","maxDistance":12}],
        "expansions":[{"target":"rules[r].maxDistance","steps":[{"waitTimeSeconds":10,"value":30}]}]}"#,
    ),
    (
        "fair averages",
        r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number"},{"name":"role","type":"string_list"}],
        "teams":[{"name":"red","minPlayers":2,"maxPlayers":3},{"name":"blue","minPlayers":2,"maxPlayers":3}],
        "rules":[{"name":"f","type":"distance","measurements":["avg(teams[*].players.attributes[skill])"],
                  "referenceValue":"avg(flatten(teams[*].players.attributes[skill]))","maxDistance":2},
                 {"name":"e","type":"comparison","measurements":["count(teams[red].players)"],"referenceValue":"count(teams[blue].players)","operation":"="}]}"#,
    ),
    (
        "roles",
        r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number"},{"name":"role","type":"string_list"}],
        "teams":[{"name":"red","minPlayers":2,"maxPlayers":2},{"name":"blue","minPlayers":2,"maxPlayers":2}],
        "rules":[{"name":"h1","type":"collection","operation":"contains","measurements":["teams[red].players.attributes[role]"],"referenceValue":"healer","minCount":1},
                 {"name":"h2","type":"collection","operation":"contains","measurements":["teams[blue].players.attributes[role]"],"referenceValue":"healer","minCount":1,"maxCount":1}]}"#,
    ),
    (
        "common region",
        r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number"},{"name":"role","type":"string_list"}],
        "teams":[{"name":"all","minPlayers":3,"maxPlayers":4}],
        "rules":[{"name":"p","type":"latency","maxLatency":60}],
        "expansions":[{"target":"rules[p].maxLatency","steps":[{"waitTimeSeconds":8,"value":100}]},
                      {"target":"teams[all].minPlayers","steps":[{"waitTimeSeconds":12,"value":2}]}]}"#,
    ),
    (
        "oldest decides",
        r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number"},{"name":"role","type":"string_list"}],
        "algorithm":{"expansionAgeSelection":"oldest"},
        "teams":[{"name":"a","minPlayers":1,"maxPlayers":2},{"name":"b","minPlayers":1,"maxPlayers":2}],
        "rules":[{"name":"n","type":"batchDistance","batchAttribute":"skill","maxDistance":3}],
        "expansions":[{"target":"rules[n].maxDistance","steps":[{"waitTimeSeconds":5,"value":10},{"waitTimeSeconds":15,"value":25}]}]}"#,
    ),
    (
        "either or",
        r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number"},{"name":"role","type":"string_list"}],
        "teams":[{"name":"a","minPlayers":2,"maxPlayers":2},{"name":"b","minPlayers":1,"maxPlayers":1}],
        "rules":[{"name":"low","type":"comparison","measurements":["avg(flatten(teams[*].players.attributes[skill]))"],"referenceValue":15,"operation":"<"},
                 {"name":"tanks","type":"collection","operation":"intersection","measurements":["flatten(teams[*].players.attributes[role])"],"minCount":1},
                 {"name":"c","type":"compound","statement":"xor(low,tanks)"}]}"#,
    ),
];
