//! A round: a new edition of everything in Development, plans to Quality and Production and a
//! publication all at once, strikes while they run, and a look at every target when they are over.
//! What goes to Production is prepared and continued; in both a plan waits in line for another one;
//! and in the end one of them may be rolled back, under strikes as well.

use super::world::{ENVIRONMENTS, Victim, World};
use crate::installation::PATIENCE;
use crate::installation::asks::{Made, create, list, start, tag, until_over};
use crate::installation::factory::App;
use domain::ApplicationId;
use domain::plan::PlanStatus;
use rand::Rng;
use rand::rngs::SmallRng;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio_util::sync::CancellationToken;

/// When somebody is struck: after so many moments of the first victim.
#[derive(Debug)]
struct Strike {
    after: u64,
    victims: Vec<Victim>,
}

/// What happens in a round.
#[derive(Debug)]
pub struct Round {
    strikes: Vec<Strike>,
    /// Where Desk's service refuses to start, so that its plan goes back.
    refuses: &'static str,
    /// The plan (by position) that a person stops after so many moments of its target.
    abort: Option<(usize, u64)>,
    /// The plan (by position) that is rolled back when all is over, and the strikes meanwhile.
    back: Option<(usize, Vec<Strike>)>,
}

/// A plan of a round: what goes where, by position of the environment.
struct Planned {
    apps: &'static [App],
    target: usize,
    /// It is put in line, behind the one that moves what it is related to.
    waits: bool,
}

const fn planned(apps: &'static [App], target: usize) -> Planned {
    Planned {
        apps,
        target,
        waits: false,
    }
}

const fn waiting(apps: &'static [App], target: usize) -> Planned {
    Planned {
        waits: true,
        ..planned(apps, target)
    }
}

const PLANS: [Planned; 6] = [
    planned(&[App::Core, App::Shop], 1),
    waiting(&[App::Stall], 1),
    planned(&[App::Desk], 1),
    planned(&[App::Core, App::Shop], 2),
    waiting(&[App::Stall], 2),
    planned(&[App::Desk], 2),
];

impl Round {
    pub fn draw(dice: &mut SmallRng) -> Self {
        let strikes = Self::strikes(dice, 4..=7);
        let refuses = ["", "", "Quality", "Production"][dice.random_range(0..4)];
        let abort = (dice.random_range(0..3) == 0)
            .then(|| (dice.random_range(0..PLANS.len()), dice.random_range(1..=30)));
        let back = (dice.random_range(0..2) == 0).then(|| {
            let plan = [2, 5][dice.random_range(0..2)];
            (plan, Self::strikes(dice, 1..=3))
        });
        Self {
            strikes,
            refuses,
            abort,
            back,
        }
    }

    fn strikes(dice: &mut SmallRng, count: std::ops::RangeInclusive<u32>) -> Vec<Strike> {
        (0..dice.random_range(count))
            .map(|_| {
                let victim = match dice.random_range(0..8) {
                    0..=2 => Victim::Console,
                    3..=4 => Victim::Agent(1),
                    5..=6 => Victim::Agent(2),
                    _ => Victim::Agent(0),
                };
                let mut victims = vec![victim];
                if dice.random_range(0..4) == 0 {
                    victims.push(match victim {
                        Victim::Console => Victim::Agent(dice.random_range(1..3)),
                        Victim::Agent(_) => Victim::Console,
                    });
                }
                Strike {
                    after: dice.random_range(1..=25),
                    victims,
                }
            })
            .collect()
    }

    /// One strike at the console that walks the runs.
    pub fn of_consoles(dice: &mut SmallRng) -> Self {
        Self {
            strikes: vec![Strike {
                // The console's own moments are in its database; those of an agent tell as well.
                after: dice.random_range(3..=20),
                victims: vec![Victim::Console],
            }],
            refuses: "",
            abort: None,
            back: None,
        }
    }

    pub async fn run(self, world: &mut World) {
        world.edition += 1;
        let edition = world.edition;
        let before = world.runs.clone();
        for app in [App::Core, App::Shop, App::Stall, App::Desk] {
            let refuses = if app == App::Desk { self.refuses } else { "" };
            let bundles = app.pack(edition, refuses);
            let publication = world.ask.publish(ENVIRONMENTS[0].0, &bundles).await;
            world.ask.published(&publication).await.unwrap();
            world.runs[0].insert(app, edition);
            tag(&world.ask, world.environment(0), app, edition).await;
        }
        let lab = App::Lab.pack(edition, "");
        let lab = world.ask.publish(ENVIRONMENTS[0].0, &lab).await;
        world.runs[0].insert(App::Lab, edition);
        let mut plans = Vec::new();
        for Planned {
            apps,
            target,
            waits,
        } in PLANS
        {
            let ends = (world.environment(0), world.environment(target));
            let (number, revision) = create(&world.ask, ends, apps).await;
            plans.push(Made {
                number,
                revision,
                // Before Core is there, what uses it could not be brought.
                waits: waits && world.runs[target].contains_key(&App::Core),
            });
        }
        // In the first round Stall goes nowhere yet.
        let all = plans.iter().zip(&PLANS);
        let runs: Vec<Made> = all
            .filter(|(made, planned)| made.waits || !planned.waits)
            .map(|(made, _)| *made)
            .collect();

        self.strike_until_over(world, &self.strikes, &plans, &runs, Some(&lab))
            .await;

        let rows = list(&world.ask).await;
        for (at, Made { number, .. }) in plans.iter().enumerate() {
            if runs.iter().all(|made| made.number != *number) {
                continue;
            }
            let Planned { apps, target, .. } = PLANS[at];
            let row = &rows[number];
            let planned = match row.status {
                PlanStatus::FinishedSuccessful | PlanStatus::FinishedWithWarnings => true,
                PlanStatus::Aborted => false,
                other => panic!("plan #{number} is {other:?}: {:?}", row.outcome),
            };
            let refused = apps.contains(&App::Desk) && ENVIRONMENTS[target].0 == self.refuses;
            let stopped = self.abort.is_some_and(|(plan, _)| plan == at);
            assert!(
                planned != refused || (!planned && stopped),
                "plan #{number} is {:?} with {self:?}: {:?}",
                row.status,
                row.outcome
            );
            if planned {
                let (synchronized, finished) = (row.stamps.synchronized, row.stamps.finished);
                assert!(
                    synchronized.is_some() && synchronized <= finished,
                    "plan #{number} finished {finished:?}, synchronized {synchronized:?}"
                );
                for app in apps {
                    world.runs[target].insert(*app, edition);
                }
            }
        }
        println!(
            "  {} strikes, {}",
            world.strikes,
            plans
                .iter()
                .filter_map(|made| rows.get(&made.number))
                .map(|row| format!("#{} {:?}", row.number, row.status))
                .collect::<Vec<_>>()
                .join(", ")
        );
        look(world, &before).await;
        if let Some((plan, strikes)) = &self.back {
            let over = plans.get(*plan).map(|made| &rows[&made.number]);
            let done = over.is_some_and(|row| row.status == PlanStatus::FinishedSuccessful);
            let Planned { target, .. } = PLANS[*plan];
            if let (true, Some(former)) = (done, before[target].get(&App::Desk).copied()) {
                let after = world.runs.clone();
                self.roll_back(world, plans[*plan].number, strikes).await;
                world.runs[target].insert(App::Desk, former);
                look(world, &after).await;
            }
        }
    }

    /// Brings back what the target of a plan for Desk ran before it.
    async fn roll_back(&self, world: &mut World, plan: u64, strikes: &[Strike]) {
        let applications = vec![ApplicationId(App::Desk.id())];
        let wanted = json!({ "number": plan, "applications": applications });
        let number: u64 = world.ask.call("roll_back_plan", &wanted).await.unwrap();
        let made = Made {
            number,
            revision: 1,
            waits: false,
        };
        self.strike_until_over(world, strikes, &[], &[made], None)
            .await;
        let row = &list(&world.ask).await[&number];
        assert_eq!(
            row.status,
            PlanStatus::FinishedSuccessful,
            "the rollback #{number} of #{plan}: {:?}",
            row.outcome
        );
        println!("  #{plan} was rolled back by #{number}");
        world.rolled_back += 1;
    }

    /// Starts what is to run, under strikes, until it is over. `plans` are those of the round, of
    /// which a person may abort one.
    async fn strike_until_over(
        &self,
        world: &mut World,
        strikes: &[Strike],
        plans: &[Made],
        runs: &[Made],
        lab: Option<&str>,
    ) {
        // The strikes need the world for themselves; those who ask need only its addresses.
        let (asker, moments) = (world.ask.clone(), world.moments.clone());
        let numbers: Vec<u64> = runs.iter().map(|made| made.number).collect();
        // A strike that has begun is carried through, also when everything is over meanwhile.
        let over = CancellationToken::new();
        let asked = async {
            for made in runs {
                start(&asker, made).await;
            }
            let published = async {
                match lab {
                    Some(lab) => asker.published(lab).await,
                    None => Ok(()),
                }
            };
            let ((), published) = tokio::join!(until_over(&asker, &numbers), published);
            published.expect("Lab is published");
            over.cancel();
        };
        let abort = over.run_until_cancelled(async {
            if let Some((plan, after)) = self.abort
                && let Some(made) = plans.get(plan)
            {
                let target = Victim::Agent(PLANS[plan].target);
                moments.of(target).pass(after).await;
                let stop = json!({ "number": made.number, "reason": "We changed our minds." });
                // It may be over, or too late, or not begun; then it is not stopped.
                let _: Result<Value, Value> = asker.call("abort_plan", &stop).await;
            }
        });
        let struck = async {
            for strike in strikes {
                let due = async {
                    let first = strike.victims[0];
                    moments.of(first).pass(strike.after).await;
                };
                if over.run_until_cancelled(due).await.is_none() {
                    return;
                }
                world.strike(&strike.victims).await;
            }
        };
        let all = async { tokio::join!(asked, abort, struck) };
        let _ = tokio::time::timeout(PATIENCE, all)
            .await
            .unwrap_or_else(|_| panic!("a plan or publication is lost, with {self:?}"));
    }
}

/// Every environment serves exactly what it should, and the console knows it.
async fn look(world: &World, before: &[BTreeMap<App, u32>]) {
    for (position, runs) in world.runs.iter().enumerate() {
        for (app, edition) in runs {
            for (path, text) in app.shows(*edition) {
                let seen = async {
                    loop {
                        let (status, body) = world.read(position, &path).await;
                        // An agent that was just started may still start its services.
                        if status == 200 {
                            return body;
                        }
                    }
                };
                let body = tokio::time::timeout(PATIENCE, seen)
                    .await
                    .unwrap_or_else(|_| panic!("{path} is not served"));
                assert!(
                    body.contains(&text),
                    "{} in {} should be edition {edition} (before: {:?}) but {path} is: {body}",
                    app.name(),
                    ENVIRONMENTS[position].0,
                    before[position].get(app),
                );
            }
        }
    }
}
