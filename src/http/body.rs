//! Reading bodies: with an end to patience, and to the end.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, timeout};

use crate::http::settings::RequestLimits;

/// Why a body cannot be read on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BodyError {
    /// It comes too slowly.
    TooSlow,
    /// More octets than allowed.
    TooLarge,
    /// The connection broke, or what came is no body.
    Broken,
}

/// A body that is read piece by piece. The time that it takes is the sender's time only: not what we do between pieces.
pub(super) struct PacedBody {
    inner: Body,
    limits: RequestLimits,
    received: u64,
    waited: Duration,
}

impl PacedBody {
    /// Reads `inner`. A length that is announced and too large is refused before anything is read.
    pub(super) fn new(inner: Body, limits: RequestLimits) -> Result<Self, BodyError> {
        if inner.size_hint().lower() > limits.body_len {
            return Err(BodyError::TooLarge);
        }
        Ok(Self { inner, limits, received: 0, waited: Duration::ZERO })
    }

    /// The next piece; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            let start = Instant::now();
            let frame = std::future::poll_fn(|cx| Pin::new(&mut self.inner).poll_frame(cx));
            let frame = timeout(self.limits.piece, frame).await.map_err(|_| BodyError::TooSlow)?;
            self.waited = self.waited.saturating_add(start.elapsed());
            let Some(frame) = frame else { return Ok(None) };
            // Trailers say nothing that we ask for.
            let Ok(piece) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
            self.received = self.received.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            if self.received > self.limits.body_len {
                return Err(BodyError::TooLarge);
            }
            self.check_rate()?;
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
    }

    fn check_rate(&self) -> Result<(), BodyError> {
        if self.waited > self.limits.whole_body {
            return Err(BodyError::TooSlow);
        }
        let owed = self.waited.saturating_sub(self.limits.piece).as_secs().saturating_mul(self.limits.least_rate);
        if self.received < owed { Err(BodyError::TooSlow) } else { Ok(()) }
    }
}

/// A body of which the rest is read and thrown away when nobody wants it any more: else the connection would be reset,
/// and the answer lost with it (RFC 9112 §9.6).
pub(super) struct Drained {
    inner: Option<Body>,
}

impl Drained {
    pub(super) fn wrap(inner: Body) -> Body {
        Body::new(Self { inner: Some(inner) })
    }
}

impl HttpBody for Drained {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(inner) = self.inner.as_mut() else { return Poll::Ready(None) };
        let polled = Pin::new(inner).poll_frame(cx);
        if let Poll::Ready(None | Some(Err(_))) = &polled {
            self.inner = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

impl Drop for Drained {
    fn drop(&mut self) {
        let Some(mut inner) = self.inner.take().filter(|inner| !inner.is_end_stream()) else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let _enough = timeout(DRAIN_TIME, drain(&mut inner)).await;
        });
    }
}

/// So much is read of what nobody wants.
const DRAIN_LEN: usize = 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(2);

async fn drain(body: &mut Body) {
    let mut left = DRAIN_LEN;
    while let Some(Ok(frame)) = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            return;
        }
    }
}
