//! A shop in two environments, and what is found about a plan in it.

use domain::fixtures::{landscape, plan};
use domain::impact::{CheckOptions, Finding, Index, Report, check};
use std::sync::Arc;

/// Pricing 1.3 offers less than 1.4; Orders 2.1 needs 1.4. Quality has Pricing 1.3, Orders 2.0.
pub const SHOP: &str = "
env Development
env Quality
state pricing@1 Pricing path=/pricing
  offers action Quote(in amount!, out price) #a
  offers service Rate(in currency!)
state pricing@2 Pricing path=/pricing
  offers action Quote(in amount!, in currency, out price) #b
  offers service Rate(in currency!)
  offers service Discount(in customer!)
state pricing@3 Pricing path=/pricing
  offers action Quote(in amount!, in customer!, out price) #c
  offers service Discount(in customer!)
state orders@1 Orders path=/orders
  uses pricing@1 action Quote
  uses pricing@1 service Rate
state orders@2 Orders path=/orders
  uses pricing@2 action Quote(amount, price)
  uses pricing@2 service Discount
state portal@1 Portal path=/portal
  uses pricing@1 action Quote(amount, price)
version Pricing 1.3 = pricing@1 from Development, Quality
version Pricing 1.4 = pricing@2
version Pricing 1.5 = pricing@3
version Orders 2.0 = orders@1 from Development, Quality
version Orders 2.1 = orders@2
version Portal 1.0 = portal@1
running Development Pricing 1.4
running Development Orders 2.1
running Quality Pricing 1.3
running Quality Orders 2.0
running Quality Portal 1.0
";

pub fn report(facts: &str, content: &str) -> Report {
    let facts = Arc::new(landscape(facts).unwrap());
    let content = plan(content).unwrap();
    let index = Index::new(facts, content.source, content.target).unwrap();
    let options = CheckOptions {
        parallel_limit: None,
    };
    check(&index, &content, options)
}

/// "error producer_element_missing orders -> pricing: Discount"
pub fn line(finding: &Finding) -> String {
    let word = |value: &dyn erased::Named| value.word();
    let mut text = format!("{} {}", word(&finding.severity), word(&finding.code));
    if let Some(consumer) = &finding.consumer {
        text = format!("{text} {}", consumer.name);
    }
    if let Some(producer) = &finding.producer {
        text = format!("{text} -> {}", producer.name);
    }
    if !finding.elements.is_empty() {
        let names: Vec<&str> = finding.elements.iter().map(|e| e.name.as_str()).collect();
        text = format!("{text}: {}", names.join(" "));
    }
    text
}

mod erased {
    use serde::Serialize;

    /// The name that a value has on the wire.
    pub trait Named {
        fn word(&self) -> String;
    }

    impl<T: Serialize> Named for T {
        fn word(&self) -> String {
            let json = serde_json::to_string(self).unwrap();
            json.trim_matches('"').to_owned()
        }
    }
}

pub fn lines(facts: &str, content: &str) -> Vec<String> {
    report(facts, content).findings.iter().map(line).collect()
}

/// The shop with more facts.
pub fn shop(more: &str) -> String {
    format!("{SHOP}\n{more}")
}
