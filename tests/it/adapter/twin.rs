//! The real ports against a stand, as `run --twin` joins them.

use super::server::run;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use surefoot::adapter::clock::ScaledClock;
use surefoot::adapter::http::{Options, ReqwestHttp};
use surefoot::adapter::objects::{Explicit, S3};
use surefoot::base::{Digest, Secret};
use surefoot::engine::call::{ErrorClass, Outcome};
use surefoot::kinds::aura::client::query::{self, Credentials};
use surefoot::kinds::aura::client::{Client, Config, Destination, Reach, RequestSpec, Route};
use surefoot::port::{Method, Object, ObjectErrorKind, Objects as _, PartBody, PutOptions};
use surefoot::twin_server::{Ready, TwinServer, TwinServerOptions};

struct Joined {
    ready: Ready,
    client: Client,
    http: Arc<ReqwestHttp>,
    _stand: TwinServer,
}

async fn join(secret: Option<&str>) -> Joined {
    let stand = TwinServer::start(TwinServerOptions { speed: 600.0, ..TwinServerOptions::default() }).await.unwrap();
    let ready = stand.ready();
    let routes = vec![(".databases.neo4j.io".to_owned(), ready.query_url.clone())];
    let http = Arc::new(ReqwestHttp::new(Options { routes, ..Options::default() }).unwrap());
    let config = Config {
        base_url: ready.base_url.clone(),
        auth_url: ready.auth_url.clone(),
        client_id: Secret::new(ready.client_id.clone()),
        client_secret: secret.map_or_else(|| ready.client_secret.clone(), |text| Secret::new(text.to_owned())),
        budget_per_minute: Config::BUDGET_PER_MINUTE,
    };
    let clock = Arc::new(ScaledClock::new(ready.speed, ready.now));
    let client = Client::new(Arc::<ReqwestHttp>::clone(&http), clock, config);
    Joined { ready, client, http, _stand: stand }
}

#[test]
fn the_api() {
    run(async {
        let Joined { ready, client, http, _stand } = join(None).await;
        let source = &ready.instances[0];
        let route = Route::of(&["instances", &source.id]).unwrap();
        let read = client.read(&route).await.unwrap();
        assert_eq!(read.value["id"], source.id.as_str());
        assert!(read.request_id.is_some() && read.server_date.is_some());
        let unknown = client.read(&Route::of(&["instances", "00000000"]).unwrap()).await.unwrap_err();
        assert_eq!((unknown.class, unknown.reason.as_str()), (ErrorClass::NotFound, "db-not-found"));
        let to = Destination::of(read.value["connection_url"].as_str().unwrap(), Reach::default()).unwrap();
        let credentials = Credentials { username: source.username.clone(), password: source.password.clone() };
        let ask = |statement: &'static str| {
            query::run(&*http, &to, "neo4j", &credentials, statement, Duration::from_secs(20))
        };
        assert_eq!(ask("RETURN 1").await.unwrap().values, [[json!(1)]]);
        let mut body = json!({"name": "sf-0123456789abcdef", "version": "5", "tenant_id": ready.tenant_id});
        for field in ["type", "region", "cloud_provider", "memory"] {
            body[field] = read.value[field].clone();
        }
        let creation = RequestSpec::new(Method::Post, Route::of(&["instances"]).unwrap()).json(body);
        let required = ["id", "password", "username", "connection_url"];
        let written = client.write_create(&creation, &required).await;
        assert_eq!(written.outcome, Outcome::Accepted, "{:?}", written.error);
        let created = written.body.unwrap();
        assert!(created.unknown.is_empty() && !created.password.expose().is_empty());
        let deletion = RequestSpec::new(Method::Delete, route);
        let deleted = client.write(&deletion, &["id"]).await;
        assert_eq!((deleted.outcome, deleted.status), (Outcome::Accepted, Some(202)), "{:?}", deleted.error);
        let again = client.write(&deletion, &["id"]).await;
        assert!(matches!(again.outcome, Outcome::Rejected), "{again:?}");
    });
}

#[test]
fn wrong_credentials() {
    run(async {
        let joined = join(Some("not the secret")).await;
        let error = joined.client.authenticate().await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Auth, "{error:?}");
        assert!(error.remedy.contains("AURA_CLIENT_SECRET"));
    });
}

#[test]
fn the_object_store() {
    run(async {
        let Joined { ready, _stand, .. } = join(None).await;
        let store = S3::explicit(Explicit {
            endpoint: ready.s3.url.clone(),
            region: ready.s3.region.clone(),
            access_key: ready.s3.access_key.clone(),
            secret_key: ready.s3.secret_key.clone(),
        });
        let bucket = ready.s3.bucket.clone();
        assert_eq!(store.bucket_region(&bucket).await.unwrap(), ready.s3.region);
        assert_eq!(store.bucket_region("no-such-bucket").await.unwrap_err().kind, ObjectErrorKind::NoBucket);
        let object = Object { bucket, key: "backups/2f49c2b3 a.backup".to_owned(), version_id: None };
        assert_eq!(store.head(&object).await.unwrap_err().kind, ObjectErrorKind::NotFound);
        let bodies = [Bytes::from(vec![1; 5 << 20]), Bytes::from_static(b"the rest")];
        let whole = Digest::of(&bodies.concat());
        let upload = store.create(&object, whole).await.unwrap();
        for (number, bytes) in (1..).zip(bodies.clone()) {
            let wrong = PartBody { bytes: bytes.clone(), sha256: Digest::of(b"other") };
            assert_eq!(store.part(&object, &upload, number, wrong).await.unwrap_err().kind, ObjectErrorKind::Digest);
            let sha256 = Digest::of(&bytes);
            store.part(&object, &upload, number, PartBody { bytes, sha256 }).await.unwrap();
        }
        let parts = store.list_parts(&object, &upload).await.unwrap();
        assert_eq!(parts.iter().map(|part| part.size).collect::<Vec<_>>(), [5 << 20, 8]);
        let written = store.complete(&object, &upload, &parts).await.unwrap();
        let head = store.head(&Object { version_id: written.version_id, ..object.clone() }).await.unwrap();
        assert_eq!((head.size, head.digests.noted), ((5 << 20) + 8, Some(whole)));
        assert!(head.digests.checksum.unwrap().ends_with("-2"));
        let read: Vec<Bytes> = store.get(&object).await.unwrap().try_collect().await.unwrap();
        assert_eq!(Digest::of(&read.concat()), whole);
        let strict = PutOptions { sha256: Some(Digest::of(b"x")), only_if_absent: true };
        let error = store.put(&object, Bytes::from_static(b"x"), strict).await.unwrap_err();
        assert_eq!(error.kind, ObjectErrorKind::Exists, "{error}");
        store.delete(&object).await.unwrap();
        let gone = store.abort(&object, "no-such-upload").await.unwrap_err();
        assert_eq!(gone.kind, ObjectErrorKind::NotFound, "{gone}");
    });
}
