//! Ratings, latencies and arrival times that people and networks really had, read from three files that this project does
//! not ship.

use std::path::Path;
use std::time::Duration;

use jiff::civil::DateTime;

/// Files in the folder of real data.
const GAMES: &str = "lichess_games_20k.csv";
const ROUND_TRIPS: &str = "planetlab_rtt_490x490_t1.tsv";
const ENCOUNTERS: &str = "lichess_encounters_1000.csv";
/// Hosts that stand for regions.
pub(crate) const REGIONS: usize = 8;
/// Where a round trip was not measured: too far for any rule.
const UNKNOWN_MS: f64 = 999.0;

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Real {
    /// Ratings of players, in the order of their games.
    pub ratings: Vec<f64>,
    /// Per host, milliseconds to each region.
    pub latencies: Vec<[u32; REGIONS]>,
    /// Times between arrivals; their mean is one second.
    pub gaps: Vec<Duration>,
}

impl Real {
    /// Reads a folder that holds the three files.
    ///
    /// # Errors
    /// A text that names the file and what was expected of it.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let text = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).map_err(|error| {
                format!(
                    "{}: {error}; --data wants the folder with {GAMES}, {ROUND_TRIPS} and {ENCOUNTERS}",
                    path.display()
                )
            })
        };
        let real = Self {
            ratings: ratings(&text(GAMES)?),
            latencies: latencies(&text(ROUND_TRIPS)?),
            gaps: gaps(&text(ENCOUNTERS)?),
        };
        match real.ratings.is_empty() || real.latencies.is_empty() || real.gaps.is_empty() {
            true => Err(format!(
                "{}: a file holds no rows; expected ratings, round trips and dates",
                folder.display()
            )),
            false => Ok(real),
        }
    }
}

/// Columns four and six: the ratings of both players.
fn ratings(games: &str) -> Vec<f64> {
    let of_game = |line: &str| {
        let columns: Vec<&str> = line.split(',').collect();
        [columns.get(3), columns.get(5)]
            .into_iter()
            .flatten()
            .filter_map(|one| one.parse().ok())
            .collect::<Vec<f64>>()
    };
    games.lines().skip(1).flat_map(of_game).collect()
}

/// Milliseconds from each host to the regions, which are hosts far from each other.
fn latencies(matrix: &str) -> Vec<[u32; REGIONS]> {
    let number = |cell: &str| cell.trim().parse::<f64>().ok().filter(|ms| *ms >= 0.0).unwrap_or(UNKNOWN_MS);
    let rows: Vec<Vec<f64>> = matrix.lines().map(|line| line.split('\t').map(number).collect()).collect();
    let mut regions = vec![0_usize];
    while regions.len() < REGIONS && regions.len() < rows.len() {
        let away = |host: usize| {
            let each = regions.iter().map(|region| rows[*region].get(host).copied().unwrap_or(UNKNOWN_MS));
            each.filter(|ms| *ms < UNKNOWN_MS).fold(f64::INFINITY, f64::min)
        };
        let known = (0..rows.len()).filter(|host| away(*host).is_finite());
        let Some(next) = known.max_by(|a, b| away(*a).total_cmp(&away(*b))) else { break };
        regions.push(next);
    }
    let to_regions = |row: &Vec<f64>| {
        let mut all = [UNKNOWN_MS as u32; REGIONS];
        for (latency, region) in all.iter_mut().zip(&regions) {
            *latency = row.get(*region).copied().unwrap_or(UNKNOWN_MS).ceil().max(1.0) as u32;
        }
        all
    };
    rows.iter().map(to_regions).collect()
}

/// The fourth column: when a game began.
fn gaps(encounters: &str) -> Vec<Duration> {
    let began = |line: &str| line.split(',').nth(3)?.parse::<DateTime>().ok();
    let mut times: Vec<DateTime> = encounters.lines().skip(1).filter_map(began).collect();
    times.sort_unstable();
    let gap = |pair: &[DateTime]| Duration::try_from(pair[1].duration_since(pair[0])).unwrap_or_default();
    let gaps: Vec<Duration> = times.windows(2).map(gap).collect();
    let mean = gaps.iter().sum::<Duration>().as_secs_f64() / gaps.len().max(1) as f64;
    if mean <= 0.0 { Vec::new() } else { gaps.into_iter().map(|gap| gap.div_f64(mean)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_are_those_of_both_players() {
        assert_eq!(ratings("a,b,c,white,e,black\nTRUE,5+10,1,1322,2,1261,black\n"), [1322.0, 1261.0]);
    }

    #[test]
    fn regions_are_far_apart_and_what_is_missing_is_too_far() {
        let found = latencies("0\t5\t90\n5\t0\t80\n90\tnan\t0\n");
        assert_eq!(found.len(), 3);
        assert_eq!(found[1][..2], [5, 80], "host 2 is furthest from host 0");
        assert_eq!(found[2][..3], [90, 1, 999]);
    }

    #[test]
    fn gaps_have_a_mean_of_a_second() {
        let text = "h,h,h,h\n0,1,1-0,2012-12-31 23:01:00,x\n2,3,1-0,2012-12-31 23:01:10,x\n2,3,1-0,2012-12-31 23:01:40,x\n";
        assert_eq!(gaps(text), [Duration::from_millis(500), Duration::from_millis(1_500)]);
    }
}
