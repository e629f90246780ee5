//! What is left on the disks tells what really happened: the journals of agents, all their lives
//! put together, and the console's database.

use super::Agent;
use backend::testing::Facts;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Everything that an agent wrote into its journal, life after life. Each life begins with the
/// state that the one before it left.
#[derive(Default)]
pub struct History {
    records: Vec<Value>,
    /// How often what runs has changed, as the agent counts.
    counter: Option<u64>,
    /// What runs now: the version of each module.
    current: BTreeMap<String, String>,
    /// What ran before a run touched a module.
    before: BTreeMap<(String, String), Option<String>>,
}

impl History {
    /// Reads the journal of a life that has ended.
    pub fn read(&mut self, folder: &Path) {
        let bytes = std::fs::read(folder.join("journal")).unwrap();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            // The last line may be torn: it never happened.
            let Ok(records) = serde_json::from_slice::<Vec<Value>>(line) else {
                assert!(!line.ends_with(b"\n"), "a whole line is not readable");
                continue;
            };
            for record in records {
                self.take(record);
            }
        }
    }

    fn take(&mut self, record: Value) {
        match record["record"].as_str().unwrap() {
            "snapshot" => {
                let state = &record["state"];
                let counter = state["counter"].as_u64();
                if let Some(known) = self.counter {
                    assert_eq!(
                        counter,
                        Some(known),
                        "a life forgot what the one before it did"
                    );
                }
                self.counter = counter;
                self.current = members(&state["current"])
                    .map(|(module, release)| (module.clone(), text(&release["module_version"])))
                    .collect();
                self.before.clear();
                for (run, state) in members(&state["runs"]) {
                    for (module, release) in members(&state["before"]) {
                        let version = release["module_version"].as_str().map(str::to_owned);
                        self.before.insert((run.clone(), module.clone()), version);
                    }
                }
            }
            "switched" => {
                self.counter = self.counter.map(|count| count + 1);
                let version = record["release"]["module_version"].as_str();
                let former = self.put(&record, version.map(str::to_owned));
                let key = (text(&record["run"]), text(&record["module"]));
                self.before.entry(key).or_insert(former);
                self.records.push(record);
            }
            "switched_back" => {
                self.counter = self.counter.map(|count| count + 1);
                let key = (text(&record["run"]), text(&record["module"]));
                let former = self.before[&key].clone();
                self.put(&record, former);
                self.records.push(record);
            }
            "finished" => self.records.push(record),
            _ => {}
        }
    }

    /// From now on the record's module runs as this version; gives what ran before.
    fn put(&mut self, record: &Value, version: Option<String>) -> Option<String> {
        let module = text(&record["module"]);
        match version {
            Some(version) => self.current.insert(module, version),
            None => self.current.remove(&module),
        }
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().unwrap().iter()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// No run is lost, none is held by nobody, no step succeeded twice.
pub fn of_runs(facts: &Facts) {
    assert!(!facts.runs.is_empty());
    for run in &facts.runs {
        assert!(run.ended.is_some(), "the run {} never ended", run.name);
        assert!(
            facts.leases.iter().any(|lease| lease.run_id == run.id),
            "nobody ever held the run {}",
            run.name
        );
    }
    for step in &facts.steps {
        assert!(
            ["succeeded", "failed", "skipped"].contains(&step.state.as_str()),
            "a {} is left {}",
            step.kind,
            step.state
        );
        let successes = facts
            .attempts
            .iter()
            .filter(|attempt| attempt.step_id == step.id)
            .filter(|attempt| attempt.result.as_deref() == Some("succeeded"))
            .count();
        assert!(
            successes <= 1,
            "a {} succeeded {successes} times",
            step.kind
        );
        if step.state == "succeeded" && step.kind != "record" {
            assert_eq!(successes, 1, "nobody did the {} that is done", step.kind);
        }
    }
    // A console was killed while it walked runs: somebody took them over, in a later epoch.
    assert!(
        facts.leases.iter().any(|lease| lease.epoch > 1),
        "no run ever changed hands"
    );
    for run in &facts.runs {
        let lease = facts.leases.iter().find(|lease| lease.run_id == run.id);
        let epochs: BTreeSet<i64> = facts
            .attempts
            .iter()
            .filter(|attempt| attempt.run_id == run.id)
            .map(|attempt| attempt.epoch)
            .collect();
        let last = lease.map_or(0, |lease| lease.epoch);
        assert!(
            epochs.iter().all(|epoch| (1..=last).contains(epoch)),
            "{} was walked in the epochs {epochs:?}, its lease is at {last}",
            run.name
        );
    }
}

/// No effect of a step was applied twice, and the console knows exactly what runs.
pub fn of_agent(agent: &Agent, facts: &Facts) {
    let name = &agent.name;
    let history = &agent.history;
    let mut effects: BTreeMap<(String, String, String), u32> = BTreeMap::new();
    let mut outcomes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in &history.records {
        match record["record"].as_str().unwrap() {
            "finished" => {
                outcomes
                    .entry(text(&record["attempt"]))
                    .or_default()
                    .insert(text(&record["outcome"]["what"]["event"]));
            }
            kind => {
                let key = (
                    kind.to_owned(),
                    record["run"].to_string(),
                    text(&record["module"]),
                );
                *effects.entry(key).or_default() += 1;
            }
        }
    }
    assert!(!effects.is_empty(), "nothing ever happened in {name}");
    for (effect, count) in &effects {
        assert_eq!(*count, 1, "{effect:?} was applied {count} times in {name}");
    }
    for (attempt, outcomes) in &outcomes {
        assert_eq!(outcomes.len(), 1, "attempt {attempt} ended as {outcomes:?}");
    }
    let known: BTreeMap<String, String> = facts
        .running
        .iter()
        .filter(|row| row.environment_id == agent.environment.0)
        .map(|row| (row.module_id.to_string(), row.module_version_id.to_string()))
        .collect();
    assert_eq!(
        known, history.current,
        "the console knows something else than what runs in {name}"
    );
}
