//! Compound statements over the verdicts of earlier rules.

use crate::Statement;

pub(super) fn holds(statement: &Statement, verdicts: &[Option<bool>]) -> bool {
    let holds = |part: &Statement| holds(part, verdicts);
    match statement {
        Statement::Rule(index) => verdicts[*index] == Some(true),
        Statement::Not(part) => !holds(part),
        Statement::And(parts) => parts.iter().all(holds),
        Statement::Or(parts) => parts.iter().any(holds),
        Statement::Xor(parts) => parts.iter().filter(|part| holds(part)).count() == 1,
    }
}
