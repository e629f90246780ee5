//! Edge cases that a product of this kind once got wrong (domain.md 4.6).

use super::shop::{SHOP, lines, report, shop};
use pretty_assertions::assert_eq;
use std::fmt::Write;

#[test]
fn a_structure_whose_attribute_is_of_another_modules_entity_is_followed_to_consumers_outside_the_plan()
 {
    let with = |used: &str, becomes: &str| {
        shop(&format!(
            "state customers@1 Customers\n\
             \u{20}offers structure Person(attr name, attr city:City_Identifier) #a\n\
             state customers@2 Customers\n\
             \u{20}offers structure Person(attr name, attr city:{becomes}) #b\n\
             state letters@1 Letters path=/letters\n\
             \u{20}uses customers@1 structure Person{used}\n\
             version Customers 1.0 = customers@1\n\
             version Customers 1.1 = customers@2\n\
             version Letters 1.0 = letters@1\n\
             running Quality Customers 1.0\n\
             running Quality Letters 1.0"
        ))
    };
    assert_eq!(
        lines(&with("", "Region_Identifier"), "deploy Customers 1.1"),
        ["error consumer_element_incompatible letters -> customers: Person"]
    );
    // Whoever looks at another attribute only minds what it cannot know.
    assert_eq!(
        lines(&with("(name)", "Region_Identifier"), "deploy Customers 1.1").len(),
        1
    );
    assert_eq!(
        lines(&with("(name)", "integer"), "deploy Customers 1.1"),
        Vec::<String>::new()
    );
}

#[test]
fn an_application_that_is_left_alone_demands_nothing() {
    let facts = shop("state hr@1 HR path=/hr needs=9\nversion HR 1.0 = hr@1");
    assert_ne!(
        lines(&facts, "deploy HR 1.0"),
        Vec::<String>::new(),
        "its platform is too old"
    );
    assert_eq!(
        lines(&facts, "deploy Pricing 1.4\nnothing HR"),
        lines(&facts, "deploy Pricing 1.4")
    );
}

#[test]
fn another_look_finds_the_same_and_no_module_leaves() {
    let first = report(SHOP, "deploy Pricing 1.5");
    assert_eq!(report(SHOP, "deploy Pricing 1.5"), first);
    let waves = first.waves.iter().flat_map(|wave| &wave.modules);
    let names: Vec<String> = waves.map(|module| module.name.to_string()).collect();
    assert_eq!(names, ["pricing"]);
}

#[test]
fn what_a_higher_version_needs_is_noticed_however_it_came_into_the_plan() {
    assert!(
        lines(SHOP, "deploy Orders 2.1")
            .iter()
            .any(|line| line.starts_with("error producer_element_missing")),
    );
}

#[test]
fn no_list_of_findings_is_cut() {
    let mut facts = String::new();
    for n in 0..120 {
        write!(
            facts,
            "state c{n}@1 C{n} path=/c{n}\n uses pricing@1 service Rate\n\
             version C{n} 1.0 = c{n}@1\nrunning Quality C{n} 1.0\n"
        )
        .unwrap();
    }
    let found = lines(&shop(&facts), "deploy Pricing 1.5");
    let missing = |line: &&String| line.starts_with("error consumer_element_missing c");
    assert_eq!(found.iter().filter(missing).count(), 120);
}
