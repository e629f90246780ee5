//! The one address of the console, whichever process is behind it: a console that is started again
//! gets another port, and another program may have taken the old one meanwhile. While there is no
//! console, who calls waits here.

use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub struct Relay {
    pub url: String,
    console: watch::Sender<Option<SocketAddr>>,
}

impl Relay {
    pub async fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (console, target) = watch::channel(None);
        tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                tokio::spawn(carry(caller, target.clone()));
            }
        });
        Self { url, console }
    }

    /// From now on callers are brought there; `None`: they wait.
    pub fn lead_to(&self, console: Option<SocketAddr>) {
        self.console.send_replace(console);
    }

    /// Whoever would be brought there waits from now on.
    pub fn leave(&self, console: SocketAddr) {
        let leads_there = |to: &mut Option<SocketAddr>| to.take_if(|to| *to == console).is_some();
        self.console.send_if_modified(leads_there);
    }
}

async fn carry(mut caller: TcpStream, mut target: watch::Receiver<Option<SocketAddr>>) {
    loop {
        let Ok(address) = target.wait_for(Option::is_some).await.map(|a| *a) else {
            return;
        };
        let Some(address) = address else { return };
        if let Ok(mut console) = TcpStream::connect(address).await {
            // However it ends, both sides notice.
            let _ = tokio::io::copy_bidirectional(&mut caller, &mut console).await;
            return;
        }
        if target.changed().await.is_err() {
            return;
        }
    }
}
