//! The text that the list's search looks at. Words of three letters and more are found anywhere in
//! it, shorter ones at the beginning of a word; both by an index: a table of its own on SQLite, the
//! extension `pg_trgm` on PostgreSQL. Without the extension PostgreSQL reads every text, which is
//! slower and finds the same.

use crate::StoreResult;
use crate::entity::plans::{plan, plan_operation};
use crate::open::{DatabaseKind, kind_of};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QuerySelect,
    TransactionTrait,
};
use std::collections::BTreeSet;
use std::fmt::Write;
use uuid::Uuid;

/// The table in which SQLite finds texts.
pub(super) const TABLE: &str = "plan_search";
/// From so many letters on a word is found anywhere.
const ANYWHERE: usize = 3;

/// A text as it is compared: lower case, blanks around each word. Two of them, so that a word's
/// first letter stands in a group of three with nothing else.
fn spread(text: &str) -> String {
    let lower = text.to_lowercase();
    let mut spread = String::with_capacity(lower.len() + 16);
    for word in lower.split(|c: char| c.is_whitespace() || c.is_control()) {
        if !word.is_empty() {
            spread.push_str("  ");
            spread.push_str(word);
        }
    }
    spread.push_str("  ");
    spread
}

/// What a text must hold to be found, word by word, as compared.
pub(super) fn needles(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let number = word
                .strip_prefix('#')
                .is_some_and(|n| !n.is_empty() && n.bytes().all(|digit| digit.is_ascii_digit()));
            if number {
                // `#12` is that plan and not `#123`.
                format!("  {word}  ")
            } else if word.chars().count() < ANYWHERE {
                format!("  {word}")
            } else {
                word.to_owned()
            }
        })
        .collect()
}

/// The needles in the language of SQLite's table; each is plain text.
pub(super) fn phrase(needles: &[String]) -> String {
    let quoted: Vec<String> = needles
        .iter()
        .map(|needle| format!("\"{}\"", needle.replace('"', "\"\"")))
        .collect();
    quoted.join(" ")
}

/// Brings what the search finds of a plan in line with the plan: number, name, notes, applications
/// with their versions, people. Belongs into the transaction of every change of one of these.
pub async fn refresh_search(connection: &impl ConnectionTrait, plan: Uuid) -> StoreResult<()> {
    let Some(row) = super::find(connection, plan).await? else {
        return Ok(());
    };
    let is_listed = row.status != "draft";
    let text = if is_listed {
        spread(&text_of(connection, &row).await?)
    } else {
        String::new()
    };
    if row.search == text {
        return Ok(());
    }
    plan::Entity::update_many()
        .col_expr(plan::Column::Search, Expr::value(text.as_str()))
        .filter(plan::Column::Id.eq(plan))
        .exec(connection)
        .await?;
    if kind_of(connection) == DatabaseKind::Sqlite {
        forget(connection, row.number).await?;
        if is_listed {
            let mut insert = Query::insert();
            insert
                .into_table(TABLE)
                .columns(["rowid", "text"])
                .values_panic([row.number.into(), text.into()]);
            connection.execute(&insert).await?;
        }
    }
    Ok(())
}

/// The same for every plan with an application, whose name has changed.
pub(crate) async fn refresh_searches(
    connection: &impl ConnectionTrait,
    application: Uuid,
) -> StoreResult<()> {
    let plans: Vec<Uuid> = plan_operation::Entity::find()
        .select_only()
        .column(plan_operation::Column::PlanId)
        .filter(plan_operation::Column::ApplicationId.eq(application))
        .into_tuple()
        .all(connection)
        .await?;
    for plan in plans {
        refresh_search(connection, plan).await?;
    }
    Ok(())
}

/// Takes a plan out of SQLite's table.
pub(super) async fn forget(connection: &impl ConnectionTrait, number: i64) -> StoreResult<()> {
    if kind_of(connection) == DatabaseKind::Sqlite {
        let mut delete = Query::delete();
        delete
            .from_table(TABLE)
            .and_where(Expr::col("rowid").eq(number));
        connection.execute(&delete).await?;
    }
    Ok(())
}

async fn text_of(connection: &impl ConnectionTrait, row: &plan::Model) -> StoreResult<String> {
    let mut text = format!("#{0} {0} {1}\n{2}", row.number, row.name, row.notes);
    for operation in super::list_operation_rows(connection, &[row.id]).await? {
        let number = operation.number.as_deref().unwrap_or_default();
        let _ = write!(text, "\n{} {number}", operation.application);
    }
    let people = [
        row.created_by,
        row.saved_by,
        row.queued_by,
        row.started_by,
        row.continued_by,
        row.aborted_by,
    ];
    let people: BTreeSet<Uuid> = people.into_iter().flatten().collect();
    let mut people = crate::people::users(connection, people).await?;
    people.sort_by_key(|person| person.id);
    for person in people {
        let _ = write!(text, "\n{} {}", person.name, person.login);
    }
    Ok(text)
}

/// Makes the index of PostgreSQL if the database lets us; whether it is there. What refuses it
/// (the extension is not installed, or this role may not create it) is logged and no error: the
/// search works without.
pub(crate) async fn index_texts(connection: &DatabaseConnection) -> StoreResult<bool> {
    let mut known = Query::select();
    known.expr_as(
        Expr::cust("to_regclass('plans_search_index') IS NOT NULL"),
        "known",
    );
    if let Some(row) = connection.query_one(&known).await?
        && row.try_get::<bool>("", "known")?
    {
        return Ok(true);
    }
    let made: Result<(), DbErr> = async {
        let transaction = connection.begin().await?;
        // Consoles that start together wait for each other; a large table may take its time.
        transaction
            .execute_unprepared(
                "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
                 SELECT pg_advisory_xact_lock(hashtext('plans_search_index')); \
                 CREATE EXTENSION IF NOT EXISTS pg_trgm; \
                 CREATE INDEX IF NOT EXISTS plans_search_index ON plans \
                 USING gin (search gin_trgm_ops) WHERE status <> 'draft'",
            )
            .await?;
        transaction.commit().await
    }
    .await;
    if let Err(error) = &made {
        tracing::warn!(
            %error,
            "PostgreSQL's extension pg_trgm cannot be used here, so searching plans reads all of them; \
             `CREATE EXTENSION pg_trgm` as the database's owner, then a restart, make it fast"
        );
    }
    Ok(made.is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_spread_and_words_become_needles() {
        assert_eq!(
            spread(" Policy\n5.3\tto\0Quality "),
            "  policy  5.3  to  quality  "
        );
        assert_eq!(spread(""), "  ");
        assert_eq!(
            needles("Pol #12 12 a \"x%_\""),
            ["pol", "  #12  ", "  12", "  a", "\"x%_\""]
        );
        assert_eq!(needles("#1x #"), ["#1x", "  #"]);
        assert!(needles(" \n\0").is_empty());
        assert_eq!(phrase(&needles("a\"b OR* c")), "\"a\"\"b\" \"or*\" \"  c\"");
    }
}
