//! Reading a service desk as it is: rows that are hidden, pages in disorder, filters that are ignored, servers that
//! are slow, rows that no server can give. Nothing is lost, no position moves on what is wrong, and it is said.

pub mod between;
mod big;
mod dataverse;
mod hidden;
mod order;
mod poison;
mod slow;
mod zone;
