//! W2 by hand: the search of a programmer who knows this one rule set, for what a compiled plan costs beside it.
//!
//! Two teams of five, one mode, a common region within 80 ms, team averages within 10 of the average of all. Nothing here
//! is asked of the rule set; every match is judged by it.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_model::{AttributeValue, Region, Timestamp};

use crate::clock::thread_time;
use crate::quality::Made;
use crate::workload::Ticket;

const TEAM: u32 = 5;
const LATENCY_MAX: u32 = 80;
/// Two teams of five whose averages are each within 10 of that of all have sums at most so far apart.
const APART_MAX: i32 = 2 * 10 * TEAM as i32;
const REGIONS: usize = 8;
const CELLS: usize = 1024;
/// Skill points of a cell.
const CELL_WIDTH: i32 = 4;
/// As in the engine: tickets looked at, players looked at beyond those who are missing, and replacements.
const LOOKS: usize = 256;
const SLACK: u32 = 4;
const REPLACEMENTS: usize = 16;

/// What came of it.
#[derive(Debug, Clone)]
pub struct Handmade {
    pub matches: Vec<Made>,
    /// Of the thread, from the first ticket that came to the last that was served.
    pub took: Duration,
}

/// What is kept of a ticket.
#[derive(Debug, Clone, Copy)]
struct Row {
    size: u32,
    sum: i32,
    cell: usize,
    mode: usize,
    regions: u8,
}

/// Tickets of one mode and region by skill.
#[derive(Debug, Clone)]
struct Grid {
    cells: Vec<Vec<u32>>,
    /// A bit for every cell with somebody in it.
    taken: [u64; CELLS / 64],
    players: u32,
}

struct Search {
    rows: Vec<Row>,
    alive: Vec<bool>,
    grids: Vec<Grid>,
    near: Vec<u32>,
}

/// Everybody comes, then everybody is an anchor once, oldest first.
pub fn handmade(tickets: &[Ticket]) -> Handmade {
    let rows = rows(tickets);
    let mut order: Vec<(Timestamp, u32)> =
        tickets.iter().enumerate().map(|(index, ticket)| (ticket.started_at, index as u32)).collect();
    order.sort_unstable();
    let modes = rows.iter().map(|row| row.mode + 1).max().unwrap_or(0);
    let started = thread_time();
    let mut search = Search {
        alive: vec![true; rows.len()],
        grids: vec![Grid::new(); modes * REGIONS],
        near: Vec::with_capacity(LOOKS),
        rows,
    };
    (0..search.rows.len() as u32).for_each(|ticket| search.insert(ticket));
    let mut matches = Vec::new();
    for (_, anchor) in order {
        if search.alive[anchor as usize]
            && let Some(made) = search.serve(anchor)
        {
            made.seats.iter().for_each(|(ticket, _)| search.remove(*ticket));
            matches.push(made);
        }
    }
    Handmade { matches, took: thread_time() - started }
}

fn rows(tickets: &[Ticket]) -> Vec<Row> {
    let (mut modes, mut regions) = (BTreeMap::<&str, usize>::new(), BTreeMap::<&Region, usize>::new());
    let mut row = |ticket| {
        let Ticket { players, .. }: &Ticket = ticket;
        let skill = |value: Option<&AttributeValue>| match value {
            Some(AttributeValue::Number(number)) => *number as i32,
            _ => 0,
        };
        let sum: i32 = players.iter().map(|player| skill(player.attributes.get("skill"))).sum();
        let mode = match players[0].attributes.get("mode") {
            Some(AttributeValue::Text(text)) => text.as_str(),
            _ => "",
        };
        let next = modes.len();
        let mode = *modes.entry(mode).or_insert(next);
        let mut near = 0;
        for region in players[0].latencies.keys() {
            let next = regions.len();
            let bit = *regions.entry(region).or_insert(next);
            let is_near = |latency: Option<&u32>| latency.is_some_and(|one| *one <= LATENCY_MAX);
            if bit < REGIONS && players.iter().all(|player| is_near(player.latencies.get(region))) {
                near |= 1 << bit;
            }
        }
        let cell = (sum / players.len() as i32 / CELL_WIDTH).clamp(0, CELLS as i32 - 1) as usize;
        Row { size: players.len() as u32, sum, cell, mode, regions: near }
    };
    tickets.iter().map(&mut row).collect()
}

impl Grid {
    fn new() -> Self {
        Self { cells: vec![Vec::new(); CELLS], taken: [0; CELLS / 64], players: 0 }
    }

    /// The first cell with somebody at or behind one.
    fn next(&self, cell: usize) -> Option<usize> {
        let mut word = cell / 64;
        let mut bits = self.taken.get(word)? & (u64::MAX << (cell % 64));
        while bits == 0 {
            word += 1;
            bits = *self.taken.get(word)?;
        }
        Some(word * 64 + bits.trailing_zeros() as usize)
    }

    /// The last cell with somebody before one.
    fn before(&self, cell: usize) -> Option<usize> {
        let mut word = cell / 64;
        let mut bits = self.taken.get(word).map_or(0, |bits| bits & ((1 << (cell % 64)) - 1));
        while bits == 0 {
            word = word.checked_sub(1)?;
            bits = self.taken[word];
        }
        Some(word * 64 + 63 - bits.leading_zeros() as usize)
    }
}

impl Search {
    fn grids_of(row: Row) -> impl Iterator<Item = usize> {
        (0..REGIONS)
            .filter(move |region| row.regions >> region & 1 == 1)
            .map(move |region| row.mode * REGIONS + region)
    }

    fn insert(&mut self, ticket: u32) {
        let row = self.rows[ticket as usize];
        for grid in Self::grids_of(row) {
            let grid = &mut self.grids[grid];
            grid.cells[row.cell].push(ticket);
            grid.taken[row.cell / 64] |= 1 << (row.cell % 64);
            grid.players += row.size;
        }
    }

    /// Cells keep whom a search meets there next.
    fn remove(&mut self, ticket: u32) {
        self.alive[ticket as usize] = false;
        let row = self.rows[ticket as usize];
        Self::grids_of(row).for_each(|grid| self.grids[grid].players -= row.size);
    }

    fn serve(&mut self, anchor: u32) -> Option<Made> {
        let mut grids: Vec<usize> = Self::grids_of(self.rows[anchor as usize]).collect();
        grids.sort_by_key(|grid| std::cmp::Reverse(self.grids[*grid].players));
        grids.retain(|grid| self.grids[*grid].players >= 2 * TEAM);
        grids.into_iter().find_map(|grid| {
            self.look_around(grid, anchor);
            self.fill(anchor)
        })
    }

    /// Lists the nearest, as many as may be looked at.
    fn look_around(&mut self, grid: usize, anchor: u32) {
        let (middle, grid) = (self.rows[anchor as usize].cell, &mut self.grids[grid]);
        self.near.clear();
        let (mut left, mut right) = (grid.before(middle), grid.next(middle));
        let mut players = 0;
        while self.near.len() < LOOKS && players < 8 * TEAM {
            let goes_left = match (left, right) {
                (Some(left), Some(right)) => middle - left < right - middle,
                (left, _) => left.is_some(),
            };
            let Some(cell) = (if goes_left { left } else { right }) else { break };
            grid.cells[cell].retain(|ticket| self.alive[*ticket as usize]);
            if grid.cells[cell].is_empty() {
                grid.taken[cell / 64] &= !(1 << (cell % 64));
            }
            let others = grid.cells[cell].iter().filter(|ticket| **ticket != anchor);
            for ticket in others {
                self.near.push(*ticket);
                players += self.rows[*ticket as usize].size;
            }
            if goes_left {
                left = grid.before(cell);
            } else {
                right = grid.next(cell + 1);
            }
        }
    }

    /// The largest of the nearest first, then whoever fits.
    fn fill(&self, anchor: u32) -> Option<Made> {
        let size = |ticket: u32| self.rows[ticket as usize].size;
        let mut room = [TEAM - size(anchor), TEAM];
        let (mut chosen, mut spare) = (vec![anchor], Vec::new());
        let mut seat = |ticket: u32, chosen: &mut Vec<u32>| {
            let closest = (0..2).filter(|team| room[*team] >= size(ticket)).min_by_key(|team| room[*team]);
            match closest {
                Some(team) => {
                    room[team] -= size(ticket);
                    chosen.push(ticket);
                }
                None => spare.push(ticket),
            }
            room[0] + room[1]
        };
        let (mut window, mut players) = (0, 0);
        while window < self.near.len() && players < 2 * TEAM - size(anchor) + SLACK {
            players += size(self.near[window]);
            window += 1;
        }
        let mut first = self.near[..window].to_vec();
        first.sort_by_key(|ticket| std::cmp::Reverse(size(*ticket)));
        let mut missing = 2 * TEAM - size(anchor);
        for ticket in first.iter().chain(&self.near[window..]) {
            if missing == 0 {
                break;
            }
            missing = seat(*ticket, &mut chosen);
        }
        (missing == 0).then(|| self.split(&chosen).or_else(|| self.replace(&chosen, &spare)))?
    }

    /// The division into two teams of five whose sums are closest, if they are close enough.
    fn split(&self, chosen: &[u32]) -> Option<Made> {
        let rows = || chosen.iter().map(|ticket| self.rows[*ticket as usize]);
        let all: i32 = rows().map(|row| row.sum).sum();
        let mut best: Option<(i32, u32)> = None;
        // The anchor stays where it is: teams have no names to tell them apart by.
        for mask in (1_u32..1 << chosen.len()).step_by(2) {
            let (mut players, mut sum) = (0, 0);
            for (index, row) in rows().enumerate() {
                let bit = mask >> index & 1;
                players += row.size * bit;
                sum += row.sum * bit as i32;
            }
            let apart = (all - 2 * sum).abs();
            if players == TEAM && best.is_none_or(|(least, _)| apart < least) {
                best = Some((apart, mask));
            }
        }
        let (_, mask) = best.filter(|(apart, _)| *apart <= APART_MAX)?;
        let seats = chosen.iter().enumerate().map(|(index, ticket)| (*ticket, (mask >> index & 1) as u8));
        Some(Made { seats: seats.collect() })
    }

    /// With another ticket of the same size in somebody's place.
    fn replace(&self, chosen: &[u32], spare: &[u32]) -> Option<Made> {
        let size = |ticket: u32| self.rows[ticket as usize].size;
        let pairs = spare.iter().flat_map(|new| (1..chosen.len()).map(move |index| (*new, index)));
        let alike = pairs.filter(|(new, index)| size(*new) == size(chosen[*index]));
        alike.take(REPLACEMENTS).find_map(|(new, index)| {
            let mut changed = chosen.to_vec();
            changed[index] = new;
            self.split(&changed)
        })
    }
}
