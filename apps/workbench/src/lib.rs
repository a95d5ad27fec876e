//! What match construction is measured against: workloads, the documented greedy search, bounds, and the quality of
//! what came out. Knows no server.
//!
//! Reading order: [`workload`] (rule sets and tickets), [`real`] (what they are made of where it was measured), [`run`] (a search over a large pool, timed), [`small`] (over
//! small ones), [`arrivals`] (tickets one by one), [`goals`] (what they are to reach), [`live`] (a workload as changes), [`greedy`] (the baseline
//! N1), [`handmade`] (w2 by hand), [`bounds`] (what no search can beat), [`brute`] (everything that exists), [`swaps`] (even teams the slow way),
//! [`quality`] (how good the matches are), [`clock`].

pub mod arrivals;
pub mod bounds;
pub mod brute;
pub mod clock;
pub mod goals;
pub mod greedy;
pub mod handmade;
pub mod live;
pub mod quality;
pub mod real;
pub mod run;
pub mod small;
pub mod swaps;
pub mod workload;
