//! The HTML document around the page; rendered by the server only.

use crate::App;
use crate::pages::later;
use crate::session::{BOOT_META, Boot};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::MetaTags;

/// Addresses of the page's files, as the build named them after their content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFiles {
    /// The JavaScript that loads the WebAssembly.
    pub script: String,
    /// The WebAssembly.
    pub wasm: String,
    /// The style sheet.
    pub style: String,
    /// The style sheet of the screens that come later.
    pub later_style: String,
    /// The font that the first frame needs.
    pub font: String,
    /// The site's icon.
    pub icon: String,
}

/// The symbols that `<use href="#…">` refers to. A constant of ours: nothing that anybody typed.
const SPRITE: &str = include_str!("../../style/icons.svg");

/// Sets theme and density before the first paint, so that nothing flashes.
const BEFORE_PAINT: &str = r#"(()=>{const r=document.documentElement;try{const t=localStorage.getItem("slipway.theme"),d=localStorage.getItem("slipway.density");if(t==="light"||t==="dark")r.dataset.theme=t;if(d==="compact")r.dataset.density=d}catch{}})()"#;

/// Keeps what is pressed before the page is alive, and presses it then. Links and forms work without.
const EARLY: &str = r#"(()=>{const r=document.documentElement;let kept=null,at=0;const keep=e=>{const b=e.target instanceof Element&&e.target.closest("button[type=button],[role=tab]");if(!b)return;e.preventDefault();e.stopPropagation();kept=b;at=Date.now()};addEventListener("click",keep,true);new MutationObserver((_,o)=>{if(!("hydrated" in r.dataset))return;o.disconnect();removeEventListener("click",keep,true);if(kept&&kept.isConnected&&Date.now()-at<1e4)setTimeout(()=>kept.click())}).observe(r,{attributeFilter:["data-hydrated"]})})()"#;

/// What is said when the page's code does not arrive or does not start; plain elements, as after a
/// panic (`components/panic.rs`), which has said it already.
const NOT_STARTED: &str = r#"e=>{console.error(e);if(document.getElementById("broken"))return;const m=(t,c,x)=>{const n=document.createElement(t);n.className=c;n.textContent=x;return n};const b=m("div","broken",""),a=m("a","btn primary","Reload");b.id="broken";b.setAttribute("role","alert");a.href="";b.append(m("p","","This page did not start: a part of it did not arrive, or this browser is too old for it. What is shown cannot be used."),a);document.body.append(b)}"#;

/// The script that starts the page.
fn start(files: &PageFiles) -> String {
    format!(
        "import({script:?}).then(m=>m.default({{module_or_path:{wasm:?}}}).then(()=>m.hydrate())).catch({NOT_STARTED})",
        script = files.script,
        wasm = files.wasm,
    )
}

/// The document. Reads [`PageFiles`] and [`Boot`] from the context.
pub fn document() -> impl IntoView {
    let files = expect_context::<PageFiles>();
    let boot = use_context::<Boot>().unwrap_or_default();
    let boot = crate::wire::to_text(&boot);
    let nonce = use_nonce();
    set_policy(nonce.as_deref());
    let start = start(&files);
    let later = use_context::<http::request::Parts>()
        .is_some_and(|parts| later::Screen::at(parts.uri.path()).is_some());
    let later = if later { later::IN_USE } else { later::NOT_YET };
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name=BOOT_META content=boot/>
                <script nonce=nonce.clone()>{BEFORE_PAINT}</script>
                <script nonce=nonce.clone()>{EARLY}</script>
                <link rel="stylesheet" href=files.style/>
                <link rel=later href=files.later_style id=later::STYLE/>
                <link rel="preload" href=files.font r#as="font" r#type="font/woff2" crossorigin="anonymous"/>
                <link rel="icon" href=files.icon r#type="image/svg+xml"/>
                <link rel="modulepreload" href=files.script crossorigin="anonymous"/>
                <link rel="preload" href=files.wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                <script r#type="module" nonce=nonce>{start}</script>
                <MetaTags/>
            </head>
            <body>
                <App/>
                <div hidden="" inner_html=SPRITE></div>
            </body>
        </html>
    }
}

/// What the browser may load and run in this document: our own files, and inline scripts that
/// carry this response's nonce. Style attributes are for computed sizes only.
fn set_policy(nonce: Option<&str>) {
    let nonce = nonce
        .map(|nonce| format!(" 'nonce-{nonce}'"))
        .unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{nonce}; style-src 'self'; \
         style-src-attr 'unsafe-inline'; font-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let (Some(response), Ok(value)) = (
        use_context::<ResponseOptions>(),
        http::HeaderValue::from_str(&policy),
    ) {
        response.insert_header(http::header::CONTENT_SECURITY_POLICY, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_does_not_start_says_so() {
        let start = start(&PageFiles {
            script: "/pkg/a.js".to_owned(),
            wasm: "/pkg/a.wasm".to_owned(),
            style: String::new(),
            later_style: String::new(),
            font: String::new(),
            icon: String::new(),
        });
        assert!(start.starts_with(r#"import("/pkg/a.js").then("#));
        assert!(start.contains(r#"module_or_path:"/pkg/a.wasm""#));
        assert!(start.contains(".catch(e=>{"));
        assert!(!start.contains("</"), "it stands inside a script element");
    }
}
