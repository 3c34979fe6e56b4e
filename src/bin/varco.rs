//! The service and the command line.

fn main() -> std::process::ExitCode {
    varco::cli::main()
}
