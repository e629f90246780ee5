//! What a person can do about a finding: at most two ways, the first settles it.

use super::group::{OPENED, open, slot_holders};
use domain::impact::{Finding, FindingCode, Report};
use domain::plan::{Choice, PlanContent};
use domain::{ApplicationId, ModuleId, VersionId, VersionNumber};

/// A way to settle a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Puts an application into the plan, with this version of it if one is known.
    Add {
        /// Which.
        application: ApplicationId,
        /// Its version.
        version: Option<VersionId>,
    },
    /// Gives an application of the plan this version.
    Take {
        /// Which.
        application: ApplicationId,
        /// The version.
        version: VersionId,
    },
    /// Tags what the source runs of an application with this number, and deploys that.
    Tag {
        /// Which.
        application: ApplicationId,
        /// The number of the tag.
        number: VersionNumber,
    },
    /// Sets the row to *Do nothing*.
    LeaveOut(ApplicationId),
    /// Ticks a consumer to be republished.
    Republish(ModuleId),
    /// Goes to the field of a site property.
    ShowSetting(ModuleId, String),
    /// Goes to the application's row.
    ShowRow(ApplicationId),
    /// Opens the dialog that adds applications.
    AddApplications,
    /// Goes to the choice of environments.
    ChooseEnvironments,
    /// Opens the page of the environments.
    OpenEnvironments,
    /// Opens another plan.
    OpenPlan(u64),
    /// Puts this plan in the line of its target.
    StartWhenFree,
    /// Opens an application's page.
    OpenApplication(ApplicationId),
    /// Asks how a hotfix or a hold of the application is settled.
    Settle(ApplicationId),
}

/// A remedy with the words on its button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The words.
    pub label: String,
    /// The full name, where the words alone do not say what is meant.
    pub name: Option<String>,
    /// What it does.
    pub remedy: Remedy,
}

/// The ways to settle a finding, the best first, at most two.
pub fn remedies(finding: &Finding, report: &Report, content: &PlanContent) -> Vec<Offer> {
    let mut offers = match finding.code {
        FindingCode::ProducerModuleMissing
        | FindingCode::ProducerElementMissing
        | FindingCode::ProducerElementIncompatible
        | FindingCode::NewerProducerAvailable => bring_producer(finding, report, content),
        FindingCode::ConsumerElementMissing | FindingCode::ConsumerElementIncompatible => {
            bring_consumer(finding, content)
        }
        FindingCode::ConsumerOutdated => republish(finding, report, content),
        FindingCode::EmptyPlan => vec![offer("Add applications", Remedy::AddApplications)],
        FindingCode::SameEnvironment => {
            vec![offer("Choose another target", Remedy::ChooseEnvironments)]
        }
        FindingCode::ParallelLimit => slots(finding),
        FindingCode::TargetUnreachable | FindingCode::EnvironmentInMaintenance => {
            vec![offer("Open environments", Remedy::OpenEnvironments)]
        }
        FindingCode::ParallelSameModule
        | FindingCode::ParallelRelatedModule
        | FindingCode::ParallelSwitchedOff => other_plan(finding),
        FindingCode::AheadInLine => wait_behind(finding, report),
        FindingCode::TargetBroken | FindingCode::ChangedOutside => open_application(finding),
        FindingCode::TagNumberUnusable | FindingCode::VersionNotAvailable => {
            show_row(finding, "Choose another")
        }
        FindingCode::HotfixOverwritten if finding.versions.needed.is_some() => {
            show_row(finding, "Choose another")
        }
        FindingCode::HotfixOverwritten => settle(finding, "Mark hotfix as solved…"),
        FindingCode::VersionHeld => settle(finding, "Release hold…"),
        FindingCode::ModuleMoved => bring_other_application(finding, content),
        FindingCode::ModulesRemoved => show_row(finding, "Show row"),
        FindingCode::SettingMissing | FindingCode::SettingInvalid => enter_value(finding),
        FindingCode::IncompatiblePlatform
        | FindingCode::NameCollision
        | FindingCode::PathCollision
        | FindingCode::ApplicationBlocked
        | FindingCode::VersionDowngrade
        | FindingCode::NoRightToDeploy
        | FindingCode::NoRightToTag
        | FindingCode::LinkedContentDiffers
        | FindingCode::NothingToDo => Vec::new(),
    };
    let may_leave_out = !matches!(
        finding.code,
        FindingCode::ConsumerOutdated
            | FindingCode::NewerProducerAvailable
            | FindingCode::LinkedContentDiffers
            | FindingCode::TargetBroken
            | FindingCode::ChangedOutside
            | FindingCode::ModulesRemoved
            | FindingCode::TargetUnreachable
            | FindingCode::ParallelLimit
            | FindingCode::ParallelSwitchedOff
    );
    if may_leave_out
        && let Some((application, name)) = blamed(finding)
        && acts_on(content, application)
    {
        offers.push(Offer {
            label: "Leave it out".to_owned(),
            name: (!name.is_empty()).then(|| format!("Leave it out: {name}")),
            remedy: Remedy::LeaveOut(application),
        });
    }
    offers.truncate(2);
    offers
}

fn offer(label: impl Into<String>, remedy: Remedy) -> Offer {
    Offer {
        label: label.into(),
        name: None,
        remedy,
    }
}

/// The application of the plan that causes the finding.
fn blamed(finding: &Finding) -> Option<(ApplicationId, String)> {
    match (finding.application, &finding.consumer, &finding.producer) {
        (Some(id), consumer, producer) => {
            let name = [consumer, producer]
                .into_iter()
                .flatten()
                .find(|m| m.application == id)
                .map_or_else(String::new, |m| m.application_name.to_string());
            Some((id, name))
        }
        (None, Some(m), _) => Some((m.application, m.application_name.to_string())),
        (None, None, _) => None,
    }
}

fn acts_on(content: &PlanContent, application: ApplicationId) -> bool {
    content
        .operations
        .iter()
        .any(|o| o.application == application && o.choice != Choice::DoNothing)
}

fn is_in(content: &PlanContent, application: ApplicationId) -> bool {
    content
        .operations
        .iter()
        .any(|o| o.application == application)
}

fn bring_producer(finding: &Finding, report: &Report, content: &PlanContent) -> Vec<Offer> {
    let Some(producer) = &finding.producer else {
        return Vec::new();
    };
    let missing = report
        .missing_producers
        .iter()
        .find(|m| m.application == producer.application);
    let version = missing.and_then(|m| m.lowest);
    let application = producer.application;
    let name = &producer.application_name;
    // What another plan is bringing there collides with this one if it is added.
    if let Some(other) = missing.and_then(|m| m.moved_by.as_deref()) {
        return open(other).into_iter().collect();
    }
    if let Some(number) = missing.and_then(|m| m.tag) {
        return vec![offer(
            format!("Tag & Deploy {name} {number}"),
            Remedy::Tag {
                application,
                number,
            },
        )];
    }
    match (is_in(content, application), version) {
        (true, Some((version, number))) => vec![offer(
            format!("Take {name} {number}"),
            Remedy::Take {
                application,
                version,
            },
        )],
        (false, Some((version, number))) => vec![offer(
            format!("Add {name} {number}"),
            Remedy::Add {
                application,
                version: Some(version),
            },
        )],
        // Nothing says that the source has it: offering to add it would lead nowhere.
        (false, None) if finding.code == FindingCode::NewerProducerAvailable => vec![offer(
            format!("Add {name}"),
            Remedy::Add {
                application,
                version: None,
            },
        )],
        (true, None) => vec![offer(format!("Show {name}"), Remedy::ShowRow(application))],
        (false, None) => Vec::new(),
    }
}

fn bring_consumer(finding: &Finding, content: &PlanContent) -> Vec<Offer> {
    match &finding.consumer {
        Some(consumer) if !is_in(content, consumer.application) => vec![offer(
            format!("Add {}", consumer.application_name),
            Remedy::Add {
                application: consumer.application,
                version: None,
            },
        )],
        Some(consumer) => vec![offer(
            format!("Show {}", consumer.application_name),
            Remedy::ShowRow(consumer.application),
        )],
        None => Vec::new(),
    }
}

fn republish(finding: &Finding, report: &Report, content: &PlanContent) -> Vec<Offer> {
    let Some(consumer) = &finding.consumer else {
        return Vec::new();
    };
    let allowed = report
        .outdated_consumers
        .iter()
        .any(|o| o.consumer.module == consumer.module && o.allowed && !o.would_break);
    if allowed && !content.republish.contains(&consumer.module) {
        vec![offer(
            format!("Republish {}", consumer.name),
            Remedy::Republish(consumer.module),
        )]
    } else {
        Vec::new()
    }
}

fn bring_other_application(finding: &Finding, content: &PlanContent) -> Vec<Offer> {
    [&finding.producer, &finding.consumer]
        .into_iter()
        .flatten()
        .find(|m| !is_in(content, m.application))
        .map(|m| {
            vec![offer(
                format!("Add {}", m.application_name),
                Remedy::Add {
                    application: m.application,
                    version: None,
                },
            )]
        })
        .unwrap_or_default()
}

fn other_plan(finding: &Finding) -> Vec<Offer> {
    let other = finding.detail.as_deref().and_then(open);
    other.into_iter().collect()
}

/// To stand in line too, if nothing else is wrong with the plan; and the one that comes first.
fn wait_behind(finding: &Finding, report: &Report) -> Vec<Offer> {
    let wait = report.may_wait().then(|| Offer {
        label: "Start when free".to_owned(),
        name: finding
            .detail
            .as_deref()
            .and_then(plan_number)
            .map(|number| format!("Start when free: behind #{number}")),
        remedy: Remedy::StartWhenFree,
    });
    wait.into_iter().chain(other_plan(finding)).collect()
}

/// The plans that hold the slots, or where the limit is set.
fn slots(finding: &Finding) -> Vec<Offer> {
    let holders = slot_holders(finding).into_iter();
    let mut offers: Vec<Offer> = holders.take(OPENED).filter_map(open).collect();
    if offers.len() < OPENED {
        offers.push(offer("Open environments", Remedy::OpenEnvironments));
    }
    offers
}

/// The number of the plan that a detail names: `1852`, `#1852` or `Plan #1852 (…)`.
pub fn plan_number(detail: &str) -> Option<u64> {
    let digits = match detail.split_once('#') {
        Some((_, rest)) => rest,
        None => detail,
    };
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    if end == 0 || (end < digits.len() && !detail.contains('#')) {
        return None;
    }
    digits[..end].parse().ok()
}

fn open_application(finding: &Finding) -> Vec<Offer> {
    finding
        .application
        .or_else(|| finding.producer.as_ref().map(|m| m.application))
        .or_else(|| finding.consumer.as_ref().map(|m| m.application))
        .map(|id| vec![offer("Open application", Remedy::OpenApplication(id))])
        .unwrap_or_default()
}

fn settle(finding: &Finding, label: &str) -> Vec<Offer> {
    finding
        .application
        .map(|id| vec![offer(label, Remedy::Settle(id))])
        .unwrap_or_default()
}

fn enter_value(finding: &Finding) -> Vec<Offer> {
    let module = finding.consumer.as_ref().map(|consumer| consumer.module);
    let property = module.zip(finding.detail.clone());
    property
        .map(|(module, name)| {
            vec![Offer {
                label: "Enter a value".to_owned(),
                name: Some(format!("Enter a value for {name}")),
                remedy: Remedy::ShowSetting(module, name),
            }]
        })
        .unwrap_or_default()
}

fn show_row(finding: &Finding, label: &str) -> Vec<Offer> {
    finding
        .application
        .map(|id| vec![offer(label, Remedy::ShowRow(id))])
        .unwrap_or_default()
}
