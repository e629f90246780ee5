//! Runs, leases, steps, attempts, commands and logs; which bundles are needed.

use store::bundles;
use store::entity::catalog::{application, module};
use store::entity::environments::agent;
use store::entity::plans::{attempt, run, run_module, step};
use store::executions::{
    self, AgentResult, LogQuery, NewCommand, NewLine, Patience, append_log, claim, find_attempt,
    hold, list_log, list_reported, list_results, mark_applied, mark_under_way, queue_commands,
    record_result, record_successes, release,
};
use store::testing::{on_both, rows};
use store::{ConnectionTrait, Set, Store, StoreError, agents, catalog, environments};
use uuid::Uuid;

const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

const PLACE: Uuid = id(7);
const RUN: Uuid = id(100);
const MODULE: Uuid = id(20);
const STEP: Uuid = id(30);

pub async fn put_environment(connection: &impl ConnectionTrait) {
    let row = rows::environment(PLACE, "Quality", 0);
    environments::insert(connection, row).await.unwrap();
}

fn a_run(id: Uuid) -> run::Model {
    run::Model {
        id,
        kind: "publication".to_owned(),
        plan_id: None,
        environment_id: PLACE,
        name: "Policy published".to_owned(),
        stage: "forward".to_owned(),
        two_stage: false,
        continued: false,
        overridden: false,
        stop_requested: None,
        stop_by: None,
        stop_reason: None,
        continue_requested: None,
        actor_id: None,
        actor_name: "Ada".to_owned(),
        created: 1,
        ended: None,
        last_log: 0,
        outcome: None,
        edges: "[]".to_owned(),
        publishes: None,
    }
}

fn a_step(id: Uuid, run: Uuid, position: i64) -> step::Model {
    step::Model {
        id,
        run_id: run,
        position,
        phase: "activate".to_owned(),
        wave: 1,
        kind: "activate".to_owned(),
        module_id: Some(MODULE),
        digest: None,
        size: 0,
        state: "waiting".to_owned(),
        attempts: 0,
        not_before: None,
        started: None,
        finished: None,
        error: None,
        log_line: None,
    }
}

fn an_agent() -> agent::ActiveModel {
    agent::ActiveModel {
        id: Set(id(50)),
        environment_id: Set(PLACE),
        secret_hash: Set("00".to_owned()),
        version: Set("0.1.0".to_owned()),
        protocol: Set(1),
        platform: Set(1),
        address: Set("http://127.0.0.1:1".to_owned()),
        joined: Set(1),
        last_seen: Set(None),
        connected: Set(false),
        clock_skew_ms: Set(None),
        inventory_counter: Set(-1),
        wants_inventory: Set(true),
        next_command: Set(1),
        last_command: Set(0),
        last_event: Set(0),
        signs_life: Set(false),
    }
}

fn an_attempt(id: Uuid) -> attempt::Model {
    attempt::Model {
        id,
        run_id: RUN,
        step_id: STEP,
        number: 1,
        epoch: 1,
        started: 1,
        deadline: 100,
        asked: 0,
        result: None,
        code: None,
        message: None,
        retry: false,
        reported: None,
        applied: false,
    }
}

/// An application (id 10) with two modules.
pub async fn put_modules(connection: &impl ConnectionTrait) {
    let row = application::Model {
        id: id(10),
        name: "Policy".to_owned(),
        name_folded: "policy".to_owned(),
        description: String::new(),
        kind: "static".to_owned(),
        modules: 2,
        created: 1,
        changed: 1,
    };
    catalog::put_application(connection, row).await.unwrap();
    for number in [20, 21] {
        let row = module::Model {
            id: id(number),
            application_id: id(10),
            name: format!("Policy{number}"),
            name_folded: format!("policy{number}"),
            kind: "static".to_owned(),
            created: 1,
        };
        catalog::put_module(connection, row).await.unwrap();
    }
}

/// A run with one module, one step and these attempts at it.
async fn put_run(store: &Store, attempts: &[Uuid]) {
    let tx = store.begin().await.unwrap();
    put_environment(&tx).await;
    put_modules(&tx).await;
    let module = run_module::Model {
        run_id: RUN,
        module_id: MODULE,
        application_id: id(10),
        name: "Policy".to_owned(),
        module_version_id: None,
        wave: 1,
        republish: false,
        placement: None,
        settings_after: None,
        former_application_id: None,
    };
    executions::insert_run(&tx, a_run(RUN), vec![module], vec![a_step(STEP, RUN, 1)])
        .await
        .unwrap();
    let rows: Vec<_> = attempts.iter().map(|id| an_attempt(*id)).collect();
    executions::insert_attempts(&tx, &rows).await.unwrap();
    tx.commit().await.unwrap();
}

fn line(text: &str, kind: &'static str, module: Option<&str>) -> NewLine {
    NewLine {
        at: 5,
        kind,
        module: module.map(str::to_owned),
        text: text.to_owned(),
    }
}

on_both! {
    async fn one_owner_has_a_run_until_its_lease_is_over(store: Store) {
        put_run(store, &[]).await;
        let hour = 3_600_000;
        let connection = store.read();
        let mine = claim(store, connection_of(store), "a", hour, false).await.unwrap();
        assert_eq!((mine.len(), mine[0].run, mine[0].epoch), (1, RUN, 1));
        // Not again by the same, not by another, while it lasts.
        assert!(claim(store, connection_of(store), "a", hour, false).await.unwrap().is_empty());
        assert!(claim(store, connection_of(store), "b", hour, false).await.unwrap().is_empty());
        assert!(hold(store, connection_of(store), mine[0], hour).await.unwrap());
        // With `all` (one process has the database) whoever held it is gone.
        let taken = claim(store, connection_of(store), "b", hour, true).await.unwrap();
        assert_eq!(taken[0].epoch, 2);
        assert!(!hold(store, connection_of(store), mine[0], hour).await.unwrap());
        // Who has lost it cannot give it back for the other.
        release(connection_of(store), mine[0]).await.unwrap();
        assert!(claim(store, connection_of(store), "c", hour, false).await.unwrap().is_empty());
        release(connection_of(store), taken[0]).await.unwrap();
        let next = claim(store, connection_of(store), "c", hour, false).await.unwrap();
        assert_eq!(next[0].epoch, 3);
        // What is over is nobody's.
        let ended = run::ActiveModel { ended: Set(Some(9)), ..Default::default() };
        executions::update_run(connection_of(store), RUN, ended).await.unwrap();
        assert!(claim(store, connection_of(store), "d", hour, true).await.unwrap().is_empty());
        assert!(executions::list_open_runs(connection).await.unwrap().is_empty());
    }

    async fn of_two_who_claim_at_once_one_has_it(store: Store) {
        put_run(store, &[]).await;
        let claims = ["a", "b", "c", "d"].map(|owner| {
            store.write(async move |tx| -> Result<usize, StoreError> {
                Ok(claim(store, tx, owner, 3_600_000, false).await?.len())
            })
        });
        let mut taken = 0;
        for claimed in futures::future::join_all(claims).await {
            taken += claimed.unwrap();
        }
        assert_eq!(taken, 1);
    }

    async fn the_first_result_of_an_attempt_counts(store: Store) {
        put_run(store, &[id(1), id(2), id(3)]).await;
        let connection = connection_of(store);
        let failed = AgentResult::Failed {
            code: "disk_full".to_owned(),
            message: "The disk is full.".to_owned(),
            retry: true,
        };
        assert!(record_result(connection, id(1), &failed, 10).await.unwrap());
        assert!(!record_result(connection, id(1), &AgentResult::Succeeded, 11).await.unwrap());
        record_successes(connection, &[id(1), id(2)], 12).await.unwrap();
        let results = list_results(connection, RUN).await.unwrap();
        let seen: Vec<_> = results.iter().map(|r| (r.id, r.result.as_deref(), r.retry)).collect();
        assert_eq!(seen, [(id(1), Some("failed"), true), (id(2), Some("succeeded"), false)]);
        mark_applied(connection, &[id(1)], false).await.unwrap();
        // Giving up never hides what came after all.
        mark_applied(connection, &[id(2), id(3)], true).await.unwrap();
        let result = async |id| find_attempt(connection, id).await.unwrap().unwrap().result;
        assert_eq!(result(id(2)).await.as_deref(), Some("succeeded"));
        assert_eq!(result(id(3)).await.as_deref(), Some("given_up"));
    }

    async fn an_agent_reports_about_its_own_environment_only(store: Store) {
        put_run(store, &[id(1)]).await;
        let known = list_reported(store.read(), PLACE, &[id(1), id(2)]).await.unwrap();
        assert_eq!(known.len(), 1);
        assert_eq!(known[&id(1)].run, RUN);
        assert_eq!(known[&id(1)].module.as_deref(), Some("Policy"));
        assert!(list_reported(store.read(), id(8), &[id(1)]).await.unwrap().is_empty());
    }

    async fn steps_are_stored_over_themselves_in_their_order(store: Store) {
        put_run(store, &[]).await;
        let connection = connection_of(store);
        let mut first = a_step(STEP, RUN, 1);
        first.state = "succeeded".to_owned();
        first.finished = Some(50);
        executions::save_steps(connection, &[a_step(id(31), RUN, 2), first]).await.unwrap();
        let steps = executions::list_steps(connection, RUN).await.unwrap();
        let seen: Vec<_> = steps.iter().map(|s| (s.id, s.state.as_str(), s.finished)).collect();
        assert_eq!(seen, [(STEP, "succeeded", Some(50)), (id(31), "waiting", None)]);
    }

    async fn a_command_that_is_asked_again_moves_to_the_end(store: Store) {
        put_run(store, &[id(1), id(2)]).await;
        let row = an_agent();
        let connection = connection_of(store);
        agents::replace(connection, PLACE, row).await.unwrap();
        let command = |attempt, epoch| NewCommand {
            attempt,
            run: RUN,
            epoch,
            time_limit_ms: 1_000,
            body: "{}".to_owned(),
        };
        queue_commands(connection, id(50), &[command(id(1), 1), command(id(2), 1)], 5)
            .await
            .unwrap();
        queue_commands(connection, id(50), &[command(id(1), 2)], 6).await.unwrap();
        let queued = async |after| -> Vec<(i64, Uuid, i64)> {
            agents::commands_after(connection, id(50), after, 10)
                .await
                .unwrap()
                .iter()
                .map(|row| (row.number, row.attempt_id, row.epoch))
                .collect()
        };
        assert_eq!(queued(0).await, [(2, id(2), 1), (3, id(1), 2)]);
        agents::finish_commands(connection, id(50), &[id(2)], 7).await.unwrap();
        assert_eq!(queued(0).await, [(3, id(1), 2)]);
        assert!(queued(3).await.is_empty());
    }

    async fn commands_are_withdrawn_but_not_to_clean_up(store: Store) {
        put_run(store, &[id(1), id(2)]).await;
        let connection = connection_of(store);
        agents::replace(connection, PLACE, an_agent()).await.unwrap();
        let mut cleaning = a_step(id(31), RUN, 2);
        cleaning.kind = "clean_up".to_owned();
        executions::save_steps(connection, &[cleaning]).await.unwrap();
        let clean_up = attempt::Model { step_id: id(31), ..an_attempt(id(3)) };
        executions::insert_attempts(connection, &[clean_up]).await.unwrap();
        let command = |attempt| NewCommand {
            attempt,
            run: RUN,
            epoch: 1,
            time_limit_ms: 1_000,
            body: "{}".to_owned(),
        };
        queue_commands(connection, id(50), &[command(id(1)), command(id(2)), command(id(3))], 5)
            .await
            .unwrap();
        let queued = async || -> Vec<Uuid> {
            let rows = agents::commands_after(connection, id(50), 0, 10).await.unwrap();
            rows.iter().map(|row| row.attempt_id).collect()
        };
        executions::withdraw_commands(connection, &[id(1)], 6).await.unwrap();
        assert_eq!(queued().await, [id(2), id(3)]);
        executions::withdraw_run(connection, RUN, 7).await.unwrap();
        assert_eq!(queued().await, [id(3)]);
    }

    async fn an_attempt_under_way_gets_its_time_anew_but_not_for_ever(store: Store) {
        put_run(store, &[id(1)]).await;
        let connection = connection_of(store);
        agents::replace(connection, PLACE, an_agent()).await.unwrap();
        let command = NewCommand {
            attempt: id(1),
            run: RUN,
            epoch: 1,
            time_limit_ms: 1_000,
            body: "{}".to_owned(),
        };
        queue_commands(connection, id(50), &[command], 5).await.unwrap();
        let patience = Patience { grace: 10, longest: 5_000 };
        for (now, deadline) in [(2_000, 3_010), (4_000, 5_010), (5_500, 5_010)] {
            mark_under_way(connection, &[id(1)], now, patience).await.unwrap();
            let row = find_attempt(connection, id(1)).await.unwrap().unwrap();
            assert_eq!(row.deadline, deadline, "at {now}");
        }
    }

    async fn a_log_has_no_gaps_and_is_searched_literally(store: Store) {
        put_run(store, &[]).await;
        let writers = (0..8).map(|n| {
            store.write(async move |tx| {
                let lines = vec![line(&format!("100% of {n}"), "info", Some("Policy")), line("b_d", "error", None)];
                append_log(tx, RUN, lines).await
            })
        });
        for written in futures::future::join_all(writers).await {
            written.unwrap();
        }
        let all = LogQuery { after: 0, before: None, text: String::new(), kinds: Vec::new(), limit: 100 };
        let find = async |query: LogQuery| list_log(store.read(), RUN, &query).await.unwrap();
        let numbers: Vec<i64> = find(all.clone()).await.iter().map(|row| row.number).collect();
        assert_eq!(numbers, (1..=16).collect::<Vec<_>>());
        assert_eq!(find(LogQuery { text: "100%".to_owned(), ..all.clone() }).await.len(), 8);
        assert_eq!(find(LogQuery { text: "0_".to_owned(), ..all.clone() }).await.len(), 0);
        assert_eq!(find(LogQuery { text: "policy".to_owned(), ..all.clone() }).await.len(), 8);
        assert_eq!(find(LogQuery { kinds: vec!["error"], after: 8, ..all.clone() }).await.len(), 4);
        let long = "x".repeat(5_000);
        append_log(connection_of(store), RUN, vec![line(&long, "info", None)]).await.unwrap();
        let last = find(LogQuery { after: 16, ..all }).await.remove(0);
        assert_eq!(last.text.chars().count(), 2_000);
    }

    async fn a_bundle_counts_as_needed_again_when_it_is_given_or_used(store: Store) {
        let connection = connection_of(store);
        for digest in ["a", "b"] {
            bundles::insert(connection, digest, 5, 1).await.unwrap();
        }
        let both = ["a".to_owned(), "b".to_owned()];
        bundles::set_unneeded(connection, &both, 10).await.unwrap();
        bundles::set_unneeded(connection, &both, 20).await.unwrap();
        let since = async || bundles::list(connection).await.unwrap();
        assert_eq!(since().await, [("a".to_owned(), Some(10)), ("b".to_owned(), Some(10))]);
        assert!(!bundles::forget(connection, "a", 10).await.unwrap(), "not long enough");
        bundles::insert(connection, "a", 5, 30).await.unwrap();
        assert_eq!(bundles::keep(connection, &["b".to_owned(), "c".to_owned()]).await.unwrap(), 1);
        for digest in ["a", "b"] {
            assert!(!bundles::forget(connection, digest, 1_000).await.unwrap());
        }
        bundles::set_unneeded(connection, &both, 40).await.unwrap();
        assert!(bundles::forget(connection, "a", 41).await.unwrap());
        assert!(bundles::find(connection, "a").await.unwrap().is_none());
    }
}

/// Writes one by one, outside a transaction: on SQLite through the only writer.
fn connection_of(store: &Store) -> &store::DatabaseConnection {
    store.testing_writer()
}
