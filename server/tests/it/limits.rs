//! Connections that give nothing, over real sockets.

use crate::harness::Harness;
use server::{Limits, serve};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Far more than any limit of these tests.
const PATIENCE: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_mins(10);
const HEALTH: &[u8] = b"GET /-/health HTTP/1.1\r\nhost: x\r\n\r\n";

struct Served {
    address: SocketAddr,
    stop: CancellationToken,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
    _harness: Harness,
}

impl Served {
    async fn within(limits: Limits) -> Self {
        let harness = Harness::fresh().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let server = tokio::spawn(serve(listener, harness.state.clone(), limits, stopped));
        Self {
            address,
            stop,
            server,
            _harness: harness,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.server)
            .await
            .expect("it stops")
            .unwrap()
            .unwrap();
    }
}

/// The other side closes, and what it said until then.
async fn closed(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let read = stream.read_to_end(&mut said);
    // A reset is an end as well.
    let _ = tokio::time::timeout(PATIENCE, read)
        .await
        .expect("it is never closed");
    String::from_utf8_lossy(&said).into_owned()
}

/// An answer of `/-/health`.
async fn healthy(stream: &mut TcpStream) {
    stream.write_all(HEALTH).await.unwrap();
    let mut said = String::new();
    let mut buffer = [0; 1024];
    while !said.ends_with("ok") {
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut buffer));
        let count = read.await.expect("it answers").unwrap();
        assert_ne!(count, 0, "closed after {said:?}");
        said.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
}

#[tokio::test]
async fn a_head_that_does_not_end_and_a_connection_that_is_not_used_are_closed() {
    let served = Served::within(Limits {
        head: Duration::from_millis(300),
        idle: LONG,
        ..Limits::default()
    })
    .await;
    let mut half = served.connect().await;
    half.write_all(b"GET /-/health HTTP/1.1\r\nhost")
        .await
        .unwrap();
    closed(&mut half).await;
    let mut kept = served.connect().await;
    healthy(&mut kept).await;
    healthy(&mut kept).await;
    assert_eq!(closed(&mut kept).await, "");
    served.end().await;
}

#[tokio::test]
async fn a_connection_on_which_nothing_goes_is_closed() {
    let served = Served::within(Limits {
        head: LONG,
        idle: Duration::from_millis(300),
        ..Limits::default()
    })
    .await;
    // Nothing at all; the beginning of what may be either protocol; a body that stalls.
    for begin in [
        "",
        "P",
        "POST /api/sign_in HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{",
    ] {
        let mut stream = served.connect().await;
        stream.write_all(begin.as_bytes()).await.unwrap();
        closed(&mut stream).await;
    }
    served.end().await;
}

#[tokio::test]
async fn beyond_their_number_connections_wait_for_their_turn() {
    let served = Served::within(Limits {
        connections: 1,
        ..Limits::default()
    })
    .await;
    let mut first = served.connect().await;
    healthy(&mut first).await;
    let mut second = served.connect().await;
    second.write_all(HEALTH).await.unwrap();
    let mut byte = [0; 1];
    let early = tokio::time::timeout(Duration::from_millis(300), second.peek(&mut byte)).await;
    assert!(early.is_err(), "answered although there is no room");
    drop(first);
    let turn = tokio::time::timeout(PATIENCE, second.peek(&mut byte)).await;
    assert_eq!(turn.expect("its turn never comes").unwrap(), 1);
    drop(second);
    served.end().await;
}
