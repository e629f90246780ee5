//! Deployment plans, their runs with steps, attempts and log, and the leases of runs.

use crate::schema::NewTable;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        plans(manager).await?;
        search(manager).await?;
        runs(manager).await?;
        steps(manager).await
    }
}

/// Which plans are in the list. Its queries say the same, word for word.
const LISTED: &str = "status <> 'draft'";
/// Which plans ended with warnings, or were checked with some.
const WARNED: &str = "(warnings > 0 OR status = 'finished_with_warnings')";

async fn plans(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    NewTable::new(manager, "plans")
        .key("id")
        .number("number")
        .text("status")
        .text_null("intervention")
        .text("kind")
        .id("source_id")
        .id("target_id")
        // Made from the content at each change, so that lists filter and sort by it.
        .text("name")
        .number("revision")
        .number_null("saved_revision")
        .number("created")
        .id_null("created_by")
        // The last change to what the plan does.
        .number_null("edited")
        .id_null("edited_by")
        .number_null("saved")
        .id_null("saved_by")
        .number_null("started")
        .id_null("started_by")
        .number_null("aborted")
        .id_null("aborted_by")
        .text_null("abort_reason")
        .number_null("finished")
        .number_null("synchronized")
        .text_null("outcome")
        .text_null("override_reason")
        // The last check, the run's progress: for the list.
        .number("errors")
        .number("warnings")
        .number("steps_done")
        .number("steps_total")
        .text_null("phase")
        // The plan that this one was made from, and how: `reuse`, `reuse_latest`, `retry`.
        .number_null("origin_number")
        .text_null("origin")
        // Long texts come last, so that reading the others does not read past them.
        .text("notes")
        // What the list's search looks at; empty for drafts, which nobody searches.
        .text("search")
        .refers("source_id", "environments")
        .refers("target_id", "environments")
        .refers("created_by", "users")
        .refers("edited_by", "users")
        .refers("saved_by", "users")
        .refers("started_by", "users")
        .refers("aborted_by", "users")
        .unique(&["number"])
        .index(&["target_id", "status"])
        .index(&["source_id"])
        .index(&["started_by", "finished"])
        // One for each filter of the list, in the list's order; drafts are not in it. Each ends with
        // the status, which the condition names: so that the index alone answers.
        .index_where("listed", &["number", "status"], LISTED)
        .index_where("status_listed", &["status", "number"], LISTED)
        .index_where("source_listed", &["source_id", "number", "status"], LISTED)
        .index_where("target_listed", &["target_id", "number", "status"], LISTED)
        .index_where("kind_listed", &["kind", "number", "status"], LISTED)
        .index_where(
            "created_by_listed",
            &["created_by", "number", "status"],
            LISTED,
        )
        .index_where("saved_by_listed", &["saved_by", "number", "status"], LISTED)
        .index_where(
            "started_by_listed",
            &["started_by", "number", "status"],
            LISTED,
        )
        .index_where(
            "aborted_by_listed",
            &["aborted_by", "number", "status"],
            LISTED,
        )
        .index_where("created_listed", &["created", "number", "status"], LISTED)
        .index_where("started_listed", &["started", "number", "status"], LISTED)
        .index_where("finished_listed", &["finished", "number", "status"], LISTED)
        .index_where(
            "warned_listed",
            &["number", "status", "warnings"],
            &format!("{LISTED} AND {WARNED}"),
        )
        .create()
        .await?;
    NewTable::new(manager, "plan_operations")
        .id("plan_id")
        // The plan's, which never changes: so that one index finds the newest plans with an
        // application or a version.
        .number("plan_number")
        .id("application_id")
        .number("position")
        .text("choice")
        .id_null("version_id")
        .text_null("number")
        .text("description")
        // Frozen at the start: what the target ran before.
        .text_null("from_number")
        .primary(&["plan_id", "application_id"])
        .refers("plan_id", "plans")
        .refers("application_id", "applications")
        .refers("version_id", "versions")
        .index(&["application_id", "plan_number", "number"])
        .index(&["number", "plan_number"])
        .index(&["version_id"])
        .create()
        .await?;
    // A filter of the list that somebody keeps under a name.
    NewTable::new(manager, "plan_filters")
        .key("id")
        .id("user_id")
        .text("name")
        .text("name_folded")
        // As in an address.
        .text("query")
        .number("created")
        .number("revision")
        .refers("user_id", "users")
        .unique(&["user_id", "name_folded"])
        .create()
        .await?;
    NewTable::new(manager, "plan_republish")
        .id("plan_id")
        .id("module_id")
        .primary(&["plan_id", "module_id"])
        .refers("plan_id", "plans")
        .refers("module_id", "modules")
        .create()
        .await?;
    NewTable::new(manager, "plan_reports")
        .id("plan_id")
        // `check` or `start`.
        .text("kind")
        .number("at")
        .number("revision")
        .number("landscape")
        .text("report")
        .primary(&["plan_id", "kind"])
        .refers("plan_id", "plans")
        .create()
        .await
}

/// SQLite finds texts by three letters in a table of its own, whose row ids are the plans' numbers.
/// PostgreSQL does it with an extension that a console may not be allowed to create; that is tried
/// whenever one starts.
async fn search(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Sqlite {
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE VIRTUAL TABLE IF NOT EXISTS plan_search USING fts5(\
                 text, content='', contentless_delete=1, tokenize='trigram case_sensitive 1')",
            )
            .await?;
    }
    Ok(())
}

async fn runs(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    NewTable::new(manager, "runs")
        .key("id")
        .text("kind")
        .id_null("plan_id")
        .id("environment_id")
        .text("name")
        .text("stage")
        .flag("two_stage")
        .flag("continued")
        .flag("overridden")
        // What people asked for; the engine takes it from here.
        .number_null("stop_requested")
        .id_null("stop_by")
        .text_null("stop_reason")
        .number_null("continue_requested")
        .id_null("actor_id")
        .text("actor_name")
        .number("created")
        .number_null("ended")
        .number("last_log")
        .text_null("outcome")
        // References between the modules of the run, as JSON, for the drawing.
        .text("edges")
        // The application as a publication names it, as JSON; it counts once that succeeded.
        .text_null("publishes")
        .refers("plan_id", "plans")
        .refers("environment_id", "environments")
        .refers("stop_by", "users")
        .refers("actor_id", "users")
        .index(&["plan_id"])
        .index(&["ended"])
        .index(&["environment_id", "ended"])
        .create()
        .await?;
    NewTable::new(manager, "run_modules")
        .id("run_id")
        .id("module_id")
        .id("application_id")
        .text("name")
        // None when the module leaves.
        .id_null("module_version_id")
        .number("wave")
        .flag("republish")
        // The protocol's placement as JSON; none when the module leaves.
        .text_null("placement")
        .primary(&["run_id", "module_id"])
        .refers("run_id", "runs")
        .refers("module_id", "modules")
        .refers("application_id", "applications")
        .refers("module_version_id", "module_versions")
        .index(&["module_id"])
        .index(&["module_version_id"])
        .create()
        .await?;
    NewTable::new(manager, "run_log")
        .id("run_id")
        .number("number")
        .number("at")
        .text("kind")
        .text_null("module")
        .text("text")
        .primary(&["run_id", "number"])
        .refers("run_id", "runs")
        .create()
        .await?;
    NewTable::new(manager, "leases")
        .key("run_id")
        .text("owner")
        .number("epoch")
        // By the database's clock.
        .number("expires")
        .refers("run_id", "runs")
        .create()
        .await
}

async fn steps(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    NewTable::new(manager, "steps")
        .key("id")
        .id("run_id")
        .number("position")
        .text("phase")
        .number("wave")
        .text("kind")
        .id_null("module_id")
        .text_null("digest")
        .number("size")
        .text("state")
        .number("attempts")
        .number_null("not_before")
        .number_null("started")
        .number_null("finished")
        .text_null("error")
        .number_null("log_line")
        .refers("run_id", "runs")
        .index(&["run_id", "position"])
        .create()
        .await?;
    NewTable::new(manager, "attempts")
        .key("id")
        .id("run_id")
        .id("step_id")
        .number("number")
        .number("epoch")
        .number("started")
        .number("deadline")
        .number("asked")
        // What the agent reported (`succeeded`, `failed`) or the console decided (`given_up`).
        .text_null("result")
        .text_null("code")
        .text_null("message")
        .flag("retry")
        .number_null("reported")
        // Taken into the run's state.
        .flag("applied")
        .refers("run_id", "runs")
        .refers("step_id", "steps")
        .index(&["run_id", "applied"])
        .index(&["step_id"])
        .create()
        .await
}
