//! What has to hold in every life, looked at after each step and at its end.

use super::super::{core, id};
use super::life::Life;
use super::place::{KIOSK, related};
use backend::testing::UnderWay;
use domain::plan::PlanStatus;
use std::collections::{BTreeMap, BTreeSet};

/// So many things happen in a life before nobody asks for more.
const STEPS: u32 = 18;

/// What became of all plans.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) ends: BTreeMap<PlanStatus, u32>,
    /// How many waited in line, and how many were prepared.
    pub(super) waited: BTreeSet<(u64, u64)>,
    pub(super) prepared: BTreeSet<(u64, u64)>,
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
        let dead = self.place.consoles.iter().any(|one| one.fuse().is_blown());
        self.seen.died += u32::from(dead);
        self.place.raise_the_dead().await;
        let console = &self.place.consoles[0];
        self.stand = console.stand(self.plans.iter().copied()).await;
        let before = std::mem::replace(
            &mut self.under_way,
            console.under_way(self.place.target()).await,
        );
        self.check(&before);
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
        let allowed = self.limit.max(self.above);
        assert!(
            active.len() <= allowed,
            "life {seed}: {active:?} of {allowed}"
        );
        self.above = self.above.min(active.len());
        for (plan, (status, _)) in &self.stand {
            match status {
                PlanStatus::Queued => self.seen.waited.insert((seed, *plan)),
                PlanStatus::NeedsIntervention => self.seen.prepared.insert((seed, *plan)),
                _ => false,
            };
        }
    }

    pub(super) async fn run(mut self) {
        for _ in 0..STEPS {
            Box::pin(self.step()).await;
            Box::pin(self.look()).await;
        }
        for console in &self.place.consoles {
            console.fuse().spare();
        }
        Box::pin(self.finish()).await;
        Box::pin(self.tell()).await;
    }

    /// Nobody asks for more, but that whoever is prepared goes on: everything ends.
    async fn finish(&mut self) {
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
                    let by = self.place.operator.clone();
                    self.place.consoles[0]
                        .continue_plan(&by, plan)
                        .await
                        .unwrap();
                }
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
        let known = self.place.consoles[0].runs_in(self.place.target()).await;
        assert_eq!(known, self.place.quality.running, "life {seed}");
        let by = self.place.operator.clone();
        for (plan, (status, _)) in &self.stand {
            *self.seen.ends.entry(*status).or_default() += 1;
            // So that it is in nobody's way.
            if matches!(status, PlanStatus::Draft | PlanStatus::Saved) {
                self.place.consoles[0]
                    .discard_plan(&by, *plan)
                    .await
                    .unwrap();
            }
        }
    }
}
