//! Matchmaker data: who plays, as the text that game servers and their SDKs read (spec 4.4).

use matchwright_model::{AttributeValue, Roster, RosterPlayer, RosterTeam};

use crate::Arns;

/// The text of a roster: keys in the order of the captures, attributes by name, every number with a fraction.
///
/// Both `autoBackfill` keys are always there, null where the server keeps no backfill open by itself.
pub fn matchmaker_data(arns: &Arns, roster: &Roster) -> String {
    let mut out = Writer(String::with_capacity(512));
    out.raw("{\"matchId\":");
    out.text(&roster.match_id.to_string());
    out.raw(",\"matchmakingConfigurationArn\":");
    out.text(&arns.matchmaker(roster.matchmaker.as_str()));
    out.raw(",\"teams\":");
    out.list(&roster.teams, team);
    out.raw(",\"autoBackfillMode\":");
    match roster.refill.ticket() {
        None => out.raw("null,\"autoBackfillTicketId\":null}"),
        Some(ticket) => {
            out.raw("\"AUTOMATIC\",\"autoBackfillTicketId\":");
            out.text(ticket.as_str());
            out.raw("}");
        }
    }
    out.0
}

fn team(out: &mut Writer, team: &RosterTeam) {
    out.raw("{\"name\":");
    out.text(team.name.as_str());
    out.raw(",\"players\":");
    out.list(&team.players, player);
    out.raw("}");
}

fn player(out: &mut Writer, player: &RosterPlayer) {
    out.raw("{\"playerId\":");
    out.text(player.id.as_str());
    out.raw(",\"attributes\":");
    // A listing is sorted by key: the order of the captures (D-128).
    out.map(player.attributes.iter(), attribute);
    out.raw("}");
}

fn attribute(out: &mut Writer, value: &AttributeValue) {
    out.raw("{\"attributeType\":\"");
    out.raw(match value {
        AttributeValue::Text(_) => "STRING",
        AttributeValue::Number(_) => "DOUBLE",
        AttributeValue::TextList(_) => "STRING_LIST",
        AttributeValue::NumberMap(_) => "STRING_DOUBLE_MAP",
    });
    out.raw("\",\"valueAttribute\":");
    match value {
        AttributeValue::Text(text) => out.text(text),
        AttributeValue::Number(number) => out.number(*number),
        AttributeValue::TextList(texts) => out.list(texts, |out, text| out.text(text)),
        AttributeValue::NumberMap(numbers) => {
            out.map(numbers.iter(), |out, number| out.number(*number));
        }
    }
    out.raw("}");
}

/// JSON by hand: the text is compared byte for byte, and a game server is told it within milliseconds.
struct Writer(String);

impl Writer {
    fn raw(&mut self, text: &str) {
        self.0.push_str(text);
    }

    fn text(&mut self, text: &str) {
        self.0 += &serde_json::Value::from(text).to_string();
    }

    /// The shortest digits that read back the same, with a fraction; beyond 16 digits with an exponent too.
    fn number(&mut self, number: f64) {
        let digits = format!("{number:?}");
        match digits.split_once('e') {
            Some((whole, exponent)) if !whole.contains('.') => {
                self.0 += &format!("{whole}.0e{exponent}");
            }
            _ => self.0 += &digits,
        }
    }

    fn list<T>(&mut self, items: &[T], mut one: impl FnMut(&mut Self, &T)) {
        self.raw("[");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.raw(",");
            }
            one(self, item);
        }
        self.raw("]");
    }

    fn map<'a, K: AsRef<str> + 'a, V: 'a>(
        &mut self,
        entries: impl Iterator<Item = (&'a K, &'a V)>,
        mut one: impl FnMut(&mut Self, &V),
    ) {
        self.raw("{");
        for (index, (key, value)) in entries.enumerate() {
            if index > 0 {
                self.raw(",");
            }
            self.text(key.as_ref());
            self.raw(":");
            one(self, value);
        }
        self.raw("}");
    }
}
