//! One more question before something goes into Production: what goes where.

use super::button::{Button, Weight};
use super::dialog::Dialog;
use leptos::prelude::*;

/// Applications that are named; of more, only how many.
const NAMED: usize = 12;

/// Lines that are shown of `all`, with how many of the `total` there are beyond them.
fn shown(all: Vec<String>, total: usize) -> Vec<String> {
    let more = total.max(all.len()) - all.len().min(NAMED);
    all.into_iter()
        .take(NAMED)
        .chain((more > 0).then(|| format!("and {more} more")))
        .collect()
}

/// Asks before a plan goes into an environment of purpose Production.
#[component]
pub fn ProductionQuestion(
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// The environment's name.
    #[prop(into)]
    target: Signal<String>,
    /// What stands before the list, up to its colon.
    #[prop(into)]
    lead: Signal<String>,
    /// What goes there, one application in each line.
    #[prop(into)]
    brings: Signal<Vec<String>>,
    /// How many applications go there, where `brings` does not name them all.
    #[prop(into, default = Signal::stored(0))]
    total: Signal<usize>,
    /// Whether it is being started.
    #[prop(into, default = false.into())]
    busy: Signal<bool>,
    /// Why it cannot be started now.
    #[prop(into)]
    refusal: Signal<Option<String>>,
    /// Why it was not started.
    #[prop(into, default = None::<String>.into())]
    error: Signal<Option<String>>,
    /// The person does not want it now.
    on_keep: Callback<()>,
    /// The person wants it.
    on_deploy: Callback<()>,
) -> impl IntoView {
    let deploy = Callback::new(move |()| {
        if !busy.get_untracked() && refusal.with_untracked(Option::is_none) {
            on_deploy.run(());
        }
    });
    view! {
        <Dialog
            open
            on_close=on_keep
            on_confirm=deploy
            error
            id="deploy-production"
            title=Signal::derive(move || format!("Deploy to {} now?", target.get()))
            lead
        >
            <div class="body">
                <ul class="breaks">
                    {move || {
                        shown(brings.get(), total.get())
                            .into_iter()
                            .map(|line| view! { <li>{line}</li> })
                            .collect_view()
                    }}
                </ul>
            </div>
            <footer>
                <Button label="Do not deploy yet" on_press=on_keep/>
                <Button
                    label=Signal::derive(move || format!("Deploy to {}", target.get()))
                    weight=Weight::Primary
                    icon="play"
                    busy
                    refusal
                    on_press=deploy
                />
            </footer>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_applications_are_counted() {
        let all = |count: usize| (1..=count).map(|n| format!("App {n}")).collect::<Vec<_>>();
        assert_eq!(shown(all(NAMED), 0).len(), NAMED);
        let lines = shown(all(NAMED + 3), 0);
        assert_eq!(lines.len(), NAMED + 1);
        assert_eq!(lines[NAMED], "and 3 more");
        // Those that are not named count too.
        assert_eq!(shown(all(3), 5)[3], "and 2 more");
        assert_eq!(shown(all(NAMED + 3), 40)[NAMED], "and 28 more");
    }
}
