//! Writes an edition's folder: its files and its manifest.

use super::super::folder::{Folder, ManifestText};
use super::super::pages::{self, Screen};
use super::{Edition, SampleApplication, id};

/// Collects an edition's modules.
pub(super) struct Writer {
    edition: Edition,
    modules: usize,
    pub(super) manifest: ManifestText,
    folder: Folder,
}

impl Writer {
    /// Nothing yet of this edition.
    pub(super) fn new(edition: Edition, application: &SampleApplication) -> Self {
        Self {
            edition,
            modules: 0,
            manifest: ManifestText::new(
                edition.application_id(),
                application.name,
                application.description,
            ),
            folder: Folder::default(),
        }
    }

    /// The folder with everything that was written.
    pub(super) fn finish(self) -> Folder {
        let mut folder = self.folder;
        folder
            .files
            .insert(bundle::MANIFEST_FILE.to_owned(), self.manifest.finish());
        folder
    }

    fn module(&mut self, name: &str, kind: &str, path: &str, description: &str) {
        self.modules += 1;
        let id = id(self.edition.index, self.modules);
        self.manifest.module(id, name, kind, path, description);
    }

    /// A library.
    pub(super) fn library(&mut self, name: &str, path: &str, description: &str) {
        self.module(name, "library", path, description);
    }

    /// A static module with one screen.
    pub(super) fn site(&mut self, name: &str, path: &str, url: &str, screen: &Screen<'_>) {
        self.module(name, "static", path, screen.lead);
        self.manifest.pair("url_path", url);
        self.file(
            &format!("{path}/index.html"),
            pages::page(self.edition, screen),
        );
    }

    /// A service with its records.
    pub(super) fn service(
        &mut self,
        name: &str,
        path: &str,
        url: &str,
        title: &str,
        records: &[(&str, &str)],
    ) {
        self.module(name, "service", path, title);
        self.manifest.pair("url_path", url);
        self.manifest
            .service(&["{slipway}", "sample-service"], "/health");
        self.file(
            &format!("{path}/service.json"),
            pages::service(self.edition, name, title, records),
        );
    }

    /// A file of the folder.
    pub(super) fn file(&mut self, path: &str, content: impl Into<String>) {
        self.folder.files.insert(path.to_owned(), content.into());
    }
}
