//! The object store, without sockets.

use super::disk::SimDisk;
use super::fault::{Fault, Port};
use super::fault_injector::FaultInjector;
use super::process;
use super::sim_network::SimNetwork;
use super::sim_world::{SimWorld, WorldEvent};
use super::time::Time;
use super::write_ahead_oracle::{Leaving, Load};
use crate::base::{Digest, Timestamp};
use crate::port::{
    Async, ByteStream, Digests, Head, Object, ObjectError, ObjectErrorKind, Objects, Part, PartBody, PutOptions,
    Written,
};
use crate::twin::Request;
use crate::twin::objects::{Address, Arrived, Blobs as _, Change, Claimed, Complete, NewUpload, Put, Refusal, Store};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{StreamExt as _, future, stream};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Under this name a writer notes the digest of the whole object.
const NOTED: &str = "sha256";

/// The object store as a process reaches it.
pub(super) struct SimObjectStore {
    pub(super) sim: Arc<Mutex<SimWorld>>,
    pub(super) time: Arc<Time>,
    pub(super) injector: Arc<FaultInjector>,
    pub(super) disk: SimDisk,
}

type Answer<T> = Result<T, Refusal>;

impl SimObjectStore {
    fn sim(&self) -> MutexGuard<'_, SimWorld> {
        self.sim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One request that only reads.
    async fn look<T: Send + 'static>(
        &self,
        what: String,
        work: impl FnOnce(&mut SimWorld, Timestamp) -> Answer<T> + Send + 'static,
    ) -> Result<T, ObjectError> {
        self.request(what, None, work).await
    }

    /// One request that is an effect.
    async fn effect<T: Send + 'static>(
        &self,
        what: String,
        load: Load<'_>,
        work: impl FnOnce(&mut SimWorld, Timestamp) -> Answer<T> + Send + 'static,
    ) -> Result<T, ObjectError> {
        self.request(what, Some(load), work).await
    }

    /// One request; what it does happens at one moment.
    async fn request<T: Send + 'static>(
        &self,
        what: String,
        load: Option<Load<'_>>,
        work: impl FnOnce(&mut SimWorld, Timestamp) -> Answer<T> + Send + 'static,
    ) -> Result<T, ObjectError> {
        let Ok(passage) = self.injector.enter(Port::Objects, || what.clone()) else { return future::pending().await };
        if let Some(load) = load {
            let leaving = Leaving { request: &what, load };
            SimNetwork::with_durable_journal(&self.disk, process::run_dir().path(), |segments| {
                self.sim().witness(&leaving, segments);
            });
        }
        let request = as_http(&what);
        let fault = self.sim().fault_for(&request).as_ref().map(Fault::of);
        if let Some(fault) = fault {
            self.injector.note(&passage, what.clone(), fault);
        }
        self.time.pass(Duration::from_millis(40)).await;
        let trouble = |kind, why: &str| {
            Err(ObjectError { kind, message: format!("{what}: {why}"), status: None, request_id: None })
        };
        let is_bucket = request.route().matches('/').count() < 2;
        let result = match fault.or(passage.fault) {
            Some(Fault::Refused) => trouble(ObjectErrorKind::NotSent, "connection refused"),
            Some(Fault::Lost) => trouble(ObjectErrorKind::Unknown, "no answer in time"),
            Some(Fault::Status(status, _)) => {
                trouble(ObjectErrorKind::of_status(status, is_bucket), &format!("status {status}"))
            }
            Some(Fault::Late(secs)) => {
                let arrives = self.time.world().plus(Duration::from_secs(secs));
                self.sim().plan(arrives, WorldEvent::Stored(Box::new(move |sim, at| drop(work(sim, at)))));
                trouble(ObjectErrorKind::Unknown, "connection reset by peer")
            }
            Some(Fault::Unanswered | Fault::Cut(_)) => {
                drop(work(&mut self.sim(), self.time.world()));
                trouble(ObjectErrorKind::Unknown, "connection reset by peer")
            }
            other => {
                if let Some(Fault::Slow(secs)) = other {
                    self.time.pass(Duration::from_secs(secs)).await;
                }
                work(&mut self.sim(), self.time.world()).map_err(|refusal| told(&what, &refusal))
            }
        };
        match self.injector.leave(&passage) {
            Ok(()) => result,
            Err(_) => future::pending().await,
        }
    }
}

/// A request to the store as faults of the service match it: the bucket and the key are its path.
fn as_http(what: &str) -> Request {
    let (method, place) = what.split_once(" s3://").unwrap_or_default();
    Request { method: method.to_owned(), path: format!("/{place}"), headers: Vec::new(), body: Vec::new(), host: None }
}

fn told(what: &str, refusal: &Refusal) -> ObjectError {
    let kind = match refusal {
        Refusal::AccessDenied => ObjectErrorKind::Denied,
        Refusal::NoSuchBucket => ObjectErrorKind::NoBucket,
        Refusal::WrongRegion { .. } => ObjectErrorKind::WrongRegion,
        Refusal::NoSuchKey | Refusal::NoSuchVersion | Refusal::NoSuchUpload => ObjectErrorKind::NotFound,
        Refusal::PreconditionFailed => ObjectErrorKind::Exists,
        Refusal::BadDigest(_) => ObjectErrorKind::Digest,
        _ => ObjectErrorKind::Invalid,
    };
    ObjectError { kind, message: format!("{what}: {refusal:?}"), status: None, request_id: None }
}

fn address(object: &Object) -> Address<'_> {
    Address { bucket: &object.bucket, key: &object.key }
}

/// Takes a change in, and returns what was written.
fn take(sim: &mut SimWorld, change: &Change) -> Written {
    for blob in sim.store.apply(change) {
        drop(sim.blobs.remove(&blob));
    }
    let tagged = match change {
        Change::Put { version, .. } | Change::Completed { version, .. } => Some(version),
        _ => None,
    };
    let etag = tagged.and_then(|tagged| tagged.object.as_ref()).map(|object| format!("\"{}\"", object.etag));
    Written { etag: etag.unwrap_or_default(), version_id: tagged.and_then(|tagged| tagged.version_id.clone()) }
}

fn keep(sim: &SimWorld, bytes: &[u8]) -> Answer<Arrived> {
    let lost = |_| Refusal::InvalidArgument("the bytes cannot be kept");
    let mut draft = sim.blobs.draft().map_err(lost)?;
    draft.write(bytes).map_err(lost)?;
    let blob = draft.keep().map_err(lost)?;
    Ok(Arrived { blob, size: bytes.len() as u64, sha256: Digest::of(bytes), md5: None })
}

fn content(sim: &SimWorld, store: &Store, object: &Object) -> Answer<Vec<Bytes>> {
    let (_, stored) = store.get(address(object), object.version_id.as_deref())?;
    let read = |extent: &crate::twin::objects::Extent| {
        sim.blobs.read(&extent.blob, 0, usize::try_from(extent.size).unwrap_or(usize::MAX))
    };
    stored.extents.iter().map(|extent| read(extent).map_err(|_| Refusal::NoSuchKey)).collect()
}

impl Objects for SimObjectStore {
    fn bucket_region<'a>(&'a self, bucket: &'a str) -> Async<'a, Result<String, ObjectError>> {
        let name = bucket.to_owned();
        Box::pin(self.look(format!("HEAD s3://{bucket}"), move |sim, _| {
            sim.store.bucket_facts(&name).map(|(region, _)| region.to_owned())
        }))
    }

    fn create<'a>(&'a self, object: &'a Object, digest: Digest) -> Async<'a, Result<String, ObjectError>> {
        let new = NewUpload {
            bucket: object.bucket.clone(),
            key: object.key.clone(),
            sha256: true,
            metadata: BTreeMap::from([(NOTED.to_owned(), digest.to_string())]),
            content_type: None,
        };
        Box::pin(self.effect(
            format!("POST s3://{}/{}?uploads", object.bucket, object.key),
            Load::File(Some(digest)),
            move |sim, now| {
                let change = sim.store.create_upload(new, now)?;
                take(sim, &change);
                match change {
                    Change::UploadCreated { upload_id, .. } => Ok(upload_id),
                    _ => Err(Refusal::NoSuchUpload),
                }
            },
        ))
    }

    fn part<'a>(
        &'a self,
        object: &'a Object,
        upload: &'a str,
        number: u32,
        body: PartBody,
    ) -> Async<'a, Result<Part, ObjectError>> {
        let (place, id) = (object.clone(), upload.to_owned());
        Box::pin(self.effect(
            format!("PUT s3://{}/{}?partNumber&uploadId", object.bucket, object.key),
            Load::Part(upload),
            move |sim, now| {
                let arrived = keep(sim, &body.bytes)?;
                let size = arrived.size;
                let claimed = Claimed { sha256: Some(body.sha256), md5: None };
                let change = sim.store.part(address(&place), &id, number, arrived, &claimed, now)?;
                take(sim, &change);
                Ok(Part { number, etag: number.to_string(), sha256: Some(body.sha256), size })
            },
        ))
    }

    fn list_parts<'a>(&'a self, object: &'a Object, upload: &'a str) -> Async<'a, Result<Vec<Part>, ObjectError>> {
        let (place, id) = (object.clone(), upload.to_owned());
        Box::pin(self.look(format!("GET s3://{}/{}?uploadId", object.bucket, object.key), move |sim, _| {
            let listed = sim.store.list_parts(address(&place), &id, 0, usize::MAX - 1)?;
            let digest = |text: &str| STANDARD.decode(text).ok()?.try_into().ok().map(Digest::from_bytes);
            let part = |(number, part): (u32, crate::twin::objects::StoredPart)| Part {
                number,
                sha256: digest(&part.sha256),
                etag: part.etag,
                size: part.extent.size,
            };
            Ok(listed.parts.into_iter().map(part).collect())
        }))
    }

    fn complete<'a>(
        &'a self,
        object: &'a Object,
        upload: &'a str,
        parts: &'a [Part],
    ) -> Async<'a, Result<Written, ObjectError>> {
        let checksum = |part: &Part| part.sha256.map(|digest| STANDARD.encode(digest.as_bytes()));
        let parts = parts.iter().map(|part| (part.number, part.etag.clone(), checksum(part))).collect();
        let complete = Complete { parts, only_if_absent: true, ..Complete::default() };
        let (place, id) = (object.clone(), upload.to_owned());
        Box::pin(self.effect(
            format!("POST s3://{}/{}?uploadId", object.bucket, object.key),
            Load::Upload(upload),
            move |sim, now| {
                let change = sim.store.complete(address(&place), &id, &complete, now)?;
                Ok(take(sim, &change))
            },
        ))
    }

    fn uploads<'a>(&'a self, object: &'a Object) -> Async<'a, Result<Vec<String>, ObjectError>> {
        let place = object.clone();
        Box::pin(self.look(format!("GET s3://{}?uploads", object.bucket), move |sim, _| {
            let listed = sim.store.list_uploads(&place.bucket, &place.key)?;
            Ok(listed.into_iter().filter(|(key, ..)| *key == place.key).map(|(_, id, _)| id).collect())
        }))
    }

    fn abort<'a>(&'a self, object: &'a Object, upload: &'a str) -> Async<'a, Result<(), ObjectError>> {
        let (place, id) = (object.clone(), upload.to_owned());
        Box::pin(self.effect(
            format!("DELETE s3://{}/{}?uploadId", object.bucket, object.key),
            Load::Leftover,
            move |sim, _| {
                let change = sim.store.abort(address(&place), &id)?;
                take(sim, &change);
                Ok(())
            },
        ))
    }

    fn put<'a>(
        &'a self,
        object: &'a Object,
        body: Bytes,
        options: PutOptions,
    ) -> Async<'a, Result<Written, ObjectError>> {
        let place = object.clone();
        Box::pin(self.effect(
            format!("PUT s3://{}/{}", object.bucket, object.key),
            Load::File(options.sha256),
            move |sim, now| {
                let put = Put {
                    arrived: keep(sim, &body)?,
                    claimed: Claimed { sha256: options.sha256, md5: None },
                    metadata: options.sha256.map(|digest| (NOTED.to_owned(), digest.to_string())).into_iter().collect(),
                    content_type: None,
                    only_if_absent: options.only_if_absent,
                };
                let change = sim.store.put(address(&place), put, now)?;
                Ok(take(sim, &change))
            },
        ))
    }

    fn head<'a>(&'a self, object: &'a Object) -> Async<'a, Result<Head, ObjectError>> {
        let place = object.clone();
        Box::pin(self.look(format!("HEAD s3://{}/{}", object.bucket, object.key), move |sim, _| {
            let (tagged, stored) = sim.store.get(address(&place), place.version_id.as_deref())?;
            Ok(Head {
                size: stored.size,
                etag: format!("\"{}\"", stored.etag),
                version_id: tagged.version_id.clone(),
                digests: Digests {
                    checksum: stored.sha256.clone(),
                    noted: stored.metadata.get(NOTED).and_then(|text| text.parse().ok()),
                },
            })
        }))
    }

    fn get<'a>(&'a self, object: &'a Object) -> Async<'a, Result<ByteStream, ObjectError>> {
        let place = object.clone();
        Box::pin(self.look(format!("GET s3://{}/{}", object.bucket, object.key), move |sim, _| {
            let pieces = content(sim, &sim.store, &place)?;
            Ok(stream::iter(pieces.into_iter().map(Ok)).boxed())
        }))
    }

    fn delete<'a>(&'a self, object: &'a Object) -> Async<'a, Result<(), ObjectError>> {
        let place = object.clone();
        Box::pin(self.effect(
            format!("DELETE s3://{}/{}", object.bucket, object.key),
            Load::File(None),
            move |sim, _| {
                if let Some(change) = sim.store.delete(address(&place), place.version_id.as_deref())? {
                    take(sim, &change);
                }
                Ok(())
            },
        ))
    }
}
