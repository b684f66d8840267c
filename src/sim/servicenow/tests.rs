//! Facts about the simulated instance, asked over HTTP.
