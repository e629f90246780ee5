//! The reader's own drafts. They are in no list, so a quiet line leads back to them.

use super::list::so_many;
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
    let lead = if total.number == 1 {
        "You have 1 draft:".to_owned()
    } else {
        format!("You have {} drafts:", so_many(total))
    };
    view! {
        <section class="own-drafts" aria-label="Your drafts">
            <span>{lead}</span>
            <ul>
                {newest
                    .into_iter()
                    .map(|DraftRow { number, name, created }| {
                        view! {
                            <li>
                                <a class="link" href=routes::plan(number)>
                                    {format!("#{number} {name}")}
                                </a>
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
            <span>"Seen by you alone. What is not saved within 24 hours is gone."</span>
        </section>
    }
}
