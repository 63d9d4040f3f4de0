//! What can be wrong with examples, as codes; the words a person reads live in the catalogue.
//!
//! A code is stored in libraries and printed by the command line: it must never change its name.

use std::fmt;

macro_rules! problem_codes {
    ($( $(#[$doc:meta])* $variant:ident = $name:literal, $severity:ident, $fixable:literal; )*) => {
        /// What is wrong. The names are part of the command line and of stored libraries.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemCode { $( $(#[$doc])* $variant, )* }

        impl ProblemCode {
            /// Every code, in the order of declaration.
            pub const ALL: &'static [ProblemCode] = &[ $( ProblemCode::$variant, )* ];

            /// The stored name.
            pub fn as_str(self) -> &'static str {
                match self { $( ProblemCode::$variant => $name, )* }
            }

            /// The code of a stored name.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $( $name => Some(ProblemCode::$variant), )* _ => None }
            }

            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self { $( ProblemCode::$variant => Severity::$severity, )* }
            }

            /// Whether the program can mend it without asking what the person meant.
            pub fn is_fixable(self) -> bool {
                match self { $( ProblemCode::$variant => $fixable, )* }
            }
        }
    };
}

problem_codes! {
    // Of a row: it is left out at import.
    /// The line is not JSON.
    NotJson = "not_json", Error, false;
    /// The line is JSON, but not an object (the notebook's `data_type`).
    NotAnObject = "not_an_object", Error, false;
    /// There is no list of messages (the notebook's `missing_messages_list`).
    MissingMessages = "missing_messages", Error, false;
    /// A message lacks its role or its content, or is no object.
    MessageMissingKey = "message_missing_key", Error, false;
    /// The row is longer than 32 MB.
    RowTooLong = "row_too_long", Error, false;
    /// A cell is longer than 1 MB.
    CellTooLong = "cell_too_long", Error, false;
    /// The row has more than 1,000 columns.
    TooManyColumns = "too_many_columns", Error, false;
    /// A quoted cell is never closed, so everything after it would be one cell.
    UnclosedQuote = "unclosed_quote", Error, false;
    /// The row has bytes that are no text in the file's encoding.
    BadEncoding = "bad_encoding", Error, false;
    /// Half of a two-part character (`\ud800` alone): no text.
    LoneSurrogate = "lone_surrogate", Error, false;
    /// `NaN` or `Infinity`, which some programs write and JSON does not know.
    NonFiniteNumber = "non_finite_number", Error, false;
    /// JSON nested deeper than 64 levels.
    NestedTooDeep = "nested_too_deep", Error, false;
    // Of a row: it is kept, and only the source showed it.
    /// The same key twice in one object: the last one was kept.
    DuplicateKey = "duplicate_key", Warning, false;
    /// A whole number too large to keep exactly was rounded.
    NumberRounded = "number_rounded", Notice, false;
    /// The row has more cells than the table has columns.
    ExtraCells = "extra_cells", Warning, false;
    // Of an example.
    /// A message has a field that services do not know.
    MessageUnrecognizedKey = "message_unrecognized_key", Warning, true;
    /// A message has a role that services do not know.
    UnrecognizedRole = "unrecognized_role", Error, false;
    /// A message has neither text nor a tool call.
    MissingContent = "missing_content", Error, false;
    /// There is no answer to learn (the notebook's `example_missing_assistant_message`).
    NoAnswer = "no_answer", Error, false;
    /// The question is empty.
    EmptyQuestion = "empty_question", Warning, false;
    /// The answer is empty.
    EmptyAnswer = "empty_answer", Error, false;
    /// More tokens than the model takes; it would be cut from the end, where the answer is.
    TooLong = "too_long", Error, false;
    /// Text that a service reads as a control mark, which makes it refuse the whole file.
    SpecialToken = "special_token", Error, true;
    /// The same example stands here more than once.
    Duplicate = "duplicate", Warning, true;
    // Of a dataset.
    /// Fewer than 10 examples.
    TooFewExamples = "too_few_examples", Error, false;
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Training works, but probably not as meant.
    Warning,
    /// Training would fail or would not learn this example.
    Error,
}

impl Severity {
    /// The name as the command line prints it.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub code: ProblemCode,
    /// How bad it is.
    pub severity: Severity,
    /// The message it is in, counted from 0.
    pub message: Option<usize>,
    /// The column of the line, counted from 1 in characters.
    pub column: Option<u64>,
    /// The key, role, token or text that offends.
    pub what: Option<String>,
    /// Whether the program can mend it without asking.
    pub fixable: bool,
}

impl Problem {
    /// A problem with the severity its code has.
    pub fn new(code: ProblemCode) -> Self {
        Problem {
            code,
            severity: code.severity(),
            message: None,
            column: None,
            what: None,
            fixable: code.is_fixable(),
        }
    }

    /// The same, in the message of this index.
    #[must_use]
    pub fn in_message(mut self, index: usize) -> Self {
        self.message = Some(index);
        self
    }

    /// The same, at this column of the line.
    #[must_use]
    pub fn at_column(mut self, column: u64) -> Self {
        self.column = Some(column);
        self
    }

    /// The same, naming what offends.
    #[must_use]
    pub fn naming(mut self, what: impl Into<String>) -> Self {
        self.what = Some(what.into());
        self
    }
}
