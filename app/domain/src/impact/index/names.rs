//! Names and URL paths as numbers: equal folding, equal number; numbers sort as the names do.

use super::{Index, Marks};
use crate::impact::csr::Csr;
use crate::impact::lookup::NONE;
use crate::landscape::Landscape;
use crate::name::fold;

/// The numbers of folded names and paths.
pub(super) struct Keys {
    /// (name, path) per module version.
    pub module_versions: Vec<(u32, u32)>,
    pub applications: Vec<u32>,
    pub versions: Vec<u32>,
    pub count: usize,
}

impl Keys {
    pub fn new(facts: &Landscape) -> Self {
        let path = |text: &str| fold(text.trim_matches('/'));
        let names = facts.module_versions.iter().map(|v| fold(&v.name));
        let paths = facts.module_versions.iter().map(|v| path(&v.url_path));
        let applications = facts.applications.iter().map(|a| fold(&a.name));
        let versions = facts.versions.iter().map(|v| fold(&v.name));
        let all = names.chain(paths).chain(applications).chain(versions);
        let mut texts: Vec<(String, u32)> = all.zip(0_u32..).collect();
        texts.push((String::new(), NONE));
        texts.sort_unstable();
        let mut keys = vec![0; texts.len() - 1];
        let mut key = 0;
        for (i, (text, place)) in texts.iter().enumerate() {
            if i > 0 && *text != texts[i - 1].0 {
                key += 1;
            }
            if let Some(known) = keys.get_mut(*place as usize) {
                *known = key;
            }
        }
        let states = facts.module_versions.len();
        let (names, rest) = keys.split_at(states);
        let (paths, rest) = rest.split_at(states);
        let (applications, versions) = rest.split_at(facts.applications.len());
        Self {
            module_versions: names.iter().copied().zip(paths.iter().copied()).collect(),
            applications: applications.to_vec(),
            versions: versions.to_vec(),
            count: key as usize + 1,
        }
    }
}

/// Per key, whether more than one of those that `users` (key, who) names has it.
fn shared(count: usize, users: impl Iterator<Item = (u32, u32)>) -> Vec<bool> {
    let mut first = vec![NONE; count];
    let mut shared = vec![false; count];
    for (key, user) in users {
        let known = &mut first[key as usize];
        shared[key as usize] |= *known != NONE && *known != user;
        *known = user;
    }
    shared
}

impl Index {
    /// Fills what is compared of module versions, and who has which name in the target. Returns
    /// per key whether several applications have or had it.
    pub(super) fn add_names(&mut self, keys: &Keys) -> Vec<bool> {
        let landscape = std::sync::Arc::clone(&self.landscape);
        let platform = landscape
            .environments
            .get(self.target as usize)
            .map_or(0, |e| e.platform);
        let states = || landscape.module_versions.iter().zip(&keys.module_versions);
        let name_shared = shared(keys.count, states().map(|(v, (name, _))| (*name, v.module)));
        let path_shared = shared(keys.count, states().map(|(v, (_, path))| (*path, v.module)));
        let mut named = Vec::new();
        let mut at_path = Vec::new();
        for (i, (version, (name, path))) in (0_u32..).zip(states()) {
            let same = self.running_facts(version.module).is_some_and(|now| {
                now.content == version.content
                    && now.name == version.name
                    && now.url_path == version.url_path
            });
            let known = &mut self.facts[i as usize];
            known.name = *name;
            known.path = *path;
            let newer = platform != 0 && version.needs_platform > platform;
            let taken = name_shared[*name as usize] || (*path != 0 && path_shared[*path as usize]);
            known.marks = known
                .marks
                .and_if(newer, Marks::PLATFORM)
                .and_if(same, Marks::SAME)
                .and_if(taken, Marks::NAMES);
            if self.running[version.module as usize] == i {
                named.push((*name, version.module));
                if *path != 0 {
                    at_path.push((*path, version.module));
                }
            }
        }
        self.named = Csr::from_pairs(self.key_count, &named);
        self.at_path = Csr::from_pairs(self.key_count, &at_path);
        let mut applications = Vec::new();
        for (application, row) in (0_u32..).zip(&self.target_row) {
            if let Some(running) = landscape.running.get(*row as usize) {
                let key = running
                    .base
                    .map_or(self.application_key[application as usize], |b| {
                        keys.versions[b as usize]
                    });
                applications.push((key, application));
            }
        }
        self.applications_named = Csr::from_pairs(self.key_count, &applications);
        let now = self.application_key.iter().copied().zip(0_u32..);
        let then = keys.versions.iter().copied();
        let then = then.zip(landscape.versions.iter().map(|v| v.application));
        shared(keys.count, now.chain(then))
    }
}
