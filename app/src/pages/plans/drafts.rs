//! The reader's own drafts and those that others share. They are in no list, so a quiet line leads
//! to them.

use super::pager::so_many;
use crate::api::plans::list_drafts;
use crate::components::kept::use_kept;
use crate::components::time::{When, WhenStyle};
use crate::live::use_topic;
use crate::routes;
use crate::session::use_session;
use crate::wire::fetched;
use domain::access::Action;
use domain::view::{DraftRow, Drafts};
use leptos::prelude::*;

/// The line; nothing where there are none.
#[component]
pub fn OwnDrafts() -> impl IntoView {
    let topic = use_topic("plans");
    let session = use_session();
    let drafts = fetched(
        move || (topic.get(), session.can(Action::EditPlan)),
        |(_, may_edit)| async move {
            if may_edit {
                list_drafts().await
            } else {
                Ok(Drafts::default())
            }
        },
    );
    view! {
        <Transition fallback=|| ()>
            {
                let (known, _) = use_kept(drafts);
                move || {
                    known.get().filter(|drafts| !drafts.newest.is_empty()).map(line)
                }
            }
        </Transition>
    }
}

fn line(drafts: Drafts) -> impl IntoView {
    let Drafts { newest, total } = drafts;
    let more = total.number.saturating_sub(newest.len() as u64);
    let of_others = newest.iter().any(|draft| draft.of.is_some());
    let alone = newest.iter().all(|draft| !draft.shared);
    let lead = match (of_others, total.number) {
        (false, 1) => "You have 1 draft:".to_owned(),
        (false, _) => format!("You have {} drafts:", so_many(total)),
        (true, 1) => "1 draft is shared with you:".to_owned(),
        (true, _) => format!("{} drafts are yours or shared with you:", so_many(total)),
    };
    let seen = if alone {
        "Seen by you alone. What is not saved within 24 hours is gone."
    } else {
        "Those that are shared are open to everybody who may edit plans. What is not saved within 24 \
         hours is gone."
    };
    view! {
        <section class="own-drafts" aria-label="Drafts">
            <span>{lead}</span>
            <ul>
                {newest
                    .into_iter()
                    .map(|DraftRow { number, name, created, shared, of }| {
                        let whose = match (of, shared) {
                            (Some(maker), _) => Some(format!("of {}", maker.name)),
                            (None, true) => Some("shared".to_owned()),
                            (None, false) => None,
                        };
                        view! {
                            <li>
                                <a class="link" href=routes::plan(number)>
                                    {format!("#{number} {name}")}
                                </a>
                                {whose.map(|whose| view! { <span class="dim">{whose}</span> " " })}
                                <When at=created style=WhenStyle::Relative/>
                            </li>
                        }
                    })
                    .collect_view()}
                {(more > 0)
                    .then(|| {
                        let plus = if total.more { "at least " } else { "" };
                        view! { <li>{format!("and {plus}{more} older")}</li> }
                    })}
            </ul>
            <span>{seen}</span>
        </section>
    }
}
