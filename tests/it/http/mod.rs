//! `http.request` and `http.poll` by the real binary, against a small real service on loopback.

mod book;
mod doubt;
mod evidence;
mod killed;
mod lost;
mod refused;
mod twin;
mod wire;
