//! What a person's browser and a build server ask of the console, whichever process it is.

use super::factory::App;
use super::moments::Moments;
use super::world::{PATIENCE, Victim};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[derive(Clone)]
pub struct Asker {
    pub url: String,
    pub http: reqwest::Client,
    pub session: String,
    pub token: String,
    pub console_moments: Moments,
    pub agent_moments: Vec<Moments>,
}

impl Asker {
    /// The moments at which somebody can be struck.
    pub fn moments(&self, victim: Victim) -> &Moments {
        match victim {
            Victim::Console => &self.console_moments,
            Victim::Agent(position) => &self.agent_moments[position],
        }
    }

    /// Calls a server function as the page does. A console that dies meanwhile is asked again; so
    /// `name` must be one that may be asked twice.
    pub async fn call<T: DeserializeOwned>(
        &self,
        name: &str,
        arguments: &impl Serialize,
    ) -> Result<T, Value> {
        let body = serde_json::to_value(arguments).unwrap();
        let asked = async {
            loop {
                let request = self
                    .http
                    .post(format!("{}/api/{name}", self.url))
                    .header("sec-fetch-site", "same-origin")
                    .header("cookie", format!("slipway_session={}", self.session))
                    .json(&body);
                if let Some((status, text)) = answer(request).await {
                    let parsed =
                        || serde_json::from_str(&text).unwrap_or(Value::String(text.clone()));
                    return match status {
                        200 => Ok(serde_json::from_str(&text)
                            .unwrap_or_else(|error| panic!("{name}: {error} in {text}"))),
                        _ => Err(parsed()),
                    };
                }
            }
        };
        tokio::time::timeout(PATIENCE, asked)
            .await
            .unwrap_or_else(|_| panic!("{name} is not answered"))
    }

    /// Calls `/api/v1` as a build server does; asks again like [`Self::call`].
    pub async fn api(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        loop {
            let url = format!("{}/api/v1/{path}", self.url);
            let mut request = self
                .http
                .request(method.parse().unwrap(), url)
                .bearer_auth(&self.token);
            if let Some(body) = body {
                request = request.json(body);
            }
            if let Some((status, text)) = answer(request).await {
                return (status, serde_json::from_str(&text).unwrap_or_default());
            }
        }
    }

    /// Uploads an edition's bundles and asks for them to be published; gives the publication.
    pub async fn publish(&self, app: App, edition: u32, refuses: &str) -> String {
        let bundles = app.pack(edition, refuses);
        for (digest, bytes) in &bundles {
            loop {
                let put = self
                    .http
                    .put(format!("{}/api/v1/bundles/{digest}", self.url))
                    .bearer_auth(&self.token)
                    .body(bytes.clone());
                if let Some((status, text)) = answer(put).await {
                    assert_eq!(status, 204, "{text}");
                    break;
                }
            }
        }
        let digests: Vec<&String> = bundles.iter().map(|(digest, _)| digest).collect();
        let new = serde_json::json!({ "environment": "Development", "bundles": digests });
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
        self.http
            .get(format!("{}/-/live", self.url))
            .header("cookie", format!("slipway_session={}", self.session))
            .send()
            .await
            .ok()
            .filter(|answer| answer.status() == 200)
    }
}

/// Status and text of an answer; nothing if the connection broke.
pub async fn answer(request: reqwest::RequestBuilder) -> Option<(u16, String)> {
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.text().await.ok()?))
}
