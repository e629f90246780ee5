//! Which plan this one was made from, and what of that is still open.

use super::rows::Lanes;
use super::state::Editor;
use crate::components::icon::Glyph;
use crate::components::status::counted;
use crate::derived::derived;
use crate::pages::plans::reuse::{adjust, sentence, values_left};
use crate::routes;
use domain::plan::Origin;
use leptos::prelude::*;

/// What could not be taken over from the plan that this one was made from.
#[component]
pub fn OriginNotice(editor: Editor, #[prop(into)] lanes: Signal<Lanes>) -> impl IntoView {
    let origin = derived(move |_| editor.detail.with(|d| d.origin.clone()));
    move || {
        let origin = origin.get()?;
        let (from, to) = lanes.with(|l| (l.source.0.clone(), l.target.0.clone()));
        let how = match origin.how {
            Origin::Rollback => "Rolls back",
            Origin::Retry => "Retry of",
            Origin::Reuse { .. } => "Made from",
        };
        let said: Vec<String> = origin
            .open
            .iter()
            .map(|row| sentence(row, &from, &to))
            .collect();
        let way = adjust(&origin.open);
        let values = values_left(&origin.left, &to);
        let tags = counted(said.len() as u64, "tag", "tags");
        Some(view! {
            <div class="notice ed-origin" role="status">
                <Glyph name="info"/>
                <div>
                    {how}
                    " plan "
                    <a href=routes::plan(origin.number)>{format!("#{}", origin.number)}</a>
                    "."
                    {(!said.is_empty())
                        .then(|| {
                            view! {
                                " "
                                <b>{tags} " could not be used."</b>
                                " "
                                {said.join(" ")}
                                " "
                                {way}
                            }
                        })}
                    {values.map(|(title, text)| view! { " " <b>{title}</b> " " {text} })}
                </div>
            </div>
        })
    }
}
