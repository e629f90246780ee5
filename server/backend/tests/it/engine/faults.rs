//! What agents do wrong, or never do.

use crate::stage::Stage;
use backend::testing::{Factory, Facts, FakeAgent, Fault, TestBackend};
use domain::execution::Outcome;
use futures::StreamExt;
use protocol::{Event, EventKind, Events, Order};

#[tokio::test]
async fn a_run_brings_what_was_planned() {
    let mut stage = Stage::new(7).await;
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
    stage.check(&end);
    // Each attempt once: 6 transfers, 6 stages, 6 switches, 1 removal, 1 with other values, report,
    // clean-up.
    assert_eq!(stage.agent.effects.len(), 22);
}

#[tokio::test]
async fn a_failure_before_the_switch_leaves_the_target_untouched() {
    let mut stage = Stage::new(5).await;
    stage
        .agent
        .fails(|order| matches!(order, Order::Stage(_)).then_some(Fault::Fail));
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Aborted);
    assert!(end.text.contains("The test made it fail."), "{}", end.text);
    stage.check(&end);
}

#[tokio::test]
async fn a_failed_switch_goes_back_in_reverse_order() {
    let mut stage = Stage::new(7).await;
    let last = stage.factory.modules[5].id;
    stage.agent.fails(move |order| {
        matches!(order, Order::Activate { module, .. } if *module == last).then_some(Fault::Fail)
    });
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Aborted);
    stage.check(&end);
}

#[tokio::test]
async fn when_going_back_fails_too_the_mix_is_listed() {
    let mut stage = Stage::new(7).await;
    let stuck = stage.factory.modules[0].id;
    let name = stage.factory.modules[0].name.clone();
    stage.agent.fails(move |order| match order {
        Order::Remove { .. } => Some(Fault::Fail),
        Order::SwitchBack { module } if *module == stuck => Some(Fault::Fail),
        _ => None,
    });
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::WithErrors);
    assert!(end.text.contains(&name), "{}", end.text);
    stage.check(&end);
}

#[tokio::test]
async fn a_passing_fault_is_tried_again() {
    let mut stage = Stage::new(5).await;
    let mut left = 2;
    stage.agent.fails(move |order| {
        let now = left > 0 && matches!(order, Order::Activate { .. });
        left -= u8::from(now);
        now.then_some(Fault::FailOnce)
    });
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
    stage.check(&end);
}

#[tokio::test]
async fn what_may_pass_is_tried_four_times_at_growing_distances_and_then_given_up() {
    let mut stage = Stage::new(3).await;
    stage
        .agent
        .fails(|order| matches!(order, Order::Stage(_)).then_some(Fault::FailOnce));
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Aborted, "{}", end.text);
    assert!(end.text.contains("The test made it fail."), "{}", end.text);
    stage.check(&end);
    let (url, run) = (stage.slipway.database_url(), stage.run);
    let said = stage.slipway.stored_texts().await;
    let kept = stage.slipway.die().await;
    for words in [
        "It is tried again in 1 s (attempt 2 of 4).",
        "It is tried again in 4 s (attempt 3 of 4).",
        "It is tried again in 16 s (attempt 4 of 4).",
        "It was given up after 4 attempts.",
    ] {
        assert!(said.contains(words), "{words}");
    }
    // Each try is a row of its own, of one epoch, and begins when its pause is over.
    let facts = Facts::read(&url).await;
    drop(kept);
    let staged = facts.steps.iter().filter(|step| step.kind == "stage");
    for step in staged {
        assert_eq!((step.state.as_str(), step.attempts), ("failed", 4));
        let mut tries: Vec<_> = facts
            .attempts
            .iter()
            .filter(|a| a.step_id == step.id)
            .collect();
        tries.sort_by_key(|attempt| attempt.number);
        let numbers: Vec<i64> = tries.iter().map(|attempt| attempt.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4]);
        assert!(
            tries
                .iter()
                .all(|attempt| attempt.run_id == run && attempt.epoch == 1)
        );
        for (pair, pause) in tries.windows(2).zip([1_000, 4_000, 16_000]) {
            let since = pair[1].started - pair[0].reported.unwrap();
            assert!(since >= pause, "{since} ms after the failure, not {pause}");
        }
    }
}

#[tokio::test]
async fn what_will_not_pass_is_not_tried_again() {
    let mut stage = Stage::new(3).await;
    stage
        .agent
        .fails(|order| matches!(order, Order::Stage(_)).then_some(Fault::Fail));
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Aborted, "{}", end.text);
    let url = stage.slipway.database_url();
    let said = stage.slipway.stored_texts().await;
    assert!(
        !said.contains("tried again") && !said.contains("given up"),
        "{said}"
    );
    let kept = stage.slipway.die().await;
    let facts = Facts::read(&url).await;
    drop(kept);
    let staged = facts.steps.iter().filter(|step| step.kind == "stage");
    assert!(staged.clone().count() > 0);
    assert!(staged.clone().all(|step| step.attempts <= 1));
}

/// An agent that is away is waited for, whatever is under way.
#[tokio::test]
async fn an_agent_that_was_away_for_a_while_goes_on() {
    for rounds in 0..8 {
        let mut stage = Stage::new(5).await;
        for _ in 0..rounds {
            stage.turn().await;
        }
        for _ in 0..6 {
            // Three minutes in all, without a sign of life.
            stage.slipway.walk_runs().await.unwrap();
            stage.slipway.clock.advance(30_000);
        }
        let end = stage.finish().await;
        assert_eq!(end.outcome, Outcome::Successful, "{rounds}: {}", end.text);
        stage.check(&end);
    }
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_and_nothing_is_done_twice() {
    let mut stage = Stage::new(5).await;
    stage
        .agent
        .fails(|order| matches!(order, Order::Activate { .. }).then_some(Fault::LoseAnswer));
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
    stage.check(&end);
}

#[tokio::test]
async fn an_answer_that_is_overdue_when_the_run_changes_hands_is_asked_for_once() {
    let mut stage = Stage::new(5).await;
    stage
        .agent
        .fails(|order| matches!(order, Order::Stage(_)).then_some(Fault::LoseAnswer));
    for _ in 0..3 {
        stage.slipway.walk_runs().await.unwrap();
        stage.agent.work(&stage.slipway).await;
    }
    // The console is away for longer than an answer may take.
    stage.slipway.clock.advance(3_600_000);
    stage.slipway = stage.slipway.reborn().await;
    assert!(stage.agent.connect(&stage.slipway).await);
    stage.slipway.walk_runs().await.unwrap();
    let asked = stage.slipway.waiting_orders(&stage.agent.actor).await;
    assert_eq!(asked.len(), 4, "{asked:?}");
    stage.agent.fails(|_| None);
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
    stage.check(&end);
}

#[tokio::test]
async fn a_silent_agent_cannot_hold_a_run_for_ever() {
    let mut stage = Stage::new(3).await;
    stage.agent.fails(|_| Some(Fault::Silent));
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Aborted, "{}", end.text);
    stage.check(&end);
}

#[tokio::test]
async fn what_was_given_up_never_reaches_an_agent_that_comes_back() {
    let mut stage = Stage::new(5).await;
    let switches = |order: &Order| matches!(order, Order::Activate { .. });
    let goes_back = |order: &Order| matches!(order, Order::SwitchBack { .. });
    let waiting = async |stage: &Stage, which: fn(&Order) -> bool| {
        let waiting = stage.slipway.waiting_orders(&stage.agent.actor).await;
        waiting.iter().filter(|(_, order)| which(order)).count()
    };
    // Up to the first switches, whose commands wait when the agent goes away.
    loop {
        stage.slipway.walk_runs().await.unwrap();
        if waiting(&stage, switches).await > 0 {
            break;
        }
        stage.agent.work(&stage.slipway).await;
    }
    while waiting(&stage, goes_back).await == 0 {
        stage.slipway.clock.advance(20_000);
        stage.slipway.walk_runs().await.unwrap();
    }
    assert_eq!(waiting(&stage, switches).await, 0, "they are withdrawn");
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Aborted, "{}", end.text);
    stage.check(&end);
}

#[tokio::test]
async fn a_run_that_is_over_leaves_no_command_but_to_clean_up() {
    let mut stage = Stage::new(3).await;
    // The agent goes away for good when something is switched.
    let mut gone = false;
    stage.agent.fails(move |order| {
        gone |= matches!(order, Order::Activate { .. });
        gone.then_some(Fault::Late)
    });
    while stage.slipway.find_run_end(stage.run).await.is_none() {
        stage.slipway.walk_runs().await.unwrap();
        stage.agent.work(&stage.slipway).await;
        stage.slipway.clock.advance(20_000);
    }
    let left = stage.slipway.waiting_orders(&stage.agent.actor).await;
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0].1, Order::CleanUp);
}

#[tokio::test]
async fn an_agent_that_says_it_is_at_work_is_waited_for() {
    let mut stage = Stage::new(3).await;
    stage
        .agent
        .fails(|order| matches!(order, Order::Activate { .. }).then_some(Fault::Late));
    // Ten minutes: the longest that a service may take to start.
    let begun = stage.slipway.clock.read();
    while stage.slipway.clock.read() < begun + 600_000 {
        stage.slipway.walk_runs().await.unwrap();
        stage.agent.work(&stage.slipway).await;
        let waiting = stage.slipway.waiting_orders(&stage.agent.actor).await;
        let events = waiting.into_iter().map(|(attempt, _)| Event {
            number: 0,
            attempt,
            epoch: 1,
            at_ms: 0,
            what: EventKind::Begun,
        });
        let events = Events {
            events: events.collect(),
        };
        let agent = stage.agent.actor.clone();
        stage.slipway.record_events(&agent, events).await.unwrap();
        assert_eq!(stage.slipway.find_run_end(stage.run).await, None);
        stage.slipway.clock.advance(10_000);
    }
    stage.agent.fails(|_| None);
    stage.agent.work_late();
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
    stage.check(&end);
}

#[tokio::test]
async fn events_whose_answer_was_lost_are_not_recorded_twice() {
    let stage = Stage::new(3).await;
    stage.slipway.walk_runs().await.unwrap();
    let agent = &stage.agent.actor;
    let attempt = stage.slipway.waiting_orders(agent).await[0].0;
    let says = async |numbers: std::ops::RangeInclusive<u64>, word: &str| {
        let events = numbers.map(|number| Event {
            number,
            attempt,
            epoch: 1,
            at_ms: 0,
            what: EventKind::Log {
                level: "info".to_owned(),
                text: format!("{word} {number}."),
            },
        });
        let events = Events {
            events: events.collect(),
        };
        stage.slipway.record_events(agent, events).await.unwrap();
    };
    let count = async |text: &str| stage.slipway.stored_texts().await.matches(text).count();
    says(1..=2, "Line").await;
    says(1..=3, "Line").await;
    for line in ["Line 1.", "Line 2.", "Line 3."] {
        assert_eq!(count(line).await, 1, "{line}");
    }
    // An agent that has lost its memory begins anew and is heard.
    let hello = protocol::Hello {
        agent: protocol::AgentSelf {
            version: "0.1.0".to_owned(),
            protocol: protocol::VERSION,
            address: "http://127.0.0.1:9001".to_owned(),
            platform: 1,
        },
        clock_ms: 0,
        inventory_counter: 0,
        last_command: 0,
        last_event: Some(0),
        signs_life: false,
    };
    stage.slipway.greet_agent(agent, hello).await.unwrap();
    says(1..=1, "Anew").await;
    assert_eq!(count("Anew 1.").await, 1);
}

#[tokio::test]
async fn a_start_waits_for_files_that_are_still_on_their_way() {
    let slipway = TestBackend::new().await;
    let agent = FakeAgent::join(&slipway, "Quality").await;
    let mut factory = Factory::of(&slipway, 3).await;
    factory.modules[1].digests[1] = "f".repeat(64);
    let refused = factory
        .start_run(&slipway, &agent, false)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "unavailable");
    let text = refused.to_string();
    assert!(
        text.contains("The files of Module001 have not arrived"),
        "{text}"
    );
}

#[tokio::test]
async fn a_run_that_always_panics_holds_up_no_other() {
    let mut broken = Stage::named(TestBackend::new().await, 3, "Broken").await;
    let trapped = broken.run;
    broken.slipway.trap_run(trapped, true);
    // Made later, so it is walked after the broken one.
    let mut sound = Stage::named(broken.slipway, 3, "Sound").await;
    let end = sound.finish().await;
    assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
    sound.check(&end);
    assert_eq!(sound.slipway.find_run_end(trapped).await, None);
    // Once the fault is gone the run goes on by itself, where it was.
    sound.slipway.trap_run(trapped, false);
    broken.slipway = sound.slipway;
    let end = broken.finish().await;
    assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
    broken.check(&end);
}

#[tokio::test]
async fn a_run_that_panics_is_left_alone_for_a_while() {
    let mut stage = Stage::new(3).await;
    stage.slipway.trap_run(stage.run, true);
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let pause = stage.slipway.walk_runs().await.unwrap();
        pauses.push(pause.as_millis());
        // Whoever wakes the engine meanwhile does not make it try again.
        stage.slipway.trap_run(stage.run, false);
        stage.slipway.walk_runs().await.unwrap();
        assert!(
            stage
                .slipway
                .waiting_orders(&stage.agent.actor)
                .await
                .is_empty()
        );
        stage.slipway.trap_run(stage.run, true);
        let milliseconds = i64::try_from(pause.as_millis()).unwrap();
        stage.slipway.clock.advance(milliseconds);
    }
    assert_eq!(pauses, [500, 1_000, 2_000, 4_000]);
    stage.slipway.trap_run(stage.run, false);
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
}

#[tokio::test]
async fn a_stored_command_that_nobody_can_read_fails_its_step() {
    let mut stage = Stage::new(3).await;
    stage.slipway.walk_runs().await.unwrap();
    stage.slipway.spoil_commands().await;
    // The agent connects; the console answers in its place.
    let mut stream = Box::pin(
        stage
            .slipway
            .commands_after(&stage.agent.actor, 0)
            .await
            .unwrap(),
    );
    // The first command that comes is one of the way back: those before it were passed over.
    let walks = async {
        loop {
            stage.slipway.walk_runs().await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let command = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        tokio::select! {
            command = stream.next() => command.unwrap(),
            () = walks => unreachable!("it walks for ever"),
        }
    })
    .await
    .expect("the run waits for ever");
    assert!(matches!(command.order, Order::CleanUp | Order::Report));
    drop(stream);
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Aborted, "{}", end.text);
    assert!(end.text.contains("cannot read the command"), "{}", end.text);
    stage.check(&end);
}
