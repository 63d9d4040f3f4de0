//! One file a table: its SQL, its row type and the functions that read and write it.

pub(crate) mod answer_spend;
pub(crate) mod chat;
pub(crate) mod evaluation;
pub(crate) mod example;
pub(crate) mod launch;
pub(crate) mod left_out;
pub(crate) mod model_tokenizer;
pub(crate) mod operation;
pub(crate) mod price_correction;
pub(crate) mod project;
pub(crate) mod run_event;
pub(crate) mod sent_file;
pub(crate) mod service;
pub(crate) mod setting;
pub(crate) mod spend;
pub(crate) mod worked;

/// What the second schema adds; the first is never changed any more.
pub(crate) const SECOND_SCHEMA: &str = evaluation::BEFORE;

/// What the third schema adds: services beside this computer.
pub(crate) const THIRD_SCHEMA: &str = service::SCHEMA;

/// What the fourth schema adds: what was sent to services, and what may be spent there.
pub(crate) const FOURTH_SCHEMA: &[&str] = &[sent_file::SCHEMA, spend::SCHEMA];

/// What the fifth schema adds: what was paid for answers.
pub(crate) const FIFTH_SCHEMA: &str = answer_spend::SCHEMA;

/// What the sixth schema adds: prices that a person corrected.
pub(crate) const SIXTH_SCHEMA: &str = price_correction::SCHEMA;

/// What the seventh schema adds: time that a person worked.
pub(crate) const SEVENTH_SCHEMA: &str = worked::SCHEMA;

/// What the eighth schema adds: tokenizers of open models.
pub(crate) const EIGHTH_SCHEMA: &str = model_tokenizer::SCHEMA;

/// The first schema, in an order in which every table follows those it refers to.
pub(crate) const FIRST_SCHEMA: &[&str] = &[
    project::SCHEMA,
    example::SCHEMA,
    operation::SCHEMA,
    left_out::SCHEMA,
    launch::SCHEMA,
    run_event::SCHEMA,
    evaluation::SCHEMA,
    chat::SCHEMA,
    setting::SCHEMA,
];

/// A number SQLite keeps as signed that is never negative.
macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(
            /// The number in the library; never used twice.
            pub i64,
        );

        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(
                value: rusqlite::types::ValueRef<'_>,
            ) -> rusqlite::types::FromSqlResult<Self> {
                value.as_i64().map(Self)
            }
        }
    };
}
pub(crate) use row_id;
