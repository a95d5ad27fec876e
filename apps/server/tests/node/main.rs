//! A whole node over real sockets on loopback, in a temporary folder.

mod allocators;
mod bad_sockets;
mod client;
mod events;
mod full_disk;
mod lifecycle;
mod limits;
mod raw_socket;
mod sinks;
