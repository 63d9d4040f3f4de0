//! Every job that was ever made, and what it cost: the oracle of "bought exactly once".

use std::collections::BTreeMap;

use serde::Serialize;

/// One job that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerRow {
    /// The job.
    pub job_id: String,
    /// `metadata.launch_id` of the order, as it was sent.
    pub launch_id: Option<String>,
    /// Who pays.
    pub organization: String,
    /// When it was made, in virtual milliseconds since 1970.
    pub created_ms: u64,
    /// The SHA-256 of the order's body.
    pub order_sha256: String,
    /// Tokens that were billed.
    pub billed_tokens: u64,
    /// Millionths of a dollar that were billed, rounded up.
    pub billed_micro_usd: u64,
    /// Whether nothing more will be billed.
    pub is_settled: bool,
}

/// All jobs that were ever made, the oldest first. Nothing is ever removed from it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Ledger {
    rows: Vec<LedgerRow>,
}

impl Ledger {
    /// Every row.
    #[must_use]
    pub fn rows(&self) -> &[LedgerRow] {
        &self.rows
    }

    /// The jobs that were made for a launch.
    pub fn jobs_of<'a>(&'a self, launch_id: &'a str) -> impl Iterator<Item = &'a LedgerRow> + 'a {
        self.rows.iter().filter(move |row| row.launch_id.as_deref() == Some(launch_id))
    }

    /// How many jobs were made for each launch.
    #[must_use]
    pub fn created_per_launch(&self) -> BTreeMap<&str, usize> {
        let mut created = BTreeMap::new();
        for launch_id in self.rows.iter().filter_map(|row| row.launch_id.as_deref()) {
            *created.entry(launch_id).or_insert(0) += 1;
        }
        created
    }

    /// The launches that were bought more than once: the list that must stay empty.
    #[must_use]
    pub fn bought_twice(&self) -> Vec<&str> {
        let created = self.created_per_launch();
        created.into_iter().filter(|(_, jobs)| *jobs > 1).map(|(launch_id, _)| launch_id).collect()
    }

    /// Everything that was billed, in millionths of a dollar.
    #[must_use]
    pub fn billed_micro_usd(&self) -> u64 {
        self.rows.iter().map(|row| row.billed_micro_usd).sum()
    }

    pub(super) fn open(&mut self, row: LedgerRow) {
        self.rows.push(row);
    }

    pub(super) fn bill(&mut self, job_id: &str, tokens: u64, micro_usd: u64, is_settled: bool) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.job_id == job_id) {
            (row.billed_tokens, row.billed_micro_usd) = (tokens, micro_usd);
            row.is_settled = is_settled;
        }
    }
}
