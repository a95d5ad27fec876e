//! The codes of all diagnostics. A released code keeps its meaning; docs/reference/rules.md lists them all.

/// (code, what it says).
pub const CODES: [(&str, &str); 38] = [
    (SYNTAX, "the body is not JSON"),
    (LENGTH, "the body is empty or longer than 65,535 characters"),
    (KIND, "a value has the wrong JSON type"),
    (UNKNOWN_KEY, "a key that this place does not have"),
    (MISSING_KEY, "a required key is missing"),
    (DUPLICATE_KEY, "a key stands twice in an object"),
    (VERSION, "ruleLanguageVersion is not \"1.0\""),
    (CHOICE, "a word that is not one of the allowed ones"),
    (RANGE, "a number out of its range"),
    (DUPLICATE_NAME, "a name is used twice"),
    (NAME, "a name is empty or holds a character that would break expressions"),
    (MIN_ABOVE_MAX, "minPlayers is above maxPlayers"),
    (TOO_MANY_PLAYERS, "the teams hold more than 200 players"),
    (LARGE_STRATEGY, "a large match needs the balanced strategy"),
    (LARGE_RULE, "a rule that large matches do not have"),
    (BATCHING, "batchingPreference does not belong to the strategy"),
    (SORT_ATTRIBUTES, "sorted batching needs sortByAttributes"),
    (UNDECLARED, "an attribute that is not declared"),
    (ATTRIBUTE_TYPE, "an attribute of a type that cannot be used here"),
    (DEFAULT, "a default that its attribute could not have"),
    (BOUND, "a rule without any limit"),
    (NEEDS_REFERENCE, "an operation that needs a referenceValue"),
    (OPERATION, "an operation that these values do not have"),
    (DISTANCE_REFERENCE, "maxDistance and distanceReference of a latency rule go together"),
    (REFERENCE, "a referenceValue of the wrong type"),
    (EXPRESSION, "an expression that cannot be read"),
    (UNKNOWN_TEAM, "a team that is not defined"),
    (EXPRESSION_TYPE, "a function or rule over values of the wrong type"),
    (STATEMENT, "a compound statement that cannot be read"),
    (STATEMENT_RULE, "a compound statement names a rule that does not stand before it"),
    (STATEMENT_KIND, "a rule that compound statements cannot use"),
    (OPERATOR_NAME, "a rule that is named like an operator"),
    (TARGET, "an expansion target that cannot be read"),
    (TARGET_UNKNOWN, "an expansion target that does not exist"),
    (TARGET_PROPERTY, "a property that cannot be expanded"),
    (TARGET_TWICE, "a property is expanded twice"),
    (STEPS, "expansion steps are missing or their times do not rise"),
    (STEP_VALUE, "an expansion value that its property could not have"),
];

pub(crate) const SYNTAX: &str = "R101";
pub(crate) const LENGTH: &str = "R102";
pub(crate) const KIND: &str = "R103";
pub(crate) const UNKNOWN_KEY: &str = "R104";
pub(crate) const MISSING_KEY: &str = "R105";
pub(crate) const DUPLICATE_KEY: &str = "R106";
pub(crate) const VERSION: &str = "R107";
pub(crate) const CHOICE: &str = "R108";
pub(crate) const RANGE: &str = "R109";
pub(crate) const DUPLICATE_NAME: &str = "R110";
pub(crate) const NAME: &str = "R111";
pub(crate) const MIN_ABOVE_MAX: &str = "R112";
pub(crate) const TOO_MANY_PLAYERS: &str = "R113";
pub(crate) const LARGE_STRATEGY: &str = "R114";
pub(crate) const LARGE_RULE: &str = "R115";
pub(crate) const BATCHING: &str = "R116";
pub(crate) const SORT_ATTRIBUTES: &str = "R117";
pub(crate) const UNDECLARED: &str = "R118";
pub(crate) const ATTRIBUTE_TYPE: &str = "R119";
pub(crate) const DEFAULT: &str = "R120";
pub(crate) const BOUND: &str = "R121";
pub(crate) const NEEDS_REFERENCE: &str = "R122";
pub(crate) const OPERATION: &str = "R123";
pub(crate) const DISTANCE_REFERENCE: &str = "R124";
pub(crate) const REFERENCE: &str = "R125";
pub(crate) const EXPRESSION: &str = "R130";
pub(crate) const UNKNOWN_TEAM: &str = "R131";
pub(crate) const EXPRESSION_TYPE: &str = "R132";
pub(crate) const STATEMENT: &str = "R140";
pub(crate) const STATEMENT_RULE: &str = "R141";
pub(crate) const STATEMENT_KIND: &str = "R142";
pub(crate) const OPERATOR_NAME: &str = "R143";
pub(crate) const TARGET: &str = "R150";
pub(crate) const TARGET_UNKNOWN: &str = "R151";
pub(crate) const TARGET_PROPERTY: &str = "R152";
pub(crate) const TARGET_TWICE: &str = "R153";
pub(crate) const STEPS: &str = "R154";
pub(crate) const STEP_VALUE: &str = "R155";
