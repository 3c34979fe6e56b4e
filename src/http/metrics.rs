//! What is counted, for Prometheus.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Counters of the edge.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    running: Gauge,
    connections: Gauge,
    refused: Family<RefusedLabels, Counter>,
    verdicts: Family<VerdictLabels, Counter>,
    jobs: Family<JobsLabels, Gauge>,
    jobs_ended: Family<JobLabels, Counter>,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RequestLabels {
    method: String,
    route: String,
    status: u32,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RefusedLabels {
    reason: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct VerdictLabels {
    verdict: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct JobsLabels {
    kind: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct JobLabels {
    kind: &'static str,
    outcome: &'static str,
}

/// A number that goes down again when this is dropped.
pub(super) struct Counted {
    gauge: Gauge,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.gauge.dec();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("varco");
        let requests = Family::default();
        let durations: Family<RouteLabels, Histogram, fn() -> Histogram> = Family::new_with_constructor(histogram);
        let (running, connections) = (Gauge::<i64>::default(), Gauge::<i64>::default());
        let refused = Family::default();
        let verdicts = Family::default();
        registry.register("http_requests", "Requests that were answered", requests.clone());
        registry.register_with_unit("http_request_duration", "Time to answer", Unit::Seconds, durations.clone());
        registry.register("http_requests_running", "Requests that are being answered", running.clone());
        registry.register("http_connections", "Connections that are open", connections.clone());
        registry.register(
            "http_connections_refused",
            "Connections that were closed unused, by reason",
            refused.clone(),
        );
        registry.register("verdicts", "Documents that were judged, by verdict", verdicts.clone());
        let (jobs, jobs_ended) = (Family::default(), Family::default());
        registry.register("jobs", "Jobs in the queue of all instances, by state", jobs.clone());
        registry.register("jobs_ended", "Jobs that this instance worked on, by outcome", jobs_ended.clone());
        Self { registry, requests, durations, running, connections, refused, verdicts, jobs, jobs_ended }
    }
}

impl Metrics {
    /// All numbers, in the text format of OpenMetrics.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _written = encode(&mut text, &self.registry);
        text
    }

    pub(super) fn request_begins(&self) -> Counted {
        count(&self.running)
    }

    pub(super) fn request_ends(&self, running: Counted, labels: (&str, &str, u16), elapsed: Duration) {
        drop(running);
        let (method, route, status) = labels;
        let (method, route) = (method.to_owned(), route.to_owned());
        self.durations.get_or_create(&RouteLabels { route: route.clone() }).observe(elapsed.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { method, route, status: status.into() }).inc();
    }

    pub(super) fn connection_begins(&self) -> Counted {
        count(&self.connections)
    }

    pub(super) fn connection_refused(&self, reason: &'static str) {
        self.refused.get_or_create(&RefusedLabels { reason }).inc();
    }

    /// How many jobs of a kind there are, to be done and given up.
    pub fn jobs(&self, kind: &'static str, open: u64, dead: u64) {
        for (state, count) in [("open", open), ("dead", dead)] {
            let gauge = self.jobs.get_or_create(&JobsLabels { kind, state });
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// A job of a kind came to this.
    pub fn job_ended(&self, kind: &'static str, outcome: &'static str) {
        self.jobs_ended.get_or_create(&JobLabels { kind, outcome }).inc();
    }

    /// A document was judged.
    pub fn verdict(&self, verdict: &str) {
        self.verdicts.get_or_create(&VerdictLabels { verdict: verdict.to_owned() }).inc();
    }
}

fn count(gauge: &Gauge) -> Counted {
    gauge.inc();
    Counted { gauge: gauge.clone() }
}

/// From a millisecond, which a small file takes, to a minute.
fn histogram() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0])
}
