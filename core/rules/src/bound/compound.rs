//! Compound statements: Kleene's three-valued logic over the verdicts of earlier rules.

use super::Verdict;
use crate::Statement;

pub(crate) fn verdict(statement: &Statement, verdicts: &[Verdict]) -> Verdict {
    let part = |part: &Statement| verdict(part, verdicts);
    match statement {
        Statement::Rule(index) => verdicts[*index],
        Statement::Not(inner) => match part(inner) {
            Verdict::False => Verdict::True,
            Verdict::Unknown => Verdict::Unknown,
            Verdict::True => Verdict::False,
        },
        Statement::And(parts) => parts.iter().map(part).min().unwrap_or(Verdict::True),
        Statement::Or(parts) => parts.iter().map(part).max().unwrap_or(Verdict::False),
        Statement::Xor(parts) => {
            let found: Vec<Verdict> = parts.iter().map(part).collect();
            let surely = found.iter().filter(|one| **one == Verdict::True).count();
            let perhaps = found.iter().filter(|one| **one == Verdict::Unknown).count();
            Verdict::of(surely == 1 && perhaps == 0, surely > 1 || surely + perhaps == 0)
        }
    }
}
