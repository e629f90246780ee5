//! The demo's own environments. They are a person's as well: renamed, moved, and joined by others
//! that the demo knows nothing of. So it remembers them by id.

use super::file::write_json;
use anyhow::Context;
use backend::{Actor, Backend};
use domain::EnvironmentId;
use domain::environment::Purpose;
use domain::view::{EnvironmentDetail, NewEnvironment};
use std::collections::BTreeMap;
use std::path::Path;

/// What they are called at first, in promotion order.
const FIRST_NAMES: [(&str, Purpose); 3] = [
    ("Development", Purpose::Development),
    ("Quality", Purpose::Test),
    ("Production", Purpose::Production),
];

/// One of the demo's environments.
#[derive(Debug)]
pub struct Place {
    /// The name that the demo knows it by.
    pub name: &'static str,
    /// The environment as it is now.
    pub environment: EnvironmentDetail,
}

/// The demo's environments, made where missing. `path` remembers which they are.
pub async fn open(backend: &Backend, actor: &Actor, path: &Path) -> anyhow::Result<Vec<Place>> {
    let mut known = read(path)?;
    for (name, purpose) in FIRST_NAMES {
        let there = backend.list_environments(actor).await?;
        let is_there = |id: &EnvironmentId| there.iter().any(|e| e.row.id == *id);
        if known.get(name).is_some_and(is_there) {
            continue;
        }
        // Made by a start that was cut off before it could remember it.
        let of_name = there.iter().find(|e| e.row.name == name);
        let id = match of_name {
            Some(environment) => environment.row.id,
            None => {
                let new = NewEnvironment {
                    name: name.to_owned(),
                    purpose,
                };
                backend.create_environment(actor, new).await?
            }
        };
        known.insert(name.to_owned(), id);
        write_json(&known, path)?;
    }
    let all = backend.list_environments(actor).await?;
    FIRST_NAMES
        .iter()
        .map(|(name, _)| {
            let environment = all
                .iter()
                .find(|e| known.get(*name) == Some(&e.row.id))
                .with_context(|| format!("the environment {name} was removed meanwhile"))?;
            Ok(Place {
                name,
                environment: environment.clone(),
            })
        })
        .collect()
}

fn read(path: &Path) -> anyhow::Result<BTreeMap<String, EnvironmentId>> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}
