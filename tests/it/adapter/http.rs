//! HTTP: what a broken exchange is taken for, and that nothing is ever sent twice.

use super::server::{End, Server, canned, end, reply, request, run};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use surefoot::adapter::http::{Options, ReqwestHttp};
use surefoot::base::{Secret, Timestamp};
use surefoot::engine::call::Outcome;
use surefoot::kinds::aura::client::{Attempt, Kind, classify};
use surefoot::port::{Http as _, Method, Request, Response, TransportError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const BODY: &str = r#"{"data":{"id":"db1d1234","name":"sf-0123456789abcdef"}}"#;

fn http() -> ReqwestHttp {
    ReqwestHttp::new(Options::default()).unwrap()
}

fn ask(method: Method, url: String, effect: bool) -> Request {
    Request {
        method,
        url,
        headers: vec![
            ("authorization".into(), Secret::new("Bearer t".to_owned())),
            ("content-type".into(), Secret::new("application/json".to_owned())),
        ],
        body: Secret::new(if method == Method::Get { Vec::new() } else { BODY.into() }),
        timeout: Duration::from_secs(20),
        body_limit: 1 << 20,
        effect,
    }
}

fn outcome(result: Result<Response, TransportError>) -> Outcome {
    let attempt =
        Attempt { kind: Kind::Data, what: "POST /", required: &["id"], secrets: &[], now: Timestamp::default() };
    classify(&attempt, result).outcome
}

/// The request as it stands on the wire, to know how long it is.
async fn wire() -> usize {
    let (server, seen) = canned(|_| reply(202, &[], BODY)).await;
    http().send(ask(Method::Post, server.url("/v1/instances"), true)).await.unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0].line(), "POST /v1/instances HTTP/1.1");
    seen[0].head.len() + seen[0].body.len()
}

#[test]
fn a_connection_that_breaks_at_any_byte_of_the_request_is_unknown() {
    run(async {
        let (client, length) = (http(), wire().await);
        for how in [End::Reset, End::Close] {
            for cut in 0..=length {
                let server = Server::start(move |mut stream| async move {
                    let mut bytes = vec![0; cut];
                    stream.read_exact(&mut bytes).await.unwrap();
                    end(stream, how);
                })
                .await;
                let result = client.send(ask(Method::Post, server.url("/v1/instances"), true)).await;
                assert!(matches!(result, Err(TransportError::Maybe(_))), "{how:?} after {cut} bytes: {result:?}");
                assert_eq!(outcome(result), Outcome::Unknown);
                assert_eq!(server.connections(), 1, "{how:?} after {cut} bytes: sent again");
            }
        }
    });
}

#[test]
fn a_connection_that_breaks_at_any_byte_of_the_response_is_unknown() {
    run(async {
        let client = http();
        let headers = [("x-request-id", "8a35/12"), ("date", "Sat, 31 Jan 2026 22:00:00 GMT")];
        let length_told = reply(202, &headers, BODY);
        let (first, second) = BODY.split_at(20);
        let chunked = format!(
            "HTTP/1.1 202 X\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
            first.len(),
            second.len()
        );
        let to_the_end = format!("HTTP/1.1 202 X\r\nconnection: close\r\n\r\n{BODY}");
        for bytes in [length_told, chunked.into_bytes(), to_the_end.into_bytes()] {
            for how in [End::Reset, End::Close] {
                for cut in 0..=bytes.len() {
                    let part = bytes[..cut].to_vec();
                    let server = Server::start(move |mut stream| {
                        let part = part.clone();
                        async move {
                            request(&mut stream).await.unwrap();
                            stream.write_all(&part).await.unwrap();
                            end(stream, how);
                        }
                    })
                    .await;
                    let got = outcome(client.send(ask(Method::Post, server.url("/"), true)).await);
                    let whole = cut == bytes.len();
                    let allowed = match how {
                        End::Close if whole => got == Outcome::Accepted,
                        // A reset may overtake the last bytes.
                        End::Reset if whole => matches!(got, Outcome::Accepted | Outcome::Unknown),
                        _ => got == Outcome::Unknown,
                    };
                    assert!(allowed, "{how:?} after {cut} of {} bytes: {got:?}", bytes.len());
                    assert_eq!(server.connections(), 1, "{how:?} after {cut} bytes: sent again");
                }
            }
        }
    });
}

#[test]
fn what_never_left_is_not_sent() {
    run(async {
        let closed = {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            format!("http://{}/", listener.local_addr().unwrap())
        };
        let garbage = Server::start(|mut stream| async move {
            stream.write_all(b"this is no TLS, whatever you think\r\n").await.unwrap();
            let mut rest = Vec::new();
            drop(stream.read_to_end(&mut rest).await);
        })
        .await;
        let shut = Server::start(|stream| async move { end(stream, End::Close) }).await;
        let reset = Server::start(|stream| async move { end(stream, End::Reset) }).await;
        let secure = |server: &Server| format!("https://{}/", server.address);
        for url in [
            closed,
            secure(&garbage),
            secure(&shut),
            secure(&reset),
            "http://no-such-host.invalid/".to_owned(),
            "http://".to_owned(),
            "nonsense".to_owned(),
        ] {
            for effect in [true, false] {
                let result = http().send(ask(Method::Post, url.clone(), effect)).await;
                assert!(matches!(result, Err(TransportError::NotSent(_))), "{url}: {result:?}");
            }
        }
        let mut bad = ask(Method::Post, garbage.url("/"), true);
        bad.headers.push(("x-canary".into(), Secret::new("can\nary".to_owned())));
        let Err(TransportError::NotSent(text)) = http().send(bad).await else {
            unreachable!("a header with a newline")
        };
        assert!(text.contains("x-canary") && !text.contains("can\n"), "{text}");
    });
}

#[test]
fn a_pooled_connection_that_was_dropped_never_replays_a_write() {
    run(async {
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&seen);
        // Every connection answers one request, stays open as if for more, and dies on the next.
        let server = Server::start(move |mut stream| {
            let log = Arc::clone(&log);
            async move {
                let first = request(&mut stream).await.unwrap();
                log.lock().unwrap().push(first.line().to_owned());
                let answer = if first.line().contains("lost") { Vec::new() } else { reply(200, &[], BODY) };
                stream.write_all(&answer).await.unwrap();
                if answer.is_empty() {
                    return end(stream, End::Reset);
                }
                if let Some(second) = request(&mut stream).await {
                    log.lock().unwrap().push(second.line().to_owned());
                }
                end(stream, End::Reset);
            }
        })
        .await;
        let client = http();
        let mut lost = 0;
        for number in 0..200 {
            // A read leaves a connection in the pool, which the write after it must not take.
            drop(client.send(ask(Method::Get, server.url(&format!("/read/{number}")), false)).await);
            let method = [Method::Post, Method::Patch, Method::Put, Method::Delete][number % 4];
            let name = if number % 3 == 0 { "lost" } else { "kept" };
            let result = client.send(ask(method, server.url(&format!("/{name}/{number}")), true)).await;
            match result {
                Ok(response) => assert_eq!((name, response.status), ("kept", 200)),
                Err(TransportError::Maybe(_)) => lost += 1,
                Err(TransportError::NotSent(text)) => panic!("{number}: {text}"),
            }
        }
        assert_eq!(lost, 67, "each write that was not answered, and no other");
        let seen = seen.lock().unwrap();
        for number in 0..200 {
            let ends = format!("/{number} HTTP/1.1");
            let writes = seen.iter().filter(|line| line.ends_with(&ends) && !line.starts_with("GET")).count();
            assert_eq!(writes, 1, "write {number} was seen {writes} times");
        }
    });
}

#[test]
fn reads_share_a_connection_and_effects_never_do() {
    run(async {
        let (server, _) = canned(|_| reply(200, &[], BODY)).await;
        let client = http();
        for _ in 0..10 {
            client.send(ask(Method::Get, server.url("/"), false)).await.unwrap();
            client.send(ask(Method::Post, server.url("/"), false)).await.unwrap();
        }
        assert_eq!(server.connections(), 1);
        for number in 0..10 {
            client.send(ask(Method::Post, server.url("/"), true)).await.unwrap();
            assert_eq!(server.connections(), 2 + number);
        }
    });
}

#[test]
fn a_response_comes_as_it_is() {
    run(async {
        let headers = [("X-Request-Id", "a/1"), ("Location", "/elsewhere"), ("Retry-After", "5")];
        let (server, seen) = canned(move |_| reply(308, &headers, "<html>moved</html>")).await;
        let response = http().send(ask(Method::Get, server.url("/v1/x%2Fy?tenantId=a"), false)).await.unwrap();
        assert_eq!(response.status, 308, "redirects are not followed");
        assert_eq!(response.header("x-request-id"), Some("a/1"));
        assert_eq!(response.header("location"), Some("/elsewhere"));
        assert_eq!(response.body.expose(), b"<html>moved</html>");
        let seen = seen.lock().unwrap();
        assert_eq!((seen.len(), seen[0].line()), (1, "GET /v1/x%2Fy?tenantId=a HTTP/1.1"));
        assert_eq!(seen[0].header("authorization"), Some("Bearer t"));
        assert!(seen[0].header("user-agent").unwrap().starts_with("surefoot/"));
    });
}

#[test]
fn a_delete_without_a_body_is_sent_without_one() {
    run(async {
        let (server, seen) = canned(|_| reply(202, &[], BODY)).await;
        let mut request = ask(Method::Delete, server.url("/v1/instances/x"), true);
        request.body = Secret::new(Vec::new());
        http().send(request).await.unwrap();
        let seen = seen.lock().unwrap();
        assert_eq!(seen[0].header("content-type"), Some("application/json"));
        assert!(seen[0].body.is_empty() && seen[0].header("transfer-encoding").is_none());
    });
}

#[test]
fn bodies_over_the_limit_are_unknown() {
    run(async {
        let long = "x".repeat(100_000);
        let chunked =
            format!("HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n", long.len());
        for bytes in [reply(200, &[], &long), chunked.into_bytes()] {
            let (server, _) = canned(move |_| bytes.clone()).await;
            for (limit, fits) in [(100_000, true), (99_999, false), (10, false)] {
                let mut request = ask(Method::Get, server.url("/"), false);
                request.body_limit = limit;
                match http().send(request).await {
                    Ok(response) => assert!(fits && response.body.expose() == long.as_bytes(), "limit {limit}"),
                    Err(error) => assert_eq!(
                        (fits, error),
                        (false, TransportError::Maybe(format!("the body is longer than {limit} bytes")))
                    ),
                }
            }
        }
    });
}

#[test]
fn silence_ends_with_the_time_allowed() {
    run(async {
        let server = Server::start(|mut stream| async move {
            request(&mut stream).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\nhalf").await.unwrap();
            drop(request(&mut stream).await);
        })
        .await;
        let mut slow = ask(Method::Post, server.url("/"), true);
        slow.timeout = Duration::from_millis(80);
        let Err(TransportError::Maybe(text)) = http().send(slow).await else { unreachable!("half a body") };
        assert!(text.starts_with("no answer in time"), "{text}");
    });
}

#[test]
fn routes_of_a_twin() {
    run(async {
        let (server, seen) = canned(|_| reply(202, &[], BODY)).await;
        let routes = vec![(".databases.neo4j.io".to_owned(), server.url("/query/"))];
        let client = ReqwestHttp::new(Options { routes, ..Options::default() }).unwrap();
        let url = "https://db1d1234.databases.neo4j.io/db/neo4j/query/v2?x=1".to_owned();
        client.send(ask(Method::Post, url, false)).await.unwrap();
        client.send(ask(Method::Get, server.url("/plain"), false)).await.unwrap();
        let lines: Vec<_> = seen.lock().unwrap().iter().map(|seen| seen.line().to_owned()).collect();
        assert_eq!(lines, ["POST /query/db1d1234/db/neo4j/query/v2?x=1 HTTP/1.1", "GET /plain HTTP/1.1"]);
    });
}

#[test]
fn a_proxy_is_used_where_one_is_said() {
    run(async {
        let (server, seen) = canned(|_| reply(200, &[], BODY)).await;
        let options = Options { proxy: Some(server.url("/")), ..Options::default() };
        let client = ReqwestHttp::new(options).unwrap();
        client.send(ask(Method::Get, "http://somewhere.invalid/x".to_owned(), false)).await.unwrap();
        assert_eq!(seen.lock().unwrap()[0].line(), "GET http://somewhere.invalid/x HTTP/1.1");
        let wrong = Options { proxy: Some("http://".to_owned()), ..Options::default() };
        assert!(ReqwestHttp::new(wrong).is_err());
    });
}
