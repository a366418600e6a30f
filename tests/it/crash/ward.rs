//! What stands between a process and a running twin.

use super::gate::Gate;
use super::proxy::Proxy;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where a ready line says addresses.
const ADDRESSES: [&str; 5] = ["/base_url", "/auth_url", "/console_url", "/query_url", "/s3/url"];

/// A gate before every address of a twin.
pub(super) struct Ward {
    pub(super) gate: Arc<Gate>,
    /// The ready line that leads to the gate.
    pub(super) ready: String,
    /// By the address that they stand before.
    _proxies: BTreeMap<String, Proxy>,
}

impl Ward {
    pub(super) fn before(ready: &str) -> Self {
        let mut line: Value = serde_json::from_str(ready).unwrap();
        let gate = Arc::new(Gate::default());
        let mut proxies = BTreeMap::new();
        for place in ADDRESSES {
            let url = line.pointer_mut(place).unwrap();
            let old = url.as_str().unwrap().to_owned();
            let address = old.trim_start_matches("http://").split('/').next().unwrap().to_owned();
            let proxy: &mut Proxy = proxies
                .entry(address.clone())
                .or_insert_with_key(|address: &String| Proxy::before(address.parse().unwrap(), &gate));
            *url = Value::String(old.replace(&address, &proxy.address().to_string()));
        }
        let ready = line.to_string();
        for address in proxies.keys() {
            assert!(!ready.contains(address), "the ready line still leads past the gate to {address}");
        }
        Self { gate, ready, _proxies: proxies }
    }
}
