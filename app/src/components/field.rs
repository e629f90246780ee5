//! A label, a control, a hint and an error: the one way in which a form says what is wrong.

use super::controls::TextArea;
use super::icon::Glyph;
use domain::FieldError;
use domain::name::MAX_REASON;
use leptos::prelude::*;

/// What a rule of the domain says ("a version number is …"), as a sentence at a field. Rules are
/// written in English: the first letter needs no table of all letters.
pub fn sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    let first = first.map(String::from).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// The errors of a form, as [`domain::AppError::Invalid`] brings them.
#[derive(Clone, Copy)]
pub struct FormErrors(RwSignal<Vec<FieldError>>);

impl FormErrors {
    /// No errors.
    pub fn new() -> Self {
        Self(RwSignal::new(Vec::new()))
    }

    /// What is wrong with a field.
    pub fn of(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            self.0.with(|errors| {
                errors
                    .iter()
                    .find(|error| error.field == field)
                    .map(|error| error.message.clone())
            })
        })
    }

    /// Takes over what the check or the server found.
    pub fn set(self, errors: Vec<FieldError>) {
        self.0.set(errors);
    }

    /// Forgets what was wrong with a field, because it is being changed.
    pub fn clear_field(self, field: &str) {
        if self
            .0
            .with_untracked(|errors| errors.iter().any(|error| error.field == field))
        {
            self.0
                .update(|errors| errors.retain(|error| error.field != field));
        }
    }

    /// Everything that is wrong.
    pub fn all(self) -> Vec<FieldError> {
        self.0.get()
    }
}

impl Default for FormErrors {
    fn default() -> Self {
        Self::new()
    }
}

/// Why somebody does something, in their own words.
#[component]
pub fn ReasonField(
    /// The id of the control.
    id: &'static str,
    /// Who reads it.
    #[prop(default = "kept in the audit")]
    aside: &'static str,
    /// What is typed.
    reason: RwSignal<String>,
) -> impl IntoView {
    view! {
        <Field label="Reason" id aside>
            <TextArea
                id
                rows=3
                max=MAX_REASON
                value=reason
                on_input=Callback::new(move |value| reason.set(value))
            />
        </Field>
    }
}

/// A labelled control. The control inside has the id `id`, and `aria-describedby` of
/// `{id}-note`, where hint and error stand.
#[component]
pub fn Field(
    /// What is asked for.
    #[prop(into)]
    label: Signal<String>,
    /// The id of the control inside.
    id: &'static str,
    /// How to answer, or what happens with the answer.
    #[prop(into, default = String::new().into())]
    hint: Signal<String>,
    /// Stands after the label in lighter ink ("kept in the audit").
    #[prop(default = "")]
    aside: &'static str,
    /// What is wrong, and how to put it right.
    #[prop(into, default = None::<String>.into())]
    error: Signal<Option<String>>,
    /// The label is there for screen readers only.
    #[prop(default = false)]
    hide_label: bool,
    /// The control.
    children: Children,
) -> impl IntoView {
    view! {
        <div class=move || if error.with(Option::is_some) { "field invalid" } else { "field" }>
            <label for=id class=hide_label.then_some("vh")>
                {move || label.get()}
                {(!aside.is_empty()).then(|| view! { <span class="opt">" "{aside}</span> })}
            </label>
            {children()}
            <div id=format!("{id}-note") class="field-note">
                {move || match error.get() {
                    Some(message) => Some(error_line(message).into_any()),
                    None => {
                        let hint = hint.get();
                        (!hint.is_empty()).then(|| view! { <p class="hint">{hint}</p> }.into_any())
                    }
                }}
            </div>
        </div>
    }
}

/// What is wrong, as a line at what it is about.
pub fn error_line(message: String) -> impl IntoView {
    view! {
        <p class="field-error">
            <Glyph name="fail"/>
            <span>{message}</span>
        </p>
    }
}

/// Why the whole of what was asked for was refused, where no field is to blame.
pub fn refused_view(reason: RwSignal<Option<String>>) -> impl IntoView {
    move || {
        reason.get().map(|reason| {
            view! {
                <p class="field-error" role="alert">
                    <Glyph name="fail"/>
                    <span>{reason}</span>
                </p>
            }
        })
    }
}

/// What stands above a form with errors, each a link to its field. It takes the focus when it
/// appears.
#[component]
pub fn ErrorSummary(
    /// What could not be done ("The account was not made.").
    #[prop(into)]
    title: Signal<String>,
    /// The form's errors.
    errors: FormErrors,
) -> impl IntoView {
    let node = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        if !errors.all().is_empty()
            && let Some(node) = node.get()
        {
            let _ = node.focus();
        }
    });
    move || {
        let list = errors.all();
        (!list.is_empty()).then(|| {
            view! {
                <div class="error-summary" role="alert" tabindex="-1" node_ref=node>
                    <Glyph name="fail"/>
                    <p>
                        <b>{move || title.get()}</b>
                    </p>
                    <ul>
                        {list
                            .into_iter()
                            .map(|error| {
                                view! {
                                    <li>
                                        // The focus follows; the address does not.
                                        <a
                                            href=format!("#{}", error.field)
                                            on:click=|event| event.prevent_default()
                                        >
                                            {error.message}
                                        </a>
                                    </li>
                                }
                            })
                            .collect_view()}
                    </ul>
                </div>
            }
        })
    }
}
