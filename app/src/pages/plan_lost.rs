//! What is shown to somebody whose open plan went: who took it away, what became of what they did in
//! it, and the way on.

use crate::components::button::{LinkButton, Weight};
use crate::components::icon::Glyph;
use crate::components::time::{When, WhenStyle};
use crate::live::{Heard, follow};
use crate::pages::plan_editor::LostPlan;
use crate::routes;
use domain::view::{HowLost, PlanLoss};
use leptos::prelude::*;

/// What happened, and what became of what was changed here.
fn words(lost: &LostPlan, loss: &PlanLoss) -> (String, String) {
    let what = if lost.draft { "draft" } else { "plan" };
    let by = match &loss.by {
        Some((name, _)) => name.as_str(),
        None => "Its maker",
    };
    let unsent = if lost.unsent {
        " What you changed last did not get there any more."
    } else {
        ""
    };
    match loss.how {
        HowLost::Unshared => (
            format!("{by} stopped sharing this draft"),
            format!("Only {by} sees it now, with what you changed in it.{unsent}"),
        ),
        HowLost::Discarded => (
            format!("{by} discarded this {what}"),
            "What was changed in it is gone with it. Nothing was deployed.".to_owned(),
        ),
        HowLost::Expired => (
            "This draft has ended".to_owned(),
            "Nobody saved it within 24 hours, so it is gone with what was changed in it."
                .to_owned(),
        ),
    }
}

/// In place of the editor.
#[component]
pub fn LostView(
    /// The plan as it was last seen.
    lost: LostPlan,
    /// Why it is not there.
    loss: PlanLoss,
    /// What was heard when that was read.
    #[prop(default = Heard::default())]
    heard: Heard,
    /// It may be there again, shared once more: the page has to look.
    on_news: Callback<()>,
) -> impl IntoView {
    let topic = format!("plan/{}", lost.number);
    follow(&[&topic], heard, move || on_news.run(()));
    let (title, text) = words(&lost, &loss);
    let at = loss.by.map(|(_, at)| at);
    let again = (!lost.applications.is_empty())
        .then(|| routes::new_plan(&lost.source, &lost.target, &lost.applications));
    view! {
        <section class="panel">
            <div class="blank" data-state="lost" role="alert">
                <Glyph name=if loss.how == HowLost::Unshared { "locked" } else { "aborted" }/>
                <h2>{title}</h2>
                <p>
                    {at.map(|at| view! { <When at=Signal::stored(at) style=WhenStyle::Both/> ". " })}
                    {text}
                </p>
                <div class="acts">
                    <LinkButton
                        label="Deployment Plans"
                        href=routes::PLANS.to_owned()
                        icon="left"
                    />
                    {again
                        .map(|href| {
                            view! {
                                <LinkButton
                                    label="New plan with the same applications"
                                    href
                                    weight=Weight::Primary
                                    icon="plus"
                                />
                            }
                        })}
                </div>
            </div>
        </section>
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::*;
    use domain::Timestamp;

    #[test]
    fn what_was_typed_is_said_to_be_kept_or_not() {
        let lost = |draft, unsent| LostPlan {
            id: "00000001-0000-7000-8000-000000000000"
                .parse()
                .expect("an id"),
            number: 12,
            draft,
            source: "Development".to_owned(),
            target: "Quality".to_owned(),
            applications: Vec::new(),
            unsent,
        };
        let by_ana = |how| PlanLoss {
            how,
            by: Some(("Ana Ribeiro".to_owned(), Timestamp(1_000))),
        };
        let (title, text) = words(&lost(true, false), &by_ana(HowLost::Unshared));
        assert_eq!(title, "Ana Ribeiro stopped sharing this draft");
        assert_eq!(
            text,
            "Only Ana Ribeiro sees it now, with what you changed in it."
        );
        let (_, text) = words(&lost(true, true), &by_ana(HowLost::Unshared));
        assert!(
            text.ends_with("What you changed last did not get there any more."),
            "{text}"
        );
        let (title, _) = words(&lost(false, true), &by_ana(HowLost::Discarded));
        assert_eq!(title, "Ana Ribeiro discarded this plan");
    }
}
