//! Projects as the page sees them.

use attune_contract::projects::ProjectSummary;
use attune_store::ProjectRow;

pub(crate) fn summary(row: &ProjectRow) -> ProjectSummary {
    ProjectSummary {
        id: row.id.0,
        name: row.name.clone(),
        source_name: row.source_name.clone(),
        sample: row.sample,
        examples: row.examples,
        changed_at_ms: row.changed_at_ms,
    }
}
