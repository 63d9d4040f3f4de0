//! Which path leads where.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post, put};

use super::handle::Shared;
use super::refusal::Refusal;
use super::{chat, control, files, job_routes, models, moderation, uploads};

/// Every path of the service.
pub(super) fn routes(shared: Shared) -> Router {
    Router::new()
        .route("/v1/files", post(files::create).get(files::list))
        .route("/v1/files/{id}", get(files::get).delete(files::delete))
        .route("/v1/files/{id}/content", get(files::content))
        .route("/v1/uploads", post(uploads::create))
        .route("/v1/uploads/{id}/parts", post(uploads::part))
        .route("/v1/uploads/{id}/complete", post(uploads::complete))
        .route("/v1/uploads/{id}/cancel", post(uploads::cancel))
        .route("/v1/fine_tuning/jobs", post(job_routes::create).get(job_routes::list))
        .route("/v1/fine_tuning/jobs/{id}", get(job_routes::get))
        .route("/v1/fine_tuning/jobs/{id}/events", get(job_routes::events))
        .route("/v1/fine_tuning/jobs/{id}/checkpoints", get(job_routes::checkpoints))
        .route("/v1/fine_tuning/jobs/{id}/{action}", post(job_routes::steer))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{name}", get(models::get).delete(models::delete))
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/moderations", post(moderation::judge))
        .route("/v1/organization/costs", get(control::costs))
        .route("/fake/advance", post(control::advance))
        .route("/fake/plan", put(control::plan))
        .route("/fake/ledger", get(control::ledger))
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::disable())
        .with_state(shared)
}

async fn nowhere() -> Refusal {
    Refusal::missing("unknown_url", "Unknown request URL. Please check the URL for typos.")
}

async fn wrong_method() -> Refusal {
    let refusal = Refusal::missing("method_not_supported", "Not allowed to use this method here.");
    Refusal { status: StatusCode::METHOD_NOT_ALLOWED, ..refusal }
}
