//! `slipway check` on generated factories: what it reads, answers, and how it ends.

use domain::fixtures::{Size, chaotic, random};
use domain::landscape::Landscape;
use schemars::generate::SchemaSettings;
use serde_json::Value;
use server::check::analyse;
use server::check::answer::Answer;
use server::check::input::PlanFile;
use std::process::{Command, Output};

fn factory() -> Landscape {
    let size = Size {
        applications: 12,
        modules: 40,
        references: 200,
    };
    random(7, size).unwrap()
}

fn check(landscape: &str, plan: &str, more: &[&str]) -> (tempfile::TempDir, Output) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let output = Command::new(env!("CARGO_BIN_EXE_slipway"))
        .arg("check")
        .arg(file("landscape.json", landscape))
        .arg(file("plan.json", plan))
        .args(more)
        .output()
        .unwrap();
    (folder, output)
}

fn plan(landscape: &Landscape, application: usize) -> String {
    serde_json::json!({
        "source": landscape.environments[0].name,
        "target": landscape.environments[1].name,
        "operations": [
            { "application": landscape.applications[application].name, "tag_and_deploy": "900.1" },
        ],
    })
    .to_string()
}

#[test]
fn a_plan_gets_its_answer_and_the_repair_settles_it() {
    let mut settled = 0;
    for seed in 0..40 {
        let landscape = chaotic(seed, 8).unwrap();
        let plan = PlanFile::all_of(&landscape);
        let answer = analyse(landscape.clone(), &plan, &[], None).unwrap();
        let Some(repair) = answer.repairs.first().filter(|r| r.remaining_errors == 0) else {
            continue;
        };
        settled += 1;
        let repaired = PlanFile {
            operations: repair.operations.clone(),
            ..plan
        };
        let again = analyse(landscape, &repaired, &[], None).unwrap();
        assert_eq!(again.errors, 0, "seed {seed}: {:?}", again.findings);
    }
    assert!(settled > 0, "no plan needed a repair");
    let landscape = factory();
    let text = serde_json::to_string(&landscape).unwrap();
    let (_folder, output) = check(&text, &plan(&landscape, 0), &[]);
    let answer: Answer = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(i32::from(answer.errors > 0)));
    assert!(!answer.waves.is_empty());
}

#[test]
fn a_plan_that_runs_already_is_a_conflict() {
    let landscape = factory();
    let text = serde_json::to_string(&landscape).unwrap();
    let other = tempfile::tempdir().unwrap();
    let path = other.path().join("other.json");
    std::fs::write(&path, plan(&landscape, 0)).unwrap();
    let (_folder, output) = check(
        &text,
        &plan(&landscape, 0),
        &["--running", path.to_str().unwrap()],
    );
    let answer: Answer = serde_json::from_slice(&output.stdout).unwrap();
    // Each module that both bring, and nothing but those.
    let told: Vec<&str> = answer.conflicts.iter().map(|c| c.code.as_str()).collect();
    assert!(!told.is_empty());
    assert!(
        told.iter().all(|code| *code == "parallel_same_module"),
        "{told:?}"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn bad_input_ends_with_2_and_says_what_is_wrong() {
    let landscape = factory();
    let text = serde_json::to_string(&landscape).unwrap();
    let cases = [
        (text.clone(), "{".to_owned(), "plan.json:1:"),
        ("[]".to_owned(), plan(&landscape, 0), "landscape.json:1:"),
        (
            text.clone(),
            "\n[]".to_owned(),
            "plan.json:2:1: a JSON object is expected here",
        ),
        (
            text.clone(),
            plan(&landscape, 0).replace("900.1", "01.2"),
            "begins with a zero",
        ),
        (
            text.clone(),
            plan(&landscape, 0).replace("Quality", "Qualty"),
            "environment \"Qualty\" is not in the landscape",
        ),
        (
            text.clone(),
            plan(&landscape, 0).replace("900.1", "nine"),
            "a version number is made of numbers and dots",
        ),
        (
            text.clone(),
            plan(&landscape, 0).replace("operations", "operation"),
            "unknown field",
        ),
        (
            text.replace("\"environment\":0", "\"environment\":77"),
            plan(&landscape, 0),
            "the landscape cannot be used",
        ),
    ];
    for (landscape, plan, expected) in cases {
        let (_folder, output) = check(&landscape, &plan, &[]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.matches(expected).count(), 1, "{said}");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(output.stdout.is_empty());
    }
}

/// What a part of a schema refers to and the schema does not have.
fn dangling(schema: &Value, part: &Value) -> Vec<String> {
    match part {
        Value::Object(fields) => {
            let refers = fields.get("$ref").and_then(Value::as_str);
            let own = refers.filter(|name| {
                let there = name.strip_prefix('#').and_then(|at| schema.pointer(at));
                there.is_none()
            });
            let below = fields.values().flat_map(|part| dangling(schema, part));
            own.map(str::to_owned).into_iter().chain(below).collect()
        }
        Value::Array(parts) => parts
            .iter()
            .flat_map(|part| dangling(schema, part))
            .collect(),
        _ => Vec::new(),
    }
}

/// `UPDATE=1` writes it anew.
#[test]
fn the_schema_is_the_committed_one() {
    let mut made = SchemaSettings::draft2020_12().into_generator();
    let one_of = [
        made.subschema_for::<PlanFile>(),
        made.subschema_for::<Answer>(),
    ];
    let schema = serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "slipway check",
        "description": "The plan that it reads, or the answer that it gives.",
        "oneOf": one_of,
        "$defs": made.take_definitions(true),
    });
    assert_eq!(dangling(&schema, &schema), [""; 0]);
    let text = format!("{schema:#}\n");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/check.schema.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap_or_default() == text,
        "docs/check.schema.json is out of date: UPDATE=1 cargo test -p server schema"
    );
}
