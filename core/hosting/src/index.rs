//! What decisions look up besides ids.
