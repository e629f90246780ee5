//! *Create new deployment plan*: from where to where, then the editor opens with a draft.

use super::address::find;
use crate::api::catalog::list_applications;
use crate::api::plans::create_plan;
use crate::components::button::{Button, Weight};
use crate::components::controls::Select;
use crate::components::dialog::Dialog;
use crate::components::field::{Field, FormErrors};
use crate::components::icon::Glyph;
use crate::components::kind::{KINDS, kind_word};
use crate::components::lane::Place;
use crate::components::rail::Rail;
use crate::derived::{Derived, derived};
use crate::error::ApiError;
use crate::routes::{self, CAN_MOVE};
use crate::session::use_session;
use domain::access::Action;
use domain::environment::maintenance_words;
use domain::view::{ApplicationFilter, ApplicationTab, EnvironmentRow, MAX_PAGE, MatrixCell};
use domain::{AppError, ApplicationId, EnvironmentId, FieldError};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use leptos_router::params::ParamsMap;

/// What the dialog begins with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewPlan {
    /// Name of the source; empty for the first environment.
    pub source: String,
    /// Name of the target; empty for the one after the source.
    pub target: String,
    /// Ids with commas between, or the word for all that can move.
    pub applications: String,
    /// Which of them all that can move is about.
    pub among: ApplicationFilter,
}

impl NewPlan {
    /// Reads an address as [`routes::new_plan`] and [`routes::new_plan_movable`] write it.
    pub fn read(query: &ParamsMap) -> Self {
        let text = |key: &str| query.get(key).unwrap_or_default();
        let id = |key: &str| query.get(key).and_then(|id| id.parse().ok());
        Self {
            source: text("source"),
            target: text("target"),
            applications: text("applications"),
            among: ApplicationFilter {
                text: text("search"),
                kind: KINDS
                    .into_iter()
                    .find(|kind| kind_word(*kind) == text("kind")),
                producer_of: id("producer-of"),
                consumer_of: id("consumer-of"),
                tab: ApplicationTab::CanMove,
                ..ApplicationFilter::default()
            },
        }
    }
}

/// The applications that a new plan begins with.
async fn applications_of(
    wanted: &str,
    among: &ApplicationFilter,
    source: EnvironmentId,
    target: EnvironmentId,
    neighbours: bool,
) -> Result<Vec<ApplicationId>, ApiError> {
    if wanted != CAN_MOVE {
        return Ok(wanted.split(',').filter_map(|id| id.parse().ok()).collect());
    }
    let mut found = Vec::new();
    let mut offset = 0;
    loop {
        let page = list_applications(ApplicationFilter {
            offset,
            limit: MAX_PAGE,
            ..among.clone()
        })
        .await?;
        let read = page.rows.len() as u64;
        for row in page.rows {
            let cell = |id| row.cells.iter().find(|c| c.environment == id);
            let moves = cell(source).zip(cell(target)).is_some_and(|(here, there)| {
                if neighbours {
                    // As the line between the two says, and the number at the head of the lane.
                    Rail::between(here, there).is_open()
                } else {
                    is_ahead(here, there)
                }
            });
            if moves {
                found.push(row.id);
            }
        }
        offset += read;
        if read == 0 || offset >= page.total {
            return Ok(found);
        }
    }
}

/// Whether an environment has something to give to one that is not its neighbour, and nothing there
/// is in the way.
fn is_ahead(here: &MatrixCell, there: &MatrixCell) -> bool {
    let is_free =
        there.incoming.is_none() && !there.held && !there.marks.blocked && !there.marks.hotfix;
    let is_newer = !there.present
        || here.version > there.version
        || (here.version == there.version && here.marks.modified);
    here.present && is_free && is_newer
}

/// The dialog.
#[component]
pub fn CreateDialog(
    /// Open, and what it begins with.
    open: RwSignal<Option<NewPlan>>,
    /// All environments, in promotion order.
    environments: Derived<Vec<EnvironmentRow>>,
    /// Closed without a plan.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        open.track();
        problem.set(None);
    });
    view! {
        <Dialog
            open=Signal::derive(move || open.with(Option::is_some))
            on_close
            error=problem
            id="new-plan"
            title="Create new deployment plan"
            lead="Choose where versions come from and where they go. Nothing moves yet."
        >
            <Form open environments problem on_close/>
        </Dialog>
    }
}

#[component]
fn Form(
    open: RwSignal<Option<NewPlan>>,
    environments: Derived<Vec<EnvironmentRow>>,
    /// Why the plan was not made.
    problem: RwSignal<Option<String>>,
    on_close: Callback<()>,
) -> impl IntoView {
    let session = use_session();
    let navigate = use_navigate();
    let start = open.get_untracked().unwrap_or_default();
    let errors = FormErrors::new();
    let busy = RwSignal::new(false);
    let (first, second) = environments.with_untracked(|all| ends(all, &start));
    let source = RwSignal::new(first);
    let target = RwSignal::new(second);
    let count = start
        .applications
        .split(',')
        .filter(|id| !id.is_empty())
        .count();
    let with = match (start.applications.as_str(), count) {
        ("", _) => String::new(),
        (CAN_MOVE, _) if start.among.is_narrowed() => {
            "The plan begins with every application that can move, of those that were filtered."
                .to_owned()
        }
        (CAN_MOVE, _) => "The plan begins with every application that can move.".to_owned(),
        (_, 1) => "The plan begins with the application you chose.".to_owned(),
        (_, n) => format!("The plan begins with the {n} applications you chose."),
    };
    let wanted = StoredValue::new(start.applications);
    let among = StoredValue::new(start.among);
    let options = Signal::derive(move || {
        environments.with(|all| {
            all.iter()
                .map(|e| (e.id.to_string(), e.name.clone()))
                .collect::<Vec<_>>()
        })
    });
    let place = move |chosen: RwSignal<String>| {
        Signal::derive(move || {
            environments.with(|all| {
                let total = all.len() as u32;
                chosen.with(|chosen| {
                    all.iter()
                        .find(|e| e.id.to_string() == *chosen)
                        .map_or(Place::new(0, total.max(1)), |e| {
                            Place::new(e.position, total)
                        })
                })
            })
        })
    };
    let go = Callback::new(move |()| {
        let (from, to) = (source.get_untracked(), target.get_untracked());
        let (Ok(from), Ok(to)) = (from.parse::<EnvironmentId>(), to.parse::<EnvironmentId>())
        else {
            errors.set(vec![FieldError::new(
                "new-plan-target",
                "Choose two environments.",
            )]);
            return;
        };
        if from == to {
            errors.set(vec![FieldError::new(
                "new-plan-target",
                "Source and target are the same environment. Choose another target.",
            )]);
            return;
        }
        if busy.get_untracked() {
            return;
        }
        let neighbours = environments.with_untracked(|all| {
            all.windows(2)
                .any(|pair| (pair[0].id, pair[1].id) == (from, to))
        });
        busy.set(true);
        problem.set(None);
        let navigate = navigate.clone();
        let (wanted, among) = (wanted.get_value(), among.get_value());
        spawn_local(async move {
            let answer = match applications_of(&wanted, &among, from, to, neighbours).await {
                Ok(applications) => create_plan(from, to, applications).await,
                Err(error) => Err(error),
            };
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(number) => {
                    // While it is open, nothing else can have the focus.
                    open.set(None);
                    navigate(&routes::plan(number), NavigateOptions::default());
                }
                Err(ApiError::App(AppError::Invalid { fields })) => {
                    errors.set(
                        fields
                            .into_iter()
                            .map(|f| FieldError::new("new-plan-target", f.message))
                            .collect(),
                    );
                }
                Err(error) => problem.set(Some(format!("The plan was not created. {error}"))),
            }
        });
    });
    let maintenance = derived(move |_| {
        environments.with(|all| {
            let chosen = [source.get(), target.get()];
            let mut chosen = all.iter().filter(|e| chosen.contains(&e.id.to_string()));
            chosen.find_map(in_maintenance)
        })
    });
    let refusal = Signal::derive(move || {
        session
            .refusal(Action::EditPlan)
            .or_else(|| maintenance.get())
    });
    // The plan that keeps another one from being saved for the target.
    let taken = move || {
        environments.with(|all| {
            let chosen = all.iter().find(|e| e.id.to_string() == target.get())?;
            let (number, name) = chosen.open_plan.clone()?;
            Some((chosen.name.clone(), number, name))
        })
    };
    view! {
            <div class="body">
                <div class="cols">
                    <Field label="Source" id="new-plan-source">
                        <Select
                            id="new-plan-source"
                            options
                            value=source
                            lane=place(source)
                            on_change=Callback::new(move |chosen| {
                                errors.clear_field("new-plan-target");
                                source.set(chosen);
                            })
                        />
                    </Field>
                    <Field label="Target" id="new-plan-target" error=errors.of("new-plan-target")>
                        <Select
                            id="new-plan-target"
                            options
                            value=target
                            lane=place(target)
                            on_change=Callback::new(move |chosen| {
                                errors.clear_field("new-plan-target");
                                target.set(chosen);
                            })
                        />
                    </Field>
                </div>
                {move || {
                    maintenance
                        .get()
                        .map(|words| {
                            view! {
                                <div class="notice warn" role="status">
                                    <Glyph name="maint"/>
                                    <p>{words}</p>
                                </div>
                            }
                        })
                }}
                {move || {
                    taken()
                        .map(|(place, number, name)| {
                            view! {
                                <div class="notice warn" role="status">
                                    <Glyph name="warn"/>
                                    <p>
                                        <b>{format!("{place} takes one saved plan at a time. ")}</b>
                                        "Yours stays a draft until "
                                        <a class="link" href=routes::plan(number)>
                                            {format!("#{number} {name}")}
                                        </a> " is over."
                                    </p>
                                </div>
                            }
                        })
                }}
                {(!with.is_empty()).then(|| view! { <p class="dim">{with}</p> })}
            </div>
            <footer>
                <Button label="Cancel" on_press=on_close/>
                <Button label="Continue" weight=Weight::Primary busy refusal on_press=go/>
            </footer>
    }
}

/// Why no plan can be made from or to an environment now.
pub(super) fn in_maintenance(environment: &EnvironmentRow) -> Option<String> {
    let reason = environment.maintenance.as_deref()?;
    Some(format!(
        "{}. Choose another environment, or make the plan when that is over.",
        maintenance_words(&environment.name, reason)
    ))
}

/// The ids that the selects begin with.
fn ends(all: &[EnvironmentRow], start: &NewPlan) -> (String, String) {
    let source = find(all, &start.source).or_else(|| all.first().map(|e| e.id));
    let after = source.and_then(|id| {
        let at = all.iter().position(|e| e.id == id)?;
        all.get(at + 1).or_else(|| all.first())
    });
    let target = find(all, &start.target).or_else(|| after.map(|e| e.id));
    let text = |id: Option<EnvironmentId>| id.map_or_else(String::new, |id| id.to_string());
    (text(source), text(target))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::rail::tests::cell;

    #[test]
    fn what_an_environment_has_for_one_that_is_not_its_neighbour() {
        let mut here = cell(Some("2.14"));
        let mut there = cell(Some("2.13"));
        assert!(is_ahead(&here, &there) && is_ahead(&here, &cell(None)));
        assert!(!is_ahead(&here, &cell(Some("2.15"))) && !is_ahead(&cell(None), &there));
        there.marks.blocked = true;
        assert!(!is_ahead(&here, &there));
        let same = cell(Some("2.14"));
        assert!(!is_ahead(&here, &same));
        here.marks.modified = true;
        assert!(is_ahead(&here, &same));
    }
}
