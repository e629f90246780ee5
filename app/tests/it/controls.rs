//! Hostile text in every control and place for text: it stays text.

use crate::render::render;
use app::components::controls::{
    Checkbox, Radio, SearchInput, Select, Switch, TextArea, TextInput,
};
use app::components::dialog::Dialog;
use app::components::empty::{Failure, NoMatch, NothingYet};
use app::components::field::{ErrorSummary, Field, FormErrors};
use app::components::lane::{Lane, Place, VersionChip};
use app::components::layout::PageHead;
use app::components::lookup::{Lookup, ask_applications};
use app::components::person::Who;
use app::components::status::{Look, Status};
use app::components::tabs::{Tab, Tabs};
use app::error::ApiError;
use domain::access::Standing;
use domain::{AppError, FieldError};
use leptos::prelude::*;

const HOSTILE: &str = "</textarea></title></script><script>alert(1)</script><img src=x onerror=alert(2)>\" onfocus=\"alert(3)";

fn ignore<T: 'static>() -> Callback<T> {
    Callback::new(|_| ())
}

fn text() -> String {
    HOSTILE.to_owned()
}

#[test]
fn hostile_text_stays_text_in_controls() {
    let html = render("/", Standing::Operator, || {
        let errors = FormErrors::new();
        errors.set(vec![FieldError::new(HOSTILE, HOSTILE)]);
        view! {
            <TextInput id="a" value=text() on_input=ignore()/>
            <TextArea id="b" value=text() on_input=ignore()/>
            <Select
                id="c"
                options=vec![(text(), text())]
                value=text()
                on_change=ignore()
            />
            <Checkbox label=text() hint=text() checked=true on_change=ignore()/>
            <Radio name="d" label=text() checked=true on_choose=ignore()/>
            <Switch label=text() hint=text() on=true on_change=ignore()/>
            <SearchInput id="e" label="Search" value=text() on_input=ignore()/>
            <Field label=text() id="f" hint=text()>
                ""
            </Field>
            <Field label=text() id="g" error=Some(text())>
                ""
            </Field>
            <ErrorSummary title=text() errors/>
        }
    });
    is_harmless(&html);
    assert!(html.contains("<textarea"), "the text area is there");
    assert!(
        html.contains("></textarea>"),
        "and the server leaves it empty"
    );
}

#[test]
fn hostile_text_stays_text_everywhere_else() {
    let html = render("/", Standing::Operator, || {
        view! {
            <PageHead title=text() sub=text() crumbs=vec![(text(), Some(text())), (text(), None)]/>
            <Status look=Look::new("ok", text(), "ok")/>
            <VersionChip number=Some(text()) place=Place::new(0, 3)/>
            <Lane name=text() place=Place::new(1, 3)/>
            <Who name=text()/>
            <Tabs label="x" tabs=vec![Tab::new(text(), text())] active=text() on_choose=ignore()/>
            <NothingYet title=text() text=text()/>
            <NoMatch title=text() text=text() on_clear=ignore()/>
            <Failure
                title=text()
                error=ApiError::App(AppError::conflict("x", HOSTILE))
            />
            <Dialog open=true on_close=ignore() title=text() lead=text() id="dialog">
                {text()}
            </Dialog>
        }
    });
    is_harmless(&html);
}

fn is_harmless(html: &str) {
    for broken in ["<script>alert", "<img src=x"] {
        assert!(!html.contains(broken), "{broken} got through: {html}");
    }
    for tag in html.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        assert!(
            !tag.contains("\" onfocus="),
            "an attribute got through: {tag}"
        );
    }
}

#[test]
fn only_what_can_come_is_tried_again() {
    let shown = |error: ApiError| {
        render("/", Standing::Operator, || {
            view! {
                <Failure
                    title="The application cannot be shown"
                    error
                    on_retry=ignore()
                    back=("Applications", "/applications")
                />
            }
        })
    };
    let gone = shown(ApiError::App(AppError::not_found("This application")));
    assert!(!gone.contains("Try now"), "{gone}");
    assert!(gone.contains("href=\"/applications\""), "{gone}");
    let away = shown(ApiError::Transport("no answer".to_owned()));
    assert!(away.contains("Try now"), "{away}");
    assert!(away.contains("tried again every 10 s"), "{away}");
    assert!(away.contains("Copy details"), "{away}");
    assert!(!away.contains("href=\"/applications\""), "{away}");
}

#[test]
fn the_kinds_of_empty_do_not_look_alike() {
    let html = render("/", Standing::Operator, || {
        view! {
            <NothingYet title="No plans yet" text="x"/>
            <NoMatch title="No plan matches" text="x" on_clear=ignore()/>
        }
    });
    assert!(
        html.contains("#e-nothing") && html.contains("#e-filtered"),
        "{html}"
    );
}

#[test]
fn a_dialog_says_inside_of_itself_what_went_wrong() {
    let dialog = |open: bool| {
        render("/", Standing::Operator, move || {
            view! {
                <Dialog
                    open
                    on_close=ignore()
                    title="Abort plan #12?"
                    id="abort"
                    error=Some("Plan #12 was not aborted.".to_owned())
                >
                    <div class="body"></div>
                </Dialog>
            }
        })
    };
    let html = dialog(true);
    let inside = html.split("role=\"alert\"").nth(1).expect("the place");
    let inside = inside.split("</dialog>").next().expect("the end");
    assert!(inside.contains("Plan #12 was not aborted."), "{html}");
    assert!(!dialog(false).contains("Plan #12 was not aborted."));
}

#[test]
fn what_may_not_be_changed_says_why() {
    let html = render("/", Standing::Viewer, || {
        let why = || Some("You may not change this plan.".to_owned());
        view! {
            <TextInput id="a" value=String::new() on_input=ignore() refusal=why()/>
            <TextArea id="b" value=String::new() on_input=ignore() refusal=why()/>
            <Select
                id="c"
                options=vec![(text(), text())]
                value=String::new()
                on_change=ignore()
                refusal=why()
            />
            <Checkbox label="Tick" checked=true on_change=ignore() refusal=why()/>
            <Radio name="d" label="One" checked=true on_choose=ignore() refusal=why()/>
            <Switch label="On" on=true on_change=ignore() refusal=why()/>
            <TextInput id="e" value=String::new() on_input=ignore()/>
        }
    });
    let count = |text: &str| html.matches(text).count();
    assert_eq!(count(r#"title="You may not change this plan.""#), 6);
    assert_eq!(count(" disabled"), 6, "{html}");
}

#[test]
fn a_field_that_stays_proposes_nothing_before_it_is_entered() {
    let lookup = |chosen: Option<&'static str>| {
        render("/", Standing::Operator, move || match chosen {
            Some(chosen) => view! {
                <Lookup
                    id="a"
                    label=text()
                    placeholder=text()
                    ask=ask_applications()
                    on_choose=ignore()
                    on_close=ignore()
                    chosen=Signal::stored(chosen.to_owned())
                />
            }
            .into_any(),
            None => view! {
                <Lookup
                    id="a"
                    label=text()
                    placeholder=text()
                    ask=ask_applications()
                    on_choose=ignore()
                    on_close=ignore()
                />
            }
            .into_any(),
        })
    };
    let (stays, comes) = (lookup(Some(HOSTILE)), lookup(None));
    is_harmless(&stays);
    assert!(stays.contains("aria-expanded=\"false\"") && !stays.contains("role=\"listbox\""));
    assert!(comes.contains("aria-expanded=\"true\"") && comes.contains("role=\"listbox\""));
}
