//! Filters that somebody keeps for themselves: led to, saved, renamed, replaced, deleted.

use super::address::{PlansAddress, kept};
use crate::api::plans::{change_filter, delete_filter, list_saved_filters, save_filter};
use crate::components::button::{Button, Size, Weight};
use crate::components::controls::TextInput;
use crate::components::dialog::Dialog;
use crate::components::field::{Field, FormErrors};
use crate::components::length::NEVER_CUT;
use crate::components::menu::{Menu, MenuItem};
use crate::components::toast::use_toasts;
use crate::derived::{Derived, derived};
use crate::error::ApiError;
use domain::AppError;
use domain::view::{PlanFilter, SavedFilter};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What the dialog gives a name to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Naming {
    /// What is set now.
    New,
    /// A filter that is kept already.
    Kept(Box<SavedFilter>),
}

/// The kept filters as links with a menu each, and the way to keep another.
#[component]
pub fn KeptFilters(
    /// What the address says.
    address: Derived<PlansAddress>,
) -> impl IntoView {
    let toasts = use_toasts();
    let all = RwSignal::new(Vec::<SavedFilter>::new());
    let naming = RwSignal::new(None::<Naming>);
    let load = Callback::new(move |()| {
        spawn_local(async move {
            match list_saved_filters().await {
                Ok(found) => {
                    all.try_set(found);
                }
                Err(error) => toasts.fail("Your saved filters cannot be shown", &error),
            }
        });
    });
    Effect::new(move |_| load.run(()));
    let replace = Callback::new(move |saved: SavedFilter| {
        let filter = address.with_untracked(|a| a.filter.clone());
        spawn_local(async move {
            let SavedFilter {
                id, name, revision, ..
            } = saved;
            match change_filter(id, revision, name.clone(), filter).await {
                Ok(_) => toasts.done(format!("“{name}” keeps what is set now"), ""),
                Err(error) => toasts.fail(format!("“{name}” was not changed"), &error),
            }
            load.try_run(());
        });
    });
    let remove = Callback::new(move |saved: SavedFilter| {
        spawn_local(async move {
            match delete_filter(saved.id).await {
                Ok(()) => toasts.done(format!("Filter “{}” deleted", saved.name), ""),
                Err(error) => toasts.fail(format!("“{}” was not deleted", saved.name), &error),
            }
            load.try_run(());
        });
    });
    let unset = Signal::derive(move || {
        address
            .with(|a| a.filter == PlanFilter::default())
            .then(|| "No filter is set".to_owned())
    });
    // Under which name just this is kept.
    let known = derived(move |_| {
        all.with(|all| {
            let same = all
                .iter()
                .find(|saved| address.with(|a| a.filter == saved.filter));
            same.map(|saved| saved.name.clone())
        })
    });
    let refusal = Signal::derive(move || {
        let saved = || {
            known
                .get()
                .map(|name| format!("Saved as \u{201c}{name}\u{201d}"))
        };
        unset.get().or_else(saved)
    });
    view! {
        <div class="kept">
            <ul aria-label="Saved filters">
                <For each=move || all.get() key=|saved| (saved.id, saved.revision) let:saved>
                    {
                        let one = saved.clone();
                        let filter = saved.filter.clone();
                        let here = derived(move |_| address.with(|a| a.filter == filter));
                        let to = saved.clone();
                        let items = Callback::new(move |()| {
                            let (a, b, c) = (one.clone(), one.clone(), one.clone());
                            let mut delete = MenuItem::new(
                                "Delete",
                                "trash",
                                Callback::new(move |()| remove.run(c.clone())),
                            );
                            delete.danger = true;
                            let mut keep = MenuItem::new(
                                "Keep what is set now",
                                "check",
                                Callback::new(move |()| replace.run(b.clone())),
                            );
                            let same = || {
                                here.get_untracked().then(|| "It keeps just that".to_owned())
                            };
                            keep.refusal = unset.get_untracked().or_else(same);
                            vec![
                                MenuItem::new(
                                    "Rename",
                                    "edit",
                                    Callback::new(move |()| {
                                        naming.set(Some(Naming::Kept(Box::new(a.clone()))));
                                    }),
                                ),
                                keep,
                                delete,
                            ]
                        });
                        view! {
                            <li>
                                <a
                                    class="btn sm"
                                    href=move || kept(&to, address.with(|a| a.advanced))
                                    aria-current=move || here.get().then_some("true")
                                >
                                    <span>{saved.name.clone()}</span>
                                </a>
                                <Menu label=format!("More for filter {}", saved.name) items/>
                            </li>
                        }
                    }
                </For>
            </ul>
            <Button
                label="Save filter"
                icon="plus"
                size=Size::Small
                controls="name-filter"
                refusal
                on_press=Callback::new(move |()| naming.set(Some(Naming::New)))
            />
        </div>
        <NameDialog naming address load/>
    }
}

/// Asks for a name and keeps the filter under it.
#[component]
fn NameDialog(
    naming: RwSignal<Option<Naming>>,
    address: Derived<PlansAddress>,
    load: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let name = RwSignal::new(String::new());
    let errors = FormErrors::new();
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let is_new = derived(move |_| naming.with(|n| !matches!(n, Some(Naming::Kept(_)))));
    Effect::new(move |_| {
        errors.set(Vec::new());
        problem.set(None);
        if let Some(naming) = naming.get() {
            name.set(match naming {
                Naming::New => String::new(),
                Naming::Kept(saved) => saved.name,
            });
        }
    });
    let close = Callback::new(move |()| naming.set(None));
    let act = Callback::new(move |()| {
        let Some(what) = naming.get_untracked().filter(|_| !busy.get_untracked()) else {
            return;
        };
        busy.set(true);
        spawn_local(async move {
            let wanted = name.get_untracked();
            let answer = match what {
                Naming::New => {
                    save_filter(wanted, address.with_untracked(|a| a.filter.clone())).await
                }
                Naming::Kept(saved) => {
                    change_filter(saved.id, saved.revision, wanted, saved.filter).await
                }
            };
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(saved) => {
                    naming.set(None);
                    toasts.done(format!("Filter “{}” saved", saved.name), "");
                    load.try_run(());
                }
                Err(ApiError::App(AppError::Invalid { fields }))
                    if fields.iter().any(|field| field.field == "name") =>
                {
                    errors.set(fields);
                }
                Err(error) => {
                    problem.set(Some(error.to_string()));
                    load.try_run(());
                }
            }
        });
    });
    let words = move |new: &'static str, kept: &'static str| {
        Signal::derive(move || if is_new.get() { new } else { kept }.to_owned())
    };
    view! {
        <Dialog
            open=Signal::derive(move || naming.with(Option::is_some))
            on_close=close
            id="name-filter"
            title=words("Save these filters", "Rename the filter")
            lead="Only you see them, and under this name you find them again."
            on_confirm=act
            error=problem
        >
            <form
                on:submit=move |event| {
                    event.prevent_default();
                    act.run(());
                }
            >
                <div class="body">
                    <Field label="Name" id="filter-name" error=errors.of("name")>
                        <TextInput
                            id="filter-name"
                            value=name
                            on_input=Callback::new(move |text| {
                                name.set(text);
                                errors.clear_field("name");
                            })
                            invalid=Signal::derive(move || errors.of("name").get().is_some())
                            autofocus=true
                            max=NEVER_CUT
                        />
                    </Field>
                </div>
                <footer>
                    <Button label="Cancel" on_press=close/>
                    <Button
                        label=words("Save filter", "Rename")
                        weight=Weight::Primary
                        submit=true
                        busy
                    />
                </footer>
            </form>
        </Dialog>
    }
}
