//! Accepting connections: TLS, HTTP/1.1 and HTTP/2, each wait with an end, and an orderly stop.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use tracing::{info, warn};

use crate::http::activity::Activity;
use crate::http::connections::{Admitted, Connections};
use crate::http::exchange::Peer;
use crate::http::head_guard::{HeadGuard, Stream};
use crate::http::metrics::Metrics;
use crate::http::refused_connections::{Reason, RefusedConnections};
use crate::http::settings::ConnectionLimits;

/// A place where requests come in.
pub struct Listener {
    tcp: TcpListener,
    tls: Option<TlsAcceptor>,
    limits: ConnectionLimits,
    metrics: Arc<Metrics>,
}

/// What each connection needs.
struct Shared {
    router: Router,
    tls: Option<TlsAcceptor>,
    limits: ConnectionLimits,
    metrics: Arc<Metrics>,
    refused: RefusedConnections,
    stop: watch::Receiver<bool>,
}

/// HTTP, as the two sides agreed within TLS.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

impl Listener {
    /// Takes an address; without `tls`, what passes can be read by others.
    pub async fn bind(
        address: SocketAddr,
        tls: Option<Arc<ServerConfig>>,
        limits: ConnectionLimits,
        metrics: Arc<Metrics>,
    ) -> io::Result<Self> {
        let tcp = TcpListener::bind(address).await?;
        Ok(Self { tcp, tls: tls.map(TlsAcceptor::from), limits, metrics })
    }

    /// The address, with the port that was given where none was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Answers requests until `stop` says so; then what runs is finished within its time.
    pub async fn serve(self, router: Router, mut stop: watch::Receiver<bool>) {
        let connections = Connections::new(&self.limits);
        let shutdown = self.limits.shutdown;
        // Connections are let go of after the last was taken: nobody comes in when others were sent away.
        let (let_go, stopped) = watch::channel(false);
        let shared = Arc::new(Shared {
            router,
            tls: self.tls,
            limits: self.limits,
            refused: RefusedConnections::new(Arc::clone(&self.metrics)),
            metrics: self.metrics,
            stop: stopped,
        });
        let mut tasks = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = accept(&self.tcp, &connections, &shared.refused) => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            if let Some((stream, address, admitted)) = accepted {
                tasks.spawn(connection(stream, address, admitted, Arc::clone(&shared)));
            }
            while tasks.try_join_next().is_some() {}
        }
        drop(self.tcp);
        let _nobody_is_connected = let_go.send(true);
        if timeout(shutdown, async { while tasks.join_next().await.is_some() {} }).await.is_err() {
            warn!(connections = tasks.len(), "requests were cut off by the end of the time for stopping");
            tasks.shutdown().await;
        }
    }
}

async fn accept(
    tcp: &TcpListener,
    connections: &Connections,
    refused: &RefusedConnections,
) -> Option<(TcpStream, IpAddr, Admitted)> {
    let place = connections.place().await?;
    match tcp.accept().await {
        Ok((stream, address)) => {
            let admitted = connections.admit(address.ip(), place);
            if admitted.is_none() {
                refused.tell(Reason::Address, address.ip().to_canonical(), "as many as one address may have are open");
            }
            admitted.map(|admitted| (stream, address.ip().to_canonical(), admitted))
        }
        Err(error) => {
            // Most often there are no descriptors left: that passes when a connection ends.
            warn!(%error, "a connection could not be accepted");
            sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

async fn connection(stream: TcpStream, peer: IpAddr, admitted: Admitted, shared: Arc<Shared>) {
    let _counted = (admitted, shared.metrics.connection_begins());
    let _best_effort = stream.set_nodelay(true);
    let Some(tls) = &shared.tls else {
        return http(stream, peer, Protocol::Http1, &shared).await;
    };
    let stream = match timeout(shared.limits.handshake, tls.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        // Whoever only looks whether somebody listens, as balancers do, hangs up.
        Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return shared.refused.count(Reason::Tls),
        Ok(Err(error)) => return shared.refused.tell(Reason::Tls, peer, &error.to_string()),
        Err(_) => return shared.refused.tell(Reason::Tls, peer, "it took too long"),
    };
    let protocol = match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => Protocol::Http2,
        _ => Protocol::Http1,
    };
    http(stream, peer, protocol, &shared).await;
}

/// After it was asked to end, a connection gets so long to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

async fn http(stream: impl Stream + 'static, peer: IpAddr, protocol: Protocol, shared: &Shared) {
    let (stream, ambiguous) = HeadGuard::new(stream, protocol);
    let activity = Activity::new();
    let service = service_fn(|mut request: Request<Incoming>| {
        let running = activity.begin();
        let router = shared.router.clone();
        request.extensions_mut().insert(Peer(peer));
        async move {
            let response = router.oneshot(request.map(Body::new)).await;
            drop(running);
            response
        }
    });
    let builder = builder(protocol, &shared.limits);
    let mut served = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut stop = shared.stop.clone();
    let asked = tokio::select! {
        ended = served.as_mut() => {
            let error = ended.err();
            let head = error.as_deref().and_then(|error| error.downcast_ref::<hyper::Error>()).filter(|error| error.is_parse());
            if let Some(error) = head {
                let reason =
                    if ambiguous.load(Ordering::Relaxed) { Reason::AmbiguousHead } else { Reason::BadHead };
                shared.refused.tell(reason, peer, &error.to_string());
            }
            return;
        }
        _ = stop.wait_for(|stop| *stop) => Asked::Stop,
        () = activity.idle_for(shared.limits.idle) => Asked::Idle,
    };
    served.as_mut().graceful_shutdown();
    match asked {
        Asked::Stop => {
            // Whoever holds all tasks waits as long as the settings say; here only what is idle ends.
            tokio::select! {
                _ended = served.as_mut() => {}
                () = activity.idle_for(GOODBYE) => {}
            }
        }
        Asked::Idle => {
            let _ended = timeout(GOODBYE, served).await;
        }
    }
}

/// Why a connection is asked to end.
enum Asked {
    Stop,
    Idle,
}

/// The protocol is known from TLS: guessing it from the first octets, as the builder otherwise does, waits for ever.
fn builder(protocol: Protocol, limits: &ConnectionLimits) -> Builder<TokioExecutor> {
    let builder = Builder::new(TokioExecutor::new());
    let mut builder = match protocol {
        Protocol::Http1 => builder.http1_only(),
        Protocol::Http2 => builder.http2_only(),
    };
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_LEN);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_H2_HEADERS_LEN)
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .keep_alive_interval(limits.idle / 2)
        .keep_alive_timeout(limits.handshake);
    builder
}

/// The most headers of a request.
const MAX_HEADERS: usize = 64;
/// The most octets of the head of a request in HTTP/1.1, and of a piece of its body.
const MAX_HEAD_LEN: usize = 32 * 1024;
/// The same in HTTP/2.
const MAX_H2_HEADERS_LEN: u32 = 16 * 1024;
/// The most requests at a time on a connection of HTTP/2.
const STREAMS: u32 = 32;
/// Octets in flight, of a request and of a connection of HTTP/2.
const WINDOW: u32 = 256 * 1024;

/// Says that the service should stop, at `SIGTERM` or Ctrl-C from now on. Must be called within the runtime.
pub fn stop_on_signal(stop: watch::Sender<bool>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => info!("SIGTERM: stopping"),
            _ = interrupt.recv() => info!("SIGINT: stopping"),
        }
        let _nobody_listens = stop.send(true);
    });
    Ok(())
}
