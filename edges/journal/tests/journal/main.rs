//! The journal on real disks: its contract, its crashes, its recovery, its old versions.

mod codec;
mod common;
mod contract;
mod crash;
mod recovery;
mod samples;
