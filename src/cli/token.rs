//! `varco token`: makes, lists and revokes the tokens of portals.

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use time::UtcDateTime;

use crate::cli::arguments::{CreateTokenArguments, DataFormat, StoreArguments, TokenCommand};
use crate::cli::migrate::with_store;
use crate::cli::{Status, Terminal, json, serve};
use crate::domain::actor::{Actor, Permission};
use crate::domain::id::TokenId;
use crate::problem::{Kind, Problem};
use crate::procedures::tokens::{self, MAX_NAME, NewToken, TokenError};
use crate::store::StoredToken;
use crate::verify::{escape, to_rfc3339};

/// Carries it out.
pub(super) fn run(command: &TokenCommand, now: UtcDateTime) -> Status {
    match command {
        TokenCommand::Create(asked) => create(asked, now),
        TokenCommand::List { store, format } => list(store, *format, now),
        TokenCommand::Revoke { id, store } => revoke(*id, store, now),
    }
}

fn create(asked: &CreateTokenArguments, now: UtcDateTime) -> Status {
    let new =
        NewToken { name: asked.name.clone(), scopes: asked.scope.iter().copied().collect(), expires_at: asked.expires };
    let made = with_store(&asked.store, async |store| {
        tokens::create(&store, Actor::CommandLine, new, now).await.map_err(|error| of_token(&error))
    });
    let text = |(token, secret): (StoredToken, SecretString)| match asked.format {
        DataFormat::Json => json::line(&Created { token: Listed::of(&token, now), secret: secret.expose_secret() }),
        DataFormat::Text => format!(
            "{}\n\nToken {} per {}. Conservarlo ora: non si può mostrare di nuovo.\n",
            secret.expose_secret(),
            token.id,
            escape(&token.name)
        ),
    };
    Terminal::new(asked.format == DataFormat::Json).tell(made.map(text), Status::Good)
}

fn list(store: &StoreArguments, format: DataFormat, now: UtcDateTime) -> Status {
    let listed = with_store(store, async |store| tokens::list(&store).await.map_err(|error| serve::of_store(&error)));
    let text = |tokens: Vec<StoredToken>| {
        let listed: Vec<Listed<'_>> = tokens.iter().map(|token| Listed::of(token, now)).collect();
        match format {
            DataFormat::Json => json::line(&listed),
            DataFormat::Text if listed.is_empty() => "Non c'è nessun token.\n".to_owned(),
            DataFormat::Text => listed.iter().map(Listed::line).collect(),
        }
    };
    Terminal::new(format == DataFormat::Json).tell(listed.map(text), Status::Good)
}

fn revoke(id: TokenId, store: &StoreArguments, now: UtcDateTime) -> Status {
    let revoked = with_store(store, async |store| {
        tokens::revoke(&store, Actor::CommandLine, id, now).await.map_err(|error| serve::of_store(&error))
    });
    let was_there = *revoked.as_ref().unwrap_or(&true);
    let text =
        if was_there { "Il token è revocato.\n" } else { "Non c'è un token valido con questo identificativo.\n" };
    let status = if was_there { Status::Good } else { Status::Refused };
    Terminal::new(false).tell(revoked.map(|_| text.to_owned()), status)
}

/// A token that was just made: the only place where it can be read.
#[derive(Serialize)]
struct Created<'a> {
    #[serde(flatten)]
    token: Listed<'a>,
    secret: &'a str,
}

/// A token as it is listed.
#[derive(Serialize)]
struct Listed<'a> {
    id: String,
    name: &'a str,
    scopes: Vec<&'static str>,
    state: &'static str,
    created_at: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
}

impl<'a> Listed<'a> {
    fn of(token: &'a StoredToken, now: UtcDateTime) -> Self {
        let state = match (token.revoked_at, token.is_valid(now)) {
            (Some(_), _) => "revoked",
            (None, false) => "expired",
            (None, true) => "valid",
        };
        Self {
            id: token.id.to_string(),
            name: &token.name,
            scopes: token.scopes.iter().copied().map(Permission::scope).collect(),
            state,
            created_at: to_rfc3339(token.created_at),
            expires_at: token.expires_at.map(to_rfc3339),
            revoked_at: token.revoked_at.map(to_rfc3339),
        }
    }

    fn line(&self) -> String {
        let state = match self.state {
            "revoked" => "revocato",
            "expired" => "scaduto",
            _ => "valido",
        };
        format!("{}  {state:8}  {}  {}\n", self.id, self.scopes.join(","), escape(self.name))
    }
}

fn of_token(error: &TokenError) -> Problem {
    let detail = match error {
        TokenError::BadName => {
            format!("Il nome del token ha da 1 a {MAX_NAME} caratteri, senza caratteri di controllo.")
        }
        TokenError::NoScope => "Il token deve permettere qualcosa: indicare --scope.".to_owned(),
        TokenError::Expired => "La data di scadenza è già passata.".to_owned(),
        TokenError::NoRandomness(_) => return Problem::internal(),
        TokenError::Store(error) => return serve::of_store(error),
    };
    Problem::new(Kind::BadRequest, detail)
}
