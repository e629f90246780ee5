//! The settings step: site properties that are new in the target, and with *All settings* every one
//! that the plan may set. Secrets are written and never read.

use super::keys;
use super::rows::Lanes;
use super::setting_drafts::SettingKey;
use super::setting_row::{SettingRow, row_id};
use super::state::Editor;
use crate::api::plan_settings::read_plan_settings;
use crate::components::controls::{Radio, SearchInput, Switch};
use crate::components::delay::Delay;
use crate::components::status::counted;
use crate::components::table::Pager;
use crate::derived::{Derived, derived};
use crate::live::{Heard, follow};
use domain::ModuleId;
use domain::settings::{StepState, WhyDisabled};
use domain::view::{PlanEdit, PlanProperty, SETTINGS_PAGE, SettingsRequest, SettingsStep};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The step as the server tells it.
#[derive(Clone, Copy)]
pub struct PlanSettings {
    step: RwSignal<Option<SettingsStep>>,
    request: RwSignal<SettingsRequest>,
    /// What is typed into the search.
    typed: RwSignal<String>,
    /// A property that was not on the page, and is to be shown once it is.
    wanted: StoredValue<Option<SettingKey>>,
    editor: Editor,
}

impl PlanSettings {
    /// The step of a plan; `first` is what the server said with the first frame, when so much was
    /// heard.
    pub fn new(editor: Editor, first: Option<SettingsStep>, heard: Heard) -> Self {
        let this = Self {
            step: RwSignal::new(first),
            request: RwSignal::new(SettingsRequest::default()),
            typed: RwSignal::new(String::new()),
            wanted: StoredValue::new(None),
            editor,
        };
        this.tell_drafts();
        let asked = derived(move |_| (editor.known_revision(), this.request.get()));
        Effect::new(move |before: Option<(i64, SettingsRequest)>| {
            let asked = asked.get();
            let known = this
                .step
                .with_untracked(|step| step.as_ref().map(|s| s.revision));
            if before.map_or(known != Some(asked.0), |before| before != asked) {
                this.read();
            }
            asked
        });
        // What runs and what is set there changes without the plan.
        follow(&["applications", "environments"], heard, move || {
            this.read();
        });
        this
    }

    fn read(self) {
        let (number, request) = (self.editor.number, self.request.get_untracked());
        spawn_local(async move {
            // What is on screen stays if there is no answer; the live stream says that it is old.
            let Ok(Some(step)) = read_plan_settings(number, request.clone()).await else {
                return;
            };
            let still_asked = self.request.try_get_untracked() == Some(request);
            let newer = self
                .step
                .try_with_untracked(|known| {
                    known
                        .as_ref()
                        .is_none_or(|known| known.revision <= step.revision)
                })
                .unwrap_or(false);
            if still_asked && newer {
                self.step.try_set(Some(step));
                self.tell_drafts();
                let wanted = self.wanted.try_update_value(Option::take).flatten();
                if let Some(key) = wanted {
                    keys::show_soon(row_id(&key));
                }
            }
        });
    }

    /// Leads to the row of a property, on whichever page it is.
    pub fn lead_to(self, module: ModuleId, name: String) {
        let key = (module, name);
        let is_here = self
            .step
            .with_untracked(|step| find(step.as_ref(), &key).is_some());
        if is_here {
            return keys::show(&row_id(&key));
        }
        self.typed.set(key.1.clone());
        self.request.update(|request| {
            request.search.clone_from(&key.1);
            request.from = 0;
        });
        self.wanted.set_value(Some(key));
    }

    /// Who types a value is asked if somebody else has entered one meanwhile.
    fn tell_drafts(self) {
        self.step.try_with_untracked(|step| {
            if let Some(step) = step {
                self.editor.settings.see(&step.rows);
            }
        });
    }

    /// Glyph, tone and words for the parts of the plan, given how many properties have no value and
    /// how many have one that cannot be taken.
    pub fn look(self, missing: usize, unfit: usize) -> (&'static str, &'static str, String) {
        if unfit > 0 {
            let all = (missing + unfit) as u64;
            let words = counted(all, "value to put right", "values to put right");
            return ("fail", "bad", words);
        }
        if missing > 0 {
            let words = counted(missing as u64, "value is missing", "values are missing");
            return ("fail", "bad", words);
        }
        let entered = self.editor.content.with(|content| content.settings.len());
        let state = self.step.with(|step| step.as_ref().map(|step| step.state));
        match state {
            _ if entered > 0 => (
                "ok",
                "ok",
                counted(entered as u64, "value entered", "values entered"),
            ),
            Some(StepState::Shown { news, .. }) => (
                "ok",
                "ok",
                counted(u64::from(news), "new property", "new properties"),
            ),
            Some(StepState::Skipped) => ("skipped", "mute", "Skipped, nothing new".to_owned()),
            Some(StepState::Disabled(WhyDisabled::NoRight)) => {
                ("locked", "mute", "Not yours to set".to_owned())
            }
            Some(StepState::Disabled(WhyDisabled::NothingToSet)) | None => {
                ("todo", "mute", "Nothing to set".to_owned())
            }
        }
    }
}

/// The panel.
#[component]
pub fn SettingsPanel(
    editor: Editor,
    settings: PlanSettings,
    #[prop(into)] lanes: Signal<Lanes>,
) -> impl IntoView {
    let step = settings.step;
    let state = derived(move |_| step.with(|step| step.as_ref().map(|step| step.state)));
    let total = derived(move |_| step.with(|step| step.as_ref().map_or(0, |step| step.total)));
    let keys = derived(move |_| {
        step.with(|step| {
            let rows = step.as_ref().map_or(&[][..], |step| &step.rows);
            let keys = rows.iter().map(|row| (row.module, row.name.clone()));
            keys.collect::<Vec<(ModuleId, String)>>()
        })
    });
    // Only whether there are any: a property more or less must not take the field away that
    // somebody is typing into.
    let some = derived(move |_| keys.with(|keys| !keys.is_empty()));
    let after = derived(move |_| editor.content.with(|content| content.settings_after));
    // When values take effect concerns nobody before the plan holds one.
    let has_values = derived(move |_| editor.content.with(|content| !content.settings.is_empty()));
    let target = move || lanes.with(|lanes| lanes.target.0.clone());
    let line = move || match state.get() {
        None => String::new(),
        Some(StepState::Shown { news: 0, .. }) => {
            format!("what {} has of them does not fit any more", target())
        }
        Some(StepState::Shown { news, .. }) => format!(
            "{} in {}",
            counted(
                u64::from(news),
                "site property is new or changed",
                "site properties are new or changed"
            ),
            target()
        ),
        Some(StepState::Skipped) => format!("nothing is new in {}", target()),
        Some(StepState::Disabled(_)) => "nothing to enter".to_owned(),
    };
    let can_show_all = derived(move |_| {
        total.get() > 0
            && !matches!(
                state.get(),
                Some(StepState::Disabled(WhyDisabled::NothingToSet))
            )
    });
    view! {
        <section class="panel" id="part-settings" aria-labelledby="h-settings">
            <header>
                <h2 id="h-settings">"Settings"</h2>
                <span class="panel-sub">{line}</span>
                <Show when=move || can_show_all.get()>
                    <span class="push">
                        <Switch
                            label=Signal::derive(move || format!("All settings ({})", total.get()))
                            on=Signal::derive(move || settings.request.with(|asked| asked.all))
                            on_change=Callback::new(move |on| {
                                settings.request.update(|asked| {
                                    asked.all = on;
                                    asked.from = 0;
                                });
                            })
                        />
                    </span>
                </Show>
            </header>
            <Pages settings/>
            {move || {
                if some.get() {
                    view! { <Table editor step keys lanes/> }.into_any()
                } else {
                    let words = move || match settings.request.with(|asked| asked.search.clone()) {
                        search if search.is_empty() => nothing(state.get(), &target()),
                        search => format!("No site property matches “{search}”."),
                    };
                    view! { <p class="pad dim">{words}</p> }.into_any()
                }
            }}
            <footer class="ed-set-foot">
                <Show when=move || has_values.get()>
                    <TakesEffect editor/>
                    {move || in_words(after.get())}
                    " "
                </Show>
                "If the plan is aborted, what was set before holds. Addresses and schedules are not \
                 part of a plan."
            </footer>
        </section>
    }
}

/// So many rows are seen without looking for them.
const FEW: u32 = 12;

/// The search, and the way from page to page; nothing where there is little.
#[component]
fn Pages(settings: PlanSettings) -> impl IntoView {
    let PlanSettings {
        step,
        request,
        typed,
        ..
    } = settings;
    let ends = derived(move |_| {
        step.with(|step| {
            step.as_ref()
                .map_or((0, 0), |step| (step.from, step.matching))
        })
    });
    let many =
        derived(move |_| ends.get().1 > FEW || request.with(|request| !request.search.is_empty()));
    let paged = derived(move |_| ends.get().1 > SETTINGS_PAGE);
    let delay = Delay::new(250);
    let on_input = Callback::new(move |value: String| {
        typed.set(value.clone());
        delay.run(move || {
            request.update(|request| {
                request.search = value;
                request.from = 0;
            });
        });
    });
    view! {
        <Show when=move || many.get()>
            <div class="filters ed-set-find">
                <SearchInput
                    id="setting-search"
                    label="Search site properties"
                    value=typed
                    on_input
                />
                <Show when=move || paged.get()>
                    <Pager
                        offset=Signal::derive(move || u64::from(ends.get().0))
                        limit=u64::from(SETTINGS_PAGE)
                        total=Signal::derive(move || u64::from(ends.get().1))
                        on_page=Callback::new(move |from: u64| {
                            request
                                .update(|request| {
                                    request.from = u32::try_from(from).unwrap_or(0);
                                });
                        })
                    />
                </Show>
            </div>
        </Show>
    }
}

/// What the choice means.
const fn in_words(after: bool) -> &'static str {
    if after {
        "Values take effect after activation: what starts at the switch still finds what was set \
         before. Once everything is switched, services are started anew with the new values and \
         static modules find them in their document; a module that does not come up with them goes \
         on with the former ones, and the plan ends with a warning."
    } else {
        "Values come with the switch: what starts sees the new ones."
    }
}

/// With the switch, or after it.
#[component]
fn TakesEffect(editor: Editor) -> impl IntoView {
    let after = derived(move |_| editor.content.with(|content| content.settings_after));
    let choose = move |after: bool| {
        editor.apply(PlanEdit::SetSettingsAfter(after));
    };
    let refusal = Signal::derive(move || editor.values_refusal());
    view! {
        <fieldset class="ed-set-when">
            <legend>"Values take effect"</legend>
            <Radio
                name="settings-take-effect"
                label="with the switch"
                checked=Signal::derive(move || !after.get())
                on_choose=Callback::new(move |()| choose(false))
                refusal
            />
            <Radio
                name="settings-take-effect"
                label="after activation"
                checked=Signal::derive(move || after.get())
                on_choose=Callback::new(move |()| choose(true))
                refusal
            />
        </fieldset>
    }
}

fn nothing(state: Option<StepState>, target: &str) -> String {
    match state {
        None => "Not known yet.".to_owned(),
        Some(StepState::Disabled(WhyDisabled::NothingToSet)) => {
            "Nothing that this plan changes has site properties.".to_owned()
        }
        Some(StepState::Disabled(WhyDisabled::NoRight)) => format!(
            "Only who may change and deploy every application of this plan in {target} sets values."
        ),
        Some(StepState::Skipped | StepState::Shown { .. }) => format!(
            "All site properties have a value in {target} already. With All settings they can be changed."
        ),
    }
}

#[component]
fn Table(
    editor: Editor,
    step: RwSignal<Option<SettingsStep>>,
    keys: Derived<Vec<(ModuleId, String)>>,
    lanes: Signal<Lanes>,
) -> impl IntoView {
    let permitted = derived(move |_| {
        step.with(|step| {
            let state = step.as_ref().map(|step| step.state);
            !matches!(state, Some(StepState::Disabled(WhyDisabled::NoRight)))
        })
    });
    view! {
        <table class="table ed-set">
            <thead>
                <tr>
                    <th scope="col">"Site property"</th>
                    <th scope="col">{move || lanes.with(|l| format!("In {}", l.source.0))}</th>
                    <th scope="col">{move || lanes.with(|l| format!("Value for {}", l.target.0))}</th>
                </tr>
            </thead>
            <tbody>
                <For each=move || keys.get() key=|key| row_id(key) let:key>
                    {
                        let of = key.clone();
                        let row = derived(move |_| {
                            step.with(|step| find(step.as_ref(), &of).cloned())
                        });
                        view! { <SettingRow editor key row permitted lanes/> }
                    }
                </For>
            </tbody>
        </table>
    }
}

fn find<'a>(step: Option<&'a SettingsStep>, key: &(ModuleId, String)) -> Option<&'a PlanProperty> {
    let mut rows = step?.rows.iter();
    rows.find(|row| row.module == key.0 && row.name == key.1)
}
