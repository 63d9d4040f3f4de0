//! Problems as the page sees them.

use attune_contract::checks::{ProblemCode as WireCode, Severity as WireSeverity};
use attune_dataset::{ProblemCode, Severity};

macro_rules! same_codes {
    ($( $code:ident ),* $(,)?) => {
        pub(crate) fn wire_code(code: ProblemCode) -> WireCode {
            match code { $( ProblemCode::$code => WireCode::$code, )* }
        }

        pub(super) fn domain_code(code: WireCode) -> ProblemCode {
            match code { $( WireCode::$code => ProblemCode::$code, )* }
        }
    };
}

// Both matches are total, so a code that only one side has does not compile.
same_codes! {
    NotJson,
    NotAnObject,
    MissingMessages,
    MessageMissingKey,
    RowTooLong,
    CellTooLong,
    TooManyColumns,
    UnclosedQuote,
    BadEncoding,
    LoneSurrogate,
    NonFiniteNumber,
    NestedTooDeep,
    DuplicateKey,
    NumberRounded,
    ExtraCells,
    MessageUnrecognizedKey,
    UnrecognizedRole,
    MissingContent,
    NoAnswer,
    EmptyQuestion,
    EmptyAnswer,
    TooLong,
    SpecialToken,
    Duplicate,
    TooFewExamples,
}

/// A stored code. One that this version does not know can only be about a row nobody could read.
pub(crate) fn problem_code(name: &str) -> WireCode {
    wire_code(ProblemCode::parse(name).unwrap_or(ProblemCode::BadEncoding))
}

pub(crate) fn wire_severity(severity: Severity) -> WireSeverity {
    match severity {
        Severity::Error => WireSeverity::Error,
        Severity::Warning => WireSeverity::Warning,
        Severity::Notice => WireSeverity::Notice,
    }
}

/// Sorts the worst first.
pub(super) fn badness(severity: Severity) -> u8 {
    match severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Notice => 2,
    }
}
