//! What has to hold in every life, looked at after each step and at its end.

use super::super::{core, id};
use super::asks::Ask;
use super::life::Life;
use super::place::{KIOSK, related, tickable};
use backend::testing::UnderWay;
use domain::EnvironmentId;
use domain::plan::{Choice, PlanStatus};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// So many things happen in a life before nobody asks for more.
const STEPS: u32 = 20;

/// What became of all plans.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) ends: BTreeMap<PlanStatus, u32>,
    /// How many waited in line, and how many were prepared.
    pub(super) waited: BTreeSet<(u64, u64)>,
    pub(super) prepared: BTreeSet<(u64, u64)>,
    /// How many waited for values.
    pub(super) for_values: BTreeSet<(u64, u64)>,
    /// How many were started at once although others stood in line.
    pub(super) passed: u32,
    /// How many were refused to start at once because of these.
    pub(super) held_back: u32,
    /// How often others came while somebody waited who was to be served first.
    pub(super) pressed_on: u32,
    /// How often an environment was taken into maintenance.
    pub(super) maintained: u32,
    /// Plans that linked consumers anew while others ran.
    pub(super) anew: BTreeSet<(u64, u64)>,
    /// Publications that were under way beside plans.
    pub(super) published: u32,
    pub(super) died: u32,
}

impl Life<'_> {
    pub(super) fn active(&self) -> Vec<u64> {
        let all = self.stand.iter();
        all.filter(|(_, (status, _))| status.is_active())
            .map(|(plan, _)| *plan)
            .collect()
    }

    /// Looks at everything, when nobody is doing anything.
    async fn look(&mut self) {
        let dead = self.place.consoles.iter().any(|one| one.is_dead());
        self.seen.died += u32::from(dead);
        self.place.raise_the_dead().await;
        let console = self.place.first();
        self.stand = console.stand(self.plans.iter().copied()).await;
        let before = std::mem::replace(
            &mut self.under_way,
            console.under_way(self.place.target()).await,
        );
        let ahead = std::mem::replace(&mut self.line, console.line_of(self.place.target()).await);
        self.check(&before);
        Box::pin(self.check_line(&before, &ahead)).await;
    }

    /// Whoever started since passed nobody: not what conflicts with it, nor, started at once, what
    /// was free to start but for the line.
    async fn check_line(&mut self, before: &[UnderWay], ahead: &[u64]) {
        let seed = self.seed;
        let began = |run: &&UnderWay| before.iter().all(|earlier| earlier.run != run.run);
        let began: Vec<UnderWay> = self.under_way.iter().filter(began).cloned().collect();
        let plans: Vec<&UnderWay> = began.iter().filter(|run| run.plan.is_some()).collect();
        if plans.is_empty() || ahead.is_empty() {
            return;
        }
        let mut waiting = Vec::new();
        for plan in ahead {
            waiting.push((*plan, Box::pin(self.brings(*plan)).await));
        }
        let mut at_once = 0;
        for run in &plans {
            let moves = related(&run.applications);
            let place = ahead.iter().position(|plan| Some(*plan) == run.plan);
            at_once += usize::from(place.is_none());
            for (other, brings) in &waiting[..place.unwrap_or(waiting.len())] {
                assert!(
                    !self.line.contains(other) || moves.is_disjoint(brings),
                    "life {seed}: {run:?} passed #{other}"
                );
            }
        }
        if at_once == 0 {
            return;
        }
        self.seen.passed += u32::try_from(at_once).unwrap();
        // Publications hold modules as well; where there are none it is plain who was free.
        let active = before.iter().filter(|run| run.plan.is_some());
        if active.clone().count() < before.len() {
            return;
        }
        let active: Vec<BTreeSet<Uuid>> = active.map(|run| related(&run.applications)).collect();
        let free = waiting.iter().enumerate().filter(|(at, (_, brings))| {
            let ahead = waiting[..*at].iter().map(|(_, brings)| brings);
            let mut others = active.iter().chain(ahead);
            others.all(|other| other.is_disjoint(brings))
        });
        let taken = active.len() + free.count() + at_once;
        assert!(
            taken <= self.limit,
            "life {seed}: {plans:?} took a slot that was kept for {waiting:?}"
        );
    }

    /// What a plan that waits would keep others from: what it brings, and what it links anew.
    async fn brings(&self, plan: u64) -> BTreeSet<Uuid> {
        let console = self.place.first();
        let detail = console.read_plan(&self.place.operator, plan).await;
        let Ok(content) = detail.map(|detail| detail.content) else {
            return BTreeSet::new();
        };
        let brings = content.operations.iter();
        let brings = brings.filter(|one| one.choice != Choice::DoNothing);
        let anew = tickable().into_iter();
        let anew = anew.filter(|(_, module)| content.republish.contains(module));
        let both = brings
            .map(|one| one.application.0)
            .chain(anew.map(|(application, _)| application.0));
        related(&both.collect())
    }

    fn check(&mut self, before: &[UnderWay]) {
        let seed = self.seed;
        let active = self.active();
        let plans: Vec<&UnderWay> = self
            .under_way
            .iter()
            .filter(|run| run.plan.is_some())
            .collect();
        let walked: BTreeSet<u64> = plans.iter().filter_map(|run| run.plan).collect();
        assert_eq!(
            walked,
            active.iter().copied().collect(),
            "life {seed}: runs and plans"
        );
        let mut held = BTreeSet::new();
        for run in &plans {
            let mut holds = related(&run.applications);
            let free = holds.is_disjoint(&held);
            assert!(free, "life {seed}: {run:?} among {plans:?}");
            held.append(&mut holds);
        }
        // A publication never moves what a plan moves, and no plan begins beside a related one.
        let stayed = |run: &&UnderWay| before.iter().any(|earlier| earlier.run == run.run);
        let published: Vec<&UnderWay> = self
            .under_way
            .iter()
            .filter(|run| run.plan.is_none())
            .collect();
        for publication in &published {
            for plan in &plans {
                let apart = publication.applications.is_disjoint(&plan.applications);
                assert!(apart, "life {seed}: {publication:?} beside {plan:?}");
                let began_beside = stayed(publication) && !stayed(plan);
                let kept_off = publication.applications.contains(&id(KIOSK))
                    && plan.applications.contains(&core().0);
                assert!(
                    !(kept_off && began_beside),
                    "life {seed}: {plan:?} began beside {publication:?}"
                );
            }
        }
        self.seen.published += u32::from(!published.is_empty() && !plans.is_empty());
        if plans.len() > 1 {
            let anew = plans.iter().filter(|run| run.links_anew);
            let anew = anew.filter_map(|run| Some((seed, run.plan?)));
            self.seen.anew.extend(anew);
        }
        let allowed = self.limit.max(self.above);
        assert!(
            active.len() <= allowed,
            "life {seed}: {active:?} of {allowed}"
        );
        self.above = self.above.min(active.len());
        for (plan, (status, _)) in &self.stand {
            match status {
                PlanStatus::Queued => self.seen.waited.insert((seed, *plan)),
                _ => false,
            };
        }
    }

    pub(super) async fn run(mut self) {
        for _ in 0..STEPS {
            let closed = self.closed.clone();
            let before: BTreeSet<Uuid> = self.under_way.iter().map(|run| run.run).collect();
            Box::pin(self.step()).await;
            Box::pin(self.look()).await;
            self.check_maintenance(&closed, &before);
        }
        for console in &self.place.consoles {
            console.ask::<()>(Ask::Spare).await.unwrap();
        }
        Box::pin(self.reopen()).await;
        Box::pin(self.finish()).await;
        Box::pin(self.tell()).await;
    }

    /// Nothing begins where an environment was in maintenance all the time.
    fn check_maintenance(&self, closed: &BTreeSet<EnvironmentId>, before: &BTreeSet<Uuid>) {
        let closed: BTreeSet<_> = closed.intersection(&self.closed).collect();
        if closed.is_empty() {
            return;
        }
        let began = self
            .under_way
            .iter()
            .filter(|run| !before.contains(&run.run));
        for run in began {
            let into = closed.contains(&self.place.target());
            assert!(
                !into && run.plan.is_none(),
                "life {}: {run:?} in maintenance",
                self.seed
            );
        }
    }

    /// Nobody asks for more, but that whoever is paused goes on, with what it waits for: everything
    /// ends. In every third life others go on coming, as long as one waits that was there before them:
    /// they do not keep it from its end.
    async fn finish(&mut self) {
        let first = self.line.clone();
        for turn in 0.. {
            let seed = self.seed;
            assert!(
                turn < 600,
                "life {seed}: somebody waits for ever: {:?}",
                self.stand
            );
            let waits = |(status, _): &(PlanStatus, i64)| {
                *status == PlanStatus::Queued || status.is_active()
            };
            let published = self.under_way.iter().any(|run| run.plan.is_none());
            if !published && !self.stand.values().any(waits) {
                return;
            }
            for (plan, (status, _)) in self.stand.clone() {
                if status == PlanStatus::NeedsIntervention {
                    let console = self.console();
                    let went_on = Box::pin(self.let_go_on(&console, plan, true)).await;
                    went_on.unwrap();
                }
            }
            if seed.is_multiple_of(3) && first.iter().any(|plan| self.line.contains(plan)) {
                Box::pin(self.press_on()).await;
                self.seen.pressed_on += 1;
            }
            Box::pin(self.go_on()).await;
            Box::pin(self.look()).await;
        }
    }

    /// What is left: nothing was done twice, and the console knows what runs.
    async fn tell(&mut self) {
        let seed = self.seed;
        for agent in [&mut self.place.development, &mut self.place.quality] {
            for (attempt, effects) in std::mem::take(&mut agent.effects) {
                assert_eq!(effects, 1, "life {seed}: attempt {attempt}");
            }
        }
        let known = self.place.first().runs_in(self.place.target()).await;
        assert_eq!(known, self.place.quality.running, "life {seed}");
        for (plan, (status, _)) in &self.stand {
            *self.seen.ends.entry(*status).or_default() += 1;
            // So that it is in nobody's way.
            if matches!(status, PlanStatus::Draft | PlanStatus::Saved) {
                let discarded = self.place.consoles[0].ask::<()>(Ask::Discard(*plan));
                discarded.await.unwrap();
            }
        }
    }
}
