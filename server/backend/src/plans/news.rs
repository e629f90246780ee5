//! What has changed around a plan since somebody looked at it (domain.md 3.6): publications, moves
//! and tags of its applications in the source, and anything in the target.

use super::{People, Plan};
use domain::plan::{Choice, PlanContent, PlanStatus};
use domain::view::{MAX_NEWS, NewsRow, PlanNews};
use domain::{AppError, ApplicationId};
use std::collections::BTreeMap;
use store::plans::{ChangedApplication, Look, NewTag};
use store::{ConnectionTrait, StoreError};
use uuid::Uuid;

/// What somebody who makes `content` has looked at: everything, or after a change what that brought
/// in.
pub(super) fn subjects(content: &PlanContent, before: Option<&PlanContent>) -> Vec<Uuid> {
    let all = content.operations.iter().map(|o| o.application);
    match before {
        Some(before) if (before.source, before.target) == (content.source, content.target) => all
            .filter(|id| before.operations.iter().all(|o| o.application != *id))
            .map(|id| id.0)
            .collect(),
        _ => all.map(|id| id.0).chain([content.target.0]).collect(),
    }
}

/// Keeps that these subjects were looked at just now.
pub(super) async fn look(
    connection: &impl ConnectionTrait,
    plan: Uuid,
    subjects: &[Uuid],
    now: i64,
) -> Result<(), StoreError> {
    if subjects.is_empty() {
        return Ok(());
    }
    let look = Look {
        sequence: store::plans::newest_change(connection).await?,
        at: now,
    };
    store::plans::put_looks(connection, plan, subjects, look).await
}

/// What was seen of each of these applications in the source; one that was never looked at, as if
/// nothing was.
fn seen(
    looks: &BTreeMap<Uuid, Look>,
    applications: impl Iterator<Item = ApplicationId>,
) -> BTreeMap<Uuid, i64> {
    applications
        .map(|id| (id.0, looks.get(&id.0).map_or(0, |look| look.sequence)))
        .collect()
}

/// What changed around a plan since somebody looked at it; none if nothing did, or once the plan
/// was started.
pub(super) async fn news_of(
    connection: &impl ConnectionTrait,
    plan: &Plan,
) -> Result<Option<Box<PlanNews>>, AppError> {
    if !PlanStatus::parse(&plan.row.status).is_some_and(PlanStatus::is_editable) {
        return Ok(None);
    }
    let content = &plan.content;
    let looks = store::plans::list_looks(connection, plan.row.id).await?;
    let Some(target_look) = looks.get(&content.target.0) else {
        return Ok(None);
    };
    let limit = MAX_NEWS as u64;
    let all = || content.operations.iter().map(|o| o.application);
    let source = store::plans::changed_applications(
        connection,
        content.source.0,
        0,
        Some(&seen(&looks, all())),
        limit,
    )
    .await?;
    let target = store::plans::changed_applications(
        connection,
        content.target.0,
        target_look.sequence,
        None,
        limit,
    )
    .await?;
    let tags = new_tags(connection, content, &looks).await?;
    if source.is_empty() && target.is_empty() && tags.is_empty() {
        return Ok(None);
    }
    let people = People::of(
        connection,
        source.iter().chain(&target).map(|row| row.changed_by),
    )
    .await?;
    Ok(Some(Box::new(PlanNews {
        source: rows(source, &people),
        target: rows(target, &people),
        tags: tags
            .into_iter()
            .filter_map(|tag| Some((tag.name, tag.number.parse().ok()?)))
            .collect(),
        unseen: unseen(connection, plan, &looks)
            .await?
            .into_iter()
            .map(|row| ApplicationId(row.application_id))
            .collect(),
    })))
}

fn rows(changed: Vec<ChangedApplication>, people: &People) -> Vec<NewsRow> {
    changed
        .into_iter()
        .filter_map(|row| {
            Some(NewsRow {
                application: ApplicationId(row.application_id),
                last: people.stamp(row.changed_by, Some(row.at))?,
                name: row.name,
                modules: u32::try_from(row.modules).unwrap_or(u32::MAX),
            })
        })
        .collect()
}

/// Tags of the plan's applications made in either environment since each was looked at.
async fn new_tags(
    connection: &impl ConnectionTrait,
    content: &PlanContent,
    looks: &BTreeMap<Uuid, Look>,
) -> Result<Vec<NewTag>, StoreError> {
    let at = |id: &Uuid| looks.get(id).map_or(0, |look| look.at);
    let applications: Vec<Uuid> = content.operations.iter().map(|o| o.application.0).collect();
    let Some(since) = applications.iter().map(at).min() else {
        return Ok(Vec::new());
    };
    let ends = [content.source.0, content.target.0];
    let mut tags =
        store::plans::tags_since(connection, &ends, &applications, since, MAX_NEWS as u64).await?;
    tags.retain(|tag| tag.created > at(&tag.application_id));
    Ok(tags)
}

/// The applications that the plan would take as they run, tagged or not, and that nobody has looked
/// at since they changed.
async fn unseen(
    connection: &impl ConnectionTrait,
    plan: &Plan,
    looks: &BTreeMap<Uuid, Look>,
) -> Result<Vec<ChangedApplication>, StoreError> {
    let taken = plan.content.operations.iter().filter_map(|operation| {
        matches!(
            operation.choice,
            Choice::TagAndDeploy { .. } | Choice::DeployCustom { .. }
        )
        .then_some(operation.application)
    });
    store::plans::changed_applications(
        connection,
        plan.content.source.0,
        0,
        Some(&seen(looks, taken)),
        MAX_NEWS as u64,
    )
    .await
}

/// What a person wanted with a plan that has to be looked at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// To start it, now or in its turn.
    Started,
    /// To put it in line.
    Queued,
}

/// Refuses to start a plan, or to let it wait for that, that would tag, or take as it runs, what nobody has looked at.
pub(super) async fn refuse_unseen(
    connection: &impl ConnectionTrait,
    plan: &Plan,
    refused: Refused,
) -> Result<(), AppError> {
    let looks = store::plans::list_looks(connection, plan.row.id).await?;
    let unseen = unseen(connection, plan, &looks).await?;
    let Some(first) = unseen.first() else {
        return Ok(());
    };
    let others = match unseen.len() - 1 {
        0 => String::new(),
        1 => " and 1 more application".to_owned(),
        n => format!(" and {n} more applications"),
    };
    let (what, again) = match refused {
        Refused::Started => ("Nothing was started", "deploy again"),
        Refused::Queued => ("It was not put in line", "press Start when free again"),
    };
    Err(AppError::conflict(
        "source_changed",
        format!(
            "{}{others} changed in the source since {} was made or refreshed, and would be taken as it is now. {what}. Open the plan, press Refresh applications, and {again}.",
            first.name,
            plan.title().to_lowercase(),
        ),
    ))
}
