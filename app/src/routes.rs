//! Every path of the page, and a typed function for every link. A path is written nowhere else.

use crate::components::kind::kind_word;
pub use domain::view::encode;
use domain::view::{ApplicationFilter, Compared};
use domain::{ApplicationId, EnvironmentId, VersionId};

/// The sign-in screen.
pub const SIGN_IN: &str = "/sign-in";
/// The screen of the first account.
pub const SETUP: &str = "/setup";
/// The screen of a one-time link that sets a password; the code stands after `#`, which browsers
/// send nowhere.
pub const SET_PASSWORD: &str = "/set-password";
/// The accounts, for administrators.
pub const ACCOUNTS: &str = "/accounts";
/// The matrix, which is the home screen.
pub const APPLICATIONS: &str = "/applications";
/// The list of deployment plans.
pub const PLANS: &str = "/plans";
/// The same list as a file; the query is the list's.
pub const PLANS_CSV: &str = "/plans.csv";
/// A version as one file.
pub const PACKAGE: &str = "/versions/{version}/package";
/// The plans that wait for a person.
pub const WAITING_PLANS: &str = "/plans?status=waiting";
/// The dialog that begins a plan.
pub const NEW_PLAN: &str = "/plans/new";
/// The word that stands for every application that can move, in the address of a new plan.
pub const CAN_MOVE: &str = "can-move";
/// The environments.
pub const ENVIRONMENTS: &str = "/environments";
/// The environments, with the dialog that registers one.
pub const NEW_ENVIRONMENT: &str = "/environments?new";
/// What differs between two environments, versions or times.
pub const COMPARE: &str = "/compare";
/// Versions of console, database and agents.
pub const ABOUT: &str = "/about";

/// The address of a one-time link that sets a password.
pub fn set_password(code: &str) -> String {
    format!("{SET_PASSWORD}#{code}")
}

/// One application.
pub fn application(id: ApplicationId) -> String {
    format!("{APPLICATIONS}/{id}")
}

/// One application, with the dialog that tags a version of it.
pub fn tag_version(id: ApplicationId) -> String {
    format!("{APPLICATIONS}/{id}?tag")
}

/// A version as one file ([`PACKAGE`]).
pub fn package(version: VersionId) -> String {
    format!("/versions/{version}/package")
}

/// A plan: its editor while it can be changed, its run afterwards.
pub fn plan(number: u64) -> String {
    format!("{PLANS}/{number}")
}

/// A plan, with the question whether it is to run in spite of its errors.
pub fn continue_with_errors(number: u64) -> String {
    format!("{PLANS}/{number}?{CONTINUE}")
}

/// The word of the address for that question.
pub const CONTINUE: &str = "continue-with-errors";

/// The plans that stand in line for an environment.
pub fn line(target: &str) -> String {
    format!("{PLANS}?status=queued&target={}", encode(target))
}

/// A plan's run; the same address, which shows the run as soon as there is one.
pub fn run(number: u64) -> String {
    plan(number)
}

/// What a plan will change, or changed.
pub fn changes(number: u64) -> String {
    format!("{PLANS}/{number}/changes")
}

/// What differs between two sides.
pub fn compare(from: &Compared, to: &Compared) -> String {
    format!(
        "{COMPARE}?from={}&to={}",
        encode(&from.to_string()),
        encode(&to.to_string())
    )
}

/// A new plan that brings these applications from one environment to another. Environments are
/// named, applications are ids with commas between.
pub fn new_plan(source: &str, target: &str, applications: &[ApplicationId]) -> String {
    let ids: Vec<_> = applications.iter().map(ToString::to_string).collect();
    format!(
        "{NEW_PLAN}?source={}&target={}&applications={}",
        encode(source),
        encode(target),
        ids.join(",")
    )
}

/// A new plan with every application that can move from one environment to another, of those that
/// a filter of the matrix leaves, whatever its tab.
pub fn new_plan_movable(source: &str, target: &str, among: &ApplicationFilter) -> String {
    let mut path = format!(
        "{NEW_PLAN}?source={}&target={}&applications={CAN_MOVE}",
        encode(source),
        encode(target)
    );
    let id = |id: Option<ApplicationId>| id.map(|id| id.to_string());
    let parts = [
        ("search", Some(among.text.clone())),
        ("kind", among.kind.map(|kind| kind_word(kind).to_owned())),
        ("producer-of", id(among.producer_of)),
        ("consumer-of", id(among.consumer_of)),
    ];
    for (key, value) in parts {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            path.push_str(&format!("&{key}={}", encode(&value)));
        }
    }
    path
}

/// The environments, with one of them in view.
pub fn environment(id: EnvironmentId) -> String {
    format!("{ENVIRONMENTS}#{id}")
}

/// The sign-in screen, to come back to `next` (a path of this page) afterwards.
pub fn sign_in_then(next: &str) -> String {
    if next.is_empty() || next == "/" {
        SIGN_IN.to_owned()
    } else {
        format!("{SIGN_IN}?next={}", encode(next))
    }
}

/// The word of the sign-in screen's address that says that a session is over.
pub const ENDED: &str = "ended";

/// The same address of the sign-in screen, for somebody whose session is over.
pub fn session_ended(sign_in: &str) -> String {
    let and = if sign_in.contains('?') { '&' } else { '?' };
    format!("{sign_in}{and}{ENDED}")
}

/// A path of this page that somebody named in an address; anything else is the home screen, so
/// that a link cannot send people to another site.
pub fn local_path(next: Option<&str>) -> String {
    match next {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains('\\')
                && !path.chars().any(char::is_control) =>
        {
            path.to_owned()
        }
        _ => APPLICATIONS.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_page_are_followed() {
        assert_eq!(local_path(Some("/plans?x=1")), "/plans?x=1");
        for bad in [
            None,
            Some(""),
            Some("//evil.example"),
            Some("https://evil.example"),
            Some("/\\evil.example"),
            Some("/a\nb"),
        ] {
            assert_eq!(local_path(bad), APPLICATIONS);
        }
    }

    #[test]
    fn a_new_plan_takes_the_filter_of_the_matrix_along() {
        let mut among = ApplicationFilter::default();
        let path = new_plan_movable("Development", "Quality", &among);
        assert_eq!(
            path,
            "/plans/new?source=Development&target=Quality&applications=can-move"
        );
        among.text = "claims & co".to_owned();
        among.kind = Some(domain::application::ModuleKind::Service);
        let path = new_plan_movable("Development", "Quality", &among);
        assert!(
            path.ends_with("=can-move&search=claims%20%26%20co&kind=service"),
            "{path}"
        );
    }

    #[test]
    fn an_ended_session_is_said_in_the_address() {
        assert_eq!(session_ended(&sign_in_then("/")), "/sign-in?ended");
        assert_eq!(
            session_ended(&sign_in_then("/plans/8")),
            "/sign-in?next=/plans/8&ended"
        );
    }

    #[test]
    fn values_survive_an_address() {
        assert_eq!(encode("/plans?a=b&c d"), "/plans%3Fa%3Db%26c%20d");
    }
}
