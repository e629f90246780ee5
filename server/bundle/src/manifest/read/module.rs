//! Modules, the parts that are no elements: address, service, settings.

use super::super::rules::{
    folder_name_problem, inner_path_problem, name_problem, setting_name_problem, url_path_problem,
    value_problem,
};
use super::super::{
    Module, ModuleKind, Service, Setting, SettingKind, default_health, default_start_seconds,
};
use super::{Reader, Section, Value};
use toml::Spanned;
use toml::de::DeValue;

impl Reader<'_> {
    pub(super) fn module(&mut self, value: &Value<'_>) -> Option<Module> {
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

    pub(super) fn mounting(
        &mut self,
        section: &Section<'_, '_>,
        kind: Option<ModuleKind>,
        url_path: &str,
    ) {
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

    pub(super) fn service(
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

    pub(super) fn settings(&mut self, module: &Section<'_, '_>) -> Vec<Setting> {
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

    pub(super) fn default(
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
}
