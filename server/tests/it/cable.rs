//! A cable that is pulled: connections stay open, and nothing comes through any more.

use agent::{Config, ServiceLimits};
use backend::events::Topic;
use backend::testing::actor;
use domain::access::Standing;
use domain::environment::{LinkState, Purpose};
use domain::view::NewEnvironment;
use server::console::{Console, Settings};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Between an agent and its console.
struct Cable {
    url: String,
    pulled: watch::Sender<bool>,
}

impl Cable {
    async fn to(console: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (pulled, state) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(console).await.unwrap();
                let (near, far) = (near.into_split(), far.into_split());
                tokio::spawn(carry(near.0, far.1, state.clone()));
                tokio::spawn(carry(far.0, near.1, state.clone()));
            }
        });
        Self { url, pulled }
    }
}

async fn carry(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut pulled: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        // What is under way when the cable is pulled waits here with everything after it.
        if pulled.wait_for(|pulled| !*pulled).await.is_err()
            || to.write_all(&buffer[..length]).await.is_err()
        {
            return;
        }
    }
    if pulled.wait_for(|pulled| !*pulled).await.is_ok() {
        let _ = to.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_whose_cable_was_pulled_is_soon_away() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let console = Console::start(Settings::in_folder(folder.path(), any_port))
        .await
        .unwrap();
    let backend = &console.backend;
    let administrator = actor(Standing::Administrator);
    let new = NewEnvironment {
        name: "Workshop".to_owned(),
        purpose: Purpose::Development,
    };
    let environment = backend
        .create_environment(&administrator, new)
        .await
        .unwrap();
    let code = backend
        .create_join_code(&administrator, environment)
        .await
        .unwrap();
    let cable = Cable::to(console.address).await;
    let config = Config {
        folder: folder.path().join("agent"),
        console: cable.url.clone(),
        listen: any_port,
        public_address: None,
        program: None,
        version: "0.0.0".to_owned(),
        secret_keys: None,
        services: ServiceLimits::default(),
        tidy_after: agent::TIDY_AFTER,
    };
    agent::join(&config, &code.code).await.unwrap();
    let mut changes = backend.topics().subscribe();
    let mut becomes = async |wanted: LinkState, within: u64| {
        let changed = async {
            loop {
                let seen = backend.list_environments(&administrator).await.unwrap();
                if seen[0].row.link == wanted {
                    return;
                }
                while changes.recv().await.unwrap().topic != Topic::Environments {}
            }
        };
        tokio::time::timeout(Duration::from_secs(within), changed)
            .await
            .unwrap_or_else(|_| panic!("it never was {wanted:?}"));
    };
    let stop = CancellationToken::new();
    let agent = agent::run(config, stop.clone()).await.unwrap();
    becomes(LinkState::Online, 30).await;
    cable.pulled.send_replace(true);
    // Three signs of life and the next look at the stream.
    becomes(LinkState::Offline, 55).await;
    cable.pulled.send_replace(false);
    becomes(LinkState::Online, 60).await;
    stop.cancel();
    agent.finished().await.unwrap();
    console.stop().await;
}
