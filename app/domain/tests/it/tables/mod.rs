//! Each finding by example: where it appears, and where it does not.

mod defects;
mod shop;

use domain::fixtures::{landscape, plan};
use domain::impact::{FindingCode, Index};
use domain::repair::{ORDINARY_BUDGET, repair};
use pretty_assertions::assert_eq;
use shop::{SHOP, line, lines, report, shop};
use std::sync::Arc;

#[test]
fn nothing_is_found_where_everything_fits() {
    let facts = shop("state hr@1 HR path=/hr\nversion HR 1.0 = hr@1");
    assert_eq!(lines(&facts, "deploy HR 1.0"), Vec::<String>::new());
}

#[test]
fn a_missing_element_and_a_newer_producer_are_two_findings() {
    assert_eq!(
        lines(SHOP, "deploy Orders 2.1"),
        [
            "error producer_element_missing orders -> pricing: Discount",
            "warning newer_producer_available orders -> pricing: Quote",
        ]
    );
}

#[test]
fn what_is_brought_with_other_content_than_the_target_has_will_be_outdated() {
    let desk = "state desk@1 Desk path=/desk\n uses pricing@2 action Quote(amount, price)\n\
                version Desk 1.0 = desk@1";
    // The source has what it was made with: that is the newer producer to bring along.
    let newer = "warning newer_producer_available desk -> pricing: Quote";
    assert_eq!(lines(&shop(desk), "deploy Desk 1.0"), [newer]);
    // The source went back since; what Desk was made with is in neither of the two.
    let facts = shop(desk).replace(
        "running Development Pricing 1.4",
        "running Development Pricing 1.3",
    );
    let other = "warning linked_content_differs desk -> pricing: Quote";
    assert_eq!(lines(&facts, "deploy Desk 1.0"), [other]);
    let together = lines(&facts, "deploy Desk 1.0\ndeploy Pricing 1.4");
    assert!(!together.contains(&other.to_owned()), "{together:?}");
    // What was made with the target's content is silent, and so is what is linked to nothing.
    let same = desk.replace("pricing@2", "pricing@1");
    let facts = facts.replace(desk, &same);
    assert_eq!(lines(&facts, "deploy Desk 1.0"), Vec::<String>::new());
    let weak =
        "state till@1 Till path=/till\n uses pricing@2 service Rate\nversion Till 1.0 = till@1";
    assert_eq!(lines(&shop(weak), "deploy Till 1.0"), Vec::<String>::new());
}

#[test]
fn the_lowest_version_that_would_do_is_named() {
    let report = report(SHOP, "deploy Orders 2.1");
    let versions = &report.findings[0].versions;
    let text = |number: &Option<domain::VersionNumber>| number.map(|n| n.to_string());
    assert_eq!(text(&versions.in_target).as_deref(), Some("1.3"));
    assert_eq!(text(&versions.planned), None);
    assert_eq!(text(&versions.needed).as_deref(), Some("1.4"));
    assert_eq!(report.findings[0].path, ["orders", "pricing"]);
    let missing = &report.missing_producers[0];
    assert_eq!(missing.name, "Pricing");
    assert_eq!(
        missing.lowest.map(|v| v.1.to_string()).as_deref(),
        Some("1.4")
    );
    assert_eq!(missing.because, ["orders uses pricing.Discount"]);
}

#[test]
fn of_a_blocked_producer_no_version_is_offered() {
    let blocked = shop("app Pricing blocked=Quality");
    let report = report(&blocked, "deploy Orders 2.1");
    // It is said which would do all the same.
    let needed = report.findings[0].versions.needed;
    assert_eq!(needed.map(|n| n.to_string()).as_deref(), Some("1.4"));
    let missing = &report.missing_producers[0];
    assert_eq!(
        (missing.lowest, missing.newest, missing.tag),
        (None, None, None)
    );
}

#[test]
fn a_producer_that_is_nowhere_is_a_missing_module() {
    let facts = shop(
        "state tax@1 Tax\n offers action Vat #a\nversion Tax 1.0 = tax@1\n\
         state bills@1 Bills\n uses tax@1 action Vat\nversion Bills 1.0 = bills@1",
    );
    assert_eq!(
        lines(&facts, "deploy Bills 1.0"),
        ["error producer_module_missing bills -> tax: Vat"]
    );
    assert_eq!(
        lines(&facts, "deploy Bills 1.0\ndeploy Tax 1.0"),
        Vec::<String>::new()
    );
}

#[test]
fn a_new_producer_breaks_and_outdates_consumers_in_the_target() {
    // 1.4 only adds an optional input; what was copied in is old now.
    assert_eq!(
        lines(SHOP, "deploy Pricing 1.4"),
        [
            "warning consumer_outdated orders -> pricing: Quote",
            "warning consumer_outdated portal -> pricing: Quote",
        ]
    );
    // 1.5 asks for more and no longer offers Rate.
    assert_eq!(
        lines(SHOP, "deploy Pricing 1.5"),
        [
            "error consumer_element_missing orders -> pricing: Rate",
            "error consumer_element_incompatible orders -> pricing: Quote",
            "error consumer_element_incompatible portal -> pricing: Quote",
        ]
    );
}

#[test]
fn a_republished_consumer_is_not_outdated_and_is_published_after_its_producer() {
    let report = report(SHOP, "deploy Pricing 1.4\nrepublish portal");
    let found: Vec<String> = report.findings.iter().map(line).collect();
    assert_eq!(
        found,
        ["warning consumer_outdated orders -> pricing: Quote"]
    );
    let offered: Vec<(&str, bool)> = report
        .outdated_consumers
        .iter()
        .map(|o| (o.consumer.name.as_str(), o.republished))
        .collect();
    assert_eq!(offered, [("orders", false), ("portal", true)]);
    let waves: Vec<Vec<(&str, bool)>> = report
        .waves
        .iter()
        .map(|w| {
            w.modules
                .iter()
                .map(|m| (m.name.as_str(), m.republish))
                .collect()
        })
        .collect();
    assert_eq!(waves, [vec![("pricing", false)], vec![("portal", true)]]);
}

#[test]
fn a_republished_consumer_has_to_fit_the_new_producer() {
    assert_eq!(
        lines(SHOP, "deploy Pricing 1.5\nrepublish portal"),
        [
            "error producer_element_incompatible portal -> pricing: Quote",
            "error consumer_element_missing orders -> pricing: Rate",
            "error consumer_element_incompatible orders -> pricing: Quote",
        ]
    );
}

#[test]
fn lower_versions_come_only_with_rollback() {
    let facts = SHOP.replace("running Quality Pricing 1.3", "running Quality Pricing 1.4");
    let found = lines(&facts, "deploy Pricing 1.3");
    assert_eq!(found[0], "error version_downgrade");
    assert!(
        lines(&facts, "rollback\ndeploy Pricing 1.3")
            .iter()
            .all(|l| !l.starts_with("error"))
    );
}

#[test]
fn a_removed_module_breaks_those_that_use_it() {
    let facts = shop("version Pricing 1.6 =");
    assert_eq!(
        lines(&facts, "deploy Pricing 1.6"),
        [
            "error consumer_element_missing orders -> pricing: Quote Rate",
            "error consumer_element_missing portal -> pricing: Quote",
            "warning modules_removed",
        ]
    );
}

#[test]
fn a_moved_module_is_told_and_brought_twice_is_an_error() {
    let facts = shop(
        "state pricing@4 Tariffs path=/pricing\n offers action Quote(in amount!, out price) #a\n \
         offers service Rate(in currency!)\nversion Tariffs 1.0 = pricing@4\nversion Pricing 1.6 =",
    );
    assert_eq!(
        lines(&facts, "deploy Tariffs 1.0"),
        ["warning module_moved pricing -> pricing"]
    );
    assert_eq!(
        lines(&facts, "deploy Tariffs 1.0\ndeploy Pricing 1.6"),
        Vec::<String>::new()
    );
    let twice = lines(&facts, "deploy Tariffs 1.0\ndeploy Pricing 1.4");
    assert!(
        twice.contains(&"error module_moved pricing -> pricing".to_owned()),
        "{twice:?}"
    );
}

#[test]
fn names_and_paths_are_taken_once_whatever_their_case() {
    let facts = shop(
        "state other@1 Other name=PRICING path=/Orders/\nversion Other 1.0 = other@1\n\
         version Other 1.1 name:orders = other@1",
    );
    assert_eq!(
        lines(&facts, "deploy Other 1.0"),
        [
            "error name_collision PRICING -> pricing",
            "error path_collision PRICING -> orders",
        ]
    );
    let found = lines(&facts, "deploy Other 1.1");
    assert!(
        found.contains(&"error name_collision".to_owned()),
        "{found:?}"
    );
}

#[test]
fn rights_blocks_and_platforms_are_checked() {
    let facts = shop(
        "app HR no-deploy no-tag\nstate hr@1 HR needs=3\nversion HR 1.0 = hr@1\n\
         running Development HR 1.0\napp Fleet blocked=Quality\nstate fleet@1 Fleet\n\
         version Fleet 1.0 = fleet@1",
    );
    assert_eq!(
        lines(&facts, "tag HR 1.1\ndeploy Fleet 1.0"),
        [
            "error incompatible_platform hr",
            "error application_blocked",
            "error no_right_to_deploy",
            "error no_right_to_tag",
        ]
    );
}

#[test]
fn tag_numbers_are_new_and_higher() {
    for number in ["1.3", "1.4", "1.5", "1.2"] {
        let found = lines(SHOP, &format!("replicate\ntag Pricing {number}"));
        assert!(
            found.contains(&"error tag_number_unusable".to_owned()),
            "{number}: {found:?}"
        );
    }
    let found = lines(SHOP, "tag Pricing 1.6");
    assert!(found.iter().all(|l| !l.starts_with("error")), "{found:?}");
}

#[test]
fn plans_that_say_nothing_are_told_so() {
    assert_eq!(lines(SHOP, "nothing Orders"), ["error empty_plan"]);
    assert_eq!(
        lines(SHOP, "from Quality to Quality\ndeploy Orders 2.0"),
        ["error same_environment"]
    );
    assert_eq!(
        lines(SHOP, "deploy Orders 2.0"),
        ["information nothing_to_do"]
    );
    assert_eq!(
        lines(SHOP, "from Quality to Development\ndeploy Orders 2.1"),
        ["error version_not_available"]
    );
    let away = SHOP.replace("env Quality", "env Quality unreachable");
    assert!(lines(&away, "deploy Pricing 1.4").contains(&"error target_unreachable".to_owned()));
}

/// What is the matter with the target's agent, and what to do, are two lines of the finding.
#[test]
fn an_agent_that_takes_no_work_is_told_as_what_it_is() {
    for (word, what, remedy) in [
        (
            "unreachable",
            "The agent of Quality is away",
            "start the agent",
        ),
        (
            "never-joined",
            "No agent has joined Quality yet",
            "join code",
        ),
        (
            "incompatible",
            "The agent of Quality speaks a protocol",
            "go together",
        ),
    ] {
        let facts = SHOP.replace("env Quality", &format!("env Quality {word}"));
        let findings = report(&facts, "deploy Pricing 1.4").findings;
        let mut found = findings
            .iter()
            .filter(|one| one.code == FindingCode::TargetUnreachable);
        let detail = found.next().and_then(|one| one.detail.clone()).unwrap();
        assert!(found.next().is_none());
        let (said, then) = detail.split_once('\n').unwrap();
        assert!(said.starts_with(what), "{said}");
        assert!(then.contains(remedy), "{then}");
    }
}

#[test]
fn nothing_goes_from_or_to_an_environment_in_maintenance() {
    for place in ["Development", "Quality"] {
        let facts = SHOP.replace(&format!("env {place}"), &format!("env {place} maintenance"));
        let found = report(&facts, "deploy Pricing 1.4");
        let maintenance = found
            .findings
            .iter()
            .find(|f| f.code == FindingCode::EnvironmentInMaintenance);
        let detail = maintenance.and_then(|f| f.detail.clone());
        assert_eq!(detail, Some(format!("{place}: new disks")));
        assert!(!found.may_run(true) && !found.may_wait());
    }
    // A rollback's source is its target: it is said once.
    let facts = SHOP.replace("env Quality", "env Quality maintenance");
    let back = lines(
        &facts,
        "rollback\nfrom Quality to Quality\ndeploy Pricing 1.3",
    );
    let said = back
        .iter()
        .filter(|l| l.contains("environment_in_maintenance"));
    assert_eq!(said.count(), 1, "{back:?}");
    // Elsewhere it does not matter.
    let elsewhere = shop("env Production maintenance");
    let there = lines(SHOP, "deploy Pricing 1.4");
    assert_eq!(lines(&elsewhere, "deploy Pricing 1.4"), there);
}

#[test]
fn a_change_outside_is_overwritten_only_with_a_warning() {
    let facts = SHOP.replace(
        "running Quality Pricing 1.3",
        "running Quality Pricing 1.3 outside",
    );
    let found = lines(&facts, "deploy Pricing 1.4");
    assert!(
        found.contains(&"warning changed_outside".to_owned()),
        "{found:?}"
    );
}

#[test]
fn a_broken_target_is_an_error_only_for_those_who_depend_on_it() {
    let facts = shop(
        "state base@1 Base\n offers action Log #a\n lacks gone action Away\n\
         version Base 1.0 = base@1\nrunning Quality Base 1.0\n\
         state middle@1 Middle\n offers action Step #a\n uses base@1 action Log\n\
         version Middle 1.0 = middle@1\nrunning Quality Middle 1.0\n\
         state top@1 Top\n uses middle@1 action Step\nversion Top 1.0 = top@1\n\
         state hr@1 HR\nversion HR 1.0 = hr@1",
    );
    let on_it = report(&facts, "deploy Top 1.0");
    assert_eq!(
        line(&on_it.findings[0]),
        "error target_broken top -> base: Away"
    );
    assert_eq!(on_it.findings[0].path, ["top", "middle", "base"]);
    assert_eq!(
        lines(&facts, "deploy HR 1.0"),
        ["information target_broken -> base: Away"]
    );
}

#[test]
fn running_plans_hold_their_modules_and_all_that_is_related() {
    let facts = shop(
        "state hr@1 HR\nversion HR 1.0 = hr@1\nstate fleet@1 Fleet\nversion Fleet 1.0 = fleet@1\n\
         active 12 Quality = fleet@1, pricing@1\nactive 13 Development = hr@1",
    );
    assert_eq!(
        lines(&facts, "deploy Pricing 1.4")
            .iter()
            .filter(|l| l.contains("parallel"))
            .collect::<Vec<_>>(),
        ["error parallel_same_module pricing -> pricing"]
    );
    assert_eq!(
        lines(&facts, "rollback\ndeploy Portal 1.0")
            .iter()
            .filter(|l| l.contains("parallel"))
            .collect::<Vec<_>>(),
        ["error parallel_related_module portal -> pricing"]
    );
    assert_eq!(lines(&facts, "deploy HR 1.0"), Vec::<String>::new());
}

#[test]
fn repair_says_what_it_does_and_why() {
    let facts = Arc::new(landscape(SHOP).unwrap());
    let content = plan("deploy Orders 2.1").unwrap();
    let index = Index::new(facts, content.source, content.target).unwrap();
    let repairs = repair(&index, &content, ORDINARY_BUDGET);
    let best = &repairs[0];
    assert_eq!(
        (best.cost.added, best.cost.changed, best.remaining_errors),
        (1, 0, 0)
    );
    assert!(best.exact);
    assert_eq!(
        best.steps[0].because,
        "Orders 2.1 uses pricing.Discount, first provided by Pricing 1.4; Quality has 1.3"
    );
}
