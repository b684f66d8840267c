//! The program: parse, run, exit status.

use std::process::ExitCode;

/// It gives memory back: after a first sync of a large desk the system's own would keep all of it for good.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    itsmd::cli::main()
}
