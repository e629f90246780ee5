//! One more question before something goes into Production: what goes where.

use super::button::{Button, Weight};
use super::dialog::Dialog;
use domain::environment::Purpose;
use domain::execution::Phase;
use domain::plan::{Intervention, PlanKind};
use domain::view::{EnvironmentRow, PlanRow};
use leptos::prelude::*;

/// Applications that are named; of more, only how many.
const NAMED: usize = 12;

/// What changes what an environment runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Going {
    /// A start. Where plans run in two stages it prepares only, and changes nothing.
    Start,
    /// The second stage: it switches.
    Continue,
    /// It goes on before anything was switched: as a start.
    Resume,
    /// Everything is switched: it asks its target what that runs, and changes nothing.
    Report,
}

impl Going {
    /// A plan that waits for a person goes on.
    pub fn on(row: &PlanRow) -> Self {
        match row.intervention {
            Some(Intervention::Prepared) => Self::Continue,
            Some(Intervention::DeploymentSuspended) if row.phase == Some(Phase::Finish) => {
                Self::Report
            }
            _ => Self::Resume,
        }
    }
}

/// Whether one more question comes before plans go there. Of a place that is not known nobody can
/// say that none is needed.
pub fn asks_before(environments: &[EnvironmentRow], target: &str, going: Going) -> bool {
    let mut all = environments.iter();
    all.find(|environment| environment.name == target)
        .is_none_or(|environment| {
            let only_prepares = going != Going::Continue && environment.two_stage;
            let changes = going != Going::Report && !only_prepares;
            environment.purpose == Purpose::Production && changes
        })
}

/// What the question about a row says before its list.
pub fn lead_of(row: &PlanRow, going: Going) -> String {
    let PlanRow {
        number,
        source,
        target,
        ..
    } = row;
    if row.kind == PlanKind::Rollback {
        return format!(
            "Plan #{number} takes {target} back, for the people who use it. What comes back:"
        );
    }
    match going {
        Going::Start => format!(
            "Plan #{number} changes what runs in {target}, for the people who use it. This comes \
             from {source}:"
        ),
        Going::Resume => format!(
            "Plan #{number} waits and has changed nothing yet. Going on changes what runs in \
             {target}, for the people who use it. This comes from {source}:"
        ),
        Going::Report => {
            format!("Plan #{number} asks what {target} runs. It has brought, from {source}:")
        }
        Going::Continue => format!(
            "Plan #{number} is prepared. Going on switches what runs in {target}, for the people \
             who use it. This comes from {source}:"
        ),
    }
}

/// The applications that a row names, each with its version.
pub fn what_goes(row: &PlanRow) -> Vec<String> {
    let named = row.applications.iter().map(|(name, number)| match number {
        Some(number) => format!("{name} {number}"),
        None => name.clone(),
    });
    named.collect()
}

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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use domain::environment::LinkState;

    #[test]
    fn one_more_question_comes_before_what_changes_production() {
        let row = |name: &str, purpose, two_stage| EnvironmentRow {
            id: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
            name: name.to_owned(),
            purpose,
            position: 0,
            link: LinkState::Online,
            active_plans: 0,
            parallel_limit: 1,
            two_stage,
            open_plan: None,
            maintenance: None,
        };
        let all = [
            row("Quality", Purpose::Test, true),
            row("Live", Purpose::Production, false),
            row("Calm", Purpose::Production, true),
        ];
        for going in [Going::Start, Going::Continue, Going::Resume] {
            assert!(!asks_before(&all, "Quality", going));
            assert!(asks_before(&all, "Live", going));
            assert!(asks_before(&[], "Quality", going), "nothing is known yet");
        }
        // Preparing changes nothing for anybody; the switch does.
        assert!(!asks_before(&all, "Calm", Going::Start));
        assert!(!asks_before(&all, "Calm", Going::Resume));
        assert!(asks_before(&all, "Calm", Going::Continue));
        assert!(!asks_before(&all, "Calm", Going::Report));
    }

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
