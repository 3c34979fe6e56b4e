//! `varco extend`: raises the level of signed files.

use time::UtcDateTime;

use crate::cli::arguments::ExtendArguments;
use crate::cli::sign::{authorities, line, of_file, plan, progress_bar};
use crate::cli::{Environment, Status, Terminal};
use crate::problem::{Kind, Problem};
use crate::procedures::signing::{Higher, Naming};

/// Carries it out.
pub(super) fn run(arguments: &ExtendArguments, environment: &Environment, now: UtcDateTime) -> Status {
    let terminal = Terminal::new(arguments.json);
    match extend(arguments, environment, &terminal, now) {
        Ok(status) => status,
        Err(problem) => terminal.refuse(&problem),
    }
}

fn extend(
    arguments: &ExtendArguments,
    environment: &Environment,
    terminal: &Terminal,
    now: UtcDateTime,
) -> Result<Status, Problem> {
    if arguments.content.is_some() && arguments.files.len() > 1 {
        let detail = "Con --content il file firmato è uno solo: ripetere il comando per ogni file.";
        return Err(Problem::new(Kind::BadRequest, detail));
    }
    let naming = Naming::Mark(arguments.level.mark());
    let plan = plan(&arguments.files, naming, arguments.output.as_deref(), arguments.output_dir.as_deref())?;
    let level = arguments.level.level();
    let mut authorities = authorities(&arguments.authorities(), level, now)?;
    let bar = progress_bar(plan.len());
    let mut status = Status::Good;
    let mut results = Vec::new();
    let (higher, content) = (Higher { level, authorities: &mut authorities }, arguments.content.as_deref());
    plan.extend(content, higher, &environment.temporary_folder, &mut |document, raised| {
        bar.inc(1);
        match raised {
            Ok(result) => results.push((document.to_owned(), result.to_owned())),
            Err(error) => {
                let (problem, of_this) = of_file(&error);
                let problem = problem.about(&document.to_string_lossy());
                status = status.max(bar.suspend(|| terminal.refuse_with(&problem, of_this)));
            }
        }
    });
    bar.finish_and_clear();
    let text = results.iter().map(|(document, result)| line(document, result, "esteso in", arguments.json)).collect();
    Ok(terminal.tell(Ok(text), status))
}
