//! Answers: one piece after the other from a trained model. Knows nothing of HTTP.

pub(crate) mod answer;
pub(crate) mod decoder;
pub(crate) mod lab;
pub(crate) mod language;
pub(crate) mod picking;
pub(crate) mod tuned;
