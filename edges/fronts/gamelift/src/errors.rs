//! Exceptions: each rejection as the class that its operation models (spec 1.2, hosting 3).

use matchwright_engine::Rejection;
use matchwright_hosting::Rejection as Hosted;

use crate::operations::Operation;
use crate::out::Out;

/// An error as a client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    pub class: Class,
    pub message: String,
}

macro_rules! classes {
    ($($(#[$doc:meta])* $class:ident = $name:literal $status:literal),* $(,)?) => {
        /// The exception classes, with the HTTP status of each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Class { $($(#[$doc])* $class),* }

        impl Class {
            pub fn name(self) -> &'static str {
                match self { $(Class::$class => $name),* }
            }

            pub fn status(self) -> u16 {
                match self { $(Class::$class => $status),* }
            }
        }
    };
}

classes! {
    InvalidRequest = "InvalidRequestException" 400,
    NotFound = "NotFoundException" 400,
    LimitExceeded = "LimitExceededException" 400,
    TaggingFailed = "TaggingFailedException" 400,
    Conflict = "ConflictException" 400,
    FleetCapacityExceeded = "FleetCapacityExceededException" 400,
    GameSessionFull = "GameSessionFullException" 400,
    IdempotentParameterMismatch = "IdempotentParameterMismatchException" 400,
    InvalidFleetStatus = "InvalidFleetStatusException" 400,
    InvalidGameSessionStatus = "InvalidGameSessionStatusException" 400,
    /// Some clients try again for minutes when they see it.
    NotReady = "NotReadyException" 400,
    TerminalRoutingStrategy = "TerminalRoutingStrategyException" 400,
    Internal = "InternalServiceException" 500,
    UnsupportedRegion = "UnsupportedRegionException" 400,
    UnknownOperation = "UnknownOperationException" 404,
    Serialization = "SerializationException" 400,
    /// Over a limit of this server; come back later.
    Throttling = "ThrottlingException" 429,
    TooLarge = "RequestEntityTooLargeException" 413,
    AccessDenied = "AccessDeniedException" 400,
    InvalidSignature = "InvalidSignatureException" 403,
    IncompleteSignature = "IncompleteSignatureException" 403,
    MissingToken = "MissingAuthenticationTokenException" 403,
    UnrecognizedClient = "UnrecognizedClientException" 403,
}

impl ApiError {
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, message: message.into() }
    }

    pub fn status(&self) -> u16 {
        self.class.status()
    }
}

pub(crate) fn encode(error: &ApiError, out: &mut Out) {
    out.map(|exception| {
        exception.text("__type", error.class.name());
        exception.text("Message", &error.message);
    });
}

/// The class of a rejection; where an operation does not model the natural one, InvalidRequestException.
pub fn of_rejection(operation: Operation, rejection: &Rejection) -> ApiError {
    use Rejection::*;
    let natural = match rejection {
        RuleSetNotFound(_) | MatchmakerNotFound(_) | TicketNotFound(_) | QueueNotFound(_) => Class::NotFound,
        RuleSetQuota { .. } | MatchmakerQuota { .. } => Class::LimitExceeded,
        TagQuota { .. } | TagReserved(_) => Class::TaggingFailed,
        Hosting(rejection) => of_hosting(rejection),
        _ => Class::InvalidRequest,
    };
    let class = if models(operation, natural) { natural } else { Class::InvalidRequest };
    ApiError::new(class, rejection.to_string())
}

fn of_hosting(rejection: &Hosted) -> Class {
    use Hosted::*;
    match rejection {
        LocationNotFound(_)
        | FleetNotFound(_)
        | LocationNotInFleet { .. }
        | AliasNotFound(_)
        | ComputeNotFound { .. }
        | QueueNotFound(_)
        | PlacementNotFound(_)
        | SessionNotFound(_)
        | PlayerSessionNotFound(_)
        | ProcessNotFound(_) => Class::NotFound,
        LocationExists(_) | ComputeExists { .. } | QueueExists(_) => Class::Conflict,
        FleetDeleting(_) => Class::InvalidFleetStatus,
        AliasTerminal { .. } => Class::TerminalRoutingStrategy,
        SessionState { .. } | SessionClosed(_) => Class::InvalidGameSessionStatus,
        NoCapacity { .. } => Class::FleetCapacityExceeded,
        TokenReused { .. } => Class::IdempotentParameterMismatch,
        SessionFull { .. } => Class::GameSessionFull,
        CreatorTooFast { .. } | Quota { .. } => Class::LimitExceeded,
        TagQuota { .. } | TagReserved(_) => Class::TaggingFailed,
        _ => Class::InvalidRequest,
    }
}

fn models(operation: Operation, class: Class) -> bool {
    use Operation::*;
    let by: &[Operation] = match class {
        Class::NotFound => return !WITHOUT_NOT_FOUND.contains(&operation),
        Class::LimitExceeded => &WITH_LIMITS,
        Class::TaggingFailed => &WITH_TAGS,
        Class::Conflict => &[
            CreateAlias,
            CreateFleet,
            CreateFleetLocations,
            CreateGameSession,
            CreateLocation,
            RegisterCompute,
            UpdateFleetAttributes,
            UpdateGameSession,
        ],
        Class::FleetCapacityExceeded | Class::IdempotentParameterMismatch => &[CreateGameSession],
        Class::GameSessionFull => &[CreatePlayerSession, CreatePlayerSessions],
        Class::InvalidFleetStatus => {
            &[CreateFleetLocations, CreateGameSession, DeleteFleet, UpdateFleetAttributes]
        }
        Class::InvalidGameSessionStatus => &[
            CreatePlayerSession,
            CreatePlayerSessions,
            GetPlayerConnectionDetails,
            TerminateGameSession,
            UpdateGameSession,
        ],
        Class::NotReady => {
            &[CreateFleet, CreateFleetLocations, RegisterCompute, TerminateGameSession, UpdateGameSession]
        }
        Class::TerminalRoutingStrategy => &[
            CreateGameSession,
            CreatePlayerSession,
            CreatePlayerSessions,
            DescribeGameSessionDetails,
            DescribeGameSessions,
            ResolveAlias,
            SearchGameSessions,
        ],
        _ => return true,
    };
    by.contains(&operation)
}

const WITHOUT_NOT_FOUND: [Operation; 10] = [
    Operation::CreateAlias,
    Operation::CreateLocation,
    Operation::CreateMatchmakingRuleSet,
    Operation::DescribeMatchmaking,
    Operation::DescribeMatchmakingConfigurations,
    Operation::ListAliases,
    Operation::ListCompute,
    Operation::ListLocations,
    Operation::RegisterCompute,
    Operation::ValidateMatchmakingRuleSet,
];

const WITH_LIMITS: [Operation; 11] = [
    Operation::CreateAlias,
    Operation::CreateFleet,
    Operation::CreateFleetLocations,
    Operation::CreateGameSession,
    Operation::CreateGameSessionQueue,
    Operation::CreateLocation,
    Operation::CreateMatchmakingConfiguration,
    Operation::CreateMatchmakingRuleSet,
    Operation::GetPlayerConnectionDetails,
    Operation::RegisterCompute,
    Operation::UpdateFleetAttributes,
];

const WITH_TAGS: [Operation; 14] = [
    Operation::CreateAlias,
    Operation::CreateFleet,
    Operation::CreateGameSessionQueue,
    Operation::CreateLocation,
    Operation::CreateMatchmakingConfiguration,
    Operation::CreateMatchmakingRuleSet,
    Operation::DeleteAlias,
    Operation::DeleteFleet,
    Operation::DeleteGameSessionQueue,
    Operation::DeleteMatchmakingConfiguration,
    Operation::DeleteMatchmakingRuleSet,
    Operation::ListTagsForResource,
    Operation::TagResource,
    Operation::UntagResource,
];
