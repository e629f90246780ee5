//! Who may do what, against the committed table `access.txt`. A change of the rules is a change of
//! that file, to be read: `UPDATE=1 cargo test -p domain --test it access`.

use domain::access::{Access, Action, Standing};
use std::fmt::Write;

#[test]
fn every_standing_may_do_what_the_table_says() {
    let mut text = String::from("action\tguest\tviewer\toperator\tadministrator\n");
    for action in Action::ALL {
        write!(text, "{action:?}").unwrap();
        for standing in Standing::ALL {
            let access = Access { standing };
            let refusal = access.refusal(action);
            // A refusal says why, and nothing that is allowed has one.
            assert_eq!(access.can(action), refusal.is_none());
            if let Some(reason) = refusal {
                assert!(reason.contains(standing.label()), "{reason}");
                assert!(reason.contains(action.needs().label()), "{reason}");
                assert!(reason.contains(action.in_words()), "{reason}");
            }
            text.push_str(if access.can(action) { "\tyes" } else { "\tno" });
        }
        text.push('\n');
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/access.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text);
}

#[test]
fn more_standing_never_means_less() {
    for action in Action::ALL {
        let can: Vec<_> = Standing::ALL
            .into_iter()
            .map(|standing| Access { standing }.can(action))
            .collect();
        assert!(can.is_sorted(), "{action:?}: {can:?}");
    }
}

#[test]
fn a_stored_standing_is_read_back() {
    for standing in Standing::ALL {
        assert_eq!(Standing::from_word(standing.word()), Some(standing));
    }
    assert_eq!(Standing::from_word("root"), None);
}
