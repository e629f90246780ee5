//! `slipway setting`: values of site properties, from the console's own machine.

use super::beside::{Beside, long_help, refused};
use super::terminal::{complain, say};
use anyhow::{Context, bail};
use backend::{Actor, Backend};
use clap::Subcommand;
use domain::view::SiteProperty;
use domain::{EnvironmentId, ModuleId};
use std::io::{BufRead, IsTerminal, Read};

/// `slipway setting list | set | unset`
#[derive(Debug, clap::Args)]
#[command(after_long_help = long_help!("\
A module finds a new value when it is deployed there next; the same version will do. Every change is
in the audit.

A value that is not given is read from standard input, and a secret's only from there: what is typed
as an argument stands in the shell's history. Secrets are never shown again.

Examples:
  slipway setting list --data /var/lib/slipway --environment Quality Shop
  slipway setting set --data /var/lib/slipway --environment Quality Shop Currency CHF
  slipway setting set --data /var/lib/slipway --environment Quality Shop ApiKey < key.txt
  slipway setting unset --data /var/lib/slipway --environment Quality Shop Currency
      the manifest's default holds again"))]
pub struct Setting {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    beside: Beside,
    /// The environment, by name
    #[arg(
        long,
        global = true,
        env = "SLIPWAY_ENVIRONMENT",
        value_name = "NAME",
        default_value = ""
    )]
    environment: String,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List a module's site properties with their values
    List(Of),
    /// Set the value of a site property
    Set(Set),
    /// Take a value away, so that the manifest's default holds again
    Unset(Named),
}

#[derive(Debug, clap::Args)]
struct Of {
    /// The module, by name or id
    #[arg(value_name = "MODULE")]
    module: String,
}

#[derive(Debug, clap::Args)]
struct Named {
    #[command(flatten)]
    of: Of,
    /// The site property's name
    #[arg(value_name = "NAME")]
    name: String,
}

#[derive(Debug, clap::Args)]
struct Set {
    #[command(flatten)]
    named: Named,
    /// The value; standard input if it is not given, and always for a secret
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    value: Option<String>,
}

/// A module in an environment, found by what was typed.
struct Place {
    environment: EnvironmentId,
    environment_name: String,
    module: ModuleId,
}

impl Setting {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<u8> {
        self.beside
            .run(async |backend, actor| self.act(backend, actor).await)
            .await
    }

    async fn act(&self, backend: &Backend, actor: &Actor) -> anyhow::Result<()> {
        match &self.what {
            What::List(of) => {
                let place = self.place(backend, actor, of).await?;
                let all = backend
                    .list_site_properties(actor, place.environment, place.module)
                    .await
                    .map_err(refused)?;
                if all.is_empty() {
                    complain(&format!("{} has no site properties.", of.module));
                }
                for property in &all {
                    say(&line(property));
                }
            }
            What::Set(set) => {
                let place = self.place(backend, actor, &set.named.of).await?;
                let property = find(backend, actor, &place, &set.named.name).await?;
                let value = match &set.value {
                    Some(_) if property.secret => bail!(
                        "{} is a secret. Give its value on standard input: as an argument it stands in the shell's history, and others see it while the command runs",
                        property.name
                    ),
                    Some(value) => value.clone(),
                    None => read_value(&property)?,
                };
                backend
                    .set_site_property(
                        actor,
                        place.environment,
                        place.module,
                        &property.name,
                        Some(value),
                    )
                    .await
                    .map_err(refused)?;
                done(&property.name, &set.named.of.module, &place, "is set");
            }
            What::Unset(named) => {
                let place = self.place(backend, actor, &named.of).await?;
                backend
                    .set_site_property(actor, place.environment, place.module, &named.name, None)
                    .await
                    .map_err(refused)?;
                done(&named.name, &named.of.module, &place, "has its default");
            }
        }
        Ok(())
    }

    async fn place(&self, backend: &Backend, actor: &Actor, of: &Of) -> anyhow::Result<Place> {
        if self.environment.trim().is_empty() {
            bail!("--environment names the environment whose values these are");
        }
        let (environment, environment_name, module) = backend
            .find_module(actor, &self.environment, &of.module)
            .await
            .map_err(refused)?;
        Ok(Place {
            environment,
            environment_name,
            module,
        })
    }
}

async fn find(
    backend: &Backend,
    actor: &Actor,
    place: &Place,
    name: &str,
) -> anyhow::Result<SiteProperty> {
    backend
        .list_site_properties(actor, place.environment, place.module)
        .await
        .map_err(refused)?
        .into_iter()
        .find(|property| property.name.eq_ignore_ascii_case(name.trim()))
        .with_context(|| {
            format!("there is no site property \"{name}\"; `slipway setting list` shows them")
        })
}

/// All of standard input without the newline at its end; at a terminal, one line.
fn read_value(property: &SiteProperty) -> anyhow::Result<String> {
    let mut input = std::io::stdin().lock();
    let mut value = String::new();
    let read = if input.is_terminal() {
        complain(&format!("Type the value of {}, then Enter:", property.name));
        input.read_line(&mut value)
    } else {
        input.read_to_string(&mut value)
    };
    read.context("the value could not be read from standard input")?;
    let value = value.strip_suffix('\n').unwrap_or(&value);
    Ok(value.strip_suffix('\r').unwrap_or(value).to_owned())
}

fn done(name: &str, module: &str, place: &Place, what: &str) {
    say(&format!(
        "{name} of {module} in {} {what}. It takes effect when {module} is deployed there next.",
        place.environment_name
    ));
}

/// `Currency (text): "CHF", instead of "EUR"`
fn line(property: &SiteProperty) -> String {
    // An empty text is a value too.
    let shown = |value: &str| match property.kind.as_str() {
        "text" => format!("\"{value}\""),
        _ => value.to_owned(),
    };
    let value = match (&property.value, &property.default) {
        _ if property.secret && property.set => "(secret, set)".to_owned(),
        _ if property.secret => "(secret, not set)".to_owned(),
        (Some(value), Some(default)) => format!("{}, instead of {}", shown(value), shown(default)),
        (Some(value), None) => shown(value),
        (None, Some(default)) => format!("{}, by default", shown(default)),
        (None, None) => "not set".to_owned(),
    };
    format!("{} ({}): {value}", property.name, property.kind)
}
