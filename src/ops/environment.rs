//! The only place that picks real ports or those of a twin.

use super::binary;
use super::clock::{self, RemoteClock, TwinClock};
use super::console::AtConsole;
use super::failure::{Failure, FailureKind};
use super::frontend::Frontend;
use super::keys;
use super::process_env;
use super::script::Script;
use super::secret_sources;
use super::source::RunbookSource;
use super::target::Target;
use crate::adapter::clock::SystemClock;
use crate::adapter::commands::{NoCommands, RealCommands};
use crate::adapter::disk::RealDisk;
use crate::adapter::entropy::Os;
use crate::adapter::http::{Confined, Options, ReqwestHttp};
use crate::adapter::objects::{Explicit, S3};
use crate::adapter::operator::Nobody;
use crate::adapter::progress::Silent;
use crate::adapter::worker::Threads;
use crate::base::{Address, Map, Secret, Timestamp, Value, escape, has_userinfo};
use crate::kinds::aura::client as aura;
use crate::kinds::twin_vault::{TwinAccounts, twin_vault};
use crate::kinds::vault::Vault;
use crate::kinds::{Context, Multipart, RunFacts};
use crate::port::{Clock, Commands, Http, Objects, Operator, Ports};
use crate::runbook::plan::Plan;
use crate::runbook::secret::SecretDecl;
use crate::twin_server::{Ready, TwinServer, TwinServerOptions};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// The address of the Aura API where the environment does not say another (docs/aura-api.md, "Addresses and
/// credentials").
const AURA: &str = "https://api.neo4j.io";

/// Where the credentials of Aura stand (docs/aura-api.md, "Addresses and credentials").
pub(super) const AURA_VARIABLES: [&str; 2] = ["AURA_CLIENT_ID", "AURA_CLIENT_SECRET"];

/// Everything outside a run.
pub(super) struct Environment {
    pub(super) context: Context,
    /// The twin in this process, alive as long as this is.
    _stand: Option<TwinServer>,
}

/// What is known before anything outside is reached.
pub(super) struct RunSpec<'a> {
    pub(super) plan: &'a Plan,
    pub(super) facts: RunFacts,
    /// The secrets, where they have been read already: a program that prints one may ask a person.
    pub(super) vault: Option<Vault>,
    pub(super) state_dir: &'a Path,
    pub(super) resume_at: Timestamp,
    /// Whether a person is asked even where a script could answer.
    pub(super) ask: bool,
}

impl Environment {
    /// The outside of this run.
    pub(super) async fn reach(world: &Target, spec: RunSpec<'_>, frontend: &Frontend) -> Result<Self, Failure> {
        match world {
            Target::Real => Self::real(spec, frontend).await,
            Target::Embedded { speed, seed, scenario, .. } => {
                let options = TwinServerOptions {
                    dir: Some(spec.facts.dir.join("twin")),
                    speed: *speed,
                    seed: *seed,
                    scenario: (**scenario).clone(),
                    resume_at: Some(spec.resume_at),
                    ..TwinServerOptions::default()
                };
                let stand = TwinServer::start(options).await.map_err(|error| {
                    Failure::new(FailureKind::Outside, "the twin cannot be started").because(&error)
                })?;
                let clock = Arc::new(TwinClock::new(stand.clock()));
                Self::twin(&stand.ready(), clock, spec, frontend, Some(stand))
            }
            Target::Running { ready, .. } => {
                let ready = ready.as_ref().map_err(Failure::clone)?;
                let http: Arc<dyn Http> = Arc::new(client(Vec::new())?);
                let clock = RemoteClock::follow(http, &ready.base_url, ready.speed).await;
                let clock = clock.map_err(|error| clock::silent(ready, &error))?;
                Self::twin(ready, Arc::new(clock), spec, frontend, None)
            }
        }
    }

    async fn real(spec: RunSpec<'_>, frontend: &Frontend) -> Result<Self, Failure> {
        let vault = match &spec.vault {
            Some(vault) => vault.clone(),
            None => secret_sources::read(spec.plan, &spec.facts.cwd).await?,
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let http: Arc<dyn Http> = Arc::new(client(Vec::new())?);
        let (base_url, auth_url) = addresses()?;
        let aura = aura_client(&vault, &http, &clock, base_url, auth_url);
        let uses_objects = spec.plan.steps.iter().any(|step| step.kind.objects);
        let objects: Arc<dyn Objects> = if uses_objects {
            let store = S3::from_default_chain(&secret_variables(spec.plan)).await;
            Arc::new(store.map_err(|error| {
                Failure::new(FailureKind::Usage, error.to_string())
                    .hint("set AWS_ENDPOINT_URL_S3, or `endpoint_url` of the profile, to https://HOST")
            })?)
        } else {
            Arc::new(nowhere())
        };
        let operator = Arc::clone(&frontend.operator);
        Ok(Self { context: context(spec, frontend, vault, aura, clock, http, objects, operator)?, _stand: None })
    }

    fn twin(
        ready: &Ready,
        clock: Arc<dyn Clock>,
        spec: RunSpec<'_>,
        frontend: &Frontend,
        stand: Option<TwinServer>,
    ) -> Result<Self, Failure> {
        let vault = vault_of(&spec, ready);
        let routes = vec![(".databases.neo4j.io".to_owned(), ready.query_url.clone())];
        let http: Arc<dyn Http> = Arc::new(confined(routes, ready)?);
        let aura = aura_client(&vault, &http, &clock, ready.base_url.clone(), ready.auth_url.clone());
        let objects = Arc::new(S3::explicit(Explicit {
            endpoint: ready.s3.url.clone(),
            region: ready.s3.region.clone(),
            access_key: ready.s3.access_key.clone(),
            secret_key: ready.s3.secret_key.clone(),
        }));
        let operator: Arc<dyn Operator> = if spec.ask {
            Arc::new(AtConsole { operator: Arc::clone(&frontend.operator), console: ready.console_url.clone() })
        } else {
            let exports = spec.facts.dir.join("twin").join("exports");
            Arc::new(Script::new(ready.console_url.clone(), exports, Arc::clone(&clock)))
        };
        let mut context = context(spec, frontend, vault, aura, clock, http, objects, operator)?;
        // A command would change this machine, of which there is no twin.
        context.ports.commands = Arc::new(NoCommands("a twin runs no commands"));
        Ok(Self { context: Context { is_twin: true, ..context }, _stand: stand })
    }
}

/// A context for what touches nothing outside this machine.
pub(super) fn local(state_dir: &Path, facts: RunFacts) -> Result<Context, Failure> {
    let ports = Ports {
        clock: Arc::new(SystemClock::new()),
        http: Arc::new(client(Vec::new())?),
        objects: Arc::new(nowhere()),
        operator: Arc::new(Nobody),
        disk: Arc::new(RealDisk),
        entropy: Arc::new(Os),
        sealer: Arc::new(keys::sealer(state_dir)?),
        progress: Arc::new(Silent),
        worker: Arc::new(Threads),
        commands: real_commands(),
    };
    Ok(Context { ports, aura: None, vault: Vault::new(), multipart: Multipart::default(), run: facts, is_twin: false })
}

fn real_commands() -> Arc<dyn Commands> {
    Arc::new(RealCommands::new(binary::own_path(), process_env::for_commands()))
}

#[expect(clippy::too_many_arguments, reason = "each is one port, and they are put together only here")]
fn context(
    spec: RunSpec<'_>,
    frontend: &Frontend,
    vault: Vault,
    aura: Option<aura::Client>,
    clock: Arc<dyn Clock>,
    http: Arc<dyn Http>,
    objects: Arc<dyn Objects>,
    operator: Arc<dyn Operator>,
) -> Result<Context, Failure> {
    let sealer = Arc::new(keys::sealer(spec.state_dir)?);
    let ports = Ports {
        clock,
        http,
        objects,
        operator,
        disk: Arc::new(RealDisk),
        entropy: Arc::new(Os),
        sealer,
        progress: Arc::clone(&frontend.progress),
        worker: Arc::new(Threads),
        commands: real_commands(),
    };
    Ok(Context { ports, aura, vault, multipart: Multipart::default(), run: spec.facts, is_twin: false })
}

fn client(routes: Vec<(String, String)>) -> Result<ReqwestHttp, Failure> {
    http(Options { routes, ..Options::default() })
}

/// A client that reaches nothing but a twin.
fn confined(routes: Vec<(String, String)>, ready: &Ready) -> Result<ReqwestHttp, Failure> {
    let twin = [&ready.base_url, &ready.auth_url, &ready.query_url, &ready.console_url].map(Clone::clone).to_vec();
    let confined = Some(Confined { twin, services: ready.services.clone() });
    http(Options { routes, confined, ..Options::default() })
}

fn http(options: Options) -> Result<ReqwestHttp, Failure> {
    ReqwestHttp::new(options).map_err(|error| Failure::new(FailureKind::Internal, error.to_string()))
}

fn aura_client(
    vault: &Vault,
    http: &Arc<dyn Http>,
    clock: &Arc<dyn Clock>,
    base_url: String,
    auth_url: String,
) -> Option<aura::Client> {
    let [client_id, client_secret] = vault.parts("aura")? else {
        return None;
    };
    let config = aura::Config {
        base_url,
        auth_url,
        client_id: client_id.clone(),
        client_secret: client_secret.clone(),
        budget_per_minute: aura::Config::BUDGET_PER_MINUTE,
    };
    Some(aura::Client::new(Arc::clone(http), Arc::clone(clock), config))
}

/// The variables that no other process is to see (docs/secrets.md, "The process"): those of the plan's secrets, and the
/// credentials of Aura also where this plan has no use for them.
fn secret_variables(plan: &Plan) -> Vec<String> {
    let declared = plan.secrets.iter().flat_map(SecretDecl::variables);
    declared.chain(AURA_VARIABLES.map(str::to_owned)).collect()
}

/// The address of the API and the one that gives tokens.
pub(super) fn addresses() -> Result<(String, String), Failure> {
    let named = |name: &str, default: String| match process_env::variable(name) {
        Some(url) => require_private(name, url),
        None => Ok(default),
    };
    let base_url = named("AURA_BASE_URL", AURA.to_owned())?;
    let auth_url = named("AURA_AUTH_URL", format!("{}/oauth/token", base_url.trim_end_matches('/')))?;
    Ok((base_url, auth_url))
}

/// Credentials leave this machine only over TLS.
fn require_private(name: &str, url: String) -> Result<String, Failure> {
    let why = match Address::parse(&url) {
        Ok(address) if address.is_private() => return Ok(url),
        Ok(_) => "would send the credentials unencrypted".to_owned(),
        Err(error) => error.to_string(),
    };
    // What stands in front of a host may be a password.
    let told = if has_userinfo(&url) { "the address".to_owned() } else { escape(&url) };
    Err(Failure::new(FailureKind::Usage, format!("{name}: {told} {why}"))
        .hint("use https:// and a host, for example https://api.neo4j.io; nothing was started"))
}

/// The secrets of a run under a twin; the environment is not looked at.
fn vault_of(spec: &RunSpec<'_>, ready: &Ready) -> Vault {
    let id = spec.plan.inputs.get("instance_id").and_then(Value::as_str).unwrap_or_default();
    let database = ready.instances.iter().find(|one| one.id == id).or_else(|| ready.instances.first());
    let accounts = TwinAccounts {
        aura: [Secret::new(ready.client_id.clone()), ready.client_secret.clone()],
        database: database.map(|one| [Secret::new(one.username.clone()), one.password.clone()]),
    };
    twin_vault(spec.plan, &accounts, &spec.facts.id)
}

/// What may be told of the account that a run uses: the address of the service and the end of the client id.
pub(super) fn account(world: &Target, plan: &Plan) -> Value {
    let Some(secret) = plan.secrets.iter().find(|secret| secret.name == "aura") else { return Value::Null };
    match world {
        Target::Embedded { .. } | Target::Running { ready: Err(_), .. } => Value::Null,
        Target::Running { ready: Ok(ready), .. } => json!({"api": ready.base_url, "client": tail(&ready.client_id)}),
        Target::Real => {
            let client = secret.variables().first().and_then(|name| process_env::variable(name));
            let api = addresses().ok().map(|(base_url, _)| base_url);
            json!({"api": api, "client": client.map(|id| tail(&id))})
        }
    }
}

/// The end of a client id, which is no secret, but need not be told whole either.
fn tail(id: &str) -> String {
    let length = id.chars().count();
    id.chars().skip(length - (length / 2).min(8)).collect()
}

/// An object store that is not there, for runbooks that name none.
fn nowhere() -> S3 {
    S3::explicit(Explicit {
        endpoint: "http://127.0.0.1:9".to_owned(),
        region: "none".to_owned(),
        access_key: String::new(),
        secret_key: Secret::new(String::new()),
    })
}

/// The policy that the first record remembers, with the account that is used, and the words that asked for the one
/// operation that the run is, where it is one.
pub(super) fn policy(cwd: &Path, account: Value, runbook: &RunbookSource) -> Value {
    let mut policy = Map::new();
    policy.insert("account".to_owned(), account);
    policy.insert("cwd".to_owned(), Value::String(cwd.to_string_lossy().into_owned()));
    if let RunbookSource::Rendered(rendered) = runbook {
        policy.insert("exec".to_owned(), json!(rendered.words));
    }
    policy.insert("require".to_owned(), Value::String("consistent".to_owned()));
    Value::Object(policy)
}
