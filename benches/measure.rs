//! Processor time, taken in turns.

use std::fmt;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Something to be measured.
pub(crate) struct Contender<'a> {
    pub(crate) name: &'static str,
    /// Does it once and returns the processor time that it took, where another process has to say.
    pub(crate) run: Box<dyn FnMut() -> Option<Duration> + 'a>,
}

impl<'a> Contender<'a> {
    pub(crate) fn new(name: &'static str, mut run: impl FnMut() + 'a) -> Self {
        let run = move || {
            run();
            None
        };
        Self { name, run: Box::new(run) }
    }
}

/// What was measured of one contender.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    /// Processor time of one run, turn by turn.
    cpu: Vec<Duration>,
    /// Time on the clock, likewise.
    wall: Vec<Duration>,
}

impl Measured {
    /// The shortest processor time seen.
    pub(crate) fn best(&self) -> Duration {
        self.cpu.iter().min().copied().unwrap_or_default()
    }

    /// The shortest time on the clock.
    pub(crate) fn best_wall(&self) -> Duration {
        self.wall.iter().min().copied().unwrap_or_default()
    }

    /// Median over the turns of the ratio of processor times.
    pub(crate) fn ratio(&self, other: &Self) -> f64 {
        median(&self.cpu, &other.cpu)
    }

    /// Median over the turns of what the time on the clock is beyond another's, in seconds.
    pub(crate) fn wall_beyond(&self, other: &Self) -> f64 {
        let beyond = self.wall.iter().zip(&other.wall).map(|(one, other)| one.as_secs_f64() - other.as_secs_f64());
        middle(beyond.collect())
    }

    /// The same of the times on the clock.
    pub(crate) fn wall_ratio(&self, other: &Self) -> f64 {
        median(&self.wall, &other.wall)
    }
}

/// Lets the contenders run in turns: `turns` times each, every time for as long as `slice` or at least once.
pub(crate) fn in_turns(contenders: &mut [Contender<'_>], turns: usize, slice: Duration) -> Vec<Measured> {
    let new = |contender: &Contender<'_>| Measured { name: contender.name, cpu: Vec::new(), wall: Vec::new() };
    let mut measured: Vec<Measured> = contenders.iter().map(new).collect();
    let repeats: Vec<u32> = contenders.iter_mut().map(|contender| repeats(contender, slice)).collect();
    for _ in 0..turns {
        for ((contender, repeats), measured) in contenders.iter_mut().zip(&repeats).zip(&mut measured) {
            let (cpu, wall) = time(contender, *repeats);
            measured.cpu.push(cpu);
            measured.wall.push(wall);
        }
    }
    measured
}

/// How many runs fill the slice; finding out is the warm-up.
fn repeats(contender: &mut Contender<'_>, slice: Duration) -> u32 {
    let mut repeats = 1;
    loop {
        let (cpu, _) = time(contender, repeats);
        if cpu * repeats >= slice / 2 || repeats >= 1 << 20 {
            let wanted = slice.as_secs_f64() / cpu.as_secs_f64().max(1e-9);
            return (1..=1 << 20).find(|count| f64::from(*count) >= wanted).unwrap_or(1);
        }
        repeats *= 2;
    }
}

/// The mean of some runs in a row.
fn time(contender: &mut Contender<'_>, repeats: u32) -> (Duration, Duration) {
    let (cpu, wall) = (processor_time(), Instant::now());
    let mut elsewhere = None;
    for _ in 0..repeats {
        if let Some(used) = (contender.run)() {
            elsewhere = Some(elsewhere.unwrap_or_default() + used);
        }
    }
    let cpu = elsewhere.unwrap_or_else(|| processor_time().saturating_sub(cpu));
    (cpu / repeats, wall.elapsed() / repeats)
}

/// What this process, with all its threads, has used so far.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

fn median(one: &[Duration], other: &[Duration]) -> f64 {
    middle(one.iter().zip(other).map(|(one, other)| one.div_duration_f64(*other)).collect())
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A line of the table of targets.
pub(crate) struct Target {
    pub(crate) text: String,
    pub(crate) measured: f64,
    pub(crate) bound: Bound,
}

/// What a target asks for.
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, bound, holds) = match self.bound {
            Bound::AtMost(bound) => ("at most", bound, self.measured <= bound),
            Bound::AtLeast(bound) => ("at least", bound, self.measured >= bound),
        };
        let holds = if holds { "holds" } else { "**missed**" };
        write!(f, "| {}: {word} {bound} | {:.2} | {holds} |", self.text, self.measured)
    }
}
