//! What a game server is told without asking.

use serde_json::Value;

/// One push; what no SDK knows is passed over.
#[derive(Debug, Clone, PartialEq)]
pub enum Push {
    CreateGameSession(Game),
    UpdateGameSession {
        reason: String,
    },
    TerminateProcess,
    /// Connect anew, there and with this token.
    RefreshConnection {
        endpoint: String,
        token: String,
    },
}

/// The game to start.
#[derive(Debug, Clone, PartialEq)]
pub struct Game {
    /// Its ARN.
    pub id: String,
    /// The match that it was made for, where it came of one.
    pub match_id: Option<String>,
}

impl Push {
    pub fn read(frame: &Value) -> Option<Self> {
        let text = |name: &str| frame[name].as_str().map(str::to_string);
        match frame["Action"].as_str()? {
            "CreateGameSession" => Some(Self::CreateGameSession(Game {
                id: text("GameSessionId")?,
                match_id: frame["MatchmakerData"].as_str().and_then(match_id),
            })),
            "UpdateGameSession" => Some(Self::UpdateGameSession { reason: text("UpdateReason")? }),
            "TerminateProcess" => Some(Self::TerminateProcess),
            "RefreshConnection" => Some(Self::RefreshConnection {
                endpoint: text("RefreshConnectionEndpoint")?,
                token: text("AuthToken")?,
            }),
            _ => None,
        }
    }
}

fn match_id(matchmaker_data: &str) -> Option<String> {
    let data: Value = serde_json::from_str(matchmaker_data).ok()?;
    data["matchId"].as_str().map(str::to_string)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_match_is_read_out_of_its_data() {
        let push = json!({ "Action": "CreateGameSession", "GameSessionId": "arn:1",
                           "MatchmakerData": r#"{"matchId":"m-1","teams":[]}"# });
        let game = Game { id: "arn:1".to_string(), match_id: Some("m-1".to_string()) };
        assert_eq!(Push::read(&push), Some(Push::CreateGameSession(game)));
        assert_eq!(Push::read(&json!({ "Action": "Dance" })), None);
    }
}
