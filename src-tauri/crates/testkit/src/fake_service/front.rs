//! The front door: takes connections, keeps the log, and lets planned things go wrong.
//!
//! It serves connections itself instead of leaving that to axum, because only so a line can be
//! closed without an answer.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures_util::StreamExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

use super::faulty;
use super::handle::Shared;
use super::plan::Fault;
use super::request_log::{LoggedRequest, sha256};
use super::router::routes;

/// The line is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the line was cut")]
pub(super) struct CutOff;

/// Serves every connection until it is dropped.
pub(super) async fn accept(listener: TcpListener, shared: Shared) {
    let routes = routes(shared.clone());
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::spawn(serve(stream, shared.clone(), routes.clone()));
    }
}

async fn serve(stream: TcpStream, shared: Shared, routes: Router) {
    let answering = service_fn(move |request| answer(shared.clone(), routes.clone(), request));
    // An error is a line that was cut, by plan or by the client.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answering).await;
}

/// Answers one request, or cuts its line.
async fn answer(
    shared: Shared,
    routes: Router,
    request: hyper::Request<Incoming>,
) -> Result<Response, CutOff> {
    let (parts, incoming) = request.into_parts();
    if parts.uri.path().starts_with("/fake/") {
        return through(routes, Request::from_parts(parts, Body::new(incoming))).await;
    }
    let (number, fault) = {
        let mut world = shared.world();
        let fault = world.plan.meet(parts.method.as_str(), parts.uri.path());
        let now_ms = world.now_ms;
        world.log.push(LoggedRequest::new(now_ms, &parts, fault.as_ref().map(Fault::name)));
        (world.log.len() - 1, fault)
    };
    let most = match &fault {
        Some(Fault::DropBeforeRead) => return Err(CutOff),
        Some(Fault::CutRequest { bytes }) => Some(*bytes),
        _ => None,
    };
    let body = read(&shared, number, Body::new(incoming), most).await?;
    let response = match &fault {
        Some(fault) if !fault.accepts() => faulty::instead(fault, shared.world().now()),
        _ => Some(through(routes, Request::from_parts(parts, Body::from(body))).await?),
    };
    let spoilt = match (response, fault) {
        (Some(response), Some(fault)) if fault.accepts() => faulty::spoil(response, fault).await?,
        (response, _) => response,
    };
    let Some(response) = spoilt else {
        std::future::pending::<()>().await;
        return Err(CutOff);
    };
    Ok(finished(&shared, number, response))
}

async fn through(routes: Router, request: Request) -> Result<Response, CutOff> {
    TowerToHyperService::new(routes).call(request).await.map_err(|_| CutOff)
}

/// Reads a body to its end, or cuts the line after `most` bytes of it.
async fn read(
    shared: &Shared,
    number: usize,
    body: Body,
    most: Option<usize>,
) -> Result<Bytes, CutOff> {
    let mut whole = Vec::new();
    let mut pieces = body.into_data_stream();
    let ended = loop {
        if most.is_some_and(|most| whole.len() >= most) {
            break Err(CutOff);
        }
        match pieces.next().await {
            None => break Ok(()),
            Some(Ok(piece)) => whole.extend_from_slice(&piece),
            Some(Err(_)) => break Err(CutOff),
        }
    };
    let mut world = shared.world();
    let entry = &mut world.log[number];
    let read = most.map_or(whole.len(), |most| most.min(whole.len()));
    entry.body_bytes = u64::try_from(read).expect("a length fits into 64 bits");
    // Nothing arrived whole where the plan cuts, even if the whole body came in one piece.
    if most.is_some() {
        return Err(CutOff);
    }
    ended?;
    entry.body_sha256 = Some(sha256(&whole));
    Ok(whole.into())
}

/// Writes the status into the log, and the headers that every answer has. The date is virtual.
fn finished(shared: &Shared, number: usize, mut response: Response) -> Response {
    let mut world = shared.world();
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(world.now());
    let headers = response.headers_mut();
    if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(now)) {
        headers.insert(header::DATE, date);
    }
    if let Ok(id) = HeaderValue::from_str(&format!("req_{number:012}")) {
        headers.insert("x-request-id", id);
    }
    world.log[number].status = Some(response.status().as_u16());
    response
}
