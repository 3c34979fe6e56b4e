//! The trail: events, signed checkpoints, proofs. Whoever reads events is in the trail; checkpoints and proofs hold
//! hashes only and are meant to be handed out.

pub(in crate::http) mod checkpoints;
pub(in crate::http) mod events;

use axum::http::HeaderValue;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::audit::{TreeHash, TreeHead};

/// The tree over all events of a trail of some size (RFC 6962 §2.1).
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Head {
    /// Events.
    #[schema(minimum = 0)]
    size: u64,
    /// The hash over all of them, hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    root: String,
}

impl From<TreeHead> for Head {
    fn from(head: TreeHead) -> Self {
        Self { size: head.size, root: head.root.to_string() }
    }
}

fn texts(hashes: &[TreeHash]) -> Vec<String> {
    hashes.iter().map(ToString::to_string).collect()
}

/// An answer with the address of the next page (RFC 8288), where there is one.
fn page(answer: impl IntoResponse, next: Option<&str>) -> Response {
    let mut response = answer.into_response();
    if let Some(next) = next.and_then(|next| HeaderValue::from_str(&format!("<{next}>; rel=\"next\"")).ok()) {
        response.headers_mut().insert(header::LINK, next);
    }
    response
}
