//! Exceptions: each rejection as the class that its operation models (spec 1.2).

use matchwright_engine::Rejection;

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
        RuleSetNotFound(_)
        | MatchmakerNotFound(_)
        | TicketNotFound(_)
        | QueueNotFound(_)
        | MatchNotFound(_) => Class::NotFound,
        RuleSetQuota { .. } | MatchmakerQuota { .. } => Class::LimitExceeded,
        TagQuota { .. } | TagReserved(_) => Class::TaggingFailed,
        _ => Class::InvalidRequest,
    };
    let class = if models(operation, natural) { natural } else { Class::InvalidRequest };
    ApiError::new(class, rejection.to_string())
}

fn models(operation: Operation, class: Class) -> bool {
    use Operation::*;
    match class {
        Class::NotFound => {
            let without = [
                CreateMatchmakingRuleSet,
                DescribeMatchmaking,
                DescribeMatchmakingConfigurations,
                ValidateMatchmakingRuleSet,
            ];
            !without.contains(&operation)
        }
        Class::LimitExceeded => {
            [CreateMatchmakingConfiguration, CreateMatchmakingRuleSet].contains(&operation)
        }
        Class::TaggingFailed => [
            CreateMatchmakingConfiguration,
            CreateMatchmakingRuleSet,
            DeleteMatchmakingConfiguration,
            DeleteMatchmakingRuleSet,
            ListTagsForResource,
            TagResource,
            UntagResource,
        ]
        .contains(&operation),
        _ => true,
    }
}
