//! What an environment's card says of an agent that does not fit, or whose clock is wrong.

use crate::render::render;
use crate::sample::environments;
use app::pages::environments::EnvironmentCard;
use domain::access::Standing;
use domain::environment::{LinkState, Rules};
use domain::view::EnvironmentDetail;
use leptos::prelude::*;

fn quality(change: impl Fn(&mut EnvironmentDetail)) -> String {
    let mut environment = EnvironmentDetail {
        row: environments().swap_remove(1),
        rules: Rules::default(),
        queued: 0,
        in_maintenance: None,
        address: Some("http://127.0.0.1:8502".to_owned()),
        agent_version: Some(app::session::VERSION.to_owned()),
        agent_protocol: Some(1),
        last_seen: None,
        last_synchronized: None,
        synchronizing: false,
        synchronization_error: None,
        clock_skew_ms: Some(0),
        applications: 4,
        modules: 9,
        broken: 0,
        changed_outside: 0,
        active: Vec::new(),
        publications: Vec::new(),
        created: None,
        revision: 1,
    };
    change(&mut environment);
    let html = render("/environments", Standing::Administrator, move || {
        view! {
            <EnvironmentCard
                environment=Signal::derive(move || environment.clone())
                total=3_u32
                next=Signal::derive(|| Some("Production".to_owned()))
                asked=false
                on_ask=Callback::new(|_| ())
            />
        }
    });
    html.replace("<!>", "")
}

#[test]
fn an_agent_that_speaks_a_newer_protocol_is_said_to_be_refused() {
    let fits = quality(|_| ());
    assert!(
        fits.contains("Online") && fits.contains("current"),
        "{fits}"
    );
    assert!(
        !fits.contains("Refused:") && !fits.contains("Its clock"),
        "{fits}"
    );
    let newer = quality(|environment| {
        environment.row.link = LinkState::Incompatible;
        environment.agent_version = Some("9.0.0".to_owned());
        environment.agent_protocol = Some(7);
    });
    let refused = format!(
        "Refused: does not speak the protocol of console {}",
        app::session::VERSION
    );
    for words in ["Agent does not fit", "9.0.0", &refused] {
        assert!(newer.contains(words), "{words} is not in {newer}");
    }
}

#[test]
fn a_clock_that_is_apart_is_said_with_how_much_and_what_to_do() {
    for (skew, words) in [
        (4_999, None),
        (-4_999, None),
        (5_000, Some("Its clock is 5 s ahead. ")),
        (-150_000, Some("Its clock is 2 min 30 s behind. ")),
        (7_380_000, Some("Its clock is 2 h 03 min ahead. ")),
    ] {
        let html = quality(|environment| environment.clock_skew_ms = Some(skew));
        match words {
            None => assert!(!html.contains("Its clock"), "{skew}: {html}"),
            Some(words) => {
                assert!(html.contains(words), "{skew}: {html}");
                assert!(
                    html.contains(
                        "Set the clock of that machine, or switch on time synchronization there."
                    ),
                    "{html}"
                );
            }
        }
    }
}
