//! Requests to a service: forwarded by a proxy library, counted so that an old process is stopped
//! only when its last answer is out.

use crate::config::ServiceLimits;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, Response};
use axum_reverse_proxy::{HostBehaviour, ProxyPolicy, ReverseProxy};
use http_body_util::BodyExt;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

static FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// One life of a service's process, as requests see it.
pub(crate) struct Upstream {
    proxy: BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>,
    prefix: Option<HeaderValue>,
    in_flight: Arc<watch::Sender<u64>>,
}

/// Counts a request until its answer is out.
struct InFlight(Arc<watch::Sender<u64>>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.send_modify(|n| *n -= 1);
    }
}

impl Upstream {
    /// Forwards to `port` with `url_path` taken off.
    pub(crate) fn new(url_path: &str, port: u16, limits: ServiceLimits) -> Self {
        let policy = ProxyPolicy::new()
            .with_host_behaviour(HostBehaviour::Preserve)
            .with_upstream_timeout(limits.answer)
            .with_max_request_body_bytes(limits.request_body);
        Self {
            proxy: BoxCloneSyncService::new(
                ReverseProxy::new(url_path, format!("http://127.0.0.1:{port}")).with_policy(policy),
            ),
            prefix: HeaderValue::from_str(url_path).ok(),
            in_flight: Arc::new(watch::Sender::new(0)),
        }
    }

    /// Forwards one request.
    pub(crate) async fn forward(&self, mut request: Request<Body>) -> Response<Body> {
        self.in_flight.send_modify(|n| *n += 1);
        let counted = InFlight(Arc::clone(&self.in_flight));
        if let Some(prefix) = &self.prefix {
            request
                .headers_mut()
                .insert(FORWARDED_PREFIX.clone(), prefix.clone());
        }
        let response = match self.proxy.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let body = body.map_frame(move |frame| {
            let _ = &counted; // lives as long as the answer's body
            frame
        });
        Response::from_parts(parts, Body::new(body))
    }

    /// Waits until no request is in flight, but at most so long.
    pub(crate) async fn drained(&self, limit: Duration) {
        let mut in_flight = self.in_flight.subscribe();
        let _ = tokio::time::timeout(limit, in_flight.wait_for(|n| *n == 0)).await;
    }
}
