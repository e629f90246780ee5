//! What a module provides and uses.

use super::super::rules::{inner_path_problem, name_problem};
use super::super::{Provides, UsedElement, Uses};
use super::{Reader, Section};
use crate::element::{ElementKind, Member, MemberRole};

impl Reader<'_> {
    pub(super) fn provides(&mut self, module: &Section<'_, '_>) -> Vec<Provides> {
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

    pub(super) fn members(&mut self, element: &Section<'_, '_>) -> Vec<Member> {
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

    pub(super) fn uses(&mut self, module: &Section<'_, '_>, own_name: Option<&str>) -> Vec<Uses> {
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

    pub(super) fn used_elements(&mut self, uses: &Section<'_, '_>) -> Vec<UsedElement> {
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

    pub(super) fn element_kind(&mut self, section: &Section<'_, '_>) -> Option<ElementKind> {
        self.choice(section, "kind", &ElementKind::ALL.map(ElementKind::as_str))
            .and_then(|i| ElementKind::ALL.get(i).copied())
    }
}
