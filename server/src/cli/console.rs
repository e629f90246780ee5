//! The console as the command line reaches it: over HTTP, with a token.

use super::exit;
use crate::api::wire::Problem;
use anyhow::{Context, anyhow, bail};
use reqwest::{Client, Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::time::{Duration, Instant};

/// How long reading goes on while the console does not answer, or says that it cannot now.
const PATIENCE: Duration = Duration::from_mins(2);
/// The pause between two tries.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// A console and the right to ask it.
#[derive(Debug)]
pub struct Console {
    client: Client,
    address: String,
    token: String,
}

/// The console answered, and the answer is no.
#[derive(Debug)]
pub struct Refused {
    status: u16,
    problem: Problem,
}

impl Refused {
    /// How the command ends.
    pub fn exit(&self) -> u8 {
        match self.status {
            401 | 404 => exit::BAD_INPUT,
            _ => exit::REFUSED,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)?;
        for (field, message) in &self.problem.fields {
            write!(f, "\n  {field}: {message}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

impl Console {
    /// Nothing is sent yet.
    pub fn new(address: &str, token: Option<&str>) -> anyhow::Result<Self> {
        let token = token.map(str::trim).filter(|token| !token.is_empty()).context(
            "this needs a token, and SLIPWAY_TOKEN holds none. Make one in the console (your own menu, Tokens), or with `slipway token create` on the console's machine, then: export SLIPWAY_TOKEN=...",
        )?;
        let is_address = reqwest::Url::parse(address)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !is_address {
            bail!(
                "\"{address}\" is no address of a console. --console or SLIPWAY_CONSOLE names it, such as https://slipway.example.com"
            );
        }
        // Another part of the process may have chosen it already: the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_mins(2))
            .user_agent(concat!("slipway/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("the HTTP client could not be made")?;
        Ok(Self {
            client,
            address: address.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
        })
    }

    /// Reads.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.send(self.request(Method::GET, path)).await
    }

    /// Reads, and tries again for [`PATIENCE`] while the console is away or busy: it may be
    /// restarted meanwhile, and what is read about goes on.
    pub async fn get_patiently<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let end = Instant::now() + PATIENCE;
        loop {
            let error = match self.get(path).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let refused = error.downcast_ref::<Refused>();
            let passes = refused.is_none_or(|refused| matches!(refused.status, 502..=504));
            if !passes || Instant::now() >= end {
                return Err(error);
            }
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }

    /// Asks for something.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> anyhow::Result<T> {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Gives a bundle.
    pub async fn put_bundle(&self, path: &str, bytes: Vec<u8>) -> anyhow::Result<()> {
        let request = self.request(Method::PUT, path).body(bytes);
        self.answer(request).await.map(drop)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}/{path}", self.address))
            .bearer_auth(&self.token)
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<T> {
        let answer = self.answer(request).await?;
        answer
            .json()
            .await
            .with_context(|| format!("{} answered something that is not Slipway's", self.address))
    }

    async fn answer(&self, request: RequestBuilder) -> anyhow::Result<reqwest::Response> {
        let answer = request.send().await.map_err(|error| {
            if error.is_connect() || error.is_timeout() {
                anyhow!(
                    "{} does not answer. Is the console running there? --console or SLIPWAY_CONSOLE names another address.",
                    self.address
                )
            } else {
                anyhow!("{}: {}", self.address, error.without_url())
            }
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let problem = answer.json::<Problem>().await.unwrap_or_else(|_| Problem {
            code: "unexpected".to_owned(),
            message: format!(
                "{} answered {status}. Is that a Slipway console?",
                self.address
            ),
            fields: Vec::new(),
        });
        Err(Refused {
            status: status.as_u16(),
            problem,
        }
        .into())
    }
}
