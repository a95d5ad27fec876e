//! The columns of a match in the making, team by team.

use smallvec::SmallVec;

use super::Column;
use super::column::Fold;

/// The columns of a plan: each stands once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    pub list: Vec<Column>,
    /// How the numbers of each fold.
    folds: Vec<Fold>,
}

impl Columns {
    /// The place of a column, which is made where it is new.
    pub(super) fn of(&mut self, column: Column) -> usize {
        self.list.iter().position(|one| *one == column).unwrap_or_else(|| {
            self.folds.push(column.fold());
            self.list.push(column);
            self.list.len() - 1
        })
    }

    /// Numbers in a row: the head-count, then one per column.
    pub fn width(&self) -> usize {
        self.list.len() + 1
    }
}

/// A row per team: its players, then its columns.
#[derive(Debug, Default, PartialEq)]
pub struct Totals {
    width: usize,
    /// In place for a few teams of a few columns.
    numbers: SmallVec<[f64; 16]>,
}

/// A match is copied with every ticket that is tried: as a whole, not number by number.
impl Clone for Totals {
    fn clone(&self) -> Self {
        Self { width: self.width, numbers: SmallVec::from_slice(&self.numbers) }
    }

    fn clone_from(&mut self, source: &Self) {
        self.width = source.width;
        self.numbers.clear();
        self.numbers.extend_from_slice(&source.numbers);
    }
}

impl Totals {
    /// Teams without players.
    pub fn new(columns: &Columns, teams: usize) -> Self {
        let nothing = || std::iter::once(0.0).chain(columns.folds.iter().map(|fold| fold.nothing()));
        Self { width: columns.width(), numbers: (0..teams).flat_map(|_| nothing()).collect() }
    }

    pub fn row(&self, team: usize) -> &[f64] {
        &self.numbers[team * self.width..(team + 1) * self.width]
    }

    pub fn row_mut(&mut self, team: usize) -> &mut [f64] {
        &mut self.numbers[team * self.width..(team + 1) * self.width]
    }

    /// Seats a ticket in a team.
    pub fn add(&mut self, columns: &Columns, team: usize, ticket: &[f64]) {
        let row = &mut self.numbers[team * self.width..(team + 1) * self.width];
        row[0] += ticket[0];
        for ((sum, one), fold) in row[1..].iter_mut().zip(&ticket[1..]).zip(&columns.folds) {
            *sum = fold.of(*sum, *one);
        }
    }

    pub(super) fn players(&self, teams: &[usize]) -> f64 {
        teams.iter().map(|team| self.numbers[team * self.width]).sum()
    }

    pub(super) fn total(&self, columns: &Columns, column: usize, teams: &[usize]) -> f64 {
        let fold = columns.folds[column];
        let each = teams.iter().map(|team| self.numbers[team * self.width + column + 1]);
        each.fold(fold.nothing(), |sum, one| fold.of(sum, one))
    }
}
