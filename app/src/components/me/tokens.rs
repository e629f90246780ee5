//! One's own tokens: what programs show instead of a password.

use crate::api::people::{create_token, list_tokens, revoke_token};
use crate::components::button::{Button, Size, Weight};
use crate::components::controls::{Select, TextInput};
use crate::components::copy::CopyButton;
use crate::components::dialog::{Confirm, Dialog};
use crate::components::field::{Field, FormErrors, refused_view};
use crate::components::icon::Glyph;
use crate::components::skeleton::Skeleton;
use crate::components::table::{Column, Table};
use crate::components::time::{When, WhenStyle, use_clock};
use crate::components::toast::use_toasts;
use crate::error::ApiError;
use crate::live::use_live;
use domain::AppError;
use domain::view::{MadeToken, NewToken, TokenRow};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// How long a token may last: days as they are sent, and words. Empty: it has no end.
const ENDS: [(&str, &str); 5] = [
    ("30", "In 30 days"),
    ("90", "In 90 days"),
    ("365", "In a year"),
    ("730", "In two years"),
    ("", "Never"),
];

/// What is known of the list.
type Known = Option<Result<Vec<TokenRow>, ApiError>>;

/// The dialog: the list, making one, revoking one.
#[component]
pub fn TokensDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let (toasts, live) = (use_toasts(), use_live());
    let rows = RwSignal::new(None::<Result<Vec<TokenRow>, ApiError>>);
    let made = RwSignal::new(None::<MadeToken>);
    let revoking = RwSignal::new(None::<TokenRow>);
    let busy = RwSignal::new(false);
    let load = Callback::new(move |()| {
        spawn_local(async move {
            let answer = list_tokens().await;
            rows.try_set(Some(answer));
        });
    });
    Effect::new(move |_| {
        // The secret is not kept once the dialog is closed.
        made.set(None);
        if open.get() {
            load.run(());
        } else {
            rows.set(None);
        }
    });
    let close = Callback::new(move |()| open.set(false));
    let revoke = Callback::new(move |()| {
        let Some(token) = revoking.get_untracked() else {
            return;
        };
        if busy.get_untracked() || live.lost_now() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = revoke_token(token.id).await;
            busy.try_set(false);
            revoking.try_set(None);
            made.try_update(|made| made.take_if(|made| made.row.id == token.id));
            load.run(());
            match answer {
                Ok(()) => toasts.done(
                    "Token revoked",
                    format!("Programs that use {} are refused from now on.", token.name),
                ),
                Err(error) => toasts.fail("The token was not revoked", &error),
            }
        });
    });
    view! {
        <Dialog
            open
            on_close=close
            id="tokens"
            wide=true
            title="Tokens"
            lead="A program that shows a token acts as you: slipway publish, build servers, scripts."
        >
            <div class="body">
                <div aria-live="polite">
                    {move || made.get().map(|made| view! { <Made made/> })}
                </div>
                <NewTokenForm
                    on_made=Callback::new(move |new: MadeToken| {
                        made.set(Some(new));
                        load.run(());
                    })
                />
                {move || list(rows.get(), load, revoking)}
            </div>
            <footer>
                <Button label="Done" weight=Weight::Primary on_press=close/>
            </footer>
        </Dialog>
        <Confirm
            open=Signal::derive(move || revoking.with(Option::is_some))
            id="revoke-token"
            title=Signal::derive(move || {
                revoking.get().map_or_else(String::new, |token| format!("Revoke {}?", token.name))
            })
            lead="Programs that use this token are refused at once. It cannot be brought back; a new one has another secret."
            keep="Keep the token"
            act="Revoke token"
            busy
            refusal=Signal::derive(move || live.refusal())
            on_keep=Callback::new(move |()| revoking.set(None))
            on_act=revoke
        />
    }
}

/// A token that was just made.
#[component]
fn Made(made: MadeToken) -> impl IntoView {
    let secret = made.secret.clone();
    view! {
        <div class="notice ok">
            <Glyph name="ok"/>
            <div class="made-secret">
                <p>
                    <b>{format!("{} is made. ", made.row.name)}</b>
                    "Copy it now: it is shown only this once, and the console keeps no copy."
                </p>
                <div class="secret">
                    <code data-testid="token">{made.secret}</code>
                    <CopyButton text=Signal::stored(secret) what="token"/>
                </div>
            </div>
        </div>
    }
}

/// Name and end of a new one.
#[component]
fn NewTokenForm(on_made: Callback<MadeToken>) -> impl IntoView {
    let live = use_live();
    let name = RwSignal::new(String::new());
    let ends = RwSignal::new("90".to_owned());
    let errors = FormErrors::new();
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<String>);
    let submit = move || {
        if busy.get_untracked() || live.lost_now() {
            return;
        }
        busy.set(true);
        errors.set(Vec::new());
        refused.set(None);
        let new = NewToken {
            name: name.get_untracked(),
            days: ends.get_untracked().parse().ok(),
        };
        spawn_local(async move {
            let answer = create_token(new).await;
            busy.try_set(false);
            match answer {
                Ok(made) => {
                    name.try_set(String::new());
                    on_made.run(made);
                }
                Err(ApiError::App(AppError::Invalid { fields })) => errors.set(fields),
                Err(error) => {
                    refused.try_set(Some(error.to_string()));
                }
            }
        });
    };
    let options = Signal::stored(
        ENDS.into_iter()
            .map(|(value, words)| (value.to_owned(), words.to_owned()))
            .collect::<Vec<_>>(),
    );
    view! {
        <form
            class="token-form"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }
        >
            <Field
                label="New token"
                id="token-name"
                hint="Where it will be used, such as the name of a build server"
                error=errors.of("name")
            >
                <TextInput
                    id="token-name"
                    value=name
                    max=50
                    autofocus=true
                    invalid=Signal::derive(move || errors.of("name").with(Option::is_some))
                    on_input=Callback::new(move |text: String| {
                        name.set(text);
                        errors.clear_field("name");
                    })
                />
            </Field>
            <Field label="Ends" id="token-ends" error=errors.of("days")>
                <Select
                    id="token-ends"
                    options
                    value=ends
                    on_change=Callback::new(move |value| ends.set(value))
                />
            </Field>
            <Button
                label="Create token"
                icon="plus"
                submit=true
                busy
                refusal=Signal::derive(move || live.refusal())
            />
        </form>
        {refused_view(refused)}
    }
}

fn list(known: Known, load: Callback<()>, revoking: RwSignal<Option<TokenRow>>) -> AnyView {
    match known {
        None => view! { <Skeleton lines=3 label="Loading tokens"/> }.into_any(),
        Some(Err(error)) => view! {
            <div class="notice bad" role="alert">
                <Glyph name="fail"/>
                <p>
                    <b>"Your tokens cannot be shown. "</b>
                    {error.to_string()}
                </p>
                <div class="acts">
                    <Button label="Try now" icon="retry" size=Size::Small on_press=load/>
                </div>
            </div>
        }
        .into_any(),
        Some(Ok(rows)) if rows.is_empty() => {
            view! { <p class="dim">"You have no tokens yet."</p> }.into_any()
        }
        Some(Ok(rows)) => view! {
            <Table
                caption="Your tokens, newest first"
                columns=vec![
                    Column::new("Token"),
                    Column::new("Created"),
                    Column::new("Last used"),
                    Column::new("Ends"),
                    Column::hidden("Actions", "tight"),
                ]
            >
                {rows
                    .into_iter()
                    .map(|token| view! { <TokenLine token revoking/> })
                    .collect_view()}
            </Table>
        }
        .into_any(),
    }
}

#[component]
fn TokenLine(token: TokenRow, revoking: RwSignal<Option<TokenRow>>) -> impl IntoView {
    let clock = use_clock();
    let expires = token.expires;
    let over = move || expires.is_some_and(|end| clock.now() >= end);
    let name = token.name.clone();
    let live = use_live();
    view! {
        <tr>
            <th scope="row">{token.name.clone()}</th>
            <td>
                <When at=token.created style=WhenStyle::Relative/>
            </td>
            <td>
                {match token.last_used {
                    Some(at) => view! { <When at style=WhenStyle::Relative/> }.into_any(),
                    None => view! { <span class="dim">"Never"</span> }.into_any(),
                }}
            </td>
            <td>
                {match expires {
                    Some(at) => {
                        view! {
                            <When at style=WhenStyle::Relative/>
                            {move || over().then(|| view! { <span class="dim">" (over)"</span> })}
                        }
                            .into_any()
                    }
                    None => view! { <span class="dim">"Never"</span> }.into_any(),
                }}
            </td>
            <td class="tight">
                <Button
                    label="Revoke"
                    name=Signal::stored(format!("Revoke {name}"))
                    size=Size::Small
                    weight=Weight::QuietDanger
                    refusal=Signal::derive(move || live.refusal())
                    on_press=Callback::new(move |()| revoking.set(Some(token.clone())))
                />
            </td>
        </tr>
    }
}
