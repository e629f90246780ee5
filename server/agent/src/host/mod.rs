//! The front door: one listener for everything that an agent hosts, and the table of what is
//! mounted where. Switching a module is one assignment in that table.

mod log;
mod page;
pub(crate) mod process;
mod proxy;
mod static_files;

use crate::config::ServiceLimits;
use crate::error::Failure;
use crate::journal::Journal;
use crate::link::LinkStatus;
use crate::secrets::Secrets;
use crate::settings::{self, SETTINGS_FILE};
use crate::state::Release;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use bundle::ModuleKind;
use process::{Health, Program, Service};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// How long requests in flight may take when their service is replaced.
const DRAIN: Duration = Duration::from_secs(10);

/// A release that is mounted, or about to be.
pub(crate) struct Mounted {
    pub(crate) release: Release,
    folder: PathBuf,
    /// For services.
    service: Option<Service>,
}

impl Mounted {
    /// As the inventory says it.
    pub(crate) fn state(&self) -> &'static str {
        match (self.release.manifest.module.kind, &self.service) {
            (ModuleKind::Library, _) => "not_run",
            (ModuleKind::Static, _) => "up",
            (ModuleKind::Service, None) => "down",
            (ModuleKind::Service, Some(service)) => match service.health() {
                Health::Up => "up",
                Health::Starting => "starting",
                Health::Down | Health::Locked => "down",
            },
        }
    }

    /// Why it is down, where the console can say what to do.
    pub(crate) fn trouble(&self) -> Option<&'static str> {
        let service = self.service.as_ref()?;
        (service.health() == Health::Locked).then_some(protocol::SECRETS_LOCKED)
    }
}

/// What is mounted, by module. Small: looked through for the longest path that fits.
type Table = BTreeMap<Uuid, Arc<Mounted>>;

/// Everything the front door needs.
pub(crate) struct Host {
    table: RwLock<Arc<Table>>,
    releases: PathBuf,
    logs: PathBuf,
    data: PathBuf,
    marks: PathBuf,
    /// What `{slipway}` stands for.
    slipway: PathBuf,
    front: SocketAddr,
    client: reqwest::Client,
    /// Supervisors, and old releases on their way out.
    tasks: TaskTracker,
    journal: Journal,
    secrets: Arc<Secrets>,
    pub(crate) link: watch::Sender<LinkStatus>,
    pub(crate) environment: RwLock<String>,
    /// By how much the console's clock was ahead of this machine's at the last greeting.
    pub(crate) apart_ms: AtomicI64,
    version: String,
    limits: ServiceLimits,
}

/// What a [`Host`] is made of.
pub(crate) struct HostParts {
    pub(crate) folder: crate::config::Folder,
    pub(crate) slipway: PathBuf,
    pub(crate) front: SocketAddr,
    pub(crate) journal: Journal,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) environment: String,
    pub(crate) version: String,
    pub(crate) limits: ServiceLimits,
}

impl Host {
    pub(crate) fn new(parts: HostParts) -> Result<Self, reqwest::Error> {
        // Services are asked over loopback; a proxy meant for the outside has no part in it.
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self {
            table: RwLock::default(),
            releases: parts.folder.releases(),
            logs: parts.folder.logs(),
            data: parts.folder.data(),
            marks: parts.folder.running(),
            slipway: parts.slipway,
            front: parts.front,
            client,
            tasks: TaskTracker::new(),
            journal: parts.journal,
            secrets: parts.secrets,
            link: watch::Sender::new(LinkStatus::Connecting),
            environment: RwLock::new(parts.environment),
            apart_ms: AtomicI64::new(0),
            version: parts.version,
            limits: parts.limits,
        })
    }

    /// Checks that what a release runs is there, without running it.
    pub(crate) fn check_command(
        &self,
        release: &Release,
        folder: &std::path::Path,
    ) -> Result<(), Failure> {
        match &release.manifest.module.service {
            Some(service) => {
                process::resolve(&release.name, &service.command, folder, &self.slipway).map(|_| ())
            }
            None => Ok(()),
        }
    }

    /// Makes a release ready to be switched to: a service is started on a port of its own beside
    /// what runs. It is up when [`Host::ready`] returns.
    pub(crate) fn mount(&self, release: Release) -> Result<Mounted, Failure> {
        let folder = self.releases.join(release.id.to_string());
        let service = match &release.manifest.module.service {
            None => None,
            Some(service) => {
                let data = self.data.join(release.module.to_string());
                std::fs::create_dir_all(&data)
                    .map_err(|e| Failure::disk("making a service's data folder", &e))?;
                let environment = self
                    .environment
                    .read()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                let front = format!("http://{}", self.reachable_front());
                let program = Program {
                    name: release.name.clone(),
                    command: process::resolve(
                        &release.name,
                        &service.command,
                        &folder,
                        &self.slipway,
                    )?,
                    folder: folder.clone(),
                    variables: settings::variables(&release, &environment, &front, &data),
                    module: release.module,
                    sealed: release.sealed.clone(),
                    secrets: Arc::clone(&self.secrets),
                    health: service.health.clone(),
                    start_limit: Duration::from_secs(u64::from(service.start_seconds)),
                    log_folder: self.logs.join(release.module.to_string()),
                    marks: self.marks.clone(),
                    url_path: release.url_path().to_owned(),
                    limits: self.limits,
                };
                let service = Service::start(program, self.client.clone(), &self.tasks)?;
                self.report_changes(&service);
                Some(service)
            }
        };
        Ok(Mounted {
            release,
            folder,
            service,
        })
    }

    /// The front door as processes on this machine reach it.
    fn reachable_front(&self) -> SocketAddr {
        let mut address = self.front;
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() {
                std::net::Ipv4Addr::LOCALHOST.into()
            } else {
                std::net::Ipv6Addr::LOCALHOST.into()
            });
        }
        address
    }

    /// Wakes whoever sends inventories when a service goes up or down.
    fn report_changes(&self, service: &Service) {
        let mut health = service.watch();
        let changes = Arc::clone(&self.journal.changes);
        self.tasks.spawn(async move {
            while health.changed().await.is_ok() {
                changes.notify_one();
            }
        });
    }

    /// Waits until a mounted release is up.
    pub(crate) async fn ready(mounted: &Mounted) -> Result<(), Failure> {
        match &mounted.service {
            Some(service) => service.first_up().await,
            None => Ok(()),
        }
    }

    /// What is mounted now.
    pub(crate) fn table(&self) -> Arc<Table> {
        Arc::clone(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Switches a module to another release, or to none. The old one drains and is stopped in the
    /// background.
    pub(crate) fn switch(&self, module: Uuid, to: Option<Mounted>) {
        let old = {
            let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
            let mut changed = Table::clone(&table);
            let old = match to {
                Some(mounted) => changed.insert(module, Arc::new(mounted)),
                None => changed.remove(&module),
            };
            *table = Arc::new(changed);
            old
        };
        if let Some(old) = old
            && old.service.is_some()
        {
            self.tasks.spawn(async move {
                if let Some(service) = &old.service {
                    service.retire(DRAIN).await;
                }
            });
        }
    }

    /// Mounts everything that should run. What cannot be started is listed as down and tried again
    /// by the next start; it never keeps the rest from running.
    pub(crate) fn mount_all(&self, releases: Vec<Release>) {
        for release in releases {
            let module = release.module;
            let mounted = self.mount(release.clone()).unwrap_or_else(|failure| {
                tracing::error!(module = %release.name, %failure, "a module could not be started");
                Mounted {
                    folder: self.releases.join(release.id.to_string()),
                    release,
                    service: None,
                }
            });
            self.switch(module, Some(mounted));
        }
    }

    /// Stops all services and waits for them.
    pub(crate) async fn stop_all(&self) {
        let table =
            std::mem::take(&mut *self.table.write().unwrap_or_else(PoisonError::into_inner));
        let stopping = table.values().filter_map(|mounted| {
            let mounted = Arc::clone(mounted);
            mounted.service.is_some().then_some(async move {
                if let Some(service) = &mounted.service {
                    service.retire(Duration::ZERO).await;
                }
            })
        });
        futures::future::join_all(stopping).await;
        drop(table);
        self.tasks.close();
        let _ = tokio::time::timeout(Duration::from_secs(8), self.tasks.wait()).await;
    }

    /// The module whose URL path fits best, with the rest of the path (empty or with its slash).
    /// Where one takes the place of another that its run has yet to move or remove, the newer one.
    fn find<'p>(table: &Table, path: &'p str) -> Option<(Arc<Mounted>, &'p str)> {
        table
            .values()
            .filter_map(|mounted| {
                let own = mounted.release.url_path();
                let rest = path.strip_prefix(own)?;
                (!own.is_empty() && (rest.is_empty() || rest.starts_with('/')))
                    .then_some((mounted, rest))
            })
            .max_by_key(|(mounted, _)| {
                let release = &mounted.release;
                (release.url_path().len(), release.activated_ms)
            })
            .map(|(mounted, rest)| (Arc::clone(mounted), rest))
    }

    async fn answer(&self, mut request: Request<Body>) -> Response<Body> {
        let mut path = request.uri().path().to_owned();
        if path == "/" {
            return page::listing(self);
        }
        if path == "/-/health" {
            return page::health(self);
        }
        let table = self.table();
        if let Some(rest) = path.strip_prefix("/-/modules/") {
            // The address that services are given: by id, wherever the module is mounted now.
            let (id, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let target = Uuid::try_parse(id).ok().and_then(|id| table.get(&id));
            let Some(target) = target.filter(|t| !t.release.url_path().is_empty()) else {
                return page::not_here(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "The module that this address stands for does not run on this environment.",
                );
            };
            let rest = if rest.is_empty() { "/" } else { rest };
            path = format!("{}{rest}", target.release.url_path());
            let with_query = match request.uri().query() {
                Some(query) => format!("{path}?{query}"),
                None => path.clone(),
            };
            match Uri::try_from(with_query) {
                Ok(uri) => *request.uri_mut() = uri,
                Err(_) => return StatusCode::BAD_REQUEST.into_response(),
            }
        }
        let Some((mounted, rest)) = Self::find(&table, &path) else {
            return page::not_here(
                StatusCode::NOT_FOUND,
                "No application of this environment has this address.",
            );
        };
        match mounted.release.manifest.module.kind {
            ModuleKind::Static => self.answer_static(&table, &mounted, rest, request).await,
            ModuleKind::Service | ModuleKind::Library => {
                let upstream = mounted.service.as_ref().and_then(Service::upstream);
                match upstream {
                    Some(upstream) => upstream.forward(request).await,
                    None => page::starting(&mounted.release.name),
                }
            }
        }
    }

    async fn answer_static(
        &self,
        table: &Table,
        mounted: &Mounted,
        rest: &str,
        request: Request<Body>,
    ) -> Response<Body> {
        let own = mounted.release.url_path();
        if rest.is_empty() {
            // Relative links only work below the slash.
            let place = match request.uri().query() {
                Some(query) => format!("{own}/?{query}"),
                None => format!("{own}/"),
            };
            return match HeaderValue::from_str(&place) {
                Ok(place) => {
                    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, place)]).into_response()
                }
                Err(_) => StatusCode::NOT_FOUND.into_response(),
            };
        }
        if rest.strip_prefix('/') == Some(SETTINGS_FILE) {
            if !matches!(*request.method(), Method::GET | Method::HEAD) {
                return StatusCode::METHOD_NOT_ALLOWED.into_response();
            }
            let document = settings::document(&mounted.release, |producer| {
                table.get(producer).map(|m| m.release.url_path())
            });
            return (
                [
                    (header::CONTENT_TYPE, "application/json"),
                    (header::CACHE_CONTROL, "no-cache"),
                ],
                document,
            )
                .into_response();
        }
        let tag = mounted.release.id.simple().to_string();
        static_files::serve(&mounted.folder, own, rest, &tag, request).await
    }
}

/// The front door's routes.
pub(crate) fn router(host: Arc<Host>) -> Router {
    Router::new().fallback(front_door).with_state(host)
}

async fn front_door(State(host): State<Arc<Host>>, request: Request<Body>) -> Response<Body> {
    host.answer(request).await
}
