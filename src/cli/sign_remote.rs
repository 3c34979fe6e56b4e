//! `varco sign --provider`: signs files with a key that a remote provider has, or shows the credentials that there are.

use std::path::Path;

use serde::Serialize;
use time::UtcDateTime;

use crate::cli::arguments::{SignArguments, SignatureLevel};
use crate::cli::sign::{authorities, layout, line, of_file, plan};
use crate::cli::{Environment, Status, Terminal, json, pin, serve};
use crate::config::Config;
use crate::domain::language::Language;
use crate::problem::{Kind, Problem};
use crate::procedures::signing::remote::{Provider, ProviderError, RemoteKey};
use crate::procedures::signing::{Higher, Level, Making, check_holder};
use crate::procedures::verification::{Location, read_password};
use crate::sign::remote::{AuthObject, Challenge, Entered, Factor, RemoteError};
use crate::verify::escape;

/// Carries it out.
pub(super) fn run(id: &str, arguments: &SignArguments, environment: &Environment, now: UtcDateTime) -> Status {
    let terminal = Terminal::new(arguments.json);
    // From here on, what this process holds is for nobody else.
    let _it_works_without = crate::sign::pkcs11::confine();
    let load = |file: Option<&Path>, environment: &_| Config::load_provider(id, file, environment);
    let settings = match serve::load_with(arguments.config.as_deref(), load) {
        Ok(settings) => settings,
        Err(problem) => return terminal.refuse(&problem),
    };
    let provider = match Provider::connect(settings) {
        Ok(provider) => provider,
        Err(error) => return terminal.refuse_with(&Problem::of_provider(&error), status_of(&error)),
    };
    if arguments.list {
        return list(&provider, arguments, &terminal, now);
    }
    match sign(&provider, arguments, environment, &terminal, now) {
        Ok(status) => status,
        Err((problem, status)) => status.max(terminal.refuse_with(&problem, status)),
    }
}

/// Why nothing was signed, and what the process ends with.
type Refused = (Box<Problem>, Status);

fn sign(
    provider: &Provider,
    arguments: &SignArguments,
    environment: &Environment,
    terminal: &Terminal,
    now: UtcDateTime,
) -> Result<Status, Refused> {
    let layout = layout(arguments).map_err(not_begun)?;
    let (output, output_dir) = (arguments.output.as_deref(), arguments.output_dir.as_deref());
    let plan = plan(&arguments.files, layout.naming(), output, output_dir).map_err(not_begun)?;
    let level = arguments.level.map_or(Level::B, SignatureLevel::level);
    let mut authorities = match level {
        Level::B => None,
        level => Some(authorities(&arguments.authorities(), level, now).map_err(not_begun)?),
    };
    let key = provider.find(arguments.credential.as_deref(), now).map_err(|error| refused(&error))?;
    if let Some(holder) = &arguments.fiscal_code {
        check_holder(key.signer.certificate(), holder).map_err(|other| refused(&other.into()))?;
    }
    let higher = authorities.as_mut().map(|authorities| Higher { level, authorities });
    let making = Making { layout: &layout, higher, temporary_folder: &environment.temporary_folder };
    let (mut status, mut results, mut misread) = (Status::Good, Vec::new(), None);
    let mut enter = |object: &AuthObject, challenge: Option<&Challenge>, signatures: usize| {
        entered(object, challenge, signatures, arguments).unwrap_or_else(|problem| {
            misread = Some(problem);
            None
        })
    };
    let signed = plan.sign_remotely(&key, provider, &mut enter, making, &mut |document, signed| match signed {
        Ok(result) => results.push(line(document, result, "firmato in", arguments.json)),
        Err(error) => {
            let (problem, of_this) = of_file(&error);
            let problem = problem.about(&document.to_string_lossy());
            status = status.max(terminal.refuse_with(&problem, of_this));
        }
    });
    if let Err(error) = signed {
        let (problem, of_all) = refused(&error);
        return Err((misread.map_or(problem, Box::new), status.max(of_all)));
    }
    Ok(terminal.tell(Ok(results.concat()), status))
}

fn not_begun(problem: Problem) -> Refused {
    (Box::new(problem), Status::NotExamined)
}

fn refused(error: &ProviderError) -> Refused {
    (Box::new(Problem::of_provider(error)), status_of(error))
}

/// What opens the credential: from the files that were named, or from the keyboard.
fn entered(
    object: &AuthObject,
    challenge: Option<&Challenge>,
    signatures: usize,
    arguments: &SignArguments,
) -> Result<Option<Entered>, Problem> {
    let file = match object.factor {
        Factor::Pin => arguments.pin_file.as_deref(),
        Factor::Otp | Factor::SentOtp | Factor::OutOfBand => arguments.otp_file.as_deref(),
    };
    let secret = if let Some(path) = file {
        let location = if path == Path::new("-") { Location::StandardInput } else { Location::File(path) };
        Some(read_password(location).map_err(|fault| Problem::of_pin_file(&fault, path))?)
    } else {
        let label = object.label.clone().unwrap_or_else(|| escape(&object.id));
        let count = if signatures == 1 { "una firma".to_owned() } else { format!("{signatures} firme") };
        let said = match challenge {
            Some(Challenge::Sent) => " (inviato adesso dal fornitore)".to_owned(),
            Some(Challenge::Question(question)) => format!(" ({question})"),
            None => String::new(),
        };
        pin::ask(&format!("{label}, per {count}{said}: ")).map_err(|_| {
            let detail = "Non c'è un terminale su cui chiedere: indicare --pin-file e --otp-file.";
            Problem::new(Kind::Pin, detail)
        })?
    };
    secret.map(|secret| Entered::new(&secret).map_err(Problem::of_entered)).transpose()
}

/// The provider, the rules or the person refused; or it could not begin.
const fn status_of(error: &ProviderError) -> Status {
    match error {
        ProviderError::Exchange { .. }
        | ProviderError::NotStarted(_)
        | ProviderError::Choice { .. }
        | ProviderError::Remote(RemoteError::Malformed(_) | RemoteError::TooMany { .. } | RemoteError::OnAPage) => {
            Status::NotExamined
        }
        ProviderError::Remote(_)
        | ProviderError::Signer(_)
        | ProviderError::OtherHolder(_)
        | ProviderError::NotEntered(_)
        | ProviderError::NotConfirmed => Status::Refused,
    }
}

/// A credential, as `--list` shows it.
#[derive(Serialize)]
struct ListedCredential {
    id: String,
    /// What `varco sign` would choose from, without `--credential`.
    fit: bool,
    /// Why not.
    unfit: Option<String>,
    not_after: Option<String>,
    /// How many signatures one authorisation covers.
    multisign: Option<usize>,
}

fn list(provider: &Provider, arguments: &SignArguments, terminal: &Terminal, now: UtcDateTime) -> Status {
    let listed = provider.credentials().and_then(|ids| {
        let one = |id: String| match provider.find(Some(&id), now) {
            Ok(key) => Ok(ListedCredential::of(key)),
            Err(error @ (ProviderError::Signer(_) | ProviderError::Remote(RemoteError::Unsupported(_)))) => {
                let unfit = Some(Problem::of_provider(&error).in_language(Language::Italian).detail);
                Ok(ListedCredential { id, fit: false, unfit, not_after: None, multisign: None })
            }
            Err(error) => Err(error),
        };
        ids.into_iter().map(one).collect::<Result<Vec<_>, _>>()
    });
    match listed {
        Ok(listed) if arguments.json => terminal.tell(Ok(json::line(&listed)), Status::Good),
        Ok(listed) => terminal.tell(Ok(listed.iter().map(ListedCredential::line).collect()), Status::Good),
        Err(error) => terminal.refuse_with(&Problem::of_provider(&error), status_of(&error)),
    }
}

impl ListedCredential {
    fn of(key: RemoteKey) -> Self {
        let unfit = (!key.credential.enabled).then(|| "il fornitore l'ha disattivata".to_owned());
        Self {
            fit: unfit.is_none(),
            unfit,
            not_after: Some(crate::verify::to_rfc3339(key.signer.certificate().not_after())),
            multisign: Some(key.credential.multisign),
            id: key.credential.id,
        }
    }

    fn line(&self) -> String {
        let state = self.unfit.as_deref().map_or("adatta".to_owned(), |why| format!("non adatta: {why}"));
        format!("{}  {state}\n", escape(&self.id))
    }
}
