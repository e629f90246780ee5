//! Dialogs, on the browser's own `dialog` element: it traps the focus, makes the page behind it
//! inert, closes on Esc and gives the focus back.

use super::button::{Button, Weight};
use super::field::error_line;
use leptos::html;
use leptos::prelude::*;

/// A modal dialog. Its content exists only while it is open.
#[component]
pub fn Dialog(
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// The person closed it (Esc).
    #[prop(into)]
    on_close: Callback<()>,
    /// The action and its object ("Abort plan #1853?").
    #[prop(into)]
    title: Signal<String>,
    /// What will be true afterwards.
    #[prop(into, default = String::new().into())]
    lead: Signal<String>,
    /// As wide as a table needs.
    #[prop(default = false)]
    wide: bool,
    /// Its id, unique on the page.
    id: &'static str,
    /// What Ctrl+Enter does: the main action of the dialog.
    #[prop(into, optional)]
    on_confirm: Option<Callback<()>>,
    /// Why the action was not done. It is said here: what stands behind the dialog cannot be read.
    #[prop(into, default = None::<String>.into())]
    error: Signal<Option<String>>,
    /// Body (class `body`) and `footer`; the safe button comes first and has `autofocus`.
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        if open.get() {
            show(dialog, open);
        } else if dialog.open() {
            dialog.close();
        }
    });

    view! {
        <dialog
            node_ref=node
            id=id
            class=if wide { "dialog wide" } else { "dialog" }
            aria-labelledby=format!("{id}-title")
            on:cancel=move |event: leptos::ev::Event| {
                event.prevent_default();
                on_close.try_run(());
            }
            on:keydown=move |event| {
                if event.key() == "Enter" && (event.ctrl_key() || event.meta_key())
                    && let Some(on_confirm) = on_confirm {
                        event.prevent_default();
                        on_confirm.try_run(());
                    }
            }
        >
            {move || {
                open.get()
                    .then(|| {
                        view! {
                            <header>
                                <h2 id=format!("{id}-title")>{move || title.get()}</h2>
                                {move || {
                                    let lead = lead.get();
                                    (!lead.is_empty()).then(|| view! { <p>{lead}</p> })
                                }}
                            </header>
                        }
                    })
            }}
            // Stays while the rest comes and goes, so that it is read out when it is filled.
            <div class="dialog-error" role="alert">
                {move || {
                    error
                        .get()
                        .filter(|_| open.get())
                        .map(error_line)
                }}
            </div>
            {move || open.get().then(|| children())}
        </dialog>
    }
}

/// Shows a dialog as soon as it is in the page: what is drawn while something else is still being
/// read comes into the page later, and the browser refuses to show it before.
fn show(dialog: web_sys::HtmlDialogElement, open: Signal<bool>) {
    if open.try_get_untracked() != Some(true) || dialog.open() {
        return;
    }
    if !dialog.is_connected() {
        request_animation_frame(move || show(dialog, open));
    } else if let Err(error) = dialog.show_modal() {
        leptos::logging::error!("a dialog could not be shown: {error:?}");
    }
}

/// Asks before something that cannot be undone. The safe button comes first and has the focus.
#[component]
pub fn Confirm(
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Its id, unique on the page.
    id: &'static str,
    /// The action and its object ("Abort plan #1853?").
    #[prop(into)]
    title: Signal<String>,
    /// What will be true afterwards.
    #[prop(into)]
    lead: Signal<String>,
    /// The safe verb ("Keep running").
    #[prop(into)]
    keep: Signal<String>,
    /// The verb ("Abort plan").
    #[prop(into)]
    act: Signal<String>,
    /// Whether the action is under way.
    #[prop(into, default = false.into())]
    busy: Signal<bool>,
    /// Why the action cannot be pressed yet.
    #[prop(into, default = None::<String>.into())]
    refusal: Signal<Option<String>>,
    /// The person chose the safe way.
    #[prop(into)]
    on_keep: Callback<()>,
    /// The person chose the action.
    #[prop(into)]
    on_act: Callback<()>,
    /// Why the action was not done.
    #[prop(into, default = None::<String>.into())]
    error: Signal<Option<String>>,
    /// Fields between the text and the buttons.
    #[prop(optional)]
    children: Option<ChildrenFn>,
) -> impl IntoView {
    let children = StoredValue::new(children);
    let confirm = Callback::new(move |()| {
        if !busy.get_untracked() && refusal.with_untracked(Option::is_none) {
            on_act.run(());
        }
    });
    view! {
        <Dialog open on_close=on_keep on_confirm=confirm title lead id error>
            {move || {
                children
                    .with_value(|children| {
                        children
                            .as_ref()
                            .map(|children| view! { <div class="body">{children()}</div> })
                    })
            }}
            <footer>
                <Button label=keep on_press=on_keep/>
                <Button label=act weight=Weight::Danger busy refusal on_press=on_act/>
            </footer>
        </Dialog>
    }
}
