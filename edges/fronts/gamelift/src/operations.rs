//! The operations of FlexMatch: a closed list.

macro_rules! operations {
    ($($name:ident),* $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Operation { $($name),* }

        impl Operation {
            pub const ALL: &'static [Operation] = &[$(Operation::$name),*];

            pub fn name(self) -> &'static str {
                match self { $(Operation::$name => stringify!($name)),* }
            }

            pub fn of_name(name: &str) -> Option<Self> {
                match name { $(stringify!($name) => Some(Operation::$name),)* _ => None }
            }
        }
    };
}

operations! {
    AcceptMatch,
    CreateMatchmakingConfiguration,
    CreateMatchmakingRuleSet,
    DeleteMatchmakingConfiguration,
    DeleteMatchmakingRuleSet,
    DescribeMatchmaking,
    DescribeMatchmakingConfigurations,
    DescribeMatchmakingRuleSets,
    ListTagsForResource,
    StartMatchBackfill,
    StartMatchmaking,
    StopMatchmaking,
    TagResource,
    UntagResource,
    UpdateMatchmakingConfiguration,
    ValidateMatchmakingRuleSet,
}
