//! Every use case that somebody can ask for, against each standing and the committed table
//! `standings.txt`. Arguments name things that are not there: the question is only whether the
//! permission is asked, and asked first. `UPDATE=1 cargo test -p backend standings`.

use backend::testing::{TestBackend, actor};
use backend::{
    Client, DeploymentChange, DeploymentFilter, DeploymentStart, NewDeployment, NewPublication,
};
use domain::access::Standing;
use domain::environment::{Purpose, Rules};
use domain::plan::PlanKind;
use domain::view::{
    ApplicationFilter, CandidateFilter, Compared, EligibleFilter, LogFilter, NewEnvironment,
    NewInvitation, NewRetag, NewToken, NewVersion, PlanEdit, PlanFilter, PlanRequest,
    VersionFilter,
};
use domain::{
    AppError, ApplicationId, EnvironmentId, HoldId, HotfixId, ModuleId, PlanId, SavedFilterId,
    Timestamp, TokenId, UserId, VersionId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::pin::Pin;
use uuid::Uuid;

/// Asked for by somebody, but about themselves or before anybody is known: no permission is named.
const NO_PERMISSION: [&str; 1] = ["read_me"];

/// Whether an answer is a refusal for want of standing.
fn refused<T>(answer: Result<T, AppError>) -> bool {
    match answer {
        Err(AppError::Forbidden { reason, .. }) => {
            assert!(reason.starts_with("Your standing is "), "{reason}");
            true
        }
        _ => false,
    }
}

/// A question on the heap, made in a frame of its own: all of them together are more than a stack
/// holds.
fn boxed<F: Future>(ask: impl FnOnce() -> F) -> Pin<Box<F>> {
    Box::pin(ask())
}

/// The use cases that this standing is refused, of all that are asked.
async fn ask(standing: Standing) -> BTreeMap<&'static str, bool> {
    let slipway = TestBackend::new().await;
    let by = &actor(standing);
    let backend = &slipway.backend;
    let uuid = Uuid::from_u128(1);
    let (here, there) = (EnvironmentId(uuid), EnvironmentId(Uuid::from_u128(2)));
    let (application, module) = (ApplicationId(uuid), ModuleId(uuid));
    let other = UserId(uuid);
    let text = String::new;
    let new_token = || NewToken {
        name: "x".to_owned(),
        days: None,
    };
    let mut answers = BTreeMap::new();
    macro_rules! ask {
        ($($name:ident($($argument:expr),*);)*) => {$(
            let answer = boxed(|| async { refused(backend.$name(by, $($argument),*).await) }).await;
            assert!(
                answers.insert(stringify!($name), answer).is_none(),
                "{} is asked twice", stringify!($name)
            );
        )*};
    }
    ask! {
        abort_deployment(PlanId(uuid), "x");
        abort_plan(1, text());
        begin_maintenance(here, 1, "x");
        block_application(application, here, "x");
        change_deployment(PlanId(uuid), DeploymentChange::default());
        change_filter(SavedFilterId(uuid), 1, "x", &PlanFilter::default());
        change_password("session", "x", "Correct-Horse-7", &Client::default());
        check_deployment(PlanId(uuid));
        check_plan(1);
        compare(Compared::Now("X".to_owned()), Compared::Plan(1), 0, 1);
        continue_deployment(PlanId(uuid), None);
        continue_plan(1, None);
        count_applications(ApplicationFilter::default());
        count_plans(PlanFilter::default());
        create_deployment(NewDeployment {
            source: here, target: there, notes: text(), versions: Vec::new(),
        });
        create_environment(NewEnvironment { name: "X".to_owned(), purpose: Purpose::Test });
        create_join_code(here);
        create_plan(here, there, Vec::new());
        create_token(by.user, new_token());
        delete_deployment(PlanId(uuid));
        delete_filter(SavedFilterId(uuid));
        delete_version(VersionId(uuid));
        discard_plan(1);
        edit_plan(1, 1, PlanEdit::SetNotes(text()));
        end_maintenance(here, 1);
        export_landscape();
        export_plans(&PlanFilter::default(), None);
        find("x");
        find_account("x");
        find_module("x", "x");
        find_moves("x");
        forget_lost_secrets();
        foresee_maintenance(here);
        explain_plan_loss(PlanId(uuid));
        foresee_reuse(1, None, true);
        foresee_rollback(1);
        foresee_target(here);
        invite_account(NewInvitation {
            name: "Y".to_owned(), login: "y".to_owned(), email: text(),
            standing: Standing::Viewer,
        });
        has_application(application);
        has_plan(1);
        keep_plan_longer(1, Timestamp(1));
        leave_queue(1);
        list_accounts();
        list_applications(ApplicationFilter::default());
        list_candidates(CandidateFilter {
            source: here, target: there, kind: PlanKind::Ordinary, text: text(), with_differences: false,
            except: Vec::new(), offset: 0, limit: 1,
        });
        list_deliveries(vec![VersionId(uuid)], 0);
        list_deployments(DeploymentFilter::default(), None);
        list_drafts();
        list_eligible(EligibleFilter {
            source: here, target: there, application, kind: PlanKind::Ordinary, offset: 0, limit: 1,
        });
        list_environments();
        list_installed(None, None);
        list_plan_modules(here, there, application);
        list_plan_people();
        list_plans(PlanRequest::default());
        list_same(Compared::Now("X".to_owned()), Compared::Plan(1));
        list_saved_filters();
        list_site_properties(here, module);
        list_tags(VersionFilter::newest(application, 1));
        list_tokens(by.user);
        list_tag_bases(application, here);
        list_versions(VersionFilter::newest(application, 1));
        missing_bundles(Vec::new(), None);
        open_package(VersionId(uuid));
        publish(NewPublication {
            environment: text(), bundles: Vec::new(), allow_missing: false,
        });
        queue_plan(1, 1, None);
        read_about();
        read_application(application);
        read_deployment(PlanId(uuid));
        read_graph(application, here);
        read_installed(application, None);
        read_line(1);
        read_log(1, LogFilter::default());
        read_new_applications();
        read_older_state(application, here, VersionId(uuid));
        read_plan(1);
        read_plan_settings(1, domain::view::SettingsRequest::default());
        read_publication(uuid, 0);
        read_run(1);
        read_slice(here, there, Vec::new());
        read_tag(application, VersionId(uuid));
        read_watch();
        receive_bundle(
            "x",
            futures::stream::empty::<Result<bytes::Bytes, std::convert::Infallible>>()
        );
        refresh_plan(1, 1);
        release_hold(HoldId(uuid), "x");
        remove_environment(here, 1);
        rename_environment(here, 1, "x");
        repair_plan(1);
        replicate_applications(there, here, Vec::new());
        reset_account_password(other, 1);
        restore_plan(1);
        retag_version(NewRetag {
            application, environment: here, base: VersionId(uuid), modules: Vec::new(),
            number: "1.0".to_owned(), description: text(),
        });
        retry_plan(1);
        reuse_plan(1, here, there, true);
        revoke_token(TokenId(uuid));
        roll_back_plan(1, Vec::new());
        rotate_secrets();
        save_filter("x", &PlanFilter::default());
        save_plan(1, 1);
        set_account_active(other, 1, false);
        set_account_standing(other, 1, Standing::Viewer);
        set_new_applications(0, true, "x");
        set_blocks(application, Vec::new());
        set_environment_rules(here, 1, Rules::default());
        set_site_property(here, module, "x", None);
        solve_hotfix(HotfixId(uuid), "1.0");
        share_draft(1, true);
        supply_values(1, Vec::new());
        start_deployment(PlanId(uuid), DeploymentStart::default());
        start_plan(1, 1, None);
        swap_environments(here, 1);
        synchronize_environment(here);
        tag_version(NewVersion {
            application, environment: here, number: "1.0".to_owned(), description: text(),
            running_revision: 1,
        });
        validate_plan(1);
        waive_hotfix(HotfixId(uuid), "x");
        unblock_application(application, here, "x");
        upload_bundle("x", Vec::new().into());
    }
    // The same use cases for somebody else's account.
    answers.insert(
        "list_tokens (another's)",
        refused(backend.list_tokens(by, other).await),
    );
    answers.insert(
        "create_token (another's)",
        refused(backend.create_token(by, other, new_token()).await),
    );
    answers
}

#[tokio::test]
async fn every_use_case_asks_for_the_standing_that_the_table_says() {
    let mut answers = Vec::new();
    for standing in Standing::ALL {
        answers.push(ask(standing).await);
    }
    let mut table = String::from("use case\tguest\tviewer\toperator\tadministrator\n");
    for name in answers[0].keys() {
        write!(table, "{name}").unwrap();
        for refused in &answers {
            table.push_str(if refused[name] { "\tno" } else { "\tyes" });
        }
        table.push('\n');
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/standings.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), table);

    let mut known: BTreeSet<String> = answers[0].keys().map(ToString::to_string).collect();
    known.extend(NO_PERMISSION.map(str::to_owned));
    let missing: Vec<_> = use_cases().difference(&known).cloned().collect();
    assert_eq!(missing, [""; 0], "use cases that this test does not ask");
}

/// Every public method of the backend that takes the actor first, as its source says.
fn use_cases() -> BTreeSet<String> {
    fn read(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if path.file_name().is_none_or(|name| name != "testing") {
                    read(&path, found);
                }
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            for method in source.split("pub async fn ").skip(1) {
                let Some((name, rest)) = method.split_once('(') else {
                    continue;
                };
                let arguments: String = rest.chars().filter(|c| !c.is_whitespace()).collect();
                // Without its type parameters.
                let name = name.split('<').next().unwrap_or(name);
                if arguments.starts_with("&self,actor:&Actor") {
                    found.insert(name.to_owned());
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    read(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    assert!(found.len() > 30, "the sources are read");
    found
}
