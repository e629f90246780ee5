//! The ways to the plans of a list. Each filter has an index in the list's order; with several
//! filters the one that leaves the fewest plans leads, and the others are asked of each plan that
//! it leads to. So a page costs about the same whichever filters are set and however many plans
//! there are; only filters that each leave thousands and together nothing are walked to the end, where
//! the indexes answer for status, source, target and times without reading a row.

use super::list::{PlanQuery, Span};
use super::search::{TABLE, needles, phrase};
use crate::entity::plans::{plan, plan_operation};
use crate::executions::pattern;
use crate::open::DatabaseKind;
use sea_orm::IdenStatic;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, LikeExpr, Query};
use uuid::Uuid;

/// Which plans are in the list; the condition of its indexes, word for word.
pub(super) const LISTED: &str = "status <> 'draft'";
/// Which plans are not; see above.
pub(super) const UNLISTED: &str = "status = 'draft'";
/// Which plans have warnings; see above.
const WARNED: &str = "(warnings > 0 OR status = 'finished_with_warnings')";

/// The status of plans that wait for a person.
const NEEDS_INTERVENTION: &str = "needs_intervention";

/// A filter as a way to its plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Road {
    Text,
    Operation,
    Person,
    Status,
    Source,
    Target,
    Kind,
    Warned,
    Created,
    Started,
    Finished,
}

/// The tables that a way leads through; their columns with the plan's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Through {
    Plans,
    Operations,
    Search,
}

impl Through {
    pub(super) fn number(self) -> Expr {
        match self {
            Self::Plans => Expr::col((plan::Entity, plan::Column::Number)),
            Self::Operations => {
                Expr::col((plan_operation::Entity, plan_operation::Column::PlanNumber))
            }
            Self::Search => Expr::col((TABLE, "rowid")),
        }
    }
}

/// One stretch of a way: an index read in the order of numbers.
pub(super) struct Branch {
    pub(super) through: Through,
    pub(super) own: Condition,
}

impl Road {
    pub(super) const ALL: [Self; 11] = [
        Self::Text,
        Self::Operation,
        Self::Person,
        Self::Status,
        Self::Source,
        Self::Target,
        Self::Kind,
        Self::Warned,
        Self::Created,
        Self::Started,
        Self::Finished,
    ];

    /// Who did something to a plan.
    pub(super) const PEOPLE: [plan::Column; 6] = [
        plan::Column::CreatedBy,
        plan::Column::SavedBy,
        plan::Column::QueuedBy,
        plan::Column::StartedBy,
        plan::Column::ContinuedBy,
        plan::Column::AbortedBy,
    ];

    pub(super) fn is_set(self, query: &PlanQuery) -> bool {
        match self {
            Self::Text => !needles(&query.text).is_empty(),
            Self::Operation => query.application.is_some() || !query.numbers.is_empty(),
            Self::Person => query.person.is_some(),
            Self::Status => !query.statuses.is_empty() || !query.waits.is_empty(),
            Self::Source => query.source.is_some(),
            Self::Target => query.target.is_some(),
            Self::Kind => query.kind.is_some(),
            Self::Warned => query.warnings.is_some(),
            Self::Created | Self::Started | Self::Finished => {
                self.span(query).is_some_and(|(_, span)| !span.is_open())
            }
        }
    }

    pub(super) fn span(self, query: &PlanQuery) -> Option<(plan::Column, Span)> {
        match self {
            Self::Created => Some((plan::Column::Created, query.created)),
            Self::Started => Some((plan::Column::Started, query.started)),
            Self::Finished => Some((plan::Column::Finished, query.finished)),
            _ => None,
        }
    }

    /// Whether its stretches come in the order of numbers by themselves.
    pub(super) fn is_sorted(self, query: &PlanQuery, kind: DatabaseKind) -> bool {
        match self {
            Self::Text => kind == DatabaseKind::Sqlite,
            Self::Operation => query.application.is_some() || query.numbers.len() < 2,
            Self::Created | Self::Started | Self::Finished => false,
            Self::Person
            | Self::Status
            | Self::Source
            | Self::Target
            | Self::Kind
            | Self::Warned => true,
        }
    }

    /// Its stretches. Together they lead to every plan of the filter, to some more than once.
    pub(super) fn branches(self, query: &PlanQuery, kind: DatabaseKind) -> Vec<Branch> {
        let on_plans = |own: Condition| Branch {
            through: Through::Plans,
            own: own.add(Expr::cust(LISTED)),
        };
        match self {
            Self::Text if kind == DatabaseKind::Sqlite => vec![Branch {
                through: Through::Search,
                own: Condition::all().add(Expr::cust_with_values(
                    format!("\"{TABLE}\" MATCH ?"),
                    [phrase(&needles(&query.text))],
                )),
            }],
            Self::Operation => vec![Branch {
                through: Through::Operations,
                own: operation(query),
            }],
            Self::Person => Self::PEOPLE
                .into_iter()
                .map(|column| on_plans(equal(false, column, query.person)))
                .collect(),
            Self::Status => query
                .statuses
                .iter()
                .map(|status| Condition::all().add(column(false, plan::Column::Status).eq(*status)))
                .chain(waiting(query, false))
                .map(on_plans)
                .collect(),
            other => vec![on_plans(other.condition(query, false))],
        }
    }

    /// That a plan of this stretch is on none before it; see [`Road::condition`] for `aside`.
    pub(super) fn not_before(self, query: &PlanQuery, stretch: usize, aside: bool) -> Condition {
        if self != Self::Person {
            // It has one status at a time.
            return Condition::all();
        }
        let before = Self::PEOPLE.into_iter().take(stretch);
        before.fold(Condition::all(), |all, name| {
            let other = query.person.map(|id| column(aside, name).ne(id));
            all.add(
                Condition::any()
                    .add(column(aside, name).is_null())
                    .add_option(other),
            )
        })
    }

    /// The filter asked of a plan. `aside` keeps SQLite from taking an index for it: another way
    /// was chosen.
    pub(super) fn condition(self, query: &PlanQuery, aside: bool) -> Condition {
        let all = Condition::all();
        match self {
            Self::Text => needles(&query.text).iter().fold(all, |all, needle| {
                all.add(
                    Expr::col((plan::Entity, plan::Column::Search))
                        .like(LikeExpr::new(pattern(needle)).escape('\\')),
                )
            }),
            Self::Operation => {
                let mut with = Query::select();
                with.expr(Expr::value(1))
                    .from(plan_operation::Entity)
                    .and_where(
                        Through::Operations
                            .number()
                            .equals((plan::Entity, plan::Column::Number)),
                    )
                    .cond_where(operation(query));
                all.add(Expr::exists(with))
            }
            Self::Person => Self::PEOPLE
                .into_iter()
                .fold(Condition::any(), |any, column| {
                    any.add(equal(aside, column, query.person))
                }),
            Self::Status => Condition::any()
                .add(column(aside, plan::Column::Status).is_in(query.statuses.iter().copied()))
                .add_option(waiting(query, aside)),
            Self::Source => equal(aside, plan::Column::SourceId, query.source),
            Self::Target => equal(aside, plan::Column::TargetId, query.target),
            Self::Kind => match query.kind {
                Some(kind) => all.add(column(aside, plan::Column::Kind).eq(kind)),
                None => all,
            },
            Self::Warned => match query.warnings {
                Some(true) => all.add(Expr::cust(WARNED)),
                Some(false) => all.add(Expr::cust(format!("NOT {WARNED}"))),
                None => all,
            },
            Self::Created | Self::Started | Self::Finished => {
                let Some((time, span)) = self.span(query) else {
                    return all;
                };
                all.add_option(span.from.map(|from| column(aside, time).gte(from)))
                    .add_option(span.until.map(|until| column(aside, time).lt(until)))
            }
        }
    }
}

/// Who waits for a person, and for what; none if all who do are asked for anyway. Few wait at a time,
/// for each holds a slot: the index of the status leads to them.
fn waiting(query: &PlanQuery, aside: bool) -> Option<Condition> {
    let asked = !query.waits.is_empty() && !query.statuses.contains(&NEEDS_INTERVENTION);
    asked.then(|| {
        Condition::all()
            .add(column(aside, plan::Column::Status).eq(NEEDS_INTERVENTION))
            .add(column(aside, plan::Column::Intervention).is_in(query.waits.iter().copied()))
    })
}

/// The application's version in the operations of a plan.
fn operation(query: &PlanQuery) -> Condition {
    let column = |column| Expr::col((plan_operation::Entity, column));
    Condition::all()
        .add_option(
            query
                .application
                .map(|id| column(plan_operation::Column::ApplicationId).eq(id)),
        )
        .add_option((!query.numbers.is_empty()).then(|| {
            column(plan_operation::Column::Number).is_in(query.numbers.iter().map(String::as_str))
        }))
}

/// A plan's column. SQLite takes no index for one with a sign before it.
fn column(aside: bool, column: plan::Column) -> Expr {
    if aside {
        Expr::cust(format!("+\"plans\".\"{}\"", column.as_str()))
    } else {
        Expr::col((plan::Entity, column))
    }
}

fn equal(aside: bool, name: plan::Column, id: Option<Uuid>) -> Condition {
    Condition::all().add_option(id.map(|id| column(aside, name).eq(id)))
}
