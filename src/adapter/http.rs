//! HTTP over reqwest and rustls.

use crate::base::{Secret, escape};
use crate::port::{Async, Header, Http, Method, Request, Response, TransportError};
use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::error::Error as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::{Position, Url};
use zeroize::Zeroize as _;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The first room for a body whose length is not told, in bytes.
const FIRST_ROOM: usize = 16 << 10;

/// How requests leave this machine. Nothing of it comes from the environment.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Under a twin: a host with this ending is served below this address. With `(".databases.neo4j.io", Q)` a
    /// request to `https://ID.databases.neo4j.io/db/…` is sent to `Q/ID/db/…`.
    pub routes: Vec<(String, String)>,
    /// The proxy, where one is to be used.
    pub proxy: Option<String>,
    /// Under a twin: the only places that requests may go to.
    pub confined: Option<Confined>,
}

/// The places that requests may go to where the world is a twin's. A request to any other one does not leave.
#[derive(Clone, Debug, Default)]
pub struct Confined {
    /// The addresses of the twin itself; requests to its services are sent to the first.
    pub twin: Vec<String>,
    /// The hosts for which it answers, with a port where they have one.
    pub services: Vec<String>,
}

/// The HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the HTTP client: {0}")]
pub struct SetupError(String);

/// HTTP over reqwest. Reads share pooled connections; every effect gets a connection of its own, so that no layer
/// has an occasion to send it a second time. Redirects and retries are off for both.
#[derive(Clone, Debug)]
pub struct ReqwestHttp {
    clients: Arc<Clients>,
    routes: Vec<(String, String)>,
    confined: Option<Confined>,
}

impl ReqwestHttp {
    /// A client of these options. Needs a tokio runtime when it sends.
    pub fn new(options: Options) -> Result<Self, SetupError> {
        let Options { routes, proxy, confined } = options;
        if let Some(address) = &proxy {
            drop(builder(Some(address))?);
        }
        Ok(Self { clients: Arc::new(Clients { proxy, made: OnceLock::new() }), routes, confined })
    }

    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let Request { method, url, headers, body, timeout, body_limit, effect } = request;
        let client = self.clients.get(effect)?;
        let mut headers = header_map(&headers)?;
        let mut url = route(&self.routes, &url);
        if let Some(Service { address, host }) =
            self.confined.as_ref().map(|one| one.place(&url)).transpose()?.flatten()
        {
            url = address;
            headers.insert(reqwest::header::HOST, host);
        }
        let mut sending = client.request(method_of(method), url).headers(headers).timeout(timeout);
        if !body.expose().is_empty() {
            sending = sending.body(Bytes::from_owner(Sent(body)));
        }
        let response = sending.send().await.map_err(|error| transport(&error))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let body = read(response, body_limit).await?;
        Ok(Response { status, headers, body })
    }
}

/// Where a request to a service goes under a twin.
struct Service {
    address: String,
    host: HeaderValue,
}

impl Confined {
    /// Where the twin answers for this address; none where it is one of the twin's own.
    fn place(&self, url: &str) -> Result<Option<Service>, TransportError> {
        let refused = |why: &str| TransportError::NotSent(format!("nothing leaves a twin: {why}"));
        let parsed = Url::parse(url).map_err(|_| refused("this is no address"))?;
        let host = &parsed[Position::BeforeHost..Position::AfterPort];
        if self.services.iter().any(|service| service.eq_ignore_ascii_case(host)) {
            let base = self.twin.first().ok_or_else(|| refused("it has no address"))?;
            let address = format!("{}{}", base.trim_end_matches('/'), &parsed[Position::BeforePath..]);
            let host = HeaderValue::from_str(host).map_err(|_| refused("this is no host"))?;
            return Ok(Some(Service { address, host }));
        }
        let own = self.twin.iter().filter_map(|own| Url::parse(own).ok());
        if own.into_iter().any(|own| own.origin() == parsed.origin()) {
            return Ok(None);
        }
        Err(refused(&format!("its scenario names no service {}; add it under `services`", escape(host))))
    }
}

/// The clients, made when the first request is sent: setting up TLS takes longer than a run that needs none.
#[derive(Debug)]
struct Clients {
    proxy: Option<String>,
    /// For reads and for effects.
    made: OnceLock<Result<[reqwest::Client; 2], SetupError>>,
}

impl Clients {
    fn get(&self, effect: bool) -> Result<&reqwest::Client, TransportError> {
        let made = self.made.get_or_init(|| {
            let reads = builder(self.proxy.as_deref())?.build().map_err(|error| setup(&error))?;
            let effects = builder(self.proxy.as_deref())?.pool_max_idle_per_host(0);
            Ok([reads, effects.build().map_err(|error| setup(&error))?])
        });
        let [reads, effects] = made.as_ref().map_err(|error| TransportError::NotSent(error.to_string()))?;
        Ok(if effect { effects } else { reads })
    }
}

impl Http for ReqwestHttp {
    fn send(&self, request: Request) -> Async<'_, Result<Response, TransportError>> {
        Box::pin(self.exchange(request))
    }
}

fn builder(proxy: Option<&str>) -> Result<reqwest::ClientBuilder, SetupError> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("surefoot/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .tls_version_min(reqwest::tls::Version::TLS_1_2)
        .no_proxy();
    match proxy {
        Some(address) => Ok(builder.proxy(reqwest::Proxy::all(address).map_err(|error| setup(&error))?)),
        None => Ok(builder),
    }
}

fn setup(error: &reqwest::Error) -> SetupError {
    SetupError(chain(error))
}

fn method_of(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Patch => reqwest::Method::PATCH,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    }
}

fn header_map(headers: &[Header]) -> Result<HeaderMap, TransportError> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| TransportError::NotSent(format!("there can be no header {:?}", escape(name))))?;
        let mut value = HeaderValue::from_str(value.expose())
            .map_err(|_| TransportError::NotSent(format!("the value of the header {name} cannot be sent")))?;
        value.set_sensitive(true);
        map.append(name, value);
    }
    Ok(map)
}

/// The address under a twin, where one is given for the host.
fn route(routes: &[(String, String)], url: &str) -> String {
    let parsed = Url::parse(url).ok().filter(|parsed| parsed.scheme() == "https");
    let found = parsed.as_ref().and_then(|parsed| {
        let host = parsed.host_str()?;
        let name = |suffix: &str| host.strip_suffix(suffix).filter(|name| !name.is_empty());
        let (name, base) = routes.iter().find_map(|(suffix, base)| Some((name(suffix)?, base)))?;
        Some(format!("{}/{name}{}", base.trim_end_matches('/'), &parsed[Position::BeforePath..]))
    });
    found.unwrap_or_else(|| url.to_owned())
}

/// Only an error of making the connection, or of the request before that, proves that nothing was sent. A time-out of
/// the whole exchange does not say where it struck.
fn transport(error: &reqwest::Error) -> TransportError {
    let text = chain(error);
    if error.is_connect() || error.is_builder() { TransportError::NotSent(text) } else { TransportError::Maybe(text) }
}

/// The message with its causes, without the address, which the caller names.
fn chain(error: &reqwest::Error) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !causes.last().is_some_and(|last| last.ends_with(&text)) {
            causes.push(text);
        }
        source = cause.source();
    }
    let text = causes.join(": ");
    match (error.is_timeout(), text.is_empty()) {
        (true, _) => format!("no answer in time: {text}"),
        (false, true) => "the request could not be made".to_owned(),
        (false, false) => text,
    }
}

/// Reads a body of at most `limit` bytes into memory that is wiped; every copy made on the way is wiped too, as far
/// as it is ours alone.
async fn read(mut response: reqwest::Response, limit: usize) -> Result<Secret<Vec<u8>>, TransportError> {
    let too_long = || TransportError::Maybe(format!("the body is longer than {limit} bytes"));
    let told = response.content_length().map(usize::try_from);
    let room = match told {
        Some(Ok(length)) if length <= limit => length,
        Some(_) => return Err(too_long()),
        None => FIRST_ROOM.min(limit),
    };
    let mut body = zeroize::Zeroizing::new(Vec::with_capacity(room));
    while let Some(chunk) = response.chunk().await.map_err(|error| transport(&error))? {
        let length = body.len() + chunk.len();
        if length > limit {
            return Err(too_long());
        }
        if length > body.capacity() {
            let mut larger = zeroize::Zeroizing::new(Vec::with_capacity((length * 2).min(limit)));
            larger.extend_from_slice(&body);
            body = larger;
        }
        body.extend_from_slice(&chunk);
        if let Ok(mut ours) = chunk.try_into_mut() {
            ours.zeroize();
        }
    }
    Ok(Secret::new(std::mem::take(&mut *body)))
}

/// The body of a request on its way out; wiped like the rest when it is done with.
struct Sent(Secret<Vec<u8>>);

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        self.0.expose()
    }
}
