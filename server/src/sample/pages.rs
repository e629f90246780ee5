//! The content of the sample's modules: small real pages, styles, scripts and data, different in
//! each edition so that one can see which one is served.

use super::factory::Edition;

/// The foundation's style sheet; each edition of it has its own accent.
pub fn theme(edition: u8) -> String {
    let (accent, soft) = if edition < 2 {
        ("#0b5d7a", "#e3f1f6")
    } else {
        ("#0f6b4f", "#e2f4ec")
    };
    format!(
        ":root{{--accent:{accent};--soft:{soft};color-scheme:light}}\n\
         *{{box-sizing:border-box}}\n\
         body{{margin:0;font:16px/1.5 system-ui,sans-serif;color:#17252e;background:#f6f5f1}}\n\
         header{{display:flex;gap:1rem;align-items:center;padding:.75rem 1.5rem;background:var(--accent);color:#fff}}\n\
         header img{{height:1.75rem}}\n\
         header small{{margin-left:auto;opacity:.9}}\n\
         main{{max-width:60rem;margin:2rem auto;padding:0 1.5rem}}\n\
         h1{{font-size:1.75rem;margin:0 0 .25rem}}\n\
         table{{width:100%;border-collapse:collapse;background:#fff;border-radius:.5rem;overflow:hidden}}\n\
         th,td{{text-align:left;padding:.5rem .75rem;border-bottom:1px solid #e4e2da}}\n\
         th{{background:var(--soft)}}\n\
         .note{{padding:.75rem 1rem;background:var(--soft);border-left:4px solid var(--accent)}}\n\
         a{{color:var(--accent)}}\n\
         /* Harbour theme, edition {edition} */\n"
    )
}

/// The company's mark.
pub const LOGO: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 48 32\" role=\"img\" aria-label=\"Harbour Mutual\"><path fill=\"#fff\" d=\"M2 20h44l-6 10H8zM22 2h4v16h-4zM28 5l12 12H28z\"/></svg>\n";

/// A client action that static modules carry with them.
pub fn money_script(edition: u8) -> String {
    let digits = if edition < 2 { 0 } else { 2 };
    format!(
        "// FormatMoney, edition {edition}\n\
         export function formatMoney(amount, currency = 'EUR') {{\n  \
           return new Intl.NumberFormat('en-GB', {{ style: 'currency', currency, minimumFractionDigits: {digits} }}).format(amount);\n\
         }}\n"
    )
}

/// What a static module shows.
pub struct Screen<'a> {
    /// The module's title.
    pub title: &'a str,
    /// What it is for.
    pub lead: &'a str,
    /// A table's head.
    pub head: [&'a str; 3],
    /// Its rows.
    pub rows: &'a [[&'a str; 3]],
    /// Where else one can go: address and label.
    pub links: &'a [(&'a str, &'a str)],
    /// A note that only this edition has.
    pub note: Option<&'a str>,
    /// Strong content that it embeds: the producer's folder and file, shown in a frame.
    pub embeds: Option<&'a str>,
}

/// A page on the company's foundation: its style and mark come from the linked producer.
pub fn page(edition: Edition, screen: &Screen<'_>) -> String {
    let row = |cells: &[&str; 3], tag: &str| -> String {
        let cells: String = cells
            .iter()
            .map(|cell| format!("<{tag}>{cell}</{tag}>"))
            .collect();
        format!("<tr>{cells}</tr>")
    };
    let rows: String = screen.rows.iter().map(|cells| row(cells, "td")).collect();
    let links: String = screen
        .links
        .iter()
        .map(|(address, label)| format!("<li><a href=\"{address}\">{label}</a></li>"))
        .collect();
    let note = screen
        .note
        .map(|note| format!("<p class=\"note\">{note}</p>"))
        .unwrap_or_default();
    let embed = screen
        .embeds
        .map(|path| {
            format!(
                "<iframe title=\"Document\" src=\"{path}\" width=\"100%\" height=\"120\"></iframe>"
            )
        })
        .unwrap_or_default();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{title}</title>\n\
         <link rel=\"stylesheet\" href=\"producers/HarbourTheme/theme.css\">\n\
         <link rel=\"icon\" href=\"producers/HarbourTheme/logo.svg\">\n</head>\n<body>\n\
         <header><img src=\"producers/HarbourTheme/logo.svg\" alt=\"\"> <strong>Harbour Mutual</strong>\
         <small data-edition=\"{number}\">{name} &middot; edition {number}</small></header>\n\
         <main>\n<h1>{title}</h1>\n<p>{lead}</p>\n{note}\n\
         <table><thead>{head}</thead><tbody>{rows}</tbody></table>\n{embed}\n\
         <ul>{links}</ul>\n</main>\n</body>\n</html>\n",
        title = screen.title,
        lead = screen.lead,
        name = edition.name,
        number = edition.number,
        head = row(&screen.head, "th"),
    )
}

/// What a service answers besides what it finds in its environment: `service.json` in its folder.
pub fn service(edition: Edition, module: &str, title: &str, records: &[(&str, &str)]) -> String {
    let records: serde_json::Map<String, serde_json::Value> = records
        .iter()
        .map(|(key, value)| ((*key).to_owned(), serde_json::Value::from(*value)))
        .collect();
    let text = serde_json::json!({
        "module": module,
        "title": title,
        "application": edition.name,
        "edition": edition.number,
        "records": records,
    });
    format!("{text:#}\n")
}
