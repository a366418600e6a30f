//! What goes over the wire, and what comes back on it, that should not.

use super::book::{DRAIN, LOOK, PROBE, drain, folder, run, service, step};
use crate::support::binary::{Folder, TOKEN};
use crate::support::service::{Deed, Service};
use serde_json::json;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// Reads one document.
fn read(url: &str) -> String {
    format!(
        "runbook: read\nversion: 1.0.0\ninputs: {{base: {{type: string}}}}\n\
         secrets: {{ops: {{env: {{token: OPS_TOKEN}}}}}}\nsteps:\n  - id: look\n    uses: http.request\n    with:\n      \
         url: \"{url}\"\n      headers: {{authorization: \"Bearer {{{{ secrets.ops.token }}}}\"}}\n    \
         retry: {{max: 1, backoff: 1s..1s}}\n"
    )
}

fn pool() -> String {
    read("{{ inputs.base }}/pools/old")
}

#[test]
fn a_redirect_is_named_and_not_followed() {
    let other = Service::start().document("/pools/old", json!({"state": "elsewhere"}));
    let place = format!("{}/pools/old", other.url());
    let (service, folder) = (service().planned(LOOK, Deed::Redirect(place.clone())), folder(&pool()));
    let ran = run(&folder, &service).exit(1).says(&format!("is sent on to {place}")).says("no redirect is followed");
    assert!(other.seen().is_empty(), "{:?}", other.seen());
    folder.assert_secret_kept(&[&ran.out, &ran.err]);
}

#[test]
fn an_effect_is_not_redirected_either() {
    let other = Service::start();
    let place = format!("{}/pools/old/drain", other.url());
    let (service, folder) = (service().planned(DRAIN, Deed::Redirect(place.clone())), folder(&drain(PROBE)));
    run(&folder, &service).exit(1).says(&format!("is sent on to {place}"));
    assert!(other.seen().is_empty(), "{:?}", other.seen());
    assert_eq!((service.came(DRAIN), service.applied(DRAIN)), (1, 0));
}

#[test]
fn a_redirect_to_an_address_with_a_user_is_not_repeated() {
    let place = "https://ana:hunter-of-two@lb.internal/".to_owned();
    let (service, folder) = (service().planned(LOOK, Deed::Redirect(place)), folder(&pool()));
    let ran = run(&folder, &service).exit(1).says("an address with a user in it");
    let journal = folder.journal().iter().map(ToString::to_string).collect::<String>();
    assert!(!format!("{journal}{}{}", ran.out, ran.err).contains("hunter-of-two"));
}

/// The most memory that a process has had, in KiB, while it ran to its end.
#[cfg(target_os = "linux")]
fn peak(mut child: Child) -> (i32, u64) {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0);
        peak = peak.max(now);
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code().unwrap_or(-1), peak);
        }
        // Real time: a real process is watched.
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_body_that_never_ends_ends_with_an_error_and_bounded_memory() {
    let (service, folder) = (service().planned(LOOK, Deed::Endless), folder(&pool()));
    let input = format!("base={}", service.url());
    let (code, peak) = peak(folder.spawn(&["run", "book.yaml", "--input", &input]));
    assert_ne!(code, 0);
    assert!(peak < 200 << 10, "{peak} KiB");
    folder.call(&["status"]).says("the body is longer than 16777216 bytes");
}

#[test]
fn an_effect_whose_answer_never_ends_is_in_doubt() {
    let (service, folder) = (service().planned(DRAIN, Deed::Endless), folder(&drain(PROBE)));
    run(&folder, &service).exit(0);
    // It was not carried out, as the probe finds: it is sent again once that is settled.
    assert_eq!((service.came(DRAIN), service.applied(DRAIN)), (2, 1));
}

/// A server with a certificate that nobody has signed; ended when it is dropped.
struct Tls(Child, u16);

impl Tls {
    fn start(folder: &Folder) -> Self {
        let openssl = |args: &[&str]| {
            let mut command = Command::new("openssl");
            command.args(args).current_dir(folder.path("")).stdin(Stdio::null()).stderr(Stdio::null());
            command
        };
        let request = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 1 -subj /CN=localhost";
        let made = openssl(&request.split(' ').collect::<Vec<_>>()).stdout(Stdio::null()).status();
        let made = made.expect("this test needs the program `openssl`: apt-get install openssl");
        assert!(made.success());
        let serve = "s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -www";
        let mut child = openssl(&serve.split(' ').collect::<Vec<_>>()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.find_map(|line| line.ok()?.strip_prefix("ACCEPT ").map(str::to_owned)).unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self(child, line.rsplit(':').next().unwrap().parse().unwrap())
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_certificate_that_nobody_has_signed_is_refused_before_anything_is_sent() {
    let folder = folder(&drain(PROBE).replace("    probe:", "    on_failure: hold\n    probe:"));
    let tls = Tls::start(&folder);
    let input = format!("base=https://localhost:{}", tls.1);
    let ran = folder.call(&["run", "book.yaml", "--input", &input]);
    assert_ne!(ran.code, 0);
    let ran = ran.says("certificate");
    assert!(folder.records("call.intended").is_empty());
    folder.assert_secret_kept(&[&ran.out, &ran.err]);
}

#[test]
fn a_proxy_of_the_environment_is_not_used() {
    let proxy = Service::start();
    let mut folder = folder(&drain(PROBE));
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"] {
        folder = folder.env(name, &proxy.url());
    }
    let service = service();
    run(&folder, &service).exit(0);
    assert_eq!(service.applied(DRAIN), 1);
    assert!(proxy.seen().is_empty(), "{:?}", proxy.seen());
}

#[test]
fn a_header_that_cannot_be_sent_is_named_before_anything_is_announced() {
    let headers = "headers: {authorization: \"Bearer {{ secrets.ops.token }}\"}\n      json";
    for (bad, part) in [
        ("\"x y\": one", "there can be no header \"x y\""),
        ("transfer-encoding: chunked", "the header `transfer-encoding` follows from the request"),
        ("x-note: \"one\\ntwo\"", "the value of the header x-note cannot be sent"),
    ] {
        let bad = headers.replace("token }}\"", &format!("token }}}}\", {bad}"));
        let (service, folder) = (service(), folder(&drain("").replace(headers, &bad)));
        let ran = run(&folder, &service);
        assert_ne!(ran.code, 0);
        ran.says(part);
        assert!(service.seen().is_empty());
        assert!(folder.records("call.intended").is_empty(), "what cannot be sent is not announced");
    }
}

#[test]
fn a_secret_that_no_header_can_hold_is_not_shown() {
    let (service, folder) = (service(), folder(&drain("")).env("OPS_TOKEN", &format!("{TOKEN}\nsecond line")));
    let ran = run(&folder, &service);
    assert_ne!(ran.code, 0);
    let ran = ran.says("the value of the header authorization cannot be sent");
    assert!(service.seen().is_empty());
    folder.assert_secret_kept(&[&ran.out, &ran.err]);
}

#[test]
fn a_secret_goes_to_another_machine_over_tls_only() {
    let folder = folder(&drain(PROBE));
    let ran = folder.call(&["run", "book.yaml", "--input", "base=http://lb.internal"]);
    assert_ne!(ran.code, 0);
    let ran = ran.says("a secret would go to lb.internal in clear; use https://");
    assert!(folder.records("call.intended").is_empty());
    folder.assert_secret_kept(&[&ran.out, &ran.err]);
}

#[test]
fn a_query_does_not_make_an_address_less_private() {
    let book = read("{{ inputs.base }}/pools/old").replace("      headers", "      query: {deep: true}\n      headers");
    let (service, folder) =
        (Service::start().document("/pools/old?deep=true", json!({"state": "active"})), folder(&book));
    run(&folder, &service).exit(0);
    assert_eq!(step(&folder)["output"]["json"]["state"], "active");
}

#[test]
fn an_address_with_a_user_that_only_the_run_knows_is_refused_and_not_repeated() {
    for keys in ["", PROBE] {
        let folder = folder(&drain(keys));
        let ran = folder.call(&["run", "book.yaml", "--input", "base=http://ana:hunter-of-two@127.0.0.1:9"]);
        assert_ne!(ran.code, 0);
        let ran = ran.says("`url`: it names a user");
        // The input itself was given in clear, and stands where inputs stand.
        let told: String = folder.journal().iter().skip(1).map(ToString::to_string).collect();
        assert!(!told.contains("hunter-of-two"), "{told}");
        assert!(!ran.err.contains("hunter-of-two"), "{}", ran.err);
    }
}

#[test]
fn a_secret_that_the_service_repeats_is_not_recorded() {
    let (service, folder) = (service().planned(DRAIN, Deed::Body(format!("token {TOKEN}"))), folder(&drain("")));
    let ran = run(&folder, &service);
    folder.assert_secret_kept(&[&ran.out, &ran.err]);
    assert_eq!(service.came(DRAIN), 1);
}
