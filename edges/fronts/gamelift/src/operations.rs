//! The operations of matchmaking and of hosting on machines of one's own: a closed list; and those of the API that are
//! not served here, with what to use instead.

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
    CreateAlias,
    CreateFleet,
    CreateFleetLocations,
    CreateGameSession,
    CreateGameSessionQueue,
    CreateLocation,
    CreateMatchmakingConfiguration,
    CreateMatchmakingRuleSet,
    CreatePlayerSession,
    CreatePlayerSessions,
    DeleteAlias,
    DeleteFleet,
    DeleteFleetLocations,
    DeleteGameSessionQueue,
    DeleteLocation,
    DeleteMatchmakingConfiguration,
    DeleteMatchmakingRuleSet,
    DeregisterCompute,
    DescribeAlias,
    DescribeCompute,
    DescribeFleetAttributes,
    DescribeFleetCapacity,
    DescribeFleetEvents,
    DescribeFleetLocationAttributes,
    DescribeFleetLocationCapacity,
    DescribeFleetLocationUtilization,
    DescribeFleetPortSettings,
    DescribeFleetUtilization,
    DescribeGameSessionDetails,
    DescribeGameSessionPlacement,
    DescribeGameSessionQueues,
    DescribeGameSessions,
    DescribeMatchmaking,
    DescribeMatchmakingConfigurations,
    DescribeMatchmakingRuleSets,
    DescribePlayerSessions,
    DescribeRuntimeConfiguration,
    GetComputeAuthToken,
    GetPlayerConnectionDetails,
    ListAliases,
    ListCompute,
    ListFleets,
    ListLocations,
    ListTagsForResource,
    RegisterCompute,
    ResolveAlias,
    SearchGameSessions,
    StartFleetActions,
    StartGameSessionPlacement,
    StartMatchBackfill,
    StartMatchmaking,
    StopFleetActions,
    StopGameSessionPlacement,
    StopMatchmaking,
    TagResource,
    TerminateGameSession,
    UntagResource,
    UpdateAlias,
    UpdateFleetAttributes,
    UpdateGameSession,
    UpdateGameSessionQueue,
    UpdateMatchmakingConfiguration,
    ValidateMatchmakingRuleSet,
}

/// What serves the purpose here, and the operations that need managed hosting.
const NOT_SERVED: [(&str, &[&str]); 9] = [
    (
        "game servers that you start yourself on computes of an Anywhere fleet (RegisterCompute), without builds and scripts",
        &[
            "CreateBuild",
            "CreateScript",
            "DeleteBuild",
            "DeleteScript",
            "DescribeBuild",
            "DescribeScript",
            "ListBuilds",
            "ListScripts",
            "RequestUploadCredentials",
            "UpdateBuild",
            "UpdateScript",
            "UpdateRuntimeConfiguration",
        ],
    ),
    (
        "an Anywhere fleet (CreateFleet with ComputeType ANYWHERE), whose computes may be containers",
        &[
            "CreateContainerFleet",
            "CreateContainerGroupDefinition",
            "DeleteContainerFleet",
            "DeleteContainerGroupDefinition",
            "DescribeContainerFleet",
            "DescribeContainerGroupDefinition",
            "DescribeContainerGroupPortMappings",
            "DescribeFleetDeployment",
            "ListContainerFleets",
            "ListContainerGroupDefinitionVersions",
            "ListContainerGroupDefinitions",
            "ListFleetDeployments",
            "UpdateContainerFleet",
            "UpdateContainerGroupDefinition",
        ],
    ),
    (
        "game servers with the server SDK 5 on an Anywhere fleet, placed by StartGameSessionPlacement or CreateGameSession",
        &[
            "ClaimGameServer",
            "CreateGameServerGroup",
            "DeleteGameServerGroup",
            "DeregisterGameServer",
            "DescribeGameServer",
            "DescribeGameServerGroup",
            "DescribeGameServerInstances",
            "ListGameServerGroups",
            "ListGameServers",
            "RegisterGameServer",
            "ResumeGameServerGroup",
            "SuspendGameServerGroup",
            "UpdateGameServer",
            "UpdateGameServerGroup",
        ],
    ),
    (
        "as many game servers as you start; DescribeFleetUtilization tells how many are busy",
        &["DeleteScalingPolicy", "DescribeScalingPolicies", "PutScalingPolicy", "UpdateFleetCapacity"],
    ),
    (
        "ListCompute and DescribeCompute for the machines of a fleet",
        &["DescribeEC2InstanceLimits", "DescribeInstances"],
    ),
    ("your own access to your own machines", &["GetComputeAccess", "GetInstanceAccess"]),
    ("the logs where the game server wrote them, on its machine", &["GetGameSessionLogUrl"]),
    ("the ports that each game server reports when it is ready", &["UpdateFleetPortSettings"]),
    (
        "the network of your own machines, without VPC peering",
        &[
            "CreateVpcPeeringAuthorization",
            "CreateVpcPeeringConnection",
            "DeleteVpcPeeringAuthorization",
            "DeleteVpcPeeringConnection",
            "DescribeVpcPeeringAuthorizations",
            "DescribeVpcPeeringConnections",
        ],
    ),
];

/// What to use instead of an operation of the API that is not served here; `None` of any other name.
pub(crate) fn instead_of(name: &str) -> Option<&'static str> {
    NOT_SERVED.iter().find(|(_, names)| names.contains(&name)).map(|(instead, _)| *instead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_api_is_served_or_told_of_once() {
        let not_served: Vec<&str> = NOT_SERVED.iter().flat_map(|(_, names)| *names).copied().collect();
        assert_eq!(Operation::ALL.len() + not_served.len(), 120, "the model has 120 operations");
        for (index, name) in not_served.iter().enumerate() {
            assert!(Operation::of_name(name).is_none(), "{name} is served");
            assert!(!not_served[..index].contains(name), "{name} is listed twice");
        }
    }
}
