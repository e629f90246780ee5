//! The agent's own page: read-only, a list of what runs. And the answers of the front door when
//! there is nothing to hand on.

use super::Host;
use crate::link::{LinkStatus, clocks_apart};
use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use axum::response::IntoResponse;
use std::fmt::Write;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:light-dark(#1c2430,#e8ecf2);--quiet:light-dark(#5b6675,#9aa6b5);\
--line:light-dark(#dde2e9,#303844);--paper:light-dark(#fff,#151a21);--link:light-dark(#0b5cad,#7db7f5)}\
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}\
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem}h1{font-size:1.4rem;margin:0}\
p{color:var(--quiet);margin:.25rem 0 1.25rem}.wide{overflow-x:auto}\
table{width:100%;border-collapse:collapse}th,td{text-align:left;padding:.5rem .75rem .5rem 0;\
border-bottom:1px solid var(--line);vertical-align:top}th{color:var(--quiet);font-weight:500;font-size:.875rem}\
a{color:var(--link)}code{font-size:.875rem}";

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )
}

fn html(status: StatusCode, document: String) -> Response<Body> {
    (
        status,
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            ),
        ],
        document,
    )
        .into_response()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn state_words(state: &str) -> &str {
    match state {
        "up" => "\u{25cf} running",
        "starting" => "\u{25d0} starting",
        "down" => "\u{25cb} down",
        _ => "\u{2013} linked into others",
    }
}

/// `GET /`
pub(super) fn listing(host: &Host) -> Response<Body> {
    let environment = host
        .environment
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let table = host.table();
    let mut modules: Vec<_> = table.values().collect();
    modules.sort_by(|a, b| {
        (&a.release.application_name, &a.release.name)
            .cmp(&(&b.release.application_name, &b.release.name))
    });
    let mut rows = String::new();
    for mounted in &modules {
        let release = &mounted.release;
        let url_path = escaped(release.url_path());
        let name = escaped(&release.name);
        let name = if url_path.is_empty() {
            name
        } else {
            format!("<a href=\"{url_path}/\">{name}</a>")
        };
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>{name}</td><td>{}</td><td>{}</td><td><code>{:.12}</code></td></tr>",
            escaped(&release.application_name),
            release.manifest.module.kind.as_str(),
            match mounted.trouble() {
                Some(_) => "\u{25cb} down: its secret values are locked, see the agent's log",
                None => state_words(mounted.state()),
            },
            release.digest,
        );
    }
    let list = if modules.is_empty() {
        "<p>Nothing is deployed here yet. Deploy an application to this environment in the \
         console, or publish one with <code>slipway publish</code>.</p>"
            .to_owned()
    } else {
        format!(
            "<div class=\"wide\"><table><thead><tr><th>Application</th><th>Module</th><th>Kind</th>\
             <th>State</th><th>Bundle</th></tr></thead><tbody>{rows}</tbody></table></div>"
        )
    };
    let apart = clocks_apart(host.apart_ms.load(Ordering::Relaxed))
        .map_or_else(String::new, |words| format!("<p>{}</p>", escaped(&words)));
    let body = format!(
        "<h1>{}</h1><p>Slipway agent {} \u{b7} {}</p>{apart}{list}",
        escaped(&environment),
        escaped(&host.version),
        escaped(&host.link.borrow().words()),
    );
    html(
        StatusCode::OK,
        document(
            &format!("{} \u{b7} Slipway agent", escaped(&environment)),
            &body,
        ),
    )
}

/// `GET /-/health`
pub(super) fn health(host: &Host) -> Response<Body> {
    let table = host.table();
    let connected = matches!(*host.link.borrow(), LinkStatus::Connected);
    let down = table.values().filter(|m| m.state() == "down").count();
    axum::Json(serde_json::json!({
        "status": "ok",
        "version": host.version,
        "console": if connected { "connected" } else { "away" },
        "modules": table.len(),
        "down": down,
    }))
    .into_response()
}

/// Nothing is mounted there.
pub(super) fn not_here(status: StatusCode, why: &str) -> Response<Body> {
    let body = format!(
        "<h1>Not here</h1><p>{}</p><a href=\"/\">What runs here</a>",
        escaped(why)
    );
    html(status, document("Not here", &body))
}

/// A service that does not answer now.
pub(super) fn starting(name: &str) -> Response<Body> {
    let body = format!(
        "<h1>{} is not up</h1><p>It is being started. Try again in a few seconds; if it stays like \
         this, its log is in the agent's folder.</p><a href=\"/\">What runs here</a>",
        escaped(name)
    );
    let mut response = html(StatusCode::SERVICE_UNAVAILABLE, document("Not up", &body));
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
    response
}
