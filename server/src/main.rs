//! The one binary. What it can do is in [`server::cli`].

/// What is not used any more goes back to the machine at once; the usual allocator keeps it, for each
/// thread apart, and an agent that is idle would hold on to what a deployment took.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    server::cli::main()
}
