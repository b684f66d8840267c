//! Everything that may go wrong with a request: on the way, at the service desk, at the workspace.

use std::time::Duration;

use chrono::TimeDelta;
use fastrand::Rng;
use itsmd::sim::fault::{self, Fault, Spelling};
use itsmd::sim::{dataverse, ingestion};

/// What befalls a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Mishap {
    /// The name does not resolve.
    NoName,
    /// Nobody listens.
    Unreachable,
    /// The connection breaks before the request has arrived.
    LostRequest,
    /// The connection breaks after it was taken.
    LostAnswer,
    /// The body breaks off.
    Torn,
    /// The answer takes that long.
    Slow(Duration),
    /// It never comes.
    Silence,
    /// As the simulated ServiceNow has it.
    Desk(Fault),
    /// As the simulated Dataverse has it.
    Dataverse(dataverse::Fault),
    /// As the simulated workspace has it.
    Workspace(ingestion::Fault),
}

impl Mishap {
    /// A word for it, to be counted.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NoName => "no name",
            Self::Unreachable => "unreachable",
            Self::LostRequest => "request lost",
            Self::LostAnswer => "answer lost",
            Self::Torn => "body torn",
            Self::Slow(_) => "slow",
            Self::Silence => "no answer",
            Self::Desk(fault) => desk_word(fault),
            Self::Dataverse(_) => "dataverse's own",
            Self::Workspace(fault) => workspace_word(*fault),
        }
    }
}

fn desk_word(fault: &Fault) -> &'static str {
    match fault {
        Fault::Hibernation => "hibernation",
        Fault::ErrorMember(_) => "error behind 200",
        Fault::Unauthorized => "desk 401",
        Fault::Forbidden => "desk 403",
        Fault::TooMany(_) => "desk 429",
        Fault::ServerError | Fault::Gateway(_) | Fault::Status(..) => "desk 5xx",
        Fault::Unavailable(_) => "desk 503 with a wish",
        Fault::Accepted => "desk 202",
        Fault::Reset => "desk reset",
        Fault::Delay(_) => "desk delay",
        Fault::WrongType => "wrong type",
        Fault::Cut | Fault::Hang | Fault::Slow(..) => "desk cut",
        Fault::HalfGzip => "half gzip",
        Fault::Skewed(_) => "wrong date",
        Fault::Disorder => "disorder",
        Fault::FilterIgnored => "filter ignored",
        Fault::RowTwice => "row twice",
    }
}

fn workspace_word(fault: ingestion::Fault) -> &'static str {
    use ingestion::Fault;
    match fault {
        Fault::TooManyRequests(_) => "workspace 429",
        Fault::Internal | Fault::BadGateway | Fault::RequestTimeout => "workspace 5xx",
        Fault::Unavailable(_) => "workspace 503",
        Fault::CutUpload => "upload cut",
        Fault::TakeThenCut => "taken, then cut",
        Fault::Unauthorized => "workspace 401",
        Fault::Forbidden => "workspace 403",
        Fault::InvalidStream => "invalid stream",
        Fault::NotFound => "no rule",
        Fault::TooLarge => "workspace 413",
        Fault::Refuse => "workspace 400",
        Fault::Delay(_) | Fault::Hang => "workspace delay",
    }
}

/// On the way, to whomever.
fn on_the_way(dice: &mut Rng) -> Mishap {
    match dice.u32(0..8) {
        0 => Mishap::NoName,
        1 => Mishap::Unreachable,
        2 => Mishap::LostRequest,
        3 | 4 => Mishap::LostAnswer,
        5 => Mishap::Torn,
        6 => Mishap::Slow(Duration::from_millis(dice.u64(500..90_000))),
        _ => Mishap::Silence,
    }
}

/// At a ServiceNow whose nodes' clocks are so many seconds apart.
pub fn servicenow(dice: &mut Rng, nodes: i64) -> Mishap {
    let seconds = dice.u64(0..150);
    let limit = 100;
    let cancelled =
        r#"{"error":{"message":"Transaction cancelled: maximum execution time exceeded"},"status":"failure"}"#;
    let fault = match dice.u32(0..30) {
        19 => Fault::Cut,
        20 => Fault::HalfGzip,
        21 => Fault::Disorder,
        22 => Fault::FilterIgnored,
        23 => Fault::RowTwice,
        24 => Fault::Skewed(TimeDelta::seconds(dice.i64(-nodes..=nodes))),
        0 => Fault::Hibernation,
        1 | 2 => Fault::ErrorMember(Spelling::BothKeys),
        3 => Fault::ErrorMember(Spelling::JunkElement),
        4 => Fault::ErrorMember(Spelling::Truncated),
        5 => Fault::Unauthorized,
        6 => Fault::Forbidden,
        7 => Fault::TooMany(fault::RetryAfter::Unsaid),
        8 => Fault::TooMany(fault::RetryAfter::Seconds(seconds)),
        9 => Fault::TooMany(fault::RetryAfter::Date(seconds)),
        10 => Fault::TooMany(fault::RetryAfter::Rule { seconds, limit }),
        11 => Fault::TooMany(fault::RetryAfter::ResetOnly { seconds, limit }),
        12 => Fault::ServerError,
        13 => Fault::Gateway(502 + dice.u16(0..3)),
        14 => Fault::Unavailable(seconds),
        15 => Fault::Status(500, cancelled.to_owned()),
        16 => Fault::Accepted,
        17 => Fault::Reset,
        18 => Fault::WrongType,
        _ => return on_the_way(dice),
    };
    Mishap::Desk(fault)
}

/// At a Dataverse.
pub fn dataverse(dice: &mut Rng) -> Mishap {
    use dataverse::Fault;
    let wait = dice.bool().then(|| dice.u64(0..150));
    let fault = match dice.u32(0..18) {
        0 => Fault::TooManyRequests(wait),
        1 => Fault::TooMuchTime(wait),
        2 => Fault::TooManyAtOnce(wait),
        3 => Fault::Unauthorized,
        4 => Fault::Forbidden,
        5 => Fault::Internal,
        6 => Fault::BadGateway,
        7 => Fault::Unavailable,
        8 | 9 => Fault::HalfPage,
        10 => Fault::Cut,
        _ => return on_the_way(dice),
    };
    Mishap::Dataverse(fault)
}

/// At the workspace.
pub fn workspace(dice: &mut Rng) -> Mishap {
    use ingestion::{Fault, RetryAfter};
    let form = match dice.u32(0..3) {
        0 => RetryAfter::Absent,
        1 => RetryAfter::Seconds(dice.u64(0..150)),
        _ => RetryAfter::Date(dice.u64(0..150)),
    };
    let fault = match dice.u32(0..24) {
        0 | 1 => Fault::TooManyRequests(form),
        2 => Fault::Internal,
        3 => Fault::BadGateway,
        4 => Fault::Unavailable(form),
        5 => Fault::RequestTimeout,
        6 => Fault::CutUpload,
        7..=9 => Fault::TakeThenCut,
        10 => Fault::Unauthorized,
        11 => Fault::Forbidden,
        12 => Fault::InvalidStream,
        13 => Fault::NotFound,
        14 => Fault::TooLarge,
        15 | 16 => Fault::Refuse,
        _ => return on_the_way(dice),
    };
    Mishap::Workspace(fault)
}

/// At a token endpoint.
pub fn sign_in(dice: &mut Rng) -> Mishap {
    on_the_way(dice)
}
