//! teams: names, sizes, quantity.

use matchwright_model::TeamName;

use super::codes;
use super::expansions::Expansions;
use super::source::{Finding, Members, Node};
use crate::{Team, Tiered};

/// Players of the largest match.
const PLAYERS_MAX: u32 = 200;
/// Players of the largest small match (D-52).
const SMALL_MAX: u32 = 40;
/// These would break expressions and targets (D-51).
const FORBIDDEN: [char; 6] = ['[', ']', ',', '*', '(', ')'];

/// The teams of a match in fill order, and the name of each definition.
pub(super) struct Teams {
    pub teams: Vec<Team>,
    pub definitions: Vec<String>,
    pub large: bool,
}

pub(super) fn check(root: &Members<'_>, expansions: &Expansions<'_>) -> Teams {
    let mut found = Teams { teams: Vec::new(), definitions: Vec::new(), large: false };
    let before = root.required("teams", |node| {
        if node.items()?.is_empty() {
            node.report(Finding::new(codes::RANGE, "at least one team", "none"));
        }
        Some(())
    });
    root.each("teams", |_, node| check_one(node, expansions, &mut found));
    if before.is_some() {
        check_sizes(root, expansions, &mut found);
    }
    found
}

fn check_one(node: Node<'_>, expansions: &Expansions<'_>, found: &mut Teams) -> Option<()> {
    let members = Members::new(node, &["name", "maxPlayers", "minPlayers", "quantity"])?;
    let known = found.definitions.clone();
    let name = members.required("name", |node| check_name(node, "team", known.iter().map(String::as_str)));
    let most = members.required("maxPlayers", |node| node.whole(1, PLAYERS_MAX));
    let least = members.required("minPlayers", |node| node.whole(0, PLAYERS_MAX));
    let quantity = match members.has("quantity") {
        true => members.with("quantity", |node| node.whole(1, PLAYERS_MAX)),
        false => Some(1),
    };
    let definition = found.definitions.len();
    found.definitions.push(name.clone().unwrap_or_default());
    let (name, most, least, quantity) = (name?, most?, least?, quantity?);
    let max_players = expansions.of_team(&name, "maxPlayers", most, |node| node.whole(1, PLAYERS_MAX));
    let min_players = expansions.of_team(&name, "minPlayers", least, |node| node.whole(0, PLAYERS_MAX));
    check_order(&members, expansions, &min_players, &max_players);
    for number in 1..=quantity {
        let name = if quantity == 1 { name.clone() } else { format!("{name}_{number}") };
        if found.teams.iter().any(|team| team.name.as_str() == name) {
            let finding = Finding::new(
                codes::DUPLICATE_NAME,
                "team names of a match to differ",
                format!("`{name}` twice"),
            );
            members.report(finding.hint("a team with quantity n is named <name>_1 to <name>_n"));
            break;
        }
        let (name, max_players, min_players) =
            (TeamName::from(name), max_players.clone(), min_players.clone());
        found.teams.push(Team { name, definition, min_players, max_players });
    }
    Some(())
}

/// minPlayers stays at or below maxPlayers at every step (D-91).
fn check_order(members: &Members<'_>, expansions: &Expansions<'_>, least: &Tiered<u32>, most: &Tiered<u32>) {
    let crossed = least.0.iter().zip(&most.0).position(|(least, most)| least > most);
    if let Some(tier) = crossed {
        let when = match tier {
            0 => String::new(),
            _ => format!(" from {} s on", expansions.steps[tier - 1].as_secs_f64()),
        };
        let (least, most) = (least.0[tier], most.0[tier]);
        let found = format!("minPlayers {least}, maxPlayers {most}{when}");
        let finding = Finding::new(codes::MIN_ABOVE_MAX, "minPlayers at or below maxPlayers", found);
        members.report(finding.hint("raise maxPlayers or lower minPlayers"));
    }
}

fn check_sizes(root: &Members<'_>, expansions: &Expansions<'_>, found: &mut Teams) {
    let at = |tier: usize| found.teams.iter().map(|team| team.max_players.0[tier]).sum::<u32>();
    let sums: Vec<u32> = (0..=expansions.steps.len()).map(at).collect();
    let base = sums[0];
    let large = base > SMALL_MAX;
    let too_many = sums.iter().find(|sum| **sum > PLAYERS_MAX);
    if let Some(sum) = too_many {
        let expected = format!("at most {PLAYERS_MAX} players in a match");
        root.report(Finding::new(codes::TOO_MANY_PLAYERS, expected, format!("{sum}")));
    } else if let Some(sum) = sums.iter().find(|sum| (**sum > SMALL_MAX) != large) {
        let expected = format!("maxPlayers to stay on one side of {SMALL_MAX} players at every step");
        root.report(Finding::new(codes::STEP_VALUE, expected, format!("{base} at first, {sum} later")));
    }
    found.large = large;
}

/// A name that is there, new, and harmless in expressions.
pub(super) fn check_name<'k>(
    node: Node<'_>,
    what: &str,
    mut earlier: impl Iterator<Item = &'k str>,
) -> Option<String> {
    let name = node.text()?;
    if name.is_empty() || name.chars().count() > 1024 || name.contains(FORBIDDEN) || name.trim() != name {
        let expected = format!("a {what} name of 1 to 1,024 characters without [ ] , * ( ) and outer spaces");
        node.report(Finding::new(codes::NAME, expected, format!("{name:?}")));
        return None;
    }
    if earlier.any(|known| known == name) {
        node.report(Finding::new(
            codes::DUPLICATE_NAME,
            format!("every {what} name once"),
            format!("`{name}` again"),
        ));
        return None;
    }
    Some(name.to_string())
}
