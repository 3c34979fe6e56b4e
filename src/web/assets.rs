//! What the page is made of beside HTML: style, script, letters, icons. Embedded, served under a name that changes with
//! the content, so that browsers may keep them for ever.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::crypto::{DigestAlgorithm, Hasher};
use crate::web::Site;

struct Asset {
    name: &'static str,
    media_type: &'static str,
    encoding: Option<&'static str>,
    octets: &'static [u8],
}

/// A file of ours.
macro_rules! own {
    ($name:literal, $media_type:literal) => {
        Asset {
            name: $name,
            media_type: $media_type,
            encoding: None,
            octets: include_bytes!(concat!("static/", $name)),
        }
    };
}

/// A file that `scripts/fetch-npm.sh look` has put there.
macro_rules! fetched {
    ($name:literal, $media_type:literal) => {
        Asset {
            name: $name,
            media_type: $media_type,
            encoding: None,
            octets: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/target/web/", $name)),
        }
    };
}

const EMBEDDED: &[Asset] = &[
    Asset {
        name: "bootstrap-italia.css",
        // Six times smaller; every browser of this century takes it.
        encoding: Some("gzip"),
        ..fetched!("bootstrap-italia.css.gz", "text/css; charset=utf-8")
    },
    fetched!("icons.svg", "image/svg+xml"),
    fetched!("licences.txt", "text/plain; charset=utf-8"),
    fetched!("roboto-mono-v13-latin-ext_latin-regular.woff2", "font/woff2"),
    fetched!("titillium-web-v10-latin-ext_latin-600.woff2", "font/woff2"),
    fetched!("titillium-web-v10-latin-ext_latin-700.woff2", "font/woff2"),
    fetched!("titillium-web-v10-latin-ext_latin-regular.woff2", "font/woff2"),
    own!("favicon.svg", "image/svg+xml"),
    own!("page.css", "text/css; charset=utf-8"),
    own!("page.js", "text/javascript; charset=utf-8"),
];

/// The embedded files and where they are served.
pub(super) struct Assets {
    edition: String,
}

impl Assets {
    pub(super) fn embedded() -> Self {
        let mut all = Hasher::new(DigestAlgorithm::Sha256);
        for asset in EMBEDDED {
            all.update(asset.octets);
        }
        Self { edition: all.finish().to_hex().chars().take(16).collect() }
    }

    /// The address that their names follow.
    pub(super) fn root(&self) -> String {
        format!("/static/{}", self.edition)
    }
}

pub(super) async fn serve(State(site): State<Arc<Site>>, Path((edition, name)): Path<(String, String)>) -> Response {
    let asset = EMBEDDED.iter().find(|asset| asset.name == name && edition == site.assets.edition);
    let Some(asset) = asset else { return StatusCode::NOT_FOUND.into_response() };
    let kept = (CACHE_CONTROL, "public, max-age=31536000, immutable");
    let mut response = ([(CONTENT_TYPE, asset.media_type), kept], asset.octets).into_response();
    if let Some(encoding) = asset.encoding {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}
