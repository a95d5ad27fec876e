//! Which process a placement gets.
