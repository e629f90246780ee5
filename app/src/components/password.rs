//! The field in which passwords are typed.

use super::button::{IconButton, Size};
use super::controls::TextInput;
use super::field::Field;
use leptos::prelude::*;

/// What a new password needs, in words (domain.md 6.1).
pub const PASSWORD_RULE: &str =
    "At least 12 characters, with a digit, a lower-case and an upper-case letter.";

/// A password with a way to look at it.
#[component]
pub fn PasswordField(
    /// Its id.
    id: &'static str,
    /// What is asked for.
    label: &'static str,
    /// What is typed.
    value: RwSignal<String>,
    /// For password managers.
    autocomplete: &'static str,
    /// How to answer.
    #[prop(default = "")]
    hint: &'static str,
    /// What is wrong.
    #[prop(into, default = None::<String>.into())]
    error: Signal<Option<String>>,
    /// Whether it is wrong.
    #[prop(into, default = false.into())]
    invalid: Signal<bool>,
    /// Why it may not be changed.
    #[prop(into, default = None::<String>.into())]
    refusal: Signal<Option<String>>,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    view! {
        <Field label id hint error>
            <div class="with-icon pw">
                <TextInput
                    id
                    value
                    on_input=Callback::new(move |text| value.set(text))
                    kind=Signal::derive(move || if shown.get() { "text" } else { "password" })
                    autocomplete=autocomplete
                    invalid=Signal::derive(move || invalid.get() || error.with(Option::is_some))
                    refusal
                    max=256
                />
                <span class="end">
                    <IconButton
                        label="Show password"
                        icon="eye"
                        size=Size::Small
                        pressed=shown
                        on_press=Callback::new(move |()| shown.update(|shown| *shown = !*shown))
                    />
                </span>
            </div>
        </Field>
    }
}
