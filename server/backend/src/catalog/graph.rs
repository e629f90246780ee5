//! Who uses an application and whom it uses, in an environment.

use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::landscape::{Ix, Landscape, ReferenceState};
use domain::reference::Strength;
use domain::view::{GraphLink, GraphNode, GraphView};
use domain::{AppError, ApplicationId, EnvironmentId};
use std::collections::BTreeMap;

impl Backend {
    /// Who uses it and whom it uses, in an environment.
    pub async fn read_graph(
        &self,
        actor: &Actor,
        application: ApplicationId,
        environment: EnvironmentId,
    ) -> Result<GraphView, AppError> {
        actor.require(Action::SeeLandscape)?;
        let landscape = self.landscape().await?;
        let place = landscape
            .applications
            .binary_search_by_key(&application, |row| row.id)
            .map_err(|_| AppError::not_found("This application"))?;
        let at = landscape
            .environments
            .iter()
            .position(|row| row.id == environment)
            .ok_or_else(|| AppError::not_found("This environment"))?;
        let ix = |place: usize| Ix::try_from(place).unwrap_or(Ix::MAX);
        Ok(neighbours(&landscape, ix(place), ix(at)))
    }
}

/// Links by neighbour (none: a module that belongs to nothing known), consumer and producer.
type Links = BTreeMap<(Option<Ix>, Ix, Ix), GraphLink>;

fn neighbours(landscape: &Landscape, application: Ix, environment: Ix) -> GraphView {
    let offers = landscape.offers(environment);
    let mut owner: Vec<Option<Ix>> = vec![None; landscape.modules.len()];
    // Where a producer does not run there, it is shown as a part of the application that it is a
    // part of elsewhere.
    for version in &landscape.module_versions {
        owner[version.module as usize] = Some(version.application);
    }
    let here = || {
        landscape
            .running
            .iter()
            .filter(|row| row.environment == environment)
    };
    for row in here() {
        for version in &row.modules {
            let module = landscape.module_versions[*version as usize].module;
            owner[module as usize] = Some(row.application);
        }
    }
    let mut producers = Links::new();
    let mut consumers = Links::new();
    for row in here() {
        for version in &row.modules {
            let version = &landscape.module_versions[*version as usize];
            for used in &version.uses {
                let element = &landscape.elements[used.element as usize];
                let produced_by = owner[element.module as usize];
                let (links, neighbour) = if row.application == application {
                    if produced_by == Some(application) {
                        continue;
                    }
                    (&mut producers, produced_by)
                } else if produced_by == Some(application) {
                    (&mut consumers, Some(row.application))
                } else {
                    continue;
                };
                let link = links
                    .entry((neighbour, version.module, element.module))
                    .or_insert_with(|| GraphLink {
                        consumer: version.name.clone(),
                        producer: landscape.modules[element.module as usize].name.clone(),
                        elements: 0,
                        strong: false,
                        broken: 0,
                        outdated: 0,
                    });
                let state = landscape.reference_state(&offers, used);
                link.elements += 1;
                link.strong |= element.kind.strength() == Strength::Strong;
                link.broken += u32::from(state.is_broken());
                link.outdated += u32::from(state == ReferenceState::Outdated);
            }
        }
    }
    GraphView {
        producers: nodes(landscape, environment, producers),
        consumers: nodes(landscape, environment, consumers),
    }
}

/// One node per neighbour, by name; unknown producers each on their own.
fn nodes(landscape: &Landscape, environment: Ix, links: Links) -> Vec<GraphNode> {
    let mut nodes: BTreeMap<(String, Option<Ix>), GraphNode> = BTreeMap::new();
    for ((application, _, _), link) in links {
        let facts = application.map(|ix| &landscape.applications[ix as usize]);
        let name = facts.map_or_else(|| link.producer.clone(), |facts| facts.name.clone());
        let version = application.and_then(|ix| {
            landscape
                .running
                .iter()
                .find(|row| row.environment == environment && row.application == ix)
                .and_then(|row| row.base)
                .map(|base| landscape.versions[base as usize].number)
        });
        nodes
            .entry((domain::name::fold(&name), application))
            .or_insert_with(|| GraphNode {
                application: facts.map(|facts| facts.id),
                name,
                version,
                links: Vec::new(),
            })
            .links
            .push(link);
    }
    nodes.into_values().collect()
}
