//! The page for people: a form, the verdict on a document, errors in words. Nothing of what is submitted is kept
//! but the event in the trail: digest, verdict, time.
//!
//! It works without scripts; what it looks like is bootstrap-italia, the design system of the Italian public
//! administration, embedded by `build.rs`. The router exists only where the page is switched on.

mod assets;
mod form;
mod pages;
mod provenance;

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::middleware;
use axum::response::Response;
use axum::routing::get;
use tokio::sync::Semaphore;

use crate::clock;
use crate::domain::fiscal_code::FiscalCode;
use crate::domain::language::Language;
use crate::http::{self, AddressRates, Multipart, Peer, RequestLimits};
use crate::problem::Problem;
use crate::procedures::app::App;
use crate::procedures::recorded_verification::{self, Submitted};
use crate::web::assets::Assets;
use crate::web::form::{Faults, Filled};
use crate::web::pages::Refusal;
use crate::web::provenance::FormToken;

/// How the page presents itself; `[page]` in the configuration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PageSettings {
    /// The administration that offers it.
    pub owner: Option<String>,
    /// The address of its accessibility statement (L. 4/2004, art. 3-quater).
    pub accessibility_statement: Option<String>,
    /// The address of its information on personal data (Regulation (EU) 2016/679, art. 13).
    pub privacy_notice: Option<String>,
    /// Whether the pages of a PDF are shown as its signers saw them.
    pub pictures: bool,
    /// Documents that one client address may submit in a minute, in the long run.
    pub requests_per_minute: NonZeroU32,
    /// Documents that it may submit at once.
    pub burst: NonZeroU32,
}

impl Default for PageSettings {
    fn default() -> Self {
        const TEN: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
        Self {
            owner: None,
            accessibility_statement: None,
            privacy_notice: None,
            pictures: true,
            requests_per_minute: TEN,
            burst: TEN,
        }
    }
}

/// What the handlers share.
struct Site {
    app: Arc<App>,
    settings: PageSettings,
    limits: RequestLimits,
    assets: Assets,
    limiter: AddressRates,
    places: Semaphore,
}

/// Documents that are received or judged at a time for visitors, who must not take what portals need.
const PLACES: usize = 32;
/// Octets of a request beside its documents: names, boundaries, the codice fiscale.
const BESIDE_DOCUMENTS: u64 = 64 * 1024;

/// The routes of the page: `/` and `/static/`. They exist only where the page is switched on.
///
/// The client's address is taken from [`Peer`]; without it, all clients share one allowance.
/// `limits` say how slowly a form may come; how large it may be follows from its two documents.
pub fn router(app: Arc<App>, settings: PageSettings, limits: RequestLimits) -> Router {
    let documents = app.verification.limits.document_len.saturating_mul(2);
    let limits = RequestLimits { body_len: documents.saturating_add(BESIDE_DOCUMENTS), ..limits };
    let limiter = AddressRates::new(settings.requests_per_minute, settings.burst, clock::monotonic());
    let site =
        Arc::new(Site { app, settings, limits, assets: Assets::embedded(), limiter, places: Semaphore::new(PLACES) });
    Router::new()
        .route("/", get(show_form).post(submit))
        .route("/static/{edition}/{name}", get(assets::serve))
        .layer(middleware::map_response(pages::protect))
        .with_state(site)
}

async fn show_form(State(site): State<Arc<Site>>, Spoken(language): Spoken, headers: HeaderMap) -> Response {
    match FormToken::of_form(&headers) {
        Ok(token) => pages::form(&site, &token, &Filled::default(), &Faults::default(), language),
        Err(_) => pages::refusal(&site, &Refusal::internal(), language),
    }
}

async fn submit(
    State(site): State<Arc<Site>>,
    Spoken(language): Spoken,
    client: Client,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let answer = match FormToken::of_form(&headers) {
        Ok(token) => verify(&site, client, &token, language, &headers, request).await,
        Err(_) => Err(Refusal::internal()),
    };
    answer.unwrap_or_else(|refusal| pages::refusal(&site, &refusal, language))
}

async fn verify(
    site: &Arc<Site>,
    client: Client,
    token: &FormToken,
    language: Language,
    headers: &HeaderMap,
    request: Request,
) -> Result<Response, Refusal> {
    if !provenance::is_own(headers, request.uri()) {
        return Err(Refusal::foreign());
    }
    site.limiter.admit(client.0, clock::monotonic()).map_err(Refusal::too_many)?;
    let _until_done = site.places.try_acquire().map_err(|_| Refusal::busy())?;
    let parts = Multipart::of_request(headers, request.into_body(), site.limits).map_err(Refusal::of_multipart)?;
    let settings = &site.app.verification;
    let form = form::read(parts, headers, &settings.temporary_folder, settings.limits.document_len).await?;
    let (filled, faults) = (form.filled(), form.faults(language));
    let (Some(document), true) = (form.document, faults.none()) else {
        return Ok(pages::form(site, token, &filled, &faults, language));
    };
    let submitted = Arc::new(Submitted {
        name: document.name.clone(),
        document: document.octets,
        detached: form.detached.map(|detached| detached.octets),
        expected: None,
        fiscal_code: FiscalCode::parse(&filled.fiscal_code).ok(),
        at: None,
        password: form.password,
    });
    let now = clock::now();
    match recorded_verification::verify_unrecorded(&site.app, Arc::clone(&submitted), now).await {
        Ok(report) if site.settings.pictures => {
            let seen = recorded_verification::draw_unrecorded(&site.app, submitted, report.clone(), now).await;
            Ok(pages::verdict(site, &report, &seen, language))
        }
        Ok(report) => Ok(pages::verdict(site, &report, &[], language)),
        Err(error) => Err(Refusal::of_procedure(Problem::of_recorded_verification(&error, &document.name))),
    }
}

/// The language of the answer: the one that the address names (a link that anybody may follow: it changes nothing and is
/// kept nowhere), else the one that the browser prefers.
struct Spoken(Language);

impl<S: Sync> FromRequestParts<S> for Spoken {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let mut named = parts.uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.strip_prefix("lang="));
        Ok(Self(match named.next() {
            Some("it") => Language::Italian,
            Some("en") => Language::English,
            _ => http::preferred_language(&parts.headers),
        }))
    }
}

/// The address that a request comes from.
struct Client(IpAddr);

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let address = parts.extensions.get::<Peer>().map(|Peer(address)| *address);
        Ok(Self(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}
