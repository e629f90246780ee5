//! How the sample's console came to look as it does: what was published, tagged and deployed. Every
//! step goes through the same use cases as a person's, and asks first whether it is done, so that
//! a start that was cut off is finished by the next one.

use super::{APPLICATIONS, edition};
use crate::cli::publish::pack;
use anyhow::{Context, bail};
use backend::{Actor, Backend, NewPublication};
use bytes::Bytes;
use domain::plan::{Choice, PlanStatus};
use domain::view::{
    ApplicationDetail, ApplicationFilter, EnvironmentDetail, NewVersion, PlanEdit, StartOutcome,
};
use domain::{ApplicationId, EnvironmentId, VersionNumber};
use std::path::Path;
use std::time::Duration;

/// How long one publication or plan may take.
const PATIENCE: Duration = Duration::from_mins(3);

/// A step of the history.
enum Step {
    /// An edition is published into an environment.
    Publish(&'static str, u8, &'static str),
    /// What an environment runs is tagged.
    Tag(&'static str, &'static str, &'static str, &'static str),
    /// Versions go from one environment to the next.
    Deploy(
        &'static str,
        &'static str,
        &'static [(&'static str, &'static str)],
    ),
}

const DEVELOPMENT: &str = "Development";
const QUALITY: &str = "Quality";
const PRODUCTION: &str = "Production";

/// What Quality and Production got first.
const FIRST: [(&str, &str); 8] = [
    ("harbour-ui", "9.4"),
    ("customer-core", "3.7"),
    ("policy-core", "5.2"),
    ("rating-engine", "6.19"),
    ("claims-core", "2.13"),
    ("notifications-hub", "3.2"),
    ("claims-portal", "2.13"),
    ("broker-portal", "3.7"),
];

/// What came after, with the words of its tags.
const SECOND: [(&str, &str, &str); 8] = [
    ("harbour-ui", "9.5", "Green accent, amounts with cents."),
    ("customer-core", "3.8", "Closed customers can be found."),
    ("policy-core", "5.3", "Endorsements."),
    ("rating-engine", "6.20", "Home tariff of the new year."),
    ("claims-core", "2.14", "Reserves are estimated."),
    (
        "document-vault",
        "4.2",
        "First release: every document once.",
    ),
    (
        "claims-portal",
        "2.14",
        "Shows what a claim will probably cost.",
    ),
    ("broker-portal", "3.8", "Every policy with its documents."),
];

fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    for (application, number) in FIRST {
        steps.push(Step::Publish(application, 1, DEVELOPMENT));
        steps.push(Step::Tag(
            application,
            DEVELOPMENT,
            number,
            "First version under Slipway.",
        ));
    }
    steps.push(Step::Deploy(DEVELOPMENT, QUALITY, &FIRST));
    steps.push(Step::Deploy(QUALITY, PRODUCTION, &FIRST));
    // Newer in Quality than in Production.
    steps.push(Step::Publish("notifications-hub", 2, DEVELOPMENT));
    steps.push(Step::Tag(
        "notifications-hub",
        DEVELOPMENT,
        "3.3",
        "New letterhead.",
    ));
    steps.push(Step::Deploy(
        DEVELOPMENT,
        QUALITY,
        &[("notifications-hub", "3.3")],
    ));
    // Ahead in Development: Broker Portal's new producer, Document Vault, is not in Quality.
    for (application, number, words) in SECOND {
        let newest = if application == "document-vault" {
            1
        } else {
            2
        };
        steps.push(Step::Publish(application, newest, DEVELOPMENT));
        steps.push(Step::Tag(application, DEVELOPMENT, number, words));
    }
    // Modified since its tag.
    steps.push(Step::Publish("claims-portal", 3, DEVELOPMENT));
    // A hotfix: corrected where people use it, not merged back yet.
    steps.push(Step::Publish("rating-engine", 3, PRODUCTION));
    steps.push(Step::Tag(
        "rating-engine",
        PRODUCTION,
        "6.19.1",
        "Home tariff was too high for small sums.",
    ));
    steps
}

/// Plays what has not been played yet; `progress` remembers how far it came. `places` are the
/// environments under the names that the history knows them by.
pub async fn play(
    backend: &Backend,
    actor: &Actor,
    progress: &Path,
    places: &[(&'static str, EnvironmentId)],
    say: &impl Fn(&str),
) -> anyhow::Result<()> {
    let steps = steps();
    let done: usize = match std::fs::read_to_string(progress) {
        Ok(text) => serde_json::from_str(&text).unwrap_or(0),
        Err(_) => 0,
    };
    if done >= steps.len() {
        return Ok(());
    }
    say("Filling the sample factory, once:");
    let environments = wait_until_idle(backend, actor).await?;
    let player = Player {
        backend,
        actor,
        environments: &environments,
        places,
    };
    for (position, step) in steps.iter().enumerate().skip(done) {
        let work = async {
            match step {
                Step::Publish(application, number, environment) => {
                    player.publish(application, *number, environment, say).await
                }
                Step::Tag(application, environment, number, words) => {
                    player.tag(application, environment, number, words).await
                }
                Step::Deploy(source, target, versions) => {
                    player.deploy(source, target, versions, say).await
                }
            }
        };
        tokio::time::timeout(PATIENCE, work)
            .await
            .context("it took too long")
            .flatten()
            .with_context(|| format!("step {} of the sample's history", position + 1))?;
        std::fs::write(progress, (position + 1).to_string())?;
    }
    Ok(())
}

/// The environments, once nothing runs in them: a start that was cut off may have left a run, which
/// goes on by itself and holds what the next step needs.
async fn wait_until_idle(
    backend: &Backend,
    actor: &Actor,
) -> anyhow::Result<Vec<EnvironmentDetail>> {
    let idle = async {
        loop {
            let all = backend.list_environments(actor).await?;
            if all
                .iter()
                .all(|e| e.row.active_plans == 0 && e.publications.is_empty())
            {
                return Ok(all);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(PATIENCE, idle)
        .await
        .context("a run of an earlier start does not end")?
}

struct Player<'a> {
    backend: &'a Backend,
    actor: &'a Actor,
    environments: &'a [EnvironmentDetail],
    places: &'a [(&'static str, EnvironmentId)],
}

impl Player<'_> {
    async fn publish(
        &self,
        application: &str,
        number: u8,
        environment: &str,
        say: &impl Fn(&str),
    ) -> anyhow::Result<()> {
        let edition = edition(application, number).context("no such edition")?;
        say(&format!("  {} into {environment}", edition.name));
        let folder = Scratch::new()?;
        edition.folder().write_to(&folder.0)?;
        let modules = match pack(&folder.0)? {
            Ok(modules) => modules,
            Err(mistakes) => bail!("{mistakes}"),
        };
        let digests: Vec<String> = modules
            .iter()
            .map(|m| m.packed.digest.to_string())
            .collect();
        let missing = self
            .backend
            .missing_bundles(self.actor, digests.clone(), None)
            .await?;
        for module in modules {
            let digest = module.packed.digest.to_string();
            if missing.contains(&digest) {
                self.backend
                    .upload_bundle(self.actor, &digest, Bytes::from(module.bytes))
                    .await?;
            }
        }
        let id = self
            .backend
            .publish(
                self.actor,
                NewPublication {
                    environment: self.environment(environment)?.row.name.clone(),
                    bundles: digests,
                    allow_missing: false,
                },
            )
            .await?;
        let end = self.backend.wait_run(id).await?;
        let state = self
            .backend
            .read_publication(self.actor, id, u64::MAX)
            .await?;
        if state.succeeded == Some(true) {
            return Ok(());
        }
        bail!("{} was not published: {}", edition.name, end.text)
    }

    async fn tag(
        &self,
        application: &str,
        environment: &str,
        number: &str,
        words: &str,
    ) -> anyhow::Result<()> {
        let detail = self.application(application).await?;
        let wanted: VersionNumber = number.parse()?;
        if detail
            .versions
            .iter()
            .any(|version| version.number == wanted)
        {
            return Ok(());
        }
        let position = self.position(environment)?;
        let running_revision = detail
            .running_revisions
            .get(position)
            .copied()
            .flatten()
            .with_context(|| format!("{} does not run in {environment}", detail.name))?;
        self.backend
            .tag_version(
                self.actor,
                NewVersion {
                    application: detail.id,
                    environment: self.environment(environment)?.row.id,
                    number: number.to_owned(),
                    description: words.to_owned(),
                    running_revision,
                },
            )
            .await?;
        Ok(())
    }

    async fn deploy(
        &self,
        source: &str,
        target: &str,
        versions: &[(&str, &str)],
        say: &impl Fn(&str),
    ) -> anyhow::Result<()> {
        let count = match versions {
            [_] => "1 application".to_owned(),
            many => format!("{} applications", many.len()),
        };
        say(&format!("  {count} from {source} to {target}"));
        let position = self.position(target)?;
        let mut wanted = Vec::new();
        for (application, number) in versions {
            let detail = self.application(application).await?;
            let number: VersionNumber = number.parse()?;
            if detail.cells.get(position).and_then(|cell| cell.version) == Some(number) {
                continue;
            }
            let version = detail
                .versions
                .iter()
                .find(|version| version.number == number)
                .with_context(|| format!("{} has no version {number}", detail.name))?
                .id;
            wanted.push((detail.id, Choice::Deploy { version }));
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let plan = self
            .backend
            .create_plan(
                self.actor,
                self.environment(source)?.row.id,
                self.environment(target)?.row.id,
                wanted.iter().map(|(application, _)| *application).collect(),
            )
            .await?;
        let mut revision = self.backend.read_plan(self.actor, plan).await?.revision;
        for (application, choice) in wanted {
            let edit = PlanEdit::SetChoice(application, choice);
            revision = self
                .backend
                .edit_plan(self.actor, plan, revision, edit)
                .await?;
        }
        revision = self.backend.save_plan(self.actor, plan, revision).await?;
        match self
            .backend
            .start_plan(self.actor, plan, revision, None)
            .await?
        {
            StartOutcome::Started => {}
            StartOutcome::Refused(report) => bail!(
                "the plan from {source} to {target} was refused: {:?}",
                report.findings.first()
            ),
        }
        let detail = self.backend.read_plan(self.actor, plan).await?;
        let end = self.backend.wait_run(detail.row.id.0).await?;
        let detail = self.backend.read_plan(self.actor, plan).await?;
        match detail.row.status {
            PlanStatus::FinishedSuccessful | PlanStatus::FinishedWithWarnings => Ok(()),
            other => bail!(
                "the plan from {source} to {target} ended as {}: {}",
                other.as_str(),
                end.text
            ),
        }
    }

    async fn application(&self, folder: &str) -> anyhow::Result<ApplicationDetail> {
        let name = APPLICATIONS
            .iter()
            .find(|application| application.folder == folder)
            .context("no such application")?
            .name;
        let filter = ApplicationFilter {
            text: name.to_owned(),
            limit: 50,
            ..ApplicationFilter::default()
        };
        let page = self.backend.list_applications(self.actor, filter).await?;
        let id: ApplicationId = page
            .rows
            .iter()
            .find(|row| row.name == name)
            .with_context(|| format!("{name} is not in the console"))?
            .id;
        Ok(self.backend.read_application(self.actor, id).await?)
    }

    fn position(&self, name: &str) -> anyhow::Result<usize> {
        let id = self.places.iter().find(|(place, _)| *place == name);
        self.environments
            .iter()
            .position(|environment| id.is_some_and(|(_, id)| *id == environment.row.id))
            .with_context(|| format!("there is no environment {name}"))
    }

    fn environment(&self, name: &str) -> anyhow::Result<&EnvironmentDetail> {
        let position = self.position(name)?;
        self.environments
            .get(position)
            .with_context(|| format!("there is no environment {name}"))
    }
}

/// A folder that goes away.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("slipway-sample-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
