//! Applications, tags, what runs where, and the lists.

use domain::view::{ApplicationFilter, ApplicationSort, ApplicationTab, VersionFilter};
use domain::{ApplicationId, application::ModuleKind};
use std::collections::BTreeSet;
use store::catalog::{self, NewReference};
use store::entity::catalog::{
    application, module, module_version, running, running_module, version,
};
use store::testing::{on_both, rows};
use store::{ConnectionTrait, Store, StoreError, environments, history, running as what_runs};
use uuid::Uuid;

const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

async fn put_environment(connection: &impl ConnectionTrait, number: u128, position: i64) {
    let row = rows::environment(id(number), &format!("E{number}"), position);
    environments::insert(connection, row).await.unwrap();
}

/// An application with one module (number + 1) in one state (number + 2) that uses `producer`.
async fn put_application(
    connection: &impl ConnectionTrait,
    number: u128,
    name: &str,
    kind: &str,
    producer: Option<u128>,
) {
    let row = application::Model {
        id: id(number),
        name: name.to_owned(),
        name_folded: name.to_ascii_lowercase(),
        description: String::new(),
        kind: String::new(),
        modules: 0,
        created: 1,
        changed: 1,
    };
    catalog::put_application(connection, row).await.unwrap();
    let row = module::Model {
        id: id(number + 1),
        application_id: id(number),
        name: format!("{name}Module"),
        name_folded: format!("{}module", name.to_ascii_lowercase()),
        kind: kind.to_owned(),
        created: 1,
    };
    catalog::put_module(connection, row).await.unwrap();
    let state = module_version::Model {
        id: id(number + 2),
        module_id: id(number + 1),
        application_id: id(number),
        name: format!("{name}Module"),
        kind: kind.to_owned(),
        url_path: String::new(),
        needs_platform: 0,
        digest: "00".repeat(32),
        state_key: number.to_string(),
        contract: "{}".to_owned(),
        links: "[]".to_owned(),
        settings: "[]".to_owned(),
        created: 1,
        created_by: None,
        environment_id: None,
    };
    let uses = producer.map(|producer| NewReference {
        producer: id(producer + 1),
        producer_name: "P".to_owned(),
        elements: 1,
        strong: 0,
    });
    catalog::insert_module_version(connection, state, uses.into_iter().collect())
        .await
        .unwrap();
    catalog::refresh_application(connection, id(number), i64::try_from(number).unwrap())
        .await
        .unwrap();
}

fn row(environment: u128, application: u128, base: Option<&version::Model>) -> running::Model {
    running::Model {
        environment_id: id(environment),
        application_id: id(application),
        present: true,
        base_id: base.map(|base| base.id),
        base_sort_key: base.map(|base| base.sort_key.clone()),
        modified: false,
        hotfix: false,
        changed_outside: false,
        blocked: false,
        block_reason: None,
        broken: 0,
        outdated: 0,
        can_move: false,
        changed: None,
        changed_by: None,
        revision: 1,
    }
}

async fn run_module(connection: &impl ConnectionTrait, environment: u128, application: u128) {
    let row = running_module::Model {
        environment_id: id(environment),
        module_id: id(application + 1),
        application_id: id(application),
        module_version_id: id(application + 2),
        attempt_id: None,
        activated: 1,
        state: "up".to_owned(),
    };
    what_runs::put_modules(connection, id(environment), &[row], 5)
        .await
        .unwrap();
}

fn tag(number: u128, application: u128, text: &str) -> version::Model {
    let parsed: domain::VersionNumber = text.parse().unwrap();
    version::Model {
        id: id(number),
        application_id: id(application),
        number: text.to_owned(),
        sort_key: parsed.sort_key(),
        name: "A".to_owned(),
        description: String::new(),
        created: 1,
        created_by: None,
        environment_id: id(1),
        base_id: None,
        hotfix: false,
    }
}

/// Three environments; *Alpha* uses *Beta*; *Gamma* stands alone.
async fn fill(store: &Store) {
    store
        .write(async |tx| -> Result<(), StoreError> {
            for (number, position) in [(1, 0), (2, 1), (3, 2)] {
                put_environment(tx, number, position).await;
            }
            put_application(tx, 200, "Beta", "library", None).await;
            put_application(tx, 100, "Alpha", "static", Some(200)).await;
            put_application(tx, 300, "Gamma_x", "service", None).await;
            for application in [100, 200] {
                what_runs::put(tx, row(1, application, None), 5).await?;
                run_module(tx, 1, application).await;
            }
            Ok(())
        })
        .await
        .unwrap();
}

async fn names(store: &Store, filter: ApplicationFilter) -> Vec<String> {
    let filter = ApplicationFilter {
        limit: 10,
        ..filter
    };
    let (rows, total, unfiltered) = catalog::list_applications(store.read(), &filter)
        .await
        .unwrap();
    assert_eq!((rows.len() as u64, unfiltered), (total, 3));
    rows.into_iter().map(|row| row.name).collect()
}

on_both! {
    async fn the_matrix_is_filtered_and_sorted_by_the_database(store: Store) {
        fill(store).await;
        let all = ApplicationFilter::default;
        assert_eq!(names(store, all()).await, ["Alpha", "Beta", "Gamma_x"]);
        let newest = ApplicationFilter { sort: ApplicationSort::LastChange, ..all() };
        assert_eq!(names(store, newest).await, ["Gamma_x", "Beta", "Alpha"]);
        for (text, found) in [("ALP", 1), ("a", 3), ("betamodule", 1), ("_", 1), ("%", 0), ("\\", 0)] {
            let filter = ApplicationFilter { text: text.to_owned(), ..all() };
            assert_eq!(names(store, filter).await.len(), found, "{text}");
        }
        let of_kind = ApplicationFilter { kind: Some(ModuleKind::Service), ..all() };
        assert_eq!(names(store, of_kind).await, ["Gamma_x"]);
        let consumers = ApplicationFilter { consumer_of: Some(ApplicationId(id(200))), ..all() };
        assert_eq!(names(store, consumers).await, ["Alpha"]);
        let producers = ApplicationFilter { producer_of: Some(ApplicationId(id(100))), ..all() };
        assert_eq!(names(store, producers).await, ["Beta"]);

        let mut broken = row(1, 200, None);
        broken.broken = 2;
        broken.changed_outside = true;
        store
            .write(async |tx| what_runs::put(tx, broken, 6).await)
            .await
            .unwrap();
        let tab = ApplicationFilter { tab: ApplicationTab::Broken, ..all() };
        assert_eq!(names(store, tab).await, ["Beta"]);
        let counts = catalog::count_tabs(store.read(), &all()).await.unwrap();
        assert_eq!(counts, [3, 0, 0, 0, 1, 1, 0]);
        let numbers = what_runs::count_by_environment(store.read()).await.unwrap();
        assert_eq!(numbers.len(), 1);
        assert_eq!(
            (numbers[0].applications, numbers[0].modules, numbers[0].broken, numbers[0].changed_outside),
            (2, 2, 1, 1)
        );
        let found = catalog::find_applications(store.read(), "a", 2).await.unwrap();
        assert_eq!(found[0].name, "Beta");
    }

    async fn a_number_is_given_once_and_a_name_once(store: Store) {
        fill(store).await;
        let made = store
            .write(async |tx| catalog::insert_version(tx, tag(900, 100, "1.0"), &[id(102)]).await)
            .await;
        made.unwrap();
        // 1.0.0 is the same number (domain.md V5).
        let again = store
            .write(async |tx| catalog::insert_version(tx, tag(901, 100, "1.0.0"), &[id(102)]).await)
            .await
            .unwrap_err();
        assert!(matches!(&again, StoreError::Duplicate(name) if name == "versions_application_id_sort_key_key"), "{again:?}");
        let eligible = catalog::all_version_environments(store.read()).await.unwrap();
        assert_eq!(eligible.len(), 1);
        store
            .write(async |tx| catalog::make_eligible(tx, &[id(900)], id(1)).await)
            .await
            .unwrap();
        let made_of = catalog::version_modules(store.read(), &[id(900)]).await.unwrap();
        assert_eq!(made_of.len(), 1);
        let name = application::Model {
            id: id(999),
            ..catalog::find_application(store.read(), id(100)).await.unwrap().unwrap()
        };
        let taken = store
            .write(async |tx| catalog::put_application(tx, name).await)
            .await
            .unwrap_err();
        assert!(matches!(taken, StoreError::Duplicate(_)));
        let states = BTreeSet::from([id(102), id(202), id(12345)]);
        assert_eq!(catalog::module_versions(store.read(), &states).await.unwrap().len(), 2);
        let newest = VersionFilter::newest(ApplicationId(id(100)), 5);
        let (versions, total, all) = catalog::list_versions(store.read(), &newest).await.unwrap();
        assert_eq!((versions.len(), total, all), (1, 1, 1));
    }

    async fn what_ran_is_kept_with_every_change(store: Store) {
        fill(store).await;
        let at = async |at: i64| {
            let releases = history::releases_at(store.read(), id(1), at).await.unwrap();
            let modules = history::modules_at(store.read(), id(1), at).await.unwrap();
            let bases: Vec<_> = releases.iter().filter_map(|row| row.base_id).collect();
            (releases.len(), bases, modules.len())
        };
        let (applications, none, modules) = at(5).await;
        assert!(applications > 0 && none.is_empty() && modules > 0);
        assert_eq!(at(4).await, (0, Vec::new(), 0));
        let first = tag(900, 100, "1.0");
        let module = what_runs::list_modules(store.read(), id(1)).await.unwrap().remove(0);
        store
            .write(async |tx| -> Result<_, StoreError> {
                catalog::insert_version(tx, first.clone(), &[id(102)]).await?;
                what_runs::put(tx, row(1, 100, Some(&first)), 7).await?;
                what_runs::put(tx, running::Model { broken: 1, ..row(1, 100, Some(&first)) }, 8).await?;
                let down = running_module::Model { state: "down".to_owned(), ..module.clone() };
                what_runs::put_modules(tx, id(1), &[down], 8).await?;
                what_runs::remove_module(tx, id(1), module.module_id, 9).await
            })
            .await
            .unwrap();
        assert_eq!(at(6).await, (applications, none, modules));
        assert_eq!(at(8).await, (applications, vec![id(900)], modules));
        assert_eq!(at(9).await, (applications, vec![id(900)], modules - 1));
        // Marks alone, and whether a module answers, are no history.
        let rows = async |at: i64| {
            let releases = history::releases_at(store.read(), id(1), at).await.unwrap();
            (releases, history::modules_at(store.read(), id(1), at).await.unwrap())
        };
        assert_eq!(rows(7).await, rows(8).await);
    }

    async fn what_can_move_follows_from_the_next_environment(store: Store) {
        fill(store).await;
        let (low, high) = (tag(900, 100, "1.9"), tag(901, 100, "1.10"));
        let moves = store
            .write(async |tx| -> Result<_, StoreError> {
                catalog::insert_version(tx, low.clone(), &[id(102)]).await?;
                catalog::insert_version(tx, high.clone(), &[id(102)]).await?;
                let mut seen = Vec::new();
                // Over a hotfix nothing moves.
                for (first, second, hotfix) in [
                    (&low, None, false),
                    (&high, Some(&low), false),
                    (&high, Some(&low), true),
                    (&low, Some(&high), false),
                    (&low, Some(&low), false),
                ] {
                    what_runs::put(tx, row(1, 100, Some(first)), 6).await?;
                    let mut next = row(2, 100, second);
                    next.present = second.is_some();
                    next.hotfix = hotfix;
                    what_runs::put(tx, next, 6).await?;
                    what_runs::refresh_can_move(tx, Some(&[id(100)])).await?;
                    let found = what_runs::find(tx, id(1), id(100)).await?.unwrap();
                    seen.push(found.can_move);
                }
                Ok(seen)
            })
            .await
            .unwrap();
        assert_eq!(moves, [true, true, false, false, false]);
        // Environment 2 runs it and environment 3 has nothing.
        let all = ApplicationFilter::default();
        let movable = catalog::count_movable(store.read(), &all, id(2), id(3)).await.unwrap();
        assert_eq!(movable, 1);
        let movable = catalog::count_movable(store.read(), &all, id(1), id(2)).await.unwrap();
        assert_eq!(movable, 0);
        // What is searched for is something else.
        let other = ApplicationFilter { text: "no such name".to_owned(), ..all };
        let movable = catalog::count_movable(store.read(), &other, id(2), id(3)).await.unwrap();
        assert_eq!(movable, 0);
    }
}
