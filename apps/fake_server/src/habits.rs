//! How a simulated game server behaves.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;

/// A length of time that differs from one to the next: `2s`, or `200ms..2s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub least: Duration,
    pub most: Duration,
}

impl Span {
    pub const fn exactly(length: Duration) -> Self {
        Self { least: length, most: length }
    }

    pub fn pick(self, rng: &mut ChaCha12Rng) -> Duration {
        if self.least == self.most {
            return self.least;
        }
        rng.random_range(self.least..=self.most)
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (least, most) = text.split_once("..").unwrap_or((text, text));
        let (least, most) = (length(least)?, length(most)?);
        match least <= most {
            true => Ok(Self { least, most }),
            false => Err(format!("expected the shorter time first, found {text}; turn it round")),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.least == self.most {
            true => write!(f, "{:?}", self.least),
            false => write!(f, "{:?}..{:?}", self.least, self.most),
        }
    }
}

/// Reads `200ms`, `2s` or `3m`.
///
/// # Errors
/// What was expected.
pub fn length(text: &str) -> Result<Duration, String> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => return Err(format!("expected a time as 200ms, 2s or 3m, found {text:?}")),
    };
    let length = number.parse::<f64>().ok().map(|number| number * seconds);
    length
        .and_then(|length| Duration::try_from_secs_f64(length).ok())
        .ok_or_else(|| format!("expected a number before {unit}, found {number:?}"))
}

/// What is the same for all servers of a crowd; each picks its own out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Habits {
    /// From CreateGameSession to ActivateGameSession: loading the map.
    pub activation_delay: Span,
    /// From its activation to its end.
    pub session_length: Span,
    /// How long a player takes to connect, once his seat is kept.
    pub arrival_delay: Span,
    /// Share of the sessions in which the process vanishes at some time.
    pub crash_rate: f64,
    /// Share of the players who leave before the end.
    pub leave_rate: f64,
    /// How often a session looks who has a seat; `None`: nobody comes.
    pub look_every: Option<Duration>,
}

impl Habits {
    /// Activates at once and is over at once: for load.
    pub fn hasty() -> Self {
        let at_once = Span::exactly(Duration::ZERO);
        Self {
            activation_delay: at_once,
            session_length: at_once,
            arrival_delay: at_once,
            crash_rate: 0.0,
            leave_rate: 0.0,
            look_every: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn times_are_read() {
        let ms = Duration::from_millis;
        assert_eq!("200ms..2s".parse(), Ok(Span { least: ms(200), most: ms(2000) }));
        assert_eq!("1.5m".parse(), Ok(Span::exactly(ms(90_000))));
        for wrong in ["", "2", "s", "2h", "2s..1s", "1s..", "..1s", "-1s"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong:?} was read");
        }
    }

    #[test]
    fn a_pick_is_within() {
        let span: Span = "20ms..30ms".parse().expect("it is right");
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        let picked: Vec<Duration> = (0..100).map(|_| span.pick(&mut rng)).collect();
        assert!(picked.iter().all(|one| (span.least..=span.most).contains(one)), "{picked:?}");
        assert!(picked.iter().any(|one| *one != picked[0]), "it always picks {:?}", picked[0]);
    }
}
