//! `slipway sample`: the sample factory's folders.

use super::exit;
use super::terminal::say;
use crate::check::input::PlanFile;
use crate::sample::{APPLICATIONS, edition};
use anyhow::{Context, anyhow, bail};
use domain::fixtures::{Size, random};
use std::path::PathBuf;

/// The most modules of a generated factory.
const MAX_MODULES: usize = 200_000;

/// `slipway sample`
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Without numbers: writes the folders of Harbour Mutual, nine applications that can be changed and
published with `slipway publish`. With --applications: writes the landscape of a generated factory
and a plan for it, as `slipway check` reads them.

Examples:
  slipway sample --output factory
  slipway publish --environment Development factory/claims-portal
  slipway sample --applications 1000 --modules 10000 --references 100000 --seed 7 --output large")]
pub struct Sample {
    /// The folder to write into
    #[arg(
        long,
        short,
        env = "SLIPWAY_OUTPUT",
        value_name = "DIR",
        default_value = "sample"
    )]
    output: PathBuf,
    /// Which edition of each application; the newest that it has if it has fewer
    #[arg(long, env = "SLIPWAY_EDITION", value_name = "N", default_value_t = 1)]
    edition: u8,
    /// Generate a factory of this many applications instead, as a landscape
    #[arg(long, env = "SLIPWAY_APPLICATIONS", value_name = "N")]
    applications: Option<usize>,
    /// Modules of the generated factory; two and a half per application if not given
    #[arg(
        long,
        env = "SLIPWAY_MODULES",
        value_name = "M",
        requires = "applications"
    )]
    modules: Option<usize>,
    /// References in each of its environments, about; ten per module if not given
    #[arg(
        long,
        env = "SLIPWAY_REFERENCES",
        value_name = "R",
        requires = "applications"
    )]
    references: Option<usize>,
    /// The same seed gives the same factory
    #[arg(long, env = "SLIPWAY_SEED", value_name = "S", default_value_t = 1)]
    seed: u64,
}

impl Sample {
    /// Writes it.
    pub fn run(self) -> anyhow::Result<u8> {
        if let Some(applications) = self.applications {
            return self.generate(applications);
        }
        for application in APPLICATIONS {
            let number = self.edition.clamp(1, application.editions);
            let Some(edition) = edition(application.folder, number) else {
                bail!("{} has no edition {number}", application.name);
            };
            let folder = self.output.join(application.folder);
            edition
                .folder()
                .write_to(&folder)
                .with_context(|| format!("{} could not be written", folder.display()))?;
            say(&format!(
                "{}: {}, edition {number}",
                folder.display(),
                application.name
            ));
        }
        Ok(exit::FINE)
    }

    /// A landscape of any size, for tests and benchmarks: `landscape.json`, and a plan for it.
    fn generate(&self, applications: usize) -> anyhow::Result<u8> {
        let modules = self
            .modules
            .unwrap_or(applications * 5 / 2)
            .max(applications);
        let size = Size {
            applications,
            modules,
            references: self.references.unwrap_or(modules * 10),
        };
        if applications == 0 || modules > MAX_MODULES {
            bail!("a factory has at least one application and at most {MAX_MODULES} modules");
        }
        let landscape = random(self.seed, size)
            .map_err(|error| anyhow!("no factory could be made of these numbers: {error}"))?;
        let plan = PlanFile::all_of(&landscape);
        std::fs::create_dir_all(&self.output)
            .with_context(|| format!("{} could not be made", self.output.display()))?;
        let write = |name: &str, text: String| -> anyhow::Result<()> {
            let path = self.output.join(name);
            std::fs::write(&path, text + "\n")
                .with_context(|| format!("{} could not be written", path.display()))?;
            say(&path.display().to_string());
            Ok(())
        };
        write("landscape.json", serde_json::to_string(&landscape)?)?;
        write("plan.json", serde_json::to_string_pretty(&plan)?)?;
        let folder = self.output.display();
        say(&format!(
            "{} applications, {} modules. Try: slipway check {folder}/landscape.json {folder}/plan.json",
            landscape.applications.len(),
            landscape.modules.len(),
        ));
        Ok(exit::FINE)
    }
}
