//! The journal on real disks: its contract, its crashes, its recovery, its old versions.

mod common;
mod contract;
