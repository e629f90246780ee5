//! What a person sees when the page itself breaks: a sentence and a way on, not a dead screen.

/// Installs the hook: `inner` reports to the browser's console, then the page says "reload".
#[cfg(feature = "hydrate")]
pub fn install(inner: fn(&std::panic::PanicHookInfo<'_>)) {
    std::panic::set_hook(Box::new(move |info| {
        inner(info);
        show();
    }));
}

/// Says that the page does not work and has to be loaded anew. Built from plain elements: after a
/// panic nothing of the page's own machinery can be trusted.
#[cfg(feature = "hydrate")]
pub fn show() {
    use leptos::prelude::document;
    let document = document();
    if document.get_element_by_id("broken").is_some() {
        return;
    }
    let Some(body) = document.body() else { return };
    let make = |tag: &str, class: &str, text: &str| {
        let element = document.create_element(tag).ok()?;
        let _ = element.set_attribute("class", class);
        element.set_text_content(Some(text));
        Some(element)
    };
    let (Some(bar), Some(text), Some(link)) = (
        make("div", "broken", ""),
        make(
            "p",
            "",
            "This page stopped working. Nothing was changed by that; what was saved is saved.",
        ),
        make("a", "btn primary", "Reload"),
    ) else {
        return;
    };
    let _ = bar.set_attribute("id", "broken");
    let _ = bar.set_attribute("role", "alert");
    let _ = link.set_attribute("href", "");
    let _ = bar.append_child(&text);
    let _ = bar.append_child(&link);
    let _ = body.append_child(&bar);
}
