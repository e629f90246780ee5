//! A field that proposes what the server finds for what was typed, one of which is chosen.

use super::delay::Delay;
use super::status::{counted, thousands};
use crate::api::catalog::list_applications;
use crate::error::ApiError;
use domain::view::ApplicationFilter;
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// How many are proposed at once.
pub const PROPOSED: u32 = 8;

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What stands for it where it was chosen.
    pub key: String,
    /// What is read.
    pub label: String,
    /// A word more about it.
    pub note: String,
}

/// What the server finds: at most [`PROPOSED`], and how many more there are.
pub type Found = Result<(Vec<Proposal>, u64), ApiError>;

/// Asks the server for what a text finds; an empty one finds the first of all.
pub type Ask = Callback<String, LocalBoxFuture<'static, Found>>;

/// Finds applications by name.
pub fn ask_applications() -> Ask {
    Callback::new(|text| applications(text).boxed_local())
}

async fn applications(text: String) -> Found {
    let page = list_applications(ApplicationFilter {
        text,
        limit: PROPOSED,
        ..ApplicationFilter::default()
    })
    .await?;
    let more = page.total.saturating_sub(page.rows.len() as u64);
    let proposals = page.rows.into_iter().map(|row| Proposal {
        key: row.id.to_string(),
        label: row.name,
        note: String::new(),
    });
    Ok((proposals.collect(), more))
}

/// What is proposed for what was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Proposals {
    /// For which text; none before the first answer.
    text: Option<String>,
    list: Vec<Proposal>,
    more: u64,
    /// Why there is no answer.
    failed: Option<String>,
}

impl Proposals {
    fn of(text: String, found: Found) -> Self {
        match found {
            Ok((list, more)) => Self {
                text: Some(text),
                list,
                more,
                failed: None,
            },
            Err(error) => Self {
                failed: Some(error.to_string()),
                ..Self::default()
            },
        }
    }

    /// What is said below the list.
    fn words(&self) -> Option<String> {
        if let Some(error) = &self.failed {
            return Some(format!("Nothing could be searched. {error}"));
        }
        let text = self.text.as_deref()?;
        match (self.list.is_empty(), self.more) {
            (true, _) if text.is_empty() => Some("There is nothing to choose yet".to_owned()),
            (true, _) => Some(format!("Nothing found with “{text}”")),
            (false, 0) => None,
            (false, more) => Some(format!("and {} more: type to narrow", thousands(more))),
        }
    }
}

/// What becomes of what was typed when the field is left.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Left {
    /// Nothing was typed: what was chosen stays.
    Alone,
    /// It was emptied: nothing is chosen any more.
    Emptied,
    /// This is what it means.
    Means(Proposal),
    /// Its answer is on its way.
    Asked,
    /// Nothing is found by it: what was chosen stays.
    Unknown,
}

impl Left {
    /// `edited` is whether something was typed, `aimed` the proposal under the cursor.
    fn of(edited: bool, text: &str, aimed: Option<Proposal>, answered: bool) -> Self {
        match (aimed, edited) {
            (Some(aimed), _) => Self::Means(aimed),
            (None, false) => Self::Alone,
            (None, true) if text.is_empty() => Self::Emptied,
            (None, true) if answered => Self::Unknown,
            (None, true) => Self::Asked,
        }
    }
}

/// The field. What is proposed is chosen by mouse, or with the arrow keys and Enter. One that comes
/// to ask takes the focus as it appears; Esc and leaving it close it. One that stays shows what is
/// chosen and proposes while it has the focus; leaving it chooses what was typed, if anything is
/// found by it, and Esc goes back.
#[component]
pub fn Lookup(
    /// Its id.
    id: &'static str,
    /// Its accessible name.
    #[prop(into)]
    label: String,
    /// What stands in it while it is empty.
    #[prop(into)]
    placeholder: String,
    /// What finds.
    ask: Ask,
    /// Something was chosen; in one that stays and was emptied, something without a name.
    on_choose: Callback<Proposal>,
    /// It was left without.
    on_close: Callback<()>,
    /// The field stays, and this is chosen in it.
    #[prop(optional)]
    chosen: Option<Signal<String>>,
    /// Further classes of the control.
    #[prop(default = "")]
    class: &'static str,
) -> impl IntoView {
    let stays = chosen.is_some();
    let shown = move || {
        chosen
            .map(|chosen| chosen.get_untracked())
            .unwrap_or_default()
    };
    let open = RwSignal::new(!stays);
    let proposals = RwSignal::new(Proposals::default());
    let cursor = RwSignal::new(None::<usize>);
    let typed = StoredValue::new(String::new());
    let edited = StoredValue::new(false);
    // It was to be chosen before there was an answer.
    let entered = StoredValue::new(false);
    let node = NodeRef::<html::Input>::new();
    let write = move |text: &str| {
        if let Some(Some(node)) = node.try_get_untracked() {
            node.set_value(text);
        }
    };
    let shut = move || {
        if stays {
            open.try_set(false);
            edited.try_set_value(false);
            cursor.try_set(None);
        }
    };
    let take = move |proposal: Proposal| {
        shut();
        if stays {
            write(&proposal.label);
        }
        on_choose.try_run(proposal);
    };
    let give_up = move || {
        shut();
        if stays {
            entered.try_set_value(false);
            write(&shown());
        }
        on_close.try_run(());
    };
    let propose = move || {
        let text = typed.get_value().trim().to_owned();
        let answer = ask.run(text.clone());
        spawn_local(async move {
            let found = answer.await;
            // What was typed since asks for itself.
            if typed.try_with_value(|typed| typed.trim() == text) != Some(true) {
                return;
            }
            // Nothing is meant by an empty field that stays.
            cursor.try_set((!stays || !text.is_empty()).then_some(0));
            let found = Proposals::of(text, found);
            let first = found.list.first().cloned();
            proposals.try_set(found);
            // Who types fast has chosen already.
            if entered.try_update_value(std::mem::take) == Some(true) {
                match first {
                    Some(first) => take(first),
                    // It was left, and nothing is found by what stands in it.
                    None if open.try_get_untracked() == Some(false) => write(&shown()),
                    None => {}
                }
            }
        });
    };
    Effect::new(move |_| {
        if let Some(node) = node.get()
            && !stays
        {
            let _ = node.focus();
            propose();
        }
    });
    let delay = Delay::new(150);
    let answered =
        move |p: &Proposals| typed.with_value(|typed| p.text.as_deref() == Some(typed.trim()));
    // Only what is proposed for what stands there now.
    let aimed = move || {
        let at = cursor.get_untracked()?;
        proposals.with_untracked(|p| p.list.get(at).filter(|_| answered(p)).cloned())
    };
    let show = move || {
        if stays && !open.get_untracked() {
            open.set(true);
            typed.set_value(String::new());
            propose();
        }
    };
    // Enter in one that stays, and leaving it.
    let settle = move || {
        let text = typed.get_value();
        let known = proposals.with_untracked(answered);
        match Left::of(edited.get_value(), text.trim(), aimed(), known) {
            // What was chosen before its answer comes by itself.
            Left::Alone if entered.get_value() => shut(),
            Left::Alone | Left::Unknown => give_up(),
            Left::Emptied => take(Proposal {
                key: String::new(),
                label: String::new(),
                note: String::new(),
            }),
            Left::Means(proposal) => take(proposal),
            Left::Asked => {
                entered.set_value(true);
                shut();
            }
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let count = proposals.with_untracked(|p| p.list.len());
        match event.key().as_str() {
            "ArrowDown" if !open.get_untracked() => show(),
            "ArrowDown" if count > 0 => {
                cursor.update(|at| *at = Some(at.map_or(0, |at| (at + 1) % count)));
            }
            "ArrowUp" if count > 0 => {
                cursor.update(|at| *at = Some(at.map_or(count - 1, |at| (at + count - 1) % count)));
            }
            "Enter" if stays => settle(),
            "Enter" => match aimed() {
                Some(aimed) => take(aimed),
                None => entered.set_value(true),
            },
            "Escape" if open.get_untracked() => give_up(),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let active = move || {
        let any = open.get() && proposals.with(|p| !p.list.is_empty());
        let at = cursor.get().filter(|_| any);
        at.map(|at| format!("{id}-{at}"))
    };
    let options = move || {
        let list = proposals.with(|p| p.list.clone());
        let option = move |(index, proposal): (usize, Proposal)| {
            let (label, note) = (proposal.label.clone(), proposal.note.clone());
            view! {
                <div
                    role="option"
                    id=format!("{id}-{index}")
                    aria-selected=move || (cursor.get() == Some(index)).to_string()
                    // The field keeps the focus until it is gone.
                    on:mousedown=|event| event.prevent_default()
                    on:click=move |_| take(proposal.clone())
                >
                    <span>{label}</span>
                    <span class="dim">{note}</span>
                </div>
            }
        };
        list.into_iter().enumerate().map(option).collect_view()
    };
    let count = move || proposals.with(|p| counted(p.list.len() as u64, "proposal", "proposals"));
    let list = format!("{id}-list");
    let controls = list.clone();
    view! {
        <span class="rel">
            <input
                node_ref=node
                id=id
                class=format!("input {class}")
                type="text"
                role="combobox"
                aria-label=label
                aria-expanded=move || open.get().to_string()
                aria-controls=move || open.get().then(|| controls.clone())
                aria-autocomplete="list"
                aria-activedescendant=active
                placeholder=placeholder
                autocomplete="off"
                spellcheck="false"
                maxlength="50"
                prop:value=move || chosen.map(|chosen| chosen.get()).unwrap_or_default()
                on:focus=move |_| {
                    if stays && let Some(node) = node.get_untracked() {
                        node.select();
                        show();
                    }
                }
                on:click=move |_| show()
                on:input=move |event| {
                    entered.set_value(false);
                    edited.set_value(true);
                    open.set(true);
                    typed.set_value(event_target_value(&event));
                    delay.run(propose);
                }
                on:keydown=on_key
                on:blur=move |_| {
                    if stays {
                        settle();
                    } else {
                        on_close.try_run(());
                    }
                }
            />
            <Show when=move || open.get()>
                <div class="menu menu-pop start">
                    <div role="listbox" id=list.clone() aria-label="Proposals">
                        {options}
                    </div>
                    <p class="dim" role="status">
                        {move || proposals.with(Proposals::words)}
                        <span class="vh">{count}</span>
                    </p>
                </div>
            </Show>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::{Left, Proposal, Proposals};

    #[test]
    fn what_is_found_is_said() {
        let found = |text: &str, labels: &[&str], more| {
            let proposal = |label: &&str| Proposal {
                key: String::new(),
                label: (*label).to_owned(),
                note: String::new(),
            };
            let list = labels.iter().map(proposal).collect();
            Proposals::of(text.to_owned(), Ok((list, more))).words()
        };
        assert_eq!(Proposals::default().words(), None);
        assert_eq!(found("cl", &["Claims Core"], 0), None);
        assert_eq!(
            found("", &["Claims Core"], 1_200).as_deref(),
            Some("and 1,200 more: type to narrow")
        );
        assert_eq!(
            found("x", &[], 0).as_deref(),
            Some("Nothing found with “x”")
        );
    }

    #[test]
    fn a_part_of_a_name_is_enough_and_nothing_is_lost_by_leaving() {
        let core = Proposal {
            key: "1".to_owned(),
            label: "Claims Core".to_owned(),
            note: String::new(),
        };
        // Tab after a part of a name takes what the cursor is on.
        let means = Left::of(true, "aims", Some(core.clone()), true);
        assert_eq!(means, Left::Means(core));
        assert_eq!(Left::of(true, "aims", None, false), Left::Asked);
        assert_eq!(Left::of(true, "zebra", None, true), Left::Unknown);
        assert_eq!(Left::of(true, "", None, true), Left::Emptied);
        // Passing through changes nothing, whatever is proposed.
        assert_eq!(Left::of(false, "", None, true), Left::Alone);
    }
}
