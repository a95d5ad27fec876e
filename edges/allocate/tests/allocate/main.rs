//! Allocators against a small service of our own, which answers as the others are documented to.

mod agones;
mod desk;
mod service;
mod tls;
mod webhook;
