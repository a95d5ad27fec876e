//! rules: the eight types, each with the properties it has and no others (D-70).

use matchwright_model::AttributeType;

use super::algorithm::attribute;
use super::codes;
use super::expansions::Expansions;
use super::expression::{self, Names};
use super::source::{Finding, Members, Node};
use super::statement::{self, Earlier, OPERATORS};
use super::teams::check_name;
use crate::Node as ExpressionNode;
use crate::{
    BatchDistance, Collection, CollectionOperation, Comparison, ComparisonOperation, Distance,
    DistanceReference, Expression, Latency, MapKey, PartyAggregation, Reference, Rule, RuleKind, Sort,
    SortDirection, SortKind, Statement, Tiered, Type,
};

/// What a rule may refer to.
pub(super) struct World<'a> {
    pub names: Names<'a>,
    pub expansions: &'a Expansions<'a>,
    pub large: bool,
}

pub(super) struct Checked {
    /// `None` when a rule could not be compiled; the reasons are noted.
    pub rules: Option<Vec<Rule>>,
    pub names: Vec<String>,
}

/// A rule as far as it could be read: later compound statements know it even when it is wrong.
struct Read {
    name: String,
    kind_name: &'static str,
    rule: Option<RuleKind>,
}

const TYPES: [(&str, &str); 8] = [
    ("distance", "distance"),
    ("comparison", "comparison"),
    ("collection", "collection"),
    ("latency", "latency"),
    ("distanceSort", "distanceSort"),
    ("absoluteSort", "absoluteSort"),
    ("compound", "compound"),
    ("batchDistance", "batchDistance"),
];

pub(super) fn check(root: &Members<'_>, world: &World<'_>) -> Checked {
    let mut read: Vec<Read> = Vec::new();
    let mut failed = false;
    root.each("rules", |_, node| {
        match read_one(node, world, &read) {
            Some(one) => {
                failed |= one.rule.is_none();
                read.push(one);
            }
            None => failed = true,
        }
        Some(())
    });
    let names: Vec<String> = read.iter().map(|one| one.name.clone()).collect();
    let rules = (!failed).then(|| enforced(read));
    Checked { rules, names }
}

/// A rule named in a compound statement counts through the statement only (D-85).
fn enforced(read: Vec<Read>) -> Vec<Rule> {
    let mut named = vec![false; read.len()];
    for one in &read {
        if let Some(RuleKind::Compound(statement)) = &one.rule {
            mark(statement, &mut named);
        }
    }
    let rules = read.into_iter().zip(named);
    rules
        .filter_map(|(one, named)| Some(Rule { name: one.name, kind: one.rule?, enforced: !named }))
        .collect()
}

fn mark(statement: &Statement, named: &mut [bool]) {
    match statement {
        Statement::Rule(index) => named[*index] = true,
        Statement::Not(part) => mark(part, named),
        Statement::And(parts) | Statement::Or(parts) | Statement::Xor(parts) => {
            parts.iter().for_each(|part| mark(part, named));
        }
    }
}

fn properties(kind: &str) -> &'static [&'static str] {
    match kind {
        "distance" => &[
            "name",
            "type",
            "measurements",
            "referenceValue",
            "maxDistance",
            "minDistance",
            "partyAggregation",
        ],
        "comparison" => &["name", "type", "measurements", "referenceValue", "operation", "partyAggregation"],
        "collection" => &[
            "name",
            "type",
            "measurements",
            "referenceValue",
            "operation",
            "minCount",
            "maxCount",
            "partyAggregation",
        ],
        "latency" => &["name", "type", "maxLatency", "maxDistance", "distanceReference", "partyAggregation"],
        "distanceSort" | "absoluteSort" => {
            &["name", "type", "sortDirection", "sortAttribute", "mapKey", "partyAggregation"]
        }
        "compound" => &["name", "type", "statement"],
        _ => &["name", "type", "batchAttribute", "maxDistance", "partyAggregation"],
    }
}

fn read_one(node: Node<'_>, world: &World<'_>, read: &[Read]) -> Option<Read> {
    let object = node.object()?;
    let kind_of = |property: &&jsonc_parser::ast::ObjectProp<'_>| property.name.as_str() == "type";
    let kind_name = object
        .properties
        .iter()
        .find(kind_of)
        .and_then(|property| Node { value: &property.value, ..node }.as_text());
    let known = TYPES.iter().find(|(name, _)| Some(*name) == kind_name).map(|(_, kind)| *kind);
    let Some(kind) = known else {
        let finding = match kind_name {
            Some(name) => {
                let all = TYPES.map(|(name, _)| name);
                Finding::new(codes::CHOICE, format!("a type: {}", all.join(", ")), format!("`{name}`"))
                    .near(name, all)
            }
            None => Finding::new(codes::MISSING_KEY, "the key `type`, a string", "none"),
        };
        node.report(finding);
        return None;
    };
    let members = Members::new(node, properties(kind))?;
    let name = members.required("name", |node| {
        let name = check_name(node, "rule", read.iter().map(|one| one.name.as_str()))?;
        if OPERATORS.contains(&name.as_str()) {
            node.report(Finding::new(
                codes::OPERATOR_NAME,
                "a name that is no operator",
                format!("`{name}`"),
            ));
        }
        Some(name)
    })?;
    world.expansions.rule_exists(&name);
    let reader = Reader { node, members, name: &name, kind, world };
    let rule = reader.rule(read);
    Some(Read { kind_name: kind, rule, name })
}

struct Reader<'a, 'w> {
    node: Node<'a>,
    members: Members<'a>,
    name: &'a str,
    kind: &'static str,
    world: &'a World<'w>,
}

impl Reader<'_, '_> {
    fn rule(&self, read: &[Read]) -> Option<RuleKind> {
        if self.world.large && !matches!(self.kind, "latency" | "batchDistance") {
            let expected = "only latency and batchDistance rules in a match of more than 40 players";
            self.node.report(Finding::new(codes::LARGE_RULE, expected, format!("`{}`", self.kind)));
            return None;
        }
        match self.kind {
            "distance" => self.distance().map(RuleKind::Distance),
            "comparison" => self.comparison().map(RuleKind::Comparison),
            "collection" => self.collection().map(RuleKind::Collection),
            "latency" => self.latency().map(RuleKind::Latency),
            "distanceSort" => self.sort(SortKind::Distance).map(RuleKind::Sort),
            "absoluteSort" => self.sort(SortKind::Absolute).map(RuleKind::Sort),
            "compound" => self.compound(read).map(RuleKind::Compound),
            _ => self.batch_distance().map(RuleKind::BatchDistance),
        }
    }

    fn distance(&self) -> Option<Distance> {
        let measurements = self.measurements("numbers", is_numbers);
        let reference = self.members.required("referenceValue", |node| {
            let reference = self.reference(node)?;
            let fits = match &reference {
                Reference::Number(_) => true,
                Reference::Expression(expression) => is_numbers(&expression.kind),
                _ => false,
            };
            self.fitting(node, reference, fits, "a number, or an expression that yields numbers")
        });
        let (max, min) = (self.limit("maxDistance"), self.limit("minDistance"));
        self.one_of(&["maxDistance", "minDistance"])?;
        let party = self.party(false);
        Some(Distance {
            measurements: measurements?,
            reference: reference?,
            min: min?,
            max: max?,
            party: party?,
        })
    }

    fn comparison(&self) -> Option<Comparison> {
        let measurements = self.measurements("numbers or strings", |kind| is_numbers(kind) || is_texts(kind));
        let operations = [
            ("<", ComparisonOperation::Less),
            ("<=", ComparisonOperation::LessOrEqual),
            ("=", ComparisonOperation::Equal),
            ("!=", ComparisonOperation::NotEqual),
            (">=", ComparisonOperation::GreaterOrEqual),
            (">", ComparisonOperation::Greater),
        ];
        let operation = self.members.required("operation", |node| node.choice(&operations));
        let equality = matches!(operation?, ComparisonOperation::Equal | ComparisonOperation::NotEqual);
        if !equality && !self.members.has("referenceValue") {
            let expected = "a referenceValue, or `=` or `!=` without one";
            self.node.report(Finding::new(
                codes::NEEDS_REFERENCE,
                expected,
                "an order without a referenceValue",
            ));
            return None;
        }
        let party = self.party(false);
        let (measurements, operation, party) = (measurements?, operation?, party?);
        if let Some(list) = measurements.iter().find_map(|one| self.list_attribute(one)) {
            let finding = Finding::new(
                codes::EXPRESSION_TYPE,
                "numbers or strings",
                format!("the string_list `{list}`"),
            );
            self.node.report(finding.hint("compare lists with a collection rule"));
            return None;
        }
        let texts = measurements.iter().any(|one| is_texts(&one.kind));
        if !equality && texts {
            self.node.report(Finding::new(codes::OPERATION, "`=` or `!=` over strings", "an order"));
            return None;
        }
        if !self.members.has("referenceValue") {
            return Some(Comparison { measurements, operation, reference: None, party });
        }
        let reference = self.members.with("referenceValue", |node| {
            let reference = self.reference(node)?;
            let fits = match &reference {
                Reference::Number(_) => !texts,
                Reference::Text(_) | Reference::Texts(_) => texts,
                Reference::Expression(expression) if texts => is_texts(&expression.kind),
                Reference::Expression(expression) => is_numbers(&expression.kind),
            };
            self.fitting(node, reference, fits, if texts { "strings" } else { "numbers" })
        });
        Some(Comparison { measurements, operation, reference: Some(reference?), party })
    }

    /// The string_list attribute that an expression lists, where it does (D-72).
    fn list_attribute(&self, expression: &Expression) -> Option<&str> {
        match &expression.node {
            _ if !is_texts(&expression.kind) => None,
            ExpressionNode::Attribute { attribute, .. } => {
                let attribute = &self.world.names.attributes[*attribute];
                (attribute.kind == AttributeType::TextList).then_some(attribute.name.as_str())
            }
            ExpressionNode::Call { argument, .. } => self.list_attribute(argument),
            _ => None,
        }
    }

    fn collection(&self) -> Option<Collection> {
        let operations = [("intersection", 0), ("contains", 1), ("reference_intersection_count", 2)];
        let operation = self.members.required("operation", |node| node.choice(&operations));
        let measurements = self.measurements("lists of strings", |kind| match operation {
            Some(0) => is_texts(kind) && depth(kind) >= 2,
            _ => is_texts(kind) && depth(kind) >= 1,
        });
        let (min_count, max_count) = (self.limit("minCount"), self.limit("maxCount"));
        let operation = operation.and_then(|operation| self.collection_operation(operation));
        self.one_of(&["minCount", "maxCount"])?;
        let party = self.party(true);
        Some(Collection {
            measurements: measurements?,
            operation: operation?,
            min_count: min_count?,
            max_count: max_count?,
            party: party?,
        })
    }

    fn collection_operation(&self, operation: u8) -> Option<CollectionOperation> {
        let has_reference = self.members.has("referenceValue");
        if operation == 0 {
            if has_reference {
                self.node.report(Finding::new(
                    codes::REFERENCE,
                    "no referenceValue with `intersection`",
                    "one",
                ));
            }
            return (!has_reference).then_some(CollectionOperation::Intersection);
        }
        if !has_reference {
            let finding =
                Finding::new(codes::NEEDS_REFERENCE, "a referenceValue with this operation", "none");
            self.node.report(finding);
        }
        self.members.with("referenceValue", |node| {
            let reference = self.reference(node)?;
            if operation == 1 {
                return match reference {
                    Reference::Text(text) => Some(CollectionOperation::Contains(text)),
                    _ => self.fitting(node, CollectionOperation::Intersection, false, "one string"),
                };
            }
            let fits = match &reference {
                Reference::Texts(_) => true,
                Reference::Expression(expression) => {
                    is_texts(&expression.kind) && depth(&expression.kind) >= 1
                }
                _ => false,
            };
            self.fitting(node, reference, fits, "a list of strings")
                .map(CollectionOperation::ReferenceIntersectionCount)
        })
    }

    fn latency(&self) -> Option<Latency> {
        let max_latency = self.members.required("maxLatency", |node| self.positive(node));
        let max_latency = max_latency.map(|base| self.tiered("maxLatency", base, |node| self.positive(node)));
        let distance = self.limit("maxDistance");
        let references = [("min", DistanceReference::Min), ("avg", DistanceReference::Avg)];
        let reference = self.members.with("distanceReference", |node| node.choice(&references));
        let pair = (self.members.has("maxDistance"), self.members.has("distanceReference"));
        if pair.0 != pair.1 {
            let found = if pair.0 { "maxDistance alone" } else { "distanceReference alone" };
            let finding =
                Finding::new(codes::DISTANCE_REFERENCE, "maxDistance and distanceReference together", found);
            self.node.report(finding);
            return None;
        }
        if self.world.large && pair.0 {
            let expected = "maxLatency only, in a match of more than 40 players";
            self.node.report(Finding::new(codes::LARGE_RULE, expected, "maxDistance"));
            return None;
        }
        let max_distance = match pair.0 {
            true => Some((distance??, reference?)),
            false => None,
        };
        Some(Latency { max_latency: max_latency?, max_distance, party: self.party(false)? })
    }

    fn batch_distance(&self) -> Option<BatchDistance> {
        let kinds = [AttributeType::Number, AttributeType::Text];
        let index = self.members.required("batchAttribute", |node| {
            attribute(node, self.world.names.attributes, &kinds, "a number or string attribute")
        });
        let max = self.limit("maxDistance");
        let party = self.party(false);
        let index = index?;
        let is_number = self.world.names.attributes[index].kind == AttributeType::Number;
        let has_max = self.members.has("maxDistance");
        if is_number != has_max {
            let (expected, found) = match is_number {
                true => ("maxDistance with a number attribute", "none"),
                false => ("no maxDistance with a string attribute", "one"),
            };
            self.node.report(Finding::new(codes::BOUND, expected, found));
            return None;
        }
        Some(BatchDistance { attribute: index, max: max?, party: party? })
    }

    fn sort(&self, kind: SortKind) -> Option<Sort> {
        let directions = [("ascending", SortDirection::Ascending), ("descending", SortDirection::Descending)];
        let direction = self.members.required("sortDirection", |node| node.choice(&directions));
        let kinds = [AttributeType::Number, AttributeType::Text, AttributeType::NumberMap];
        let attributes = self.world.names.attributes;
        let index = self.members.required("sortAttribute", |node| {
            attribute(node, attributes, &kinds, "a number, string or string_number_map attribute")
        });
        let keys = [("minValue", MapKey::MinValue), ("maxValue", MapKey::MaxValue)];
        let map_key = self.members.with("mapKey", |node| node.choice(&keys));
        let party = self.party(false);
        let index = index?;
        let is_map = attributes[index].kind == AttributeType::NumberMap;
        if is_map != self.members.has("mapKey") {
            let (expected, found) = match is_map {
                true => ("mapKey with a string_number_map attribute", "none"),
                false => ("no mapKey with this attribute", "one"),
            };
            self.node.report(Finding::new(codes::ATTRIBUTE_TYPE, expected, found));
            return None;
        }
        Some(Sort { kind, direction: direction?, attribute: index, map_key, party: party? })
    }

    fn compound(&self, read: &[Read]) -> Option<Statement> {
        let refused = |kind: &str| match kind {
            "batchDistance" => Some("a batchDistance rule"),
            "distanceSort" | "absoluteSort" => Some("a sort rule, which is neither true nor false"),
            _ => None,
        };
        let earlier = read.iter().enumerate();
        let earlier: Vec<Earlier<'_>> = earlier
            .map(|(index, one)| Earlier { index, name: &one.name, refused: refused(one.kind_name) })
            .collect();
        self.members.required("statement", |node| {
            let parsed = statement::parse(node.text()?, &earlier);
            parsed.map_err(|finding| node.report(finding)).ok()
        })
    }

    /// A string, or a list of them (D-66).
    fn measurements(&self, expected: &str, fits: impl Fn(&Type) -> bool) -> Option<Vec<Expression>> {
        let one = |node: Node<'_>| {
            let expression = self.expression(node)?;
            let good = fits(&expression.kind);
            if !good {
                let found = format!("{} from {}", describe(&expression.kind), node.describe());
                node.report(Finding::new(codes::EXPRESSION_TYPE, expected, found));
            }
            good.then_some(expression)
        };
        self.members.required("measurements", |node| match node.as_text() {
            Some(_) => Some(vec![one(node)?]),
            None => {
                if node.items()?.is_empty() {
                    node.report(Finding::new(codes::RANGE, "at least one measurement", "none"));
                    return None;
                }
                self.members.each("measurements", |_, node| one(node)).into_iter().collect()
            }
        })
    }

    fn expression(&self, node: Node<'_>) -> Option<Expression> {
        let parsed = expression::parse(node.text()?, self.world.names);
        parsed.map_err(|finding| node.report(finding)).ok()
    }

    /// Number, literal or expression (D-67).
    fn reference(&self, node: Node<'_>) -> Option<Reference> {
        use jsonc_parser::ast::Value;
        match node.value {
            Value::StringLit(text) if expression::looks_like_one(&text.value) => {
                self.expression(node).map(Reference::Expression)
            }
            Value::StringLit(text) => {
                let text = text.value.to_string();
                Some(Reference::Text(
                    self.tiered("referenceValue", text, |node| node.text().map(str::to_string)),
                ))
            }
            Value::Array(_) => {
                let texts = |node: Node<'_>| {
                    let items = node.items()?;
                    let texts = items.iter().map(|value| Node { value, ..node }.text().map(str::to_string));
                    texts.collect::<Option<Vec<String>>>()
                };
                Some(Reference::Texts(self.tiered("referenceValue", texts(node)?, texts)))
            }
            _ => Some(Reference::Number(self.tiered("referenceValue", node.number()?, |node| node.number()))),
        }
    }

    fn fitting<T>(&self, node: Node<'_>, value: T, fits: bool, expected: &str) -> Option<T> {
        if !fits {
            node.report(Finding::new(codes::REFERENCE, expected, node.describe()));
        }
        fits.then_some(value)
    }

    /// An optional limit, 0 or more. `None` when it is wrong, `Some(None)` when it is not there.
    fn limit(&self, key: &str) -> Option<Option<Tiered<f64>>> {
        if !self.members.has(key) {
            return Some(None);
        }
        let base = self.members.with(key, not_negative)?;
        Some(Some(self.tiered(key, base, not_negative)))
    }

    fn positive(&self, node: Node<'_>) -> Option<f64> {
        let number = node.number()?;
        if number < 1.0 {
            node.report(Finding::new(codes::RANGE, "1 millisecond or more", node.describe()));
        }
        (number >= 1.0).then_some(number)
    }

    fn tiered<T: Clone>(&self, property: &str, base: T, read: impl Fn(Node<'_>) -> Option<T>) -> Tiered<T> {
        self.world.expansions.of_rule(self.name, property, base, read)
    }

    fn one_of(&self, keys: &[&str]) -> Option<()> {
        if keys.iter().any(|key| self.members.has(key)) {
            return Some(());
        }
        self.node.report(Finding::new(codes::BOUND, format!("{} or both", keys.join(" or ")), "none"));
        None
    }

    fn party(&self, collection: bool) -> Option<PartyAggregation> {
        let numbers =
            [("avg", PartyAggregation::Avg), ("min", PartyAggregation::Min), ("max", PartyAggregation::Max)];
        let lists = [("union", PartyAggregation::Union), ("intersection", PartyAggregation::Intersection)];
        match (self.members.has("partyAggregation"), collection) {
            (false, true) => Some(PartyAggregation::Union),
            (false, false) => Some(PartyAggregation::Avg),
            (true, true) => self.members.with("partyAggregation", |node| node.choice(&lists)),
            (true, false) => self.members.with("partyAggregation", |node| node.choice(&numbers)),
        }
    }
}

fn not_negative(node: Node<'_>) -> Option<f64> {
    let number = node.number()?;
    if number < 0.0 {
        node.report(Finding::new(codes::RANGE, "0 or more", node.describe()));
    }
    (number >= 0.0).then_some(number)
}

fn is_numbers(kind: &Type) -> bool {
    *innermost(kind) == Type::Number
}

fn is_texts(kind: &Type) -> bool {
    *innermost(kind) == Type::Text
}

fn innermost(kind: &Type) -> &Type {
    match kind {
        Type::List(of) => innermost(of),
        other => other,
    }
}

fn depth(kind: &Type) -> usize {
    match kind {
        Type::List(of) => 1 + depth(of),
        _ => 0,
    }
}

fn describe(kind: &Type) -> String {
    match kind {
        Type::Number => "a number".to_string(),
        Type::Text => "a string".to_string(),
        Type::Player => "a player".to_string(),
        Type::List(of) => format!("a list of {}", describe(of).trim_start_matches("a ")),
    }
}
