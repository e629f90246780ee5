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

/// The field. It takes the focus as it appears; what is proposed is chosen by mouse, or with the
/// arrow keys and Enter. Esc and leaving it close it.
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
    /// Something was chosen.
    on_choose: Callback<Proposal>,
    /// It was left without.
    on_close: Callback<()>,
) -> impl IntoView {
    let proposals = RwSignal::new(Proposals::default());
    let cursor = RwSignal::new(0_usize);
    let typed = StoredValue::new(String::new());
    // Enter was pressed before there was an answer.
    let entered = StoredValue::new(false);
    let node = NodeRef::<html::Input>::new();
    let propose = move || {
        let text = typed.get_value().trim().to_owned();
        let answer = ask.run(text.clone());
        spawn_local(async move {
            let found = answer.await;
            // What was typed since asks for itself.
            if typed.try_with_value(|typed| typed.trim() == text) != Some(true) {
                return;
            }
            cursor.try_set(0);
            let found = Proposals::of(text, found);
            let first = found.list.first().cloned();
            proposals.try_set(found);
            // Who types fast has chosen already.
            if entered.try_update_value(std::mem::take) == Some(true)
                && let Some(first) = first
            {
                on_choose.run(first);
            }
        });
    };
    Effect::new(move |_| {
        if let Some(node) = node.get() {
            let _ = node.focus();
            propose();
        }
    });
    let delay = Delay::new(150);
    // Only what is proposed for what stands there now.
    let chosen = move || {
        proposals.with_untracked(|p| {
            let asked = typed.with_value(|typed| p.text.as_deref() == Some(typed.trim()));
            p.list
                .get(cursor.get_untracked())
                .filter(|_| asked)
                .cloned()
        })
    };
    let on_key = move |event: KeyboardEvent| {
        let count = proposals.with_untracked(|p| p.list.len());
        match event.key().as_str() {
            "ArrowDown" if count > 0 => cursor.update(|at| *at = (*at + 1) % count),
            "ArrowUp" if count > 0 => cursor.update(|at| *at = (*at + count - 1) % count),
            "Enter" => {
                if let Some(chosen) = chosen() {
                    on_choose.run(chosen);
                } else {
                    entered.set_value(true);
                }
            }
            "Escape" => on_close.run(()),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let active = move || {
        let any = proposals.with(|p| !p.list.is_empty());
        any.then(|| format!("{id}-{}", cursor.get()))
    };
    let options = move || {
        let list = proposals.with(|p| p.list.clone());
        let option = move |(index, proposal): (usize, Proposal)| {
            let (label, note) = (proposal.label.clone(), proposal.note.clone());
            view! {
                <div
                    role="option"
                    id=format!("{id}-{index}")
                    aria-selected=move || (cursor.get() == index).to_string()
                    // The field keeps the focus until it is gone.
                    on:mousedown=|event| event.prevent_default()
                    on:click=move |_| on_choose.run(proposal.clone())
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
    view! {
        <span class="rel">
            <input
                node_ref=node
                id=id
                class="input"
                type="text"
                role="combobox"
                aria-label=label
                aria-expanded="true"
                aria-controls=list.clone()
                aria-autocomplete="list"
                aria-activedescendant=active
                placeholder=placeholder
                autocomplete="off"
                spellcheck="false"
                maxlength="50"
                on:input=move |event| {
                    entered.set_value(false);
                    typed.set_value(event_target_value(&event));
                    delay.run(propose);
                }
                on:keydown=on_key
                on:blur=move |_| {
                    on_close.try_run(());
                }
            />
            <div class="menu menu-pop start">
                <div role="listbox" id=list aria-label="Proposals">
                    {options}
                </div>
                <p class="dim" role="status">
                    {move || proposals.with(Proposals::words)}
                    <span class="vh">{count}</span>
                </p>
            </div>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::{Proposal, Proposals};

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
}
