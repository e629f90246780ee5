//! `docs/landscape.schema.json` says what an exported landscape holds. It is written by hand, with
//! what each field means, so what is exported is held against it.

use backend::testing::{Factory, FakeAgent, TestBackend, actor};
use domain::Timestamp;
use domain::access::Standing;
use domain::fixtures::landscape;
use domain::landscape::{Landscape, PropertyFacts, Started, ValueFacts};
use domain::settings::{Held, Property, PropertyKind};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Something of everything.
const FULL: &str = "
env Development development
env Quality maintenance platform=2
app Orders no-tag no-deploy blocked=Quality
state pricing@1 Pricing
  offers action Quote(in amount!, in currency, out price:number) #a
state orders@1 Orders path=/orders needs=2
  uses pricing@1 action Quote(amount, price)
version Pricing 1.0 = pricing@1 from Development
version Orders 1.0.1 = orders@1 from Development
running Quality Pricing 1.0
running Development Orders 1.0.1
active 12 Quality = orders@1, pricing@1
hotfix Quality Orders 1.0.1 = 1.0.1
hold Quality Orders 1.0.1 by 9
";

fn full() -> Landscape {
    let mut full = landscape(FULL).unwrap();
    let property = Property {
        kind: PropertyKind::Integer,
        secret: false,
        default: false,
    };
    full.properties.push(PropertyFacts {
        version: 0,
        name: "Limit".to_owned(),
        property,
    });
    full.values.push(ValueFacts {
        environment: 0,
        module: 0,
        name: "limit".to_owned(),
        held: Held::of(property, "25"),
    });
    full.active_plans[0].started = Some(Started {
        by: "Ada Quill".to_owned(),
        at: Timestamp(1),
    });
    full.validate().unwrap();
    full
}

fn schema() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/landscape.schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What of a value the schema does not allow. As much of JSON Schema as this one uses, and one thing
/// more: what it does not name may not be there.
struct Reader<'a> {
    schema: &'a Value,
    /// Fields of the schema that a value had.
    seen: BTreeSet<String>,
    wrong: Vec<String>,
}

impl<'a> Reader<'a> {
    const fn of(schema: &'a Value) -> Self {
        Self {
            schema,
            seen: BTreeSet::new(),
            wrong: Vec::new(),
        }
    }

    fn read(&mut self, landscape: &Landscape) {
        let value = serde_json::to_value(landscape).unwrap();
        self.value(self.schema, &value, "");
    }

    fn value(&mut self, schema: &'a Value, value: &Value, at: &str) {
        let schema = match schema["$ref"].as_str() {
            Some(name) => self.schema.pointer(&name[1..]).expect("it is defined"),
            None => schema,
        };
        if !kinds(schema).is_none_or(|kinds| kinds.contains(&kind(value))) {
            self.wrong.push(format!("{at} is {value}"));
        }
        let words = schema["enum"].as_array();
        if words.is_some_and(|words| !words.contains(value)) {
            self.wrong.push(format!("{at} may not be {value}"));
        }
        let within = |limit: &str, fits: fn(f64, f64) -> bool| {
            let limit = schema[limit].as_f64();
            limit.zip(value.as_f64()).is_none_or(|(l, v)| fits(v, l))
        };
        if !within("minimum", |v, l| v >= l) || !within("maximum", |v, l| v <= l) {
            self.wrong.push(format!("{at} is out of bounds: {value}"));
        }
        match value {
            Value::Object(fields) => self.fields(schema, fields, at),
            Value::Array(items) => {
                let each = schema["prefixItems"].as_array();
                for (position, item) in items.iter().enumerate() {
                    let one = each.and_then(|each| each.get(position));
                    self.value(one.unwrap_or(&schema["items"]), item, &format!("{at}[]"));
                }
            }
            _ => {}
        }
    }

    fn fields(&mut self, schema: &'a Value, fields: &Map<String, Value>, at: &str) {
        for required in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(required.as_str().unwrap()) {
                self.wrong.push(format!("{at} has no {required}"));
            }
        }
        for (name, value) in fields {
            let path = format!("{at}.{name}");
            match schema["properties"].get(name) {
                Some(of_field) => {
                    self.value(of_field, value, &path);
                    self.seen.insert(path);
                }
                None => self.wrong.push(format!("{path} is not described")),
            }
        }
    }
}

/// The types that the schema allows, if it says.
fn kinds(schema: &Value) -> Option<Vec<&str>> {
    match &schema["type"] {
        Value::String(one) => Some(vec![one]),
        Value::Array(some) => some.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Every field that the schema names.
fn named(schema: &Value, at: &str, into: &mut BTreeSet<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{at}.{name}");
        named(field, &path, into);
        into.insert(path);
    }
    if schema.get("items").is_some() {
        named(&schema["items"], &format!("{at}[]"), into);
    }
}

#[test]
fn the_schema_names_every_field_of_a_landscape_and_no_other() {
    let schema = schema();
    let mut reader = Reader::of(&schema);
    reader.read(&full());
    assert_eq!(reader.wrong, [""; 0]);
    let mut all = BTreeSet::new();
    named(&schema, "", &mut all);
    assert_eq!(reader.seen, all);
}

#[test]
fn what_the_schema_does_not_say_is_found() {
    let mut schema = schema();
    let plan = schema.pointer_mut("/properties/active_plans/items");
    let plan = plan.unwrap().as_object_mut().unwrap();
    plan["properties"]
        .as_object_mut()
        .unwrap()
        .remove("started");
    plan["properties"]["number"]["maximum"] = 11.into();
    plan["properties"]["name"]["type"] = "boolean".into();
    plan["required"].as_array_mut().unwrap().push("mood".into());
    let mut reader = Reader::of(&schema);
    reader.read(&full());
    reader.wrong.sort();
    assert_eq!(
        reader.wrong,
        [
            ".active_plans[] has no \"mood\"",
            ".active_plans[].name is \"Plan 12\"",
            ".active_plans[].number is out of bounds: 12",
            ".active_plans[].started is not described",
        ]
    );
}

#[tokio::test]
async fn what_is_exported_while_a_plan_runs_is_as_the_schema_says_and_names_nobody() {
    let slipway = TestBackend::new().await;
    let source = FakeAgent::join(&slipway, "Development").await;
    let mut agent = FakeAgent::join(&slipway, "Quality").await;
    let factory = Factory::of(&slipway, 5).await;
    agent.running = factory.in_state(0);
    let started = factory.start_plan(&slipway, source.actor.environment, &agent, false);
    let (number, _) = started.await.unwrap();
    slipway.walk_runs().await.unwrap();

    let viewer = actor(Standing::Viewer);
    let exported = slipway.export_landscape(&viewer).await.unwrap();
    let running: Vec<u64> = exported.active_plans.iter().map(|p| p.number).collect();
    assert_eq!(running, [number]);
    assert_eq!(exported.active_plans[0].started, None);
    let schema = schema();
    let mut reader = Reader::of(&schema);
    reader.read(&exported);
    assert_eq!(reader.wrong, [""; 0]);
    assert!(reader.seen.contains(".active_plans[].started"));
}
