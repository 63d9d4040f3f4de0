//! A training service that is not there: OpenAI's format on loopback, with faults by plan.
//!
//! It is the judge of everything that orders trainings for money. It keeps a **ledger** of every
//! job it ever made, by the `launch_id` that came with the order, and what it billed for it; a
//! client that buys twice is found there, whatever the client believes. It counts tokens and money
//! by its own code, never by that of the product. Time is **virtual**: it stands still until
//! [`FakeService::advance`] moves it, and jobs, uploads and files age by it alone.
//!
//! **Nothing is trained here.** The losses of a job are computed by the formula in `curve.rs` from
//! the bytes of its file, and a trained model answers by looking its question up in that file.
//! That is allowed in this module and nowhere else in Attune: every figure that a person sees as
//! learnt was learnt.
//!
//! ```text
//! let service = FakeService::start(FakeSettings::default());
//! let lost = Rule::new("POST", "/fine_tuning/jobs", Fault::DropAfterAccept);
//! service.plan(FaultPlan::new().with(lost).listing(ListBehaviour::Lag(5)));
//! ... the client at service.base_url() orders, with FakeSettings::TOKEN as its key ...
//! service.advance(Duration::from_secs(5));
//! ... it finds its job ...
//! assert_eq!(service.ledger().bought_twice(), [""; 0]);
//! ```
//!
//! What OpenAI does stands in its API document and in the facts of the reference folder; where
//! they are silent, the choice made here is said beside the code.

mod accounts;
mod chat;
mod chat_pieces;
mod control;
mod curve;
mod fate;
mod faulty;
mod files;
mod front;
mod handle;
mod job;
mod job_orders;
mod job_routes;
mod job_shape;
mod ledger;
mod models;
mod moderation;
mod paging;
mod plan;
mod proxy;
mod refusal;
mod request_log;
mod router;
mod settings;
mod training_data;
mod uploads;
mod world;

pub use accounts::{Account, TokenKind};
pub use fate::Fate;
pub use handle::{FakeService, FileState, JobState};
pub use ledger::{Ledger, LedgerRow};
pub use plan::{Fault, FaultPlan, ListBehaviour, RetryAfter, Rule};
pub use proxy::{FaultProxy, Line};
pub use request_log::LoggedRequest;
pub use settings::{FakeSettings, Pace, Quirks};

#[cfg(test)]
mod tests;
