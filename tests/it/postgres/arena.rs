//! Two servers, an object store, and runs that move databases from one server to the other.

use super::cluster::{Cluster, programs};
use crate::support::binary::{Folder, TOKEN};
use crate::support::killing::{Moments, Run, output};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command};
use surefoot::adapter::objects::{Explicit, S3};
use surefoot::base::{Digest, Secret};
use surefoot::port::{Object, Objects as _};

pub(super) const RUNBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/postgres-move.yaml");

pub(super) struct Arena {
    pub(super) source: Cluster,
    pub(super) target: Cluster,
    store: Child,
    ready: Value,
    _home: Folder,
}

impl Arena {
    pub(super) fn start() -> Self {
        let home = Folder::new();
        let mut store = home.spawn(&["twin"]);
        let mut ready = String::new();
        BufReader::new(store.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        Self {
            // Both passwords hold the word that is looked for in everything that a run leaves.
            source: Cluster::start(&format!("{TOKEN}-of-the-source")),
            target: Cluster::start(&format!("{TOKEN}-of-the-target")),
            store,
            ready: serde_json::from_str(&ready).unwrap(),
            _home: home,
        }
    }

    /// A database with a small data set, and a run that is going to move it.
    pub(super) fn run<'a>(&self, name: &'a str, typed: &'a str) -> Run<'a> {
        self.source.ask("postgres", &format!("create database {name}"));
        for sql in [
            "create table items (id int primary key, label text not null, price numeric)",
            "insert into items select n, 'item ' || n, n * 1.5 from generate_series(1, 1000) as n",
            "create schema shop",
            "create table shop.\"Orders\" (id bigserial primary key, item int references items, at timestamptz default now())",
            "insert into shop.\"Orders\" (item) select 1 + n % 1000 from generate_series(1, 2500) as n",
            "create table nothing (id int)",
            "create view cheap as select * from items where price < 10",
            "create index on items (label)",
        ] {
            self.source.ask(name, sql);
        }
        Run { folder: self.folder(), begin: self.begin(name), typed }
    }

    /// What the database of a run is called at the confirmation.
    pub(super) fn subject(&self, name: &str) -> String {
        format!("postgres://127.0.0.1:{}/{name}", self.source.port)
    }

    fn begin(&self, name: &str) -> Vec<String> {
        let inputs = [
            format!("database={name}"),
            "source_host=127.0.0.1".to_owned(),
            format!("source_port={}", self.source.port),
            "target_host=127.0.0.1".to_owned(),
            format!("target_port={}", self.target.port),
            "sslmode=disable".to_owned(),
            format!("bucket={}", self.text("bucket")),
            "change_id=CHG0042917".to_owned(),
        ];
        let given = inputs.into_iter().flat_map(|input| ["-i".to_owned(), input]);
        ["run", RUNBOOK].map(str::to_owned).into_iter().chain(given).collect()
    }

    fn folder(&self) -> Folder {
        Folder::new()
            .env("PATH", &format!("{}:/usr/bin:/bin", programs().display()))
            .env("SOURCE_PGPASSWORD", &format!("{TOKEN}-of-the-source"))
            .env("TARGET_PGPASSWORD", &format!("{TOKEN}-of-the-target"))
            .env("AWS_ENDPOINT_URL_S3", self.text("url"))
            .env("AWS_REGION", self.text("region"))
            .env("AWS_ACCESS_KEY_ID", self.text("access_key"))
            .env("AWS_SECRET_ACCESS_KEY", self.text("secret_key"))
    }

    fn text(&self, name: &str) -> &str {
        self.ready["s3"][name].as_str().unwrap()
    }

    /// Moves a database, killed at these moments, and sees that it was moved once.
    pub(super) fn move_one(&self, name: &str, moments: &mut Moments) -> u64 {
        let subject = self.subject(name);
        let run = self.run(name, &subject);
        run.finish(moments);
        self.check(name, &run);
        run.written()
    }

    /// The database is on the second server and not on the first, and was dropped, created and restored once.
    pub(super) fn check(&self, name: &str, run: &Run<'_>) {
        let exists = format!("select count(*) from pg_database where datname = '{name}'");
        assert_eq!(self.source.ask("postgres", &exists), "0", "{name} is on the first server still");
        let counts = "select (select count(*) from items), (select count(*) from shop.\"Orders\"), \
                      (select count(*) from nothing), (select count(*) from cheap), \
                      (select nextval('shop.\"Orders_id_seq\"'))";
        assert_eq!(self.target.ask(name, counts), "1000|2500|0|6|2501");
        assert_eq!(self.source.carried_out("postgres", &format!("DROP DATABASE {name};")), 1);
        assert_eq!(self.target.carried_out("postgres", &format!("CREATE DATABASE {name} ")), 1);
        assert_eq!(self.target.carried_out(name, "CREATE TABLE public.items"), 1);
        self.check_dump(run);
        run.folder.assert_secret_kept(&[]);
        // Its files would take their time at the end of the test.
        self.target.ask("postgres", &format!("drop database {name}"));
    }

    /// The dump is in the object store, whole.
    fn check_dump(&self, run: &Run<'_>) {
        let status = run.status();
        let upload = status["steps"].as_array().unwrap().iter().find(|step| step["id"] == "upload").unwrap();
        let uri = upload["output"]["uri"].as_str().unwrap();
        let (bucket, key) = uri.strip_prefix("s3://").unwrap().split_once('/').unwrap();
        let object = Object { bucket: bucket.to_owned(), key: key.to_owned(), version_id: None };
        let bytes = tokio::runtime::Runtime::new().unwrap().block_on(async {
            use futures_util::TryStreamExt as _;
            let stream = self.objects().get(&object).await.unwrap();
            stream.try_fold(Vec::new(), async |all, part| Ok([all, part.to_vec()].concat())).await.unwrap()
        });
        assert!(key.contains(&Digest::of(&bytes).to_string()), "{key} holds something else");
        let path = run.folder.path("from-s3.dump");
        std::fs::write(&path, bytes).unwrap();
        let list = output(Command::new(programs().join("pg_restore")).arg("--list").arg(&path));
        assert!(list.contains("TABLE DATA shop Orders"), "{list}");
    }

    fn objects(&self) -> S3 {
        S3::explicit(Explicit {
            endpoint: self.text("url").to_owned(),
            region: self.text("region").to_owned(),
            access_key: self.text("access_key").to_owned(),
            secret_key: Secret::new(self.text("secret_key").to_owned()),
        })
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        drop(self.store.kill());
        drop(self.store.wait());
    }
}
