//! An older state that is tagged anew: which tag it is taken from, and which state of each module.

use crate::api::catalog::{list_tag_bases, read_older_state};
use crate::components::icon::Glyph;
use crate::components::skeleton::Skeleton;
use domain::view::{OlderModule, OlderModuleState, OlderState, TagBases};
use domain::{ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, VersionId, VersionNumber};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeMap;

/// What is chosen, and what the console said about it.
#[derive(Clone, Copy)]
pub struct Older {
    application: ApplicationId,
    /// The tag that the new one is based on; none for what runs.
    pub base: RwSignal<Option<VersionId>>,
    bases: RwSignal<Option<TagBases>>,
    state: RwSignal<Option<Result<OlderState, String>>>,
    picks: RwSignal<BTreeMap<ModuleId, ModuleVersionId>>,
}

impl Older {
    /// Nothing is chosen.
    pub fn new(application: ApplicationId) -> Self {
        Self {
            application,
            base: RwSignal::new(None),
            bases: RwSignal::new(None),
            state: RwSignal::new(None),
            picks: RwSignal::new(BTreeMap::new()),
        }
    }

    /// Begins anew in an environment, with the tag that was asked for.
    pub fn open(self, environment: Option<EnvironmentId>, base: Option<VersionId>) {
        self.base.set(base);
        self.enter(environment);
    }

    /// Goes to another environment, with what is chosen.
    pub fn enter(self, environment: Option<EnvironmentId>) {
        self.bases.set(None);
        let Some(environment) = environment else {
            return;
        };
        let application = self.application;
        spawn_local(async move {
            if let Ok(bases) = list_tag_bases(application, environment).await {
                self.bases.try_set(Some(bases));
            }
        });
        self.read(Some(environment));
    }

    /// Takes another tag as the base.
    pub fn choose(self, environment: Option<EnvironmentId>, base: Option<VersionId>) {
        self.base.set(base);
        self.read(environment);
    }

    fn read(self, environment: Option<EnvironmentId>) {
        self.state.set(None);
        self.picks.set(BTreeMap::new());
        let (Some(base), Some(environment)) = (self.base.get_untracked(), environment) else {
            return;
        };
        let application = self.application;
        spawn_local(async move {
            let answer = read_older_state(application, environment, base).await;
            // Something else was chosen meanwhile.
            if self.base.try_get_untracked().flatten() != Some(base) {
                return;
            }
            self.state
                .try_set(Some(answer.map_err(|error| error.to_string())));
        });
    }

    /// The state that is shown, if one is chosen and known.
    fn with<T>(self, read: impl FnOnce(&OlderState) -> T) -> Option<T> {
        self.state
            .with(|state| state.as_ref()?.as_ref().ok().map(read))
    }

    /// The number that is proposed for it.
    pub fn proposal(self) -> Option<VersionNumber> {
        self.with(|state| state.proposal)
    }

    /// The number of the tag that is the base.
    pub fn number(self) -> Option<VersionNumber> {
        self.with(|state| state.number)
    }

    /// Whether a number is not above what another environment runs, in words.
    pub fn too_low(self, number: VersionNumber) -> Option<String> {
        let (place, ahead) = self.with(|state| state.ahead.clone()).flatten()?;
        (number <= ahead).then(|| {
            format!(
                "{place} runs {ahead}, and plans bring only higher numbers there. To go back there, choose one above {ahead}."
            )
        })
    }

    /// The states that the tag will hold; none while they are not known.
    pub fn chosen(self) -> Option<Vec<ModuleVersionId>> {
        let picks = self.picks.get_untracked();
        self.state.with_untracked(|state| {
            let state = state.as_ref()?.as_ref().ok()?;
            let modules = state.modules.iter();
            modules
                .map(|module| {
                    let own = module.states.first().map(|state| state.version);
                    picks.get(&module.module).copied().or(own)
                })
                .collect()
        })
    }

    /// What can be the base, for a drop-down: what runs first.
    pub fn options(self) -> Vec<(String, String)> {
        let mut options = vec![(String::new(), "What runs there now".to_owned())];
        let listed = self.bases.with(|bases| {
            let bases = bases.iter().flat_map(|bases| &bases.bases);
            bases
                .map(|(id, number)| (id.to_string(), number.to_string()))
                .collect::<Vec<_>>()
        });
        // One that was asked for may be older than those that are listed.
        if let Some(base) = self.base.get()
            && !listed.iter().any(|(id, _)| *id == base.to_string())
            && let Some(number) = self.number()
        {
            options.push((base.to_string(), number.to_string()));
        }
        options.extend(listed);
        options
    }

    /// That there are more tags than the drop-down lists.
    pub fn more(self) -> Option<String> {
        let more = self
            .bases
            .with(|bases| bases.as_ref().map_or(0, |bases| bases.more));
        (more > 0).then(|| {
            format!("{more} older tags are not listed here: find them under Versions, and tag them again from there.")
        })
    }
}

/// The modules of the older state, each with what can be tagged of it.
#[component]
pub fn OlderContent(older: Older) -> impl IntoView {
    view! {
        <div class="field">
            <span class="label" id="tag-content">
                "Modules in this tag"
            </span>
            {move || match older.state.get() {
                None => view! { <Skeleton lines=2 label="Loading the modules"/> }.into_any(),
                Some(Err(reason)) => {
                    view! {
                        <div class="notice bad" role="alert">
                            <Glyph name="fail"/>
                            <p>
                                <b>"It cannot be tagged there. "</b>
                                {reason}
                                " Only what was made or deployed in an environment can be tagged in it."
                            </p>
                        </div>
                    }
                        .into_any()
                }
                Some(Ok(state)) => {
                    view! {
                        <ul class="tmods" aria-labelledby="tag-content" tabindex="0">
                            {state
                                .modules
                                .into_iter()
                                .map(|module| view! { <Module module picks=older.picks/> })
                                .collect_view()}
                        </ul>
                    }
                        .into_any()
                }
            }}
        </div>
    }
}

#[component]
fn Module(
    module: OlderModule,
    picks: RwSignal<BTreeMap<ModuleId, ModuleVersionId>>,
) -> impl IntoView {
    let id = module.module;
    let choice = match module.states.as_slice() {
        [] => return view! { <li>{module.name}</li> }.into_any(),
        [only] => view! { <small>{words(only)}</small> }.into_any(),
        [own, ..] => {
            let own = own.version;
            let chosen =
                move || picks.with(|picks| picks.get(&id).copied().unwrap_or(own).to_string());
            let choose = move |event| {
                let Ok(version) = event_target_value(&event).parse::<ModuleVersionId>() else {
                    return;
                };
                picks.update(|picks| {
                    picks.insert(id, version);
                });
            };
            let options = module.states.iter().map(|state| {
                let value = state.version.to_string();
                view! {
                    <option value=value.clone() selected={state.version == own}>
                        {words(state)}
                    </option>
                }
            });
            view! {
                <div class="select sm">
                    <select
                        aria-label=format!("State of {}", module.name)
                        prop:value=chosen
                        on:change=choose
                    >
                        {options.collect_view()}
                    </select>
                </div>
            }
            .into_any()
        }
    };
    view! {
        <li>
            <span>{module.name}</span>
            {choice}
        </li>
    }
    .into_any()
}

/// "as in 0.2 to 0.4, runs there now".
fn words(state: &OlderModuleState) -> String {
    let tags = match state.tags.as_slice() {
        [] => "in no tag".to_owned(),
        [only] => format!("as in {only}"),
        [first, second] => format!("as in {first} and {second}"),
        [first, .., last] => format!("as in {first} to {last}"),
    };
    if state.running {
        format!("{tags}, runs there now")
    } else {
        tags
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn state(tags: &[&str], running: bool) -> OlderModuleState {
        OlderModuleState {
            version: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
            tags: tags.iter().map(|tag| tag.parse().unwrap()).collect(),
            running,
        }
    }

    #[test]
    fn a_state_is_called_by_the_tags_that_hold_it() {
        for (tags, running, said) in [
            (&[][..], true, "in no tag, runs there now"),
            (&["0.2"], false, "as in 0.2"),
            (&["0.2", "0.3"], true, "as in 0.2 and 0.3, runs there now"),
            (&["0.2", "0.3", "0.5"], false, "as in 0.2 to 0.5"),
        ] {
            assert_eq!(words(&state(tags, running)), said);
        }
    }
}
