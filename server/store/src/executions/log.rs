//! The log of a run: append-only, numbered from 1 without gaps.

use crate::StoreResult;
use crate::entity::plans::{run, run_line};
use crate::open::{DatabaseKind, kind_of};
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// The most characters of a line; longer ones are cut, never refused.
const MAX_TEXT: usize = 2_000;

/// A line without its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLine {
    /// When.
    pub at: i64,
    /// What kind (`info`, `warning`, …).
    pub kind: &'static str,
    /// The module it is about, by name.
    pub module: Option<String>,
    /// What happened.
    pub text: String,
}

/// Which lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    /// Lines after this number.
    pub after: i64,
    /// Lines before this number, the last ones of them; without it, the first ones after `after`.
    pub before: Option<i64>,
    /// Text in the line or the module's name, lower case.
    pub text: String,
    /// Only these kinds; empty means all.
    pub kinds: Vec<&'static str>,
    /// How many.
    pub limit: u64,
}

/// Appends lines; gives the number of the first one. The run's row is written first, so that two
/// writers take turns.
pub async fn append_log(
    connection: &impl ConnectionTrait,
    run: Uuid,
    lines: Vec<NewLine>,
) -> StoreResult<i64> {
    let count = i64::try_from(lines.len()).unwrap_or(0);
    let row = run::Entity::update_many()
        .col_expr(
            run::Column::LastLog,
            Expr::col(run::Column::LastLog).add(count),
        )
        .filter(run::Column::Id.eq(run))
        .exec_with_returning(connection)
        .await?;
    let last = row.first().map_or(count, |row| row.last_log);
    let first = last - count + 1;
    let rows: Vec<run_line::ActiveModel> = (first..)
        .zip(lines)
        .map(|(number, line)| run_line::ActiveModel {
            run_id: Set(run),
            number: Set(number),
            at: Set(line.at),
            kind: Set(line.kind.to_owned()),
            module: Set(line.module),
            text: Set(cut(line.text)),
        })
        .collect();
    for chunk in rows.chunks(super::CHUNK) {
        run_line::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(connection)
            .await?;
    }
    Ok(first)
}

fn cut(text: String) -> String {
    match text.char_indices().nth(MAX_TEXT - 1) {
        Some((at, _)) if text.chars().count() > MAX_TEXT => format!("{}…", &text[..at]),
        _ => text,
    }
}

/// A part of a run's log, in order.
pub async fn list_log(
    connection: &impl ConnectionTrait,
    run: Uuid,
    query: &LogQuery,
) -> StoreResult<Vec<run_line::Model>> {
    let mut select = run_line::Entity::find()
        .filter(run_line::Column::RunId.eq(run))
        .filter(run_line::Column::Number.gt(query.after));
    if !query.kinds.is_empty() {
        select = select.filter(run_line::Column::Kind.is_in(query.kinds.iter().copied()));
    }
    if !query.text.is_empty() {
        // SQLite's LIKE takes ASCII letters for the same by itself, which its lower() does as well:
        // of a million lines a third of the time.
        let folds = kind_of(connection) == DatabaseKind::Sqlite;
        let like = |column| {
            let text = LikeExpr::new(pattern(&query.text)).escape('\\');
            if folds {
                Expr::col(column).like(text)
            } else {
                Func::lower(Expr::col(column)).like(text)
            }
        };
        select = select.filter(
            Condition::any()
                .add(like(run_line::Column::Text))
                .add(like(run_line::Column::Module)),
        );
    }
    let Some(before) = query.before else {
        return Ok(select
            .order_by_asc(run_line::Column::Number)
            .limit(query.limit)
            .all(connection)
            .await?);
    };
    let mut rows = select
        .filter(run_line::Column::Number.lt(before))
        .order_by_desc(run_line::Column::Number)
        .limit(query.limit)
        .all(connection)
        .await?;
    rows.reverse();
    Ok(rows)
}

/// A pattern that finds `text` anywhere, taken literally.
pub(crate) fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
