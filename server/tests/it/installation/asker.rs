//! What a person's browser and a build server ask of the console, whichever process it is.

use super::PATIENCE;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[derive(Clone)]
pub struct Asker {
    pub url: String,
    pub http: reqwest::Client,
    pub session: String,
    pub token: String,
}

impl Asker {
    /// The same person at another console.
    pub fn at(&self, url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ..self.clone()
        }
    }

    /// As the browser asks for something.
    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.get(format!("{}{path}", self.url));
        request.header("cookie", format!("slipway_session={}", self.session))
    }

    /// As the page calls a server function.
    pub fn post(&self, name: &str, arguments: &impl Serialize) -> reqwest::RequestBuilder {
        self.http
            .post(format!("{}/api/{name}", self.url))
            .header("sec-fetch-site", "same-origin")
            .header("cookie", format!("slipway_session={}", self.session))
            .json(arguments)
    }

    /// Calls a server function once; nothing if the console dies over it.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        name: &str,
        arguments: &impl Serialize,
    ) -> Option<Result<T, Value>> {
        let (status, text) = answer(self.post(name, arguments)).await?;
        let parsed = || serde_json::from_str(&text).unwrap_or(Value::String(text.clone()));
        Some(match status {
            200 => Ok(serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{name}: {error} in {text}"))),
            _ => Err(parsed()),
        })
    }

    /// Calls a server function. A console that dies meanwhile is asked again; so `name` must be one
    /// that may be asked twice.
    pub async fn call<T: DeserializeOwned>(
        &self,
        name: &str,
        arguments: &impl Serialize,
    ) -> Result<T, Value> {
        let asked = async {
            loop {
                if let Some(answer) = self.ask(name, arguments).await {
                    return answer;
                }
            }
        };
        tokio::time::timeout(PATIENCE, asked)
            .await
            .unwrap_or_else(|_| panic!("{name} is not answered"))
    }

    /// Calls `/api/v1` as a build server does, once.
    pub async fn ask_api(
        &self,
        method: &str,
        path: &str,
        body: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Option<(u16, Value)> {
        let url = format!("{}/api/v1/{path}", self.url);
        let request = self.http.request(method.parse().unwrap(), url);
        let (status, text) = answer(body(request.bearer_auth(&self.token))).await?;
        Some((status, serde_json::from_str(&text).unwrap_or_default()))
    }

    /// Asks again like [`Self::call`].
    async fn api(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        loop {
            let with_body = |request: reqwest::RequestBuilder| match body {
                Some(body) => request.json(body),
                None => request,
            };
            if let Some(answer) = self.ask_api(method, path, with_body).await {
                return answer;
            }
        }
    }

    /// Uploads bundles once.
    pub async fn upload(&self, bundles: &[(String, Vec<u8>)]) -> Option<()> {
        for (digest, bytes) in bundles {
            let path = format!("bundles/{digest}");
            let put = self.ask_api("PUT", &path, |request| request.body(bytes.clone()));
            let (status, problem) = put.await?;
            assert_eq!(status, 204, "{problem}");
        }
        Some(())
    }

    /// Uploads bundles and asks for them to be published; gives the publication.
    pub async fn publish(&self, environment: &str, bundles: &[(String, Vec<u8>)]) -> String {
        while self.upload(bundles).await.is_none() {}
        let new = publication(environment, bundles);
        let mut changes = self.listen().await;
        loop {
            let (status, answer) = self.api("POST", "publications", Some(&new)).await;
            if status == 202 {
                return answer["id"].as_str().unwrap().to_owned();
            }
            // The agent was struck as well: the page shows when it is back.
            assert_eq!(status, 503, "{answer}");
            let heard = match &mut changes {
                Some(stream) => stream.chunk().await.ok().flatten(),
                None => None,
            };
            if heard.is_none() {
                changes = self.listen().await;
            }
        }
    }

    /// Waits until a publication is over; whether it succeeded.
    pub async fn published(&self, id: &str) -> Result<(), String> {
        let mut after = 0;
        loop {
            let path = format!("publications/{id}?after={after}");
            let (status, state) = self.api("GET", &path, None).await;
            assert_eq!(status, 200, "{state}");
            for line in state["lines"].as_array().unwrap() {
                after = line["number"].as_u64().unwrap();
            }
            match state["state"].as_str() {
                Some("succeeded") => return Ok(()),
                Some("failed") => return Err(state["error"].to_string()),
                _ => {}
            }
        }
    }

    /// The stream of changes, as a browser hears it.
    pub async fn listen(&self) -> Option<reqwest::Response> {
        let answer = self.get("/-/live").send().await.ok();
        answer.filter(|answer| answer.status() == 200)
    }
}

/// What is asked for to publish these bundles.
pub fn publication(environment: &str, bundles: &[(String, Vec<u8>)]) -> Value {
    let digests: Vec<&String> = bundles.iter().map(|(digest, _)| digest).collect();
    serde_json::json!({ "environment": environment, "bundles": digests })
}

/// Status and text of an answer; nothing if the connection broke.
pub async fn answer(request: reqwest::RequestBuilder) -> Option<(u16, String)> {
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.text().await.ok()?))
}
