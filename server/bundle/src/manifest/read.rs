//! Reads `slipway.toml` by walking the parsed document with its positions, so that every mistake
//! is found at once and each says line, column and what to do.

use super::rules::{
    folder_name_problem, inner_path_problem, name_problem, setting_name_problem, url_path_problem,
    value_problem,
};
use super::{
    Application, Manifest, ManifestError, Mistake, Module, ModuleKind, Provides, Service, Setting,
    SettingKind, UsedElement, Uses, default_health, default_start_seconds,
};
use crate::element::{ElementKind, Member, MemberRole};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use uuid::Uuid;

type Value<'i> = Spanned<DeValue<'i>>;

pub(super) fn parse(file: &str, text: &str) -> Result<Manifest, ManifestError> {
    let mut reader = Reader {
        text,
        mistakes: Vec::new(),
    };
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        reader.mistake(
            error.span().unwrap_or(0..0),
            format!("this is not valid TOML: {}", error.message()),
            "Correct it here; https://toml.io describes the format.",
        );
    }
    let manifest = if reader.mistakes.is_empty() {
        reader.manifest(document.get_ref())
    } else {
        None // what a broken document seems to say would only add false mistakes
    };
    match manifest {
        Some(manifest) if reader.mistakes.is_empty() => Ok(manifest),
        _ => {
            reader.mistakes.sort();
            reader.mistakes.dedup();
            Err(ManifestError {
                file: file.to_owned(),
                mistakes: reader.mistakes,
            })
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    mistakes: Vec<Mistake>,
}

/// A table with the words that mistakes use for it.
struct Section<'d, 'i> {
    table: &'d DeTable<'i>,
    span: Range<usize>,
    what: String,
}

impl Reader<'_> {
    fn mistake(&mut self, at: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let before = self.text.get(..at.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        self.mistakes.push(Mistake {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
            help: help.into(),
        });
    }

    fn manifest(&mut self, root: &DeTable<'_>) -> Option<Manifest> {
        let section = Section {
            table: root,
            span: 0..0,
            what: "the manifest".to_owned(),
        };
        self.known(&section, &["application", "module"]);
        let application = if let Some(value) = root.get("application") {
            self.application(value)
        } else {
            self.mistake(
                0..0,
                "there is no [application]",
                "Begin with:  [application]  and  name = \"My application\".",
            );
            None
        };
        let mut modules = Vec::new();
        let mut whole = true;
        match root.get("module") {
            None => self.mistake(
                0..0,
                "there is no [[module]]",
                "An application has at least one module: add  [[module]]  with name, kind and path.",
            ),
            Some(value) => {
                for item in self.tables(value, "module", "[[module]]") {
                    match self.module(item) {
                        Some(module) => modules.push((item.span(), module)),
                        None => whole = false,
                    }
                }
            }
        }
        self.across(application.as_ref(), &modules);
        (whole && !modules.is_empty()).then_some(())?;
        Some(Manifest {
            application: application?,
            modules: modules.into_iter().map(|(_, m)| m).collect(),
        })
    }

    /// Rules that look at more than one module.
    fn across(&mut self, application: Option<&Application>, modules: &[(Range<usize>, Module)]) {
        let mut names = BTreeSet::new();
        let mut ids = BTreeSet::new();
        let mut urls = BTreeMap::new();
        ids.extend(application.and_then(|a| a.id));
        for (span, module) in modules {
            if !names.insert(module.name.to_ascii_lowercase()) {
                self.mistake(
                    span.clone(),
                    format!("two modules are named \"{}\"", module.name),
                    "Give one of them another name.",
                );
            }
            if module.id.is_some_and(|id| !ids.insert(id)) {
                self.mistake(
                    span.clone(),
                    format!("the id of module \"{}\" is used twice", module.name),
                    "A copied module keeps no id: remove its id line and run `slipway init`.",
                );
            }
            if !module.url_path.is_empty()
                && let Some(other) = urls.insert(module.url_path.clone(), &module.name)
            {
                self.mistake(
                    span.clone(),
                    format!(
                        "\"{}\" and \"{other}\" share the url_path {}",
                        module.name, module.url_path
                    ),
                    "Give one of them another url_path.",
                );
            }
        }
    }

    fn application(&mut self, value: &Value<'_>) -> Option<Application> {
        let section = self.section(value, "[application]")?;
        self.known(&section, &["id", "name", "description"]);
        let id = self.id(&section);
        let name = self.name(&section, name_problem);
        let description = self.text(&section, "description").unwrap_or_default();
        Some(Application {
            id,
            name: name?,
            description,
        })
    }

    fn module(&mut self, value: &Value<'_>) -> Option<Module> {
        let mut section = self.section(value, "[[module]]")?;
        if let Some(name) = section.table.get("name").and_then(|v| v.get_ref().as_str()) {
            section.what = format!("the module \"{name}\"");
        }
        self.known(
            &section,
            &[
                "id",
                "name",
                "kind",
                "path",
                "url_path",
                "description",
                "needs_platform",
                "service",
                "provides",
                "uses",
                "setting",
            ],
        );
        let id = self.id(&section);
        let name = self.name(&section, |n| {
            name_problem(n).or_else(|| folder_name_problem(n))
        });
        let kind = self.choice(&section, "kind", &["static", "service", "library"]);
        let kind = kind.map(|k| match k {
            0 => ModuleKind::Static,
            1 => ModuleKind::Service,
            _ => ModuleKind::Library,
        });
        let path = self.required_text(&section, "path", "path = \"folder\"");
        self.check_value(
            &section,
            "path",
            path.as_deref(),
            |p| inner_path_problem(p, true),
            "Write the module's folder relative to this file, for example path = \"portal\".",
        );
        let url_path = self.text(&section, "url_path").unwrap_or_default();
        self.mounting(&section, kind, &url_path);
        let description = self.text(&section, "description").unwrap_or_default();
        let needs_platform = self.number(&section, "needs_platform", 0, 0, 1_000_000);
        let service = if let Some(value) = section.table.get("service") {
            self.service(value, kind, &section.what)
        } else {
            if kind == Some(ModuleKind::Service) {
                self.mistake(
                    section.span.clone(),
                    format!("{} is a service without [module.service]", section.what),
                    "Add  [module.service]  with  command = [\"bin/serve\"].",
                );
            }
            None
        };
        let provides = self.provides(&section);
        let uses = self.uses(&section, name.as_deref());
        let settings = self.settings(&section);
        Some(Module {
            id,
            name: name?,
            kind: kind?,
            path: path?,
            url_path,
            description,
            needs_platform,
            service,
            provides,
            uses,
            settings,
        })
    }

    fn mounting(&mut self, section: &Section<'_, '_>, kind: Option<ModuleKind>, url_path: &str) {
        let at = section
            .table
            .get("url_path")
            .map_or(section.span.clone(), Spanned::span);
        match kind {
            None => {}
            Some(ModuleKind::Library) if section.table.contains_key("url_path") => self.mistake(
                at,
                format!("{} is a library and has a url_path", section.what),
                "A library is linked into its consumers and has no address: remove the line.",
            ),
            Some(ModuleKind::Library) => {}
            Some(_) if !section.table.contains_key("url_path") => self.mistake(
                at,
                format!("{} has no url_path", section.what),
                "Say where it is mounted, for example url_path = \"/orders\".",
            ),
            Some(_) => {
                if let Some(problem) = url_path_problem(url_path) {
                    self.mistake(
                        at,
                        format!("the url_path \"{url_path}\" is not usable: {problem}"),
                        "Write one like \"/orders\" or \"/shop/api\".",
                    );
                }
            }
        }
    }

    fn service(
        &mut self,
        value: &Value<'_>,
        kind: Option<ModuleKind>,
        of: &str,
    ) -> Option<Service> {
        let section = self.section(value, "[module.service]")?;
        if kind.is_some_and(|k| k != ModuleKind::Service) {
            self.mistake(
                section.span.clone(),
                format!("{of} is not a service and has [module.service]"),
                "Remove it, or write kind = \"service\".",
            );
        }
        self.known(&section, &["command", "health", "start_seconds"]);
        let command = match section.table.get("command") {
            Some(list) => self.texts(list, "command"),
            None => Vec::new(),
        };
        if command.first().is_none_or(String::is_empty) {
            let at = section
                .table
                .get("command")
                .map_or(section.span.clone(), Spanned::span);
            self.mistake(
                at,
                format!("{of} has no command"),
                "Write program and arguments as a list, for example command = [\"bin/serve\", \"--quiet\"].",
            );
            return None;
        }
        let health = self.text(&section, "health").unwrap_or_else(default_health);
        if !health.starts_with('/') || health.chars().any(|c| c.is_whitespace() || c.is_control()) {
            let at = section
                .table
                .get("health")
                .map_or(section.span.clone(), Spanned::span);
            self.mistake(
                at,
                format!("the health path \"{health}\" is not usable"),
                "Write a path that begins with a slash, for example health = \"/health\".",
            );
        }
        let start_seconds = self.number(&section, "start_seconds", default_start_seconds(), 1, 600);
        Some(Service {
            command,
            health,
            start_seconds,
        })
    }

    fn provides(&mut self, module: &Section<'_, '_>) -> Vec<Provides> {
        let mut found: Vec<Provides> = Vec::new();
        let Some(value) = module.table.get("provides") else {
            return found;
        };
        for item in self.tables(value, "provides", "[[module.provides]]") {
            let Some(section) = self.section(item, "[[module.provides]]") else {
                continue;
            };
            self.known(
                &section,
                &["kind", "name", "content", "description", "members"],
            );
            let kind = self.element_kind(&section);
            let name = self.name(&section, name_problem);
            let content = self.text(&section, "content");
            self.check_value(&section, "content", content.as_deref(), |p| inner_path_problem(p, false),
                "Write a file or folder inside the module's folder, for example content = \"theme\".");
            let description = self.text(&section, "description").unwrap_or_default();
            let members = self.members(&section);
            let (Some(kind), Some(name)) = (kind, name) else {
                continue;
            };
            if found
                .iter()
                .any(|p| p.kind == kind && p.name.eq_ignore_ascii_case(&name))
            {
                self.mistake(
                    section.span.clone(),
                    format!(
                        "{} provides the {} \"{name}\" twice",
                        module.what,
                        kind.as_str()
                    ),
                    "Remove one of them, or give it another name.",
                );
            }
            found.push(Provides {
                kind,
                name,
                content,
                description,
                members,
            });
        }
        found
    }

    fn members(&mut self, element: &Section<'_, '_>) -> Vec<Member> {
        let mut found: Vec<Member> = Vec::new();
        let Some(value) = element.table.get("members") else {
            return found;
        };
        for item in self.tables(value, "members", "a member") {
            let Some(section) = self.section(item, "a member") else {
                continue;
            };
            self.known(&section, &["role", "name", "type", "mandatory"]);
            let role = self
                .choice(&section, "role", &MemberRole::ALL.map(MemberRole::as_str))
                .and_then(|i| MemberRole::ALL.get(i).copied());
            let name = self.name(&section, name_problem);
            let data_type = self.required_text(&section, "type", "type = \"text\"");
            let mandatory = self.flag(&section, "mandatory");
            let (Some(role), Some(name), Some(data_type)) = (role, name, data_type) else {
                continue;
            };
            if found
                .iter()
                .any(|m| m.role == role && m.name.eq_ignore_ascii_case(&name))
            {
                self.mistake(
                    section.span.clone(),
                    format!("the {} \"{name}\" is there twice", role.as_str()),
                    "Remove one of them, or give it another name.",
                );
            }
            found.push(Member {
                role,
                name,
                data_type,
                mandatory,
            });
        }
        found
    }

    fn uses(&mut self, module: &Section<'_, '_>, own_name: Option<&str>) -> Vec<Uses> {
        let mut found: Vec<Uses> = Vec::new();
        let Some(value) = module.table.get("uses") else {
            return found;
        };
        for item in self.tables(value, "uses", "[[module.uses]]") {
            let Some(section) = self.section(item, "[[module.uses]]") else {
                continue;
            };
            self.known(&section, &["module", "elements"]);
            let producer =
                self.required_text(&section, "module", "module = \"Name of the producer\"");
            if let (Some(producer), Some(own)) = (&producer, own_name) {
                if producer.eq_ignore_ascii_case(own) {
                    self.mistake(
                        section.span.clone(),
                        format!("{} uses itself", module.what),
                        "Remove it: a module has its own elements anyway.",
                    );
                }
                if found
                    .iter()
                    .any(|u| u.module.eq_ignore_ascii_case(producer))
                {
                    self.mistake(
                        section.span.clone(),
                        format!("{} names the producer \"{producer}\" twice", module.what),
                        "List all elements of a producer under one [[module.uses]].",
                    );
                }
            }
            let elements = self.used_elements(&section);
            let Some(producer) = producer else { continue };
            found.push(Uses {
                module: producer,
                elements,
            });
        }
        found
    }

    fn used_elements(&mut self, uses: &Section<'_, '_>) -> Vec<UsedElement> {
        let mut found: Vec<UsedElement> = Vec::new();
        let Some(value) = uses.table.get("elements") else {
            self.mistake(uses.span.clone(), "there are no elements in [[module.uses]]",
                "Say what is used, for example elements = [{ kind = \"theme\", name = \"Brand\" }].");
            return found;
        };
        for item in self.tables(value, "elements", "an element") {
            let Some(section) = self.section(item, "an element") else {
                continue;
            };
            self.known(&section, &["kind", "name", "members"]);
            let kind = self.element_kind(&section);
            let name = self.name(&section, name_problem);
            let members = match section.table.get("members") {
                Some(list) => self.texts(list, "members"),
                None => Vec::new(),
            };
            let (Some(kind), Some(name)) = (kind, name) else {
                continue;
            };
            if found
                .iter()
                .any(|e| e.kind == kind && e.name.eq_ignore_ascii_case(&name))
            {
                self.mistake(
                    section.span.clone(),
                    format!("the {} \"{name}\" is there twice", kind.as_str()),
                    "Remove one of them.",
                );
            }
            found.push(UsedElement {
                kind,
                name,
                members,
            });
        }
        found
    }

    fn settings(&mut self, module: &Section<'_, '_>) -> Vec<Setting> {
        let mut found: Vec<Setting> = Vec::new();
        let Some(value) = module.table.get("setting") else {
            return found;
        };
        for item in self.tables(value, "setting", "[[module.setting]]") {
            let Some(section) = self.section(item, "[[module.setting]]") else {
                continue;
            };
            self.known(
                &section,
                &["name", "type", "default", "secret", "description"],
            );
            let name = self.name(&section, setting_name_problem);
            let kind = self
                .choice(&section, "type", &SettingKind::ALL.map(SettingKind::as_str))
                .and_then(|i| SettingKind::ALL.get(i).copied());
            let secret = self.flag(&section, "secret");
            let description = self.text(&section, "description").unwrap_or_default();
            let default = self.default(&section, kind, secret);
            let (Some(name), Some(kind)) = (name, kind) else {
                continue;
            };
            if found.iter().any(|s| s.name.eq_ignore_ascii_case(&name)) {
                self.mistake(
                    section.span.clone(),
                    format!("{} has the setting \"{name}\" twice", module.what),
                    "Remove one of them, or give it another name.",
                );
            }
            found.push(Setting {
                name,
                kind,
                default,
                secret,
                description,
            });
        }
        found
    }

    fn default(
        &mut self,
        section: &Section<'_, '_>,
        kind: Option<SettingKind>,
        secret: bool,
    ) -> Option<String> {
        let value = section.table.get("default")?;
        if secret {
            self.mistake(
                value.span(),
                "a secret setting has a default",
                "Remove the default: a secret's value is given per environment, in the console.",
            );
            return None;
        }
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Datetime(time) => time.to_string(),
            DeValue::Array(_) | DeValue::Table(_) => {
                self.mistake(
                    value.span(),
                    "a default is a single value",
                    "Write it as text, number, true or false.",
                );
                return None;
            }
        };
        if let Some(problem) = kind.and_then(|kind| value_problem(kind, &text)) {
            self.mistake(
                value.span(),
                format!("the default {text:?} does not fit the setting's type"),
                format!("Correct the default or the type: {problem}."),
            );
        }
        Some(text)
    }

    // ---- single values ----

    fn section<'d, 'i>(&mut self, value: &'d Value<'i>, what: &str) -> Option<Section<'d, 'i>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Section {
                table,
                span: value.span(),
                what: what.to_owned(),
            }),
            other => {
                self.mistake(
                    value.span(),
                    format!("{what} is {}, not a table", kind_words(other)),
                    "Write it as a table: its name in brackets, then key = value lines.",
                );
                None
            }
        }
    }

    fn tables<'d, 'i>(
        &mut self,
        value: &'d Value<'i>,
        key: &str,
        written: &str,
    ) -> Vec<&'d Value<'i>> {
        if let DeValue::Array(items) = value.get_ref() {
            return items.iter().collect();
        }
        let help = if written.starts_with("[[") {
            format!("Write it with two brackets, {written}: there can be several.")
        } else {
            format!("Write it as a list, {key} = [{{ … }}].")
        };
        self.mistake(
            value.span(),
            format!("`{key}` is {}, not a list", kind_words(value.get_ref())),
            help,
        );
        Vec::new()
    }

    fn known(&mut self, section: &Section<'_, '_>, keys: &[&str]) {
        for key in section.table.keys() {
            let name: &str = key.get_ref();
            if keys.contains(&name) {
                continue;
            }
            let help = match closest(name, keys) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("Remove it. Known here: {}.", keys.join(", ")),
            };
            self.mistake(
                key.span(),
                format!("`{name}` is not known in {}", section.what),
                help,
            );
        }
    }

    fn text(&mut self, section: &Section<'_, '_>, key: &str) -> Option<String> {
        let value = section.table.get(key)?;
        if let DeValue::String(text) = value.get_ref() {
            return Some(text.to_string());
        }
        self.mistake(
            value.span(),
            format!(
                "`{key}` of {} is {}, not text",
                section.what,
                kind_words(value.get_ref())
            ),
            format!("Write it in quotes: {key} = \"…\"."),
        );
        None
    }

    fn required_text(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
        example: &str,
    ) -> Option<String> {
        if !section.table.contains_key(key) {
            self.mistake(
                section.span.clone(),
                format!("{} has no `{key}`", section.what),
                format!("Add it, for example: {example}."),
            );
            return None;
        }
        self.text(section, key)
    }

    fn check_value(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
        value: Option<&str>,
        problem: impl Fn(&str) -> Option<String>,
        help: &str,
    ) {
        if let (Some(value), Some(at)) = (value, section.table.get(key))
            && let Some(problem) = problem(value)
        {
            self.mistake(at.span(), format!("`{key}` is not usable: {problem}"), help);
        }
    }

    fn name(
        &mut self,
        section: &Section<'_, '_>,
        problem: impl Fn(&str) -> Option<String>,
    ) -> Option<String> {
        let name = self.required_text(section, "name", "name = \"Orders\"")?;
        self.check_value(
            section,
            "name",
            Some(&name),
            problem,
            "Choose a name of 1 to 50 characters that keeps to this.",
        );
        Some(name)
    }

    fn id(&mut self, section: &Section<'_, '_>) -> Option<Uuid> {
        let text = self.text(section, "id")?;
        let id = Uuid::try_parse(&text)
            .ok()
            .filter(|id| id.hyphenated().to_string() == text);
        if id.is_none() {
            let at = section
                .table
                .get("id")
                .map_or(section.span.clone(), Spanned::span);
            self.mistake(
                at,
                format!("the id of {} is not a UUID", section.what),
                "Restore the id from version control, or remove the line and run `slipway init` \
                 (which makes it another thing than before).",
            );
        }
        id
    }

    fn choice(&mut self, section: &Section<'_, '_>, key: &str, choices: &[&str]) -> Option<usize> {
        let example = format!(
            "{key} = \"{}\"",
            choices.first().copied().unwrap_or_default()
        );
        let text = self.required_text(section, key, &example)?;
        let found = choices.iter().position(|choice| *choice == text);
        if found.is_none() {
            let at = section
                .table
                .get(key)
                .map_or(section.span.clone(), Spanned::span);
            let help = match closest(&text, choices) {
                Some(near) => format!("Did you mean \"{near}\"?"),
                None => format!("Choose one of: {}.", choices.join(", ")),
            };
            self.mistake(
                at,
                format!("\"{text}\" is no {key} of {}", section.what),
                help,
            );
        }
        found
    }

    fn element_kind(&mut self, section: &Section<'_, '_>) -> Option<ElementKind> {
        self.choice(section, "kind", &ElementKind::ALL.map(ElementKind::as_str))
            .and_then(|i| ElementKind::ALL.get(i).copied())
    }

    fn flag(&mut self, section: &Section<'_, '_>, key: &str) -> bool {
        match section.table.get(key).map(|v| (v.span(), v.get_ref())) {
            None => false,
            Some((_, DeValue::Boolean(flag))) => *flag,
            Some((at, other)) => {
                self.mistake(
                    at,
                    format!("`{key}` is {}", kind_words(other)),
                    format!("Write {key} = true or {key} = false, without quotes."),
                );
                false
            }
        }
    }

    fn number(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
        default: u32,
        low: u32,
        high: u32,
    ) -> u32 {
        let Some(value) = section.table.get(key) else {
            return default;
        };
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok())
            .filter(|n| (low..=high).contains(n));
        number.unwrap_or_else(|| {
            self.mistake(
                value.span(),
                format!("`{key}` is not a number from {low} to {high}"),
                format!(
                    "Write it without quotes: {key} = {}.",
                    default.clamp(low, high)
                ),
            );
            default
        })
    }

    fn texts(&mut self, value: &Value<'_>, key: &str) -> Vec<String> {
        let items: Option<Vec<String>> = value.get_ref().as_array().and_then(|items| {
            items
                .iter()
                .map(|item| item.get_ref().as_str().map(str::to_owned))
                .collect()
        });
        items.unwrap_or_else(|| {
            self.mistake(
                value.span(),
                format!("`{key}` is not a list of texts"),
                format!("Write {key} = [\"…\", \"…\"]."),
            );
            Vec::new()
        })
    }
}

fn kind_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The known word that the writer most likely meant.
fn closest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let folded = word.to_ascii_lowercase().replace('-', "_");
    known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(&folded, k), *k))
        .filter(|(distance, k)| {
            *distance <= 2.min(k.len() / 2) || k.starts_with(&folded) || folded.starts_with(k)
        })
        .min()
        .map(|(_, k)| k)
}
