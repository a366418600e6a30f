//! `neo4j.*`: a database, over the Query API.

pub(in crate::kinds) mod compare;
pub(in crate::kinds) mod counts;
mod fields;
pub(in crate::kinds) mod home;
pub(in crate::kinds) mod rotate;
pub(in crate::kinds) mod whose;
