//! Draws measurements as SVG: panels side by side, both axes logarithmic, so that what grows linearly rises at 45 degrees.

use std::fmt::Write;

/// One picture of several lines.
pub(super) struct Panel {
    pub(super) title: &'static str,
    /// What the horizontal axis counts.
    pub(super) across: &'static str,
    pub(super) series: Vec<Series>,
}

/// A line.
pub(super) struct Series {
    name: &'static str,
    points: Vec<(f64, f64)>,
}

impl Series {
    pub(super) fn new(name: &'static str, points: Vec<(f64, f64)>) -> Self {
        Self { name, points }
    }
}

/// Pixels of one decade, the same on both axes.
const DECADE: f64 = 70.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 36.0;
const BOTTOM: f64 = 44.0;
const RIGHT: f64 = 24.0;

/// Blue and vermilion of Okabe and Ito, which nobody confuses; the shape of the marks differs as well.
const COLOURS: [&str; 2] = ["#0072b2", "#d55e00"];

pub(super) fn draw(panels: &[Panel]) -> String {
    let places: Vec<Axes> = panels.iter().map(Axes::of).collect();
    let width: f64 = places.iter().map(Axes::width).sum();
    let height = places.iter().map(Axes::height).fold(0.0, f64::max);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n\
         <title>Processor time of verifying a PDF, by signatures and by megabytes</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let mut left = 0.0;
    for (panel, axes) in panels.iter().zip(&places) {
        // Aligned at the top.
        writeln!(svg, "<g transform=\"translate({left:.0} 0)\">").unwrap_or_default();
        axes.draw(panel, &mut svg);
        svg.push_str("</g>\n");
        left += axes.width();
    }
    svg.push_str("</svg>\n");
    svg
}

/// The decades that a panel spans.
struct Axes {
    across: (i32, i32),
    up: (i32, i32),
}

impl Axes {
    fn of(panel: &Panel) -> Self {
        let points = || panel.series.iter().flat_map(|series| &series.points);
        Self { across: decades(points().map(|(x, _)| *x)), up: decades(points().map(|(_, y)| *y)) }
    }

    fn width(&self) -> f64 {
        LEFT + RIGHT + f64::from(self.across.1 - self.across.0) * DECADE
    }

    fn height(&self) -> f64 {
        TOP + BOTTOM + f64::from(self.up.1 - self.up.0) * DECADE
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + (value.log10() - f64::from(self.across.0)) * DECADE
    }

    fn y(&self, value: f64) -> f64 {
        TOP + (f64::from(self.up.1) - value.log10()) * DECADE
    }

    fn draw(&self, panel: &Panel, svg: &mut String) {
        let mut line = |text: String| {
            svg.push_str(&text);
            svg.push('\n');
        };
        let (bottom, right) = (self.height() - BOTTOM, self.width() - RIGHT);
        line(format!("<text x=\"{LEFT}\" y=\"20\" font-weight=\"bold\">{}</text>", panel.title));
        for power in self.across.0..=self.across.1 {
            let (x, label) = (self.x(10_f64.powi(power)), decade(power));
            line(format!("<path d=\"M{x:.1} {TOP}V{bottom:.1}\" stroke=\"#ddd\"/>"));
            line(format!("<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>", bottom + 16.0));
        }
        for power in self.up.0..=self.up.1 {
            let (y, label) = (self.y(10_f64.powi(power)), decade(power));
            line(format!("<path d=\"M{LEFT} {y:.1}H{right:.1}\" stroke=\"#ddd\"/>"));
            line(format!("<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>", LEFT - 6.0, y + 4.0));
        }
        let (middle, under) = (f64::midpoint(LEFT, right), bottom + 34.0);
        line(format!("<text x=\"{middle:.1}\" y=\"{under:.1}\" text-anchor=\"middle\">{}</text>", panel.across));
        let halfway = f64::midpoint(TOP, bottom);
        line(format!(
            "<text transform=\"translate(16 {halfway:.1}) rotate(-90)\" text-anchor=\"middle\">CPU milliseconds</text>"
        ));
        for (number, (series, colour)) in panel.series.iter().zip(COLOURS).enumerate() {
            self.line(number, series, colour, &mut line);
        }
    }

    fn line(&self, number: usize, series: &Series, colour: &str, line: &mut dyn FnMut(String)) {
        let places: Vec<(f64, f64)> = series.points.iter().map(|(x, y)| (self.x(*x), self.y(*y))).collect();
        let (Some(first), Some(last)) = (places.first(), places.last()) else { return };
        let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let dash = if number == 0 { "" } else { " stroke-dasharray=\"5 3\"" };
        line(format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>",
            path.join(" ")
        ));
        for (x, y) in &places {
            line(match number {
                0 => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>"),
                _ => format!(
                    "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"7\" height=\"7\" fill=\"{colour}\"/>",
                    x - 3.5,
                    y - 3.5
                ),
            });
        }
        // Where no line passes: above the end of the first, below the beginning of the second.
        let ((x, y), anchor) = match number {
            0 => ((last.0, last.1 - 10.0), "end"),
            _ => ((first.0 + 12.0, first.1 + 14.0), "start"),
        };
        let name = series.name;
        line(format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{name}</text>"));
    }
}

/// The powers of ten below and above all values.
fn decades(values: impl Iterator<Item = f64>) -> (i32, i32) {
    let (low, high) =
        values.fold((f64::MAX, f64::MIN_POSITIVE), |(low, high), value| (low.min(value), high.max(value)));
    let first = (-9..=9).rev().find(|power| 10_f64.powi(*power) <= low * 1.001).unwrap_or(-9);
    let last = (-9..=9).find(|power| 10_f64.powi(*power) >= high * 0.999).unwrap_or(9);
    (first, last.max(first + 1))
}

fn decade(power: i32) -> String {
    if power < 0 { 10_f64.powi(power).to_string() } else { format!("{:.0}", 10_f64.powi(power)) }
}
