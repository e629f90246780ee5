//! Taking connections, each within limits: nobody holds one for nothing, and there are never more
//! than the process can have open. And the order of stopping.

use crate::{ServerState, router};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, Sleep};
use tower::ServiceExt;

/// How long requests may take to end once the process is asked to stop.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);
/// The pause after a connection could not be taken because the process has too many files open.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);
/// Open files that are not connections: databases, bundles, logs.
const OTHER_FILES: u64 = 200;

/// What a connection may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a request's head may take to come, and how long a connection is kept for the next
    /// one. Longer than proxies keep theirs, so that they are the ones who close it.
    pub head: Duration,
    /// How long nothing at all may go either way. Live streams have signs of life in between.
    pub idle: Duration,
    /// How many there may be; others wait for their turn.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(75),
            idle: Duration::from_mins(2),
            connections: 10_000,
        }
    }
}

/// Serves until `shutdown` is ready. Live streams end first, because they would never end on
/// their own; then requests under way are waited for, with a limit.
pub async fn serve(
    listener: TcpListener,
    state: ServerState,
    limits: Limits,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let stopping = state.stopping.clone();
    let router = router(state);
    let room = Arc::new(Semaphore::new(limits.connections.min(open_files())));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head);
    builder.http2().timer(TokioTimer::new());
    let connections = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let next = async {
            // Never closed, so there is always a turn to come.
            let turn = Arc::clone(&room).acquire_owned().await.ok();
            (accept(&listener).await, turn)
        };
        let ((stream, peer), turn) = tokio::select! {
            next = next => next,
            () = &mut shutdown => break,
        };
        let service = hyper::service::service_fn({
            let router = router.clone();
            move |request| call(router.clone(), request, peer)
        });
        let stream = TokioIo::new(Lively::new(stream, limits.idle));
        let connection = builder.serve_connection(stream, service).into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%peer, %error, "a connection ended");
            }
            drop(turn);
        });
    }
    drop(listener);
    stopping.cancel();
    if tokio::time::timeout(DRAIN_LIMIT, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time and were cut off");
    }
    Ok(())
}

/// A request, with the address that it came from.
async fn call(
    router: Router,
    mut request: http::Request<Incoming>,
    peer: SocketAddr,
) -> Result<http::Response<Body>, std::convert::Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request.map(Body::new)).await
}

/// The next connection. What goes wrong with one is no reason to end.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Small answers go out at once.
                let _ = stream.set_nodelay(true);
                return (stream, peer);
            }
            Err(error) if of_the_peer(&error) => {}
            Err(error) => {
                tracing::error!(%error, "a connection could not be taken");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

fn of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// How many connections the process can have open: as many files as the system lets it, which is
/// often many more than it is given at first.
fn open_files() -> usize {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return usize::MAX;
    };
    let have = match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    };
    usize::try_from(have.saturating_sub(OTHER_FILES).max(OTHER_FILES)).unwrap_or(usize::MAX)
}

/// A stream that ends when nothing went either way for too long.
struct Lively {
    stream: TcpStream,
    patience: Duration,
    end: Pin<Box<Sleep>>,
}

impl Lively {
    fn new(stream: TcpStream, patience: Duration) -> Self {
        Self {
            stream,
            patience,
            end: Box::pin(tokio::time::sleep(patience)),
        }
    }

    /// What came of trying: a sign of life, or the end of patience.
    fn tried<T>(
        &mut self,
        context: &mut Context<'_>,
        answer: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if answer.is_ready() {
            self.end.as_mut().reset(Instant::now() + self.patience);
            return answer;
        }
        match self.end.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Lively {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let answer = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.tried(context, answer)
    }
}

impl AsyncWrite for Lively {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let answer = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.tried(context, answer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A socket has nothing to flush, so this is no sign of life.
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let answer = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.tried(context, answer)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
