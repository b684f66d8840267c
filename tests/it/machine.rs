//! What the machine does to a program that runs for years: its disk, its state file, its clock, its names, its end.

mod clock;
mod damage;
mod disk;
mod full;
mod log;
mod names;
mod reload;
mod stop;

pub use disk::{Disk, Limit};
