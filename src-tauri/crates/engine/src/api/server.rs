//! The server's life: lock, listen, train in the background, end in order.

use std::fs::{self, File, TryLockError};
use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::net::TcpListener;

use super::body::{nowhere, wrong_method};
use super::engine::Engine;
use super::guard::{Token, guard, random_token};
use super::runner::run_jobs;
use super::{
    EngineOptions, Ready, ServeError, chat, exporting, file_routes, job_routes, measuring, models,
    planning,
};
use crate::memory::give_back_freed_blocks;

const LOCK_PATIENCE: Duration = Duration::from_secs(5);
/// How long open connections may take to end when the engine does.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// A form's fields around the file of 512 MB.
const LARGEST_BODY: usize = (512 << 20) + (1 << 20);
const LARGEST_JSON: usize = 64 << 20;

/// See [`super::serve`].
pub(crate) async fn serve(
    options: EngineOptions,
    on_ready: impl FnOnce(&Ready),
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let _lock = lock_folder(&options.home).await?;
    give_back_freed_blocks();
    let [threads, answering] = pools(&options)?;
    let engine = Engine::open(&options, threads, answering);
    let engine = Arc::new(engine.map_err(ServeError::Folder)?);
    let listener = listen(options.port).await?;
    let port = listener.local_addr().map_err(ServeError::Network)?.port();
    let token = match options.token {
        Some(token) => token,
        None => random_token().map_err(|_| ServeError::Random)?,
    };
    let trainer = start_trainer(engine.clone())?;
    let app = router(engine.clone(), &token);
    on_ready(&Ready { base_url: format!("http://127.0.0.1:{port}/v1"), token });

    let (ended, end) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        // An error means that the other side is gone, which ends the server just the same.
        let _ = end.await;
    });
    let mut server = tokio::spawn(server.into_future());
    let result = tokio::select! {
        () = shutdown => {
            engine.close();
            let _ = ended.send(());
            match tokio::time::timeout(LAST_WORDS, &mut server).await {
                Ok(joined) => joined.unwrap_or_else(|error| Err(io::Error::other(error))),
                Err(_) => { server.abort(); Ok(()) }
            }
        }
        joined = &mut server => joined.unwrap_or_else(|error| Err(io::Error::other(error))),
    };
    engine.close();
    let joined = tokio::task::spawn_blocking(move || {
        engine.exports.wait();
        trainer.join()
    });
    if !matches!(joined.await, Ok(Ok(()))) {
        tracing::error!("the trainer ended in disorder");
    }
    result.map_err(ServeError::Network)
}

/// Holds `engine/.lock` as long as the returned file lives.
async fn lock_folder(home: &Path) -> Result<File, ServeError> {
    fs::create_dir_all(home).map_err(ServeError::Folder)?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(home.join(".lock"))
        .map_err(ServeError::Folder)?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(ServeError::Folder(error)),
            Err(TryLockError::WouldBlock) if start.elapsed() >= LOCK_PATIENCE => {
                return Err(ServeError::FolderInUse);
            }
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn listen(port: u16) -> Result<TcpListener, ServeError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortInUse { port },
        _ => ServeError::Network(error),
    })
}

/// Those that train and those that answer, as many of each as asked for: one of the two is idle
/// most of the time.
fn pools(options: &EngineOptions) -> Result<[Arc<ThreadPool>; 2], ServeError> {
    Ok([start_threads("train", options.threads)?, start_threads("answer", options.threads)?])
}

fn start_threads(name: &'static str, wanted: Option<usize>) -> Result<Arc<ThreadPool>, ServeError> {
    ThreadPoolBuilder::new()
        .num_threads(wanted.unwrap_or(0))
        .thread_name(move |index| format!("{name}-{index}"))
        .start_handler(move |_| {
            // Somebody waits for an answer; nobody waits for a step.
            if name == "train" {
                be_polite();
            }
        })
        .build()
        .map(Arc::new)
        .map_err(|error| ServeError::Threads(io::Error::other(error)))
}

fn start_trainer(engine: Arc<Engine>) -> Result<thread::JoinHandle<()>, ServeError> {
    let work = move || {
        be_polite();
        run_jobs(&engine);
    };
    thread::Builder::new().name("trainer".to_owned()).spawn(work).map_err(ServeError::Threads)
}

/// Lets everything else on this computer go first. Only the calling thread is affected, so the
/// API keeps answering at once.
fn be_polite() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(10) {
        tracing::debug!(%error, "the priority could not be lowered");
    }
}

fn router(engine: Arc<Engine>, token: &str) -> Router {
    let uploads = Router::new()
        .route("/v1/files", post(file_routes::upload).get(file_routes::list))
        .layer(DefaultBodyLimit::max(LARGEST_BODY));
    let rest = Router::new()
        .route("/v1/files/{id}", get(file_routes::get).delete(file_routes::delete))
        .route("/v1/files/{id}/content", get(file_routes::content))
        .route("/v1/fine_tuning/jobs", post(job_routes::create).get(job_routes::list))
        .route("/v1/fine_tuning/jobs/{id}", get(job_routes::get))
        .route("/v1/fine_tuning/jobs/{id}/events", get(job_routes::events))
        .route("/v1/fine_tuning/jobs/{id}/checkpoints", get(job_routes::checkpoints))
        .route("/v1/fine_tuning/jobs/{id}/{action}", post(job_routes::steer))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{id}", get(models::get).delete(models::delete))
        .route("/v1/attune/models", post(models::add))
        .route("/v1/attune/exports", post(exporting::create))
        .route("/v1/attune/exports/{id}", get(exporting::get))
        .route("/v1/attune/exports/{id}/cancel", post(exporting::cancel))
        .route("/v1/attune/plans", post(planning::create))
        .route("/v1/attune/measurements", post(measuring::create))
        .route("/v1/chat/completions", post(chat::complete))
        .layer(DefaultBodyLimit::max(LARGEST_JSON));
    uploads
        .merge(rest)
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .with_state(engine)
        .layer(from_fn_with_state(Token::new(token), guard))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_and_answering_use_as_many_threads_as_asked_for() {
        let options = EngineOptions {
            home: "none".into(),
            models: "none".into(),
            port: 0,
            token: None,
            threads: Some(3),
            checkpoint_every: Duration::ZERO,
            on_point: |_| {},
            free_memory: || None,
        };
        let counts = pools(&options).unwrap().map(|pool| pool.current_num_threads());
        assert_eq!(counts, [3, 3]);
    }
}
