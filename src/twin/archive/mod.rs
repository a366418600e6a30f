//! Backup archives as Aura's console exports them: real magic, real header, a real zstd stream of a real tar.
//!
//! Layout, all integers big-endian (docs/aura-api.md, "Backup files"; what it leaves open is laid out as Neo4j 5 does):
//!
//! ```text
//! BZV3   "BZV3"  02                                metadata version 2
//!        store id   01, int64 creation ms, int64 random, len8 + "record", len8 + "aligned", major 1, minor 1
//!        database   10 (16), 16 bytes UUID; len8 + UTF-8 name
//!        int64 backup time (epoch s), int64 lowest, int64 highest append index
//!        01, one byte of bits: 0 recovered, 1 compressed, 2 full
//!        int32 number of further fields (0 here), each int32 len + key, int32 len + value
//!        zstd( content )
//! DZV1   "DZV1", zstd( content )
//! legacy zstd( content )
//!
//! content  "zstd", int32 1, int64 number of files, int64 number of their bytes, tar
//! ```
//!
//! Neo4j's own readers demand `"zstd"` and the sizes in every zstd stream, also in that of a backup.
//!
//! The tar holds `./…` store files of incompressible noise, so that the file has the wanted size, with a zeroed record
//! for each node and relationship behind it, and `./surefoot-twin/graph.json`, from which an import restores the graph.
//! Equal [`Spec`]s give equal bytes.

mod header;
mod noise;
mod read;
mod spec;
mod write;

pub use read::read_back;
pub use spec::{ArchiveError, Contents, Format, Mistake, Spec};
pub use write::{junk, write};
