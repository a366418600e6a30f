//! An object store as pure data: buckets, versions, multipart uploads, and S3's rules about them.
//!
//! A write is decided by a method of [`Store`] that changes nothing and returns a [`Change`] or a [`Refusal`];
//! [`Store::apply`] then takes the change in. The caller logs the change between the two, so that replaying the log
//! gives the same store. The bytes themselves stand behind [`Blobs`]; the store knows their names, sizes and digests.
//!
//! The store is strict where others are lenient: a digest that does not match is refused and nothing is stored, the
//! condition of `If-None-Match: *` holds at the moment of the change, a completed upload has a composite checksum.
//! Entity tags are opaque: 32 hexadecimal digits of SHA-256, with `-N` behind them for an object of N parts.

mod blobs;
mod bucket;
mod change;
mod multipart;
mod object;
mod put;
mod read;
mod refusal;
mod store;
mod upload;

pub use blobs::{BlobId, Blobs, Draft, MemoryBlobs};
pub use bucket::{Access, BucketSpec, Intent, PART_MIN};
pub use change::Change;
pub use multipart::Complete;
pub use object::{Address, Arrived, Claimed, Extent, Stored, Tagged};
pub use put::Put;
pub use read::{Listed, PartList};
pub use refusal::Refusal;
pub use store::Store;
pub use upload::{NewUpload, StoredPart, Upload};
