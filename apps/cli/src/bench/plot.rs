//! `matchwright bench plot`: the tables of a recorded result as drawings.

use std::path::{Path, PathBuf};

use clap::Args;
use plotters::prelude::*;
use serde::Deserialize;

/// Draws the tables of a result: rates, tickets left over, spread, small pools, waits.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  matchwright bench plot docs/benchmarks/2026-11-25.json --out docs/benchmarks

A result is one JSON object: `search`, `small` and `arrivals` are lists of the lines that these benchmarks print with
--json. Lists that are missing are not drawn. A drawing has the result's name and its own: 2026-11-25-rates.svg.")]
pub struct PlotBench {
    /// A recorded result
    result: PathBuf,
    /// Folder for the drawings
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    out: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Recorded {
    #[serde(default)]
    search: Vec<Search>,
    #[serde(default)]
    small: Vec<Small>,
    #[serde(default)]
    arrivals: Vec<Arrivals>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Search {
    workload: String,
    tickets: usize,
    tickets_per_second: f64,
    engine: Quality,
    sweep: Option<Sweep>,
    greedy: Option<Greedy>,
}

#[derive(Debug, Deserialize)]
struct Quality {
    unmatched: f64,
    spread: f64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sweep {
    tickets_per_second: f64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Greedy {
    tickets_per_second: f64,
    quality: Option<Quality>,
}

#[derive(Debug, Deserialize)]
struct Small {
    workload: String,
    tickets: usize,
    pools: f64,
    engine: f64,
    unlimited: f64,
    greedy: f64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Arrivals {
    workload: String,
    per_second: f64,
    /// `None`: the documented greedy.
    hold: Option<f64>,
    mean_wait: f64,
    p99_wait: f64,
    cpu_us: f64,
}

/// Bars in groups: per group a label, per series a name and a value for each group.
struct Bars {
    name: &'static str,
    title: &'static str,
    groups: Vec<String>,
    series: Vec<(&'static str, Vec<Option<f64>>)>,
    is_log: bool,
}

const SIZE: (u32, u32) = (960, 460);
const COLOURS: [RGBColor; 3] = [RGBColor(31, 119, 180), RGBColor(44, 160, 44), RGBColor(200, 120, 40)];
/// Of a group's width, what its bars take together.
const FILLED: f64 = 0.8;

impl PlotBench {
    pub fn draw(self) -> Result<(), String> {
        let path = self.result.display();
        let text = std::fs::read_to_string(&self.result).map_err(|why| format!("{path}: {why}"))?;
        let recorded: Recorded = serde_json::from_str(&text).map_err(|why| {
            format!("{path}: expected a result as `matchwright bench plot --help` describes it, found: {why}")
        })?;
        let stem = self.result.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        std::fs::create_dir_all(&self.out).map_err(|why| format!("{}: {why}", self.out.display()))?;
        for bars in drawings(&recorded).iter().filter(|bars| !bars.groups.is_empty()) {
            let file = self.out.join(format!("{stem}-{}.svg", bars.name));
            draw(bars, &file).map_err(|why| format!("{}: {why}", file.display()))?;
            println!("{}", file.display());
        }
        Ok(())
    }
}

fn drawings(recorded: &Recorded) -> [Bars; 6] {
    let search = &recorded.search;
    let of_search = |value: &dyn Fn(&Search) -> Option<f64>| search.iter().map(value).collect::<Vec<_>>();
    let greedy =
        |value: fn(&Quality) -> f64| move |row: &Search| row.greedy.as_ref()?.quality.as_ref().map(value);
    let pools: Vec<String> =
        search.iter().map(|row| format!("{} {}", row.workload, short(row.tickets as f64))).collect();
    let quality = |name, title, value: fn(&Quality) -> f64| Bars {
        name,
        title,
        groups: pools.clone(),
        series: vec![
            ("engine", of_search(&|row| Some(value(&row.engine)))),
            ("documented greedy", of_search(&greedy(value))),
        ],
        is_log: false,
    };
    let rates = Bars {
        name: "rates",
        title: "Tickets per second of one thread's processor time",
        groups: pools.clone(),
        series: vec![
            ("by age", of_search(&|row| Some(row.tickets_per_second))),
            ("sweep", of_search(&|row| row.sweep.as_ref().map(|one| one.tickets_per_second))),
            ("documented greedy", of_search(&|row| row.greedy.as_ref().map(|one| one.tickets_per_second))),
        ],
        is_log: true,
    };
    let small =
        |value: fn(&Small) -> f64| recorded.small.iter().map(|row| Some(value(row) / row.pools)).collect();
    let matches = Bars {
        name: "small",
        title: "Small pools: matches per pool",
        groups: recorded.small.iter().map(|row| format!("{} {}", row.workload, row.tickets)).collect(),
        series: vec![
            ("engine", small(|row| row.engine)),
            ("a thousand times the budget", small(|row| row.unlimited)),
            ("documented greedy", small(|row| row.greedy)),
        ],
        is_log: false,
    };
    let named = |row: &Arrivals| {
        let search = row.hold.map_or("greedy".to_string(), |hold| format!("hold {hold} s"));
        format!("{} {}/s {search}", row.workload, row.per_second)
    };
    let arrivals =
        |value: fn(&Arrivals) -> f64| recorded.arrivals.iter().map(|row| Some(value(row))).collect();
    let runs: Vec<String> = recorded.arrivals.iter().map(named).collect();
    let waits = Bars {
        name: "waits",
        title: "Arrivals: wait in seconds",
        groups: runs.clone(),
        series: vec![("mean", arrivals(|row| row.mean_wait)), ("p99", arrivals(|row| row.p99_wait))],
        is_log: false,
    };
    let costs = Bars {
        name: "costs",
        title: "Arrivals: microseconds of processor time per ticket",
        groups: runs,
        series: vec![("per ticket", arrivals(|row| row.cpu_us))],
        is_log: true,
    };
    [
        rates,
        quality("unmatched", "Share of tickets left over, in per cent", |one| 100.0 * one.unmatched),
        quality("spread", "Skill points between the best and the weakest of a match", |one| one.spread),
        matches,
        waits,
        costs,
    ]
}

fn draw(bars: &Bars, file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let height = |value: f64| if bars.is_log { value.max(1.0).log10() } else { value };
    let values = bars.series.iter().flat_map(|(_, values)| values).flatten();
    let top = values.copied().map(height).fold(0.0, f64::max).max(f64::MIN_POSITIVE) * 1.25;
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(bars.title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(120)
        .y_label_area_size(70)
        .build_cartesian_2d(0.0..bars.groups.len() as f64, 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .light_line_style(TRANSPARENT)
        .y_label_formatter(&|y| short(if bars.is_log { 10_f64.powf(*y) } else { *y }))
        .draw()?;
    let upright = ("sans-serif", 13).into_font().transform(FontTransform::Rotate90).color(&BLACK);
    for (group, label) in bars.groups.iter().enumerate() {
        let (x, y) = chart.backend_coord(&(group as f64 + 0.5, 0.0));
        area.draw(&Text::new(label.as_str(), (x + 6, y + 6), upright.clone()))?;
    }
    let width = FILLED / bars.series.len() as f64;
    for (index, (name, values)) in bars.series.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let bar = |(group, value): (usize, &Option<f64>)| {
            let left = group as f64 + (1.0 - FILLED) / 2.0 + index as f64 * width;
            value.map(|value| Rectangle::new([(left, 0.0), (left + width, height(value))], colour.filled()))
        };
        chart
            .draw_series(values.iter().enumerate().filter_map(bar))?
            .label(*name)
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour.filled()));
    }
    if bars.series.len() > 1 {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE.mix(0.85))
            .border_style(BLACK.mix(0.3))
            .label_font(("sans-serif", 13))
            .draw()?;
    }
    area.present()?;
    Ok(())
}

/// A number in few characters: 10k, 1.5M.
fn short(value: f64) -> String {
    let plain = |value: f64, unit: &str| {
        let digits = if value >= 10.0 || value.fract() == 0.0 { 0 } else { 1 };
        format!("{value:.digits$}{unit}")
    };
    match value {
        value if value >= 1e6 => plain(value / 1e6, "M"),
        value if value >= 1e3 => plain(value / 1e3, "k"),
        value => plain(value, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let pairs = [(0.0, "0"), (0.25, "0.2"), (12.5, "12"), (10_000.0, "10k"), (1_500_000.0, "1.5M")];
        pairs.into_iter().for_each(|(value, text)| assert_eq!(short(value), text));
    }

    #[test]
    fn every_table_of_a_result_is_drawn() {
        let folder = std::env::temp_dir().join(format!("matchwright-plot-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let result = folder.join("one.json");
        let text = r#"{"search": [{"workload": "w2", "tickets": 1000, "ticketsPerSecond": 1e6,
            "engine": {"unmatched": 0.01, "spread": 250}, "sweep": {"ticketsPerSecond": 2e6},
            "greedy": {"ticketsPerSecond": 3e3, "quality": null}}],
            "small": [{"workload": "w2", "tickets": 20, "pools": 20, "engine": 41, "unlimited": 41, "greedy": 7}],
            "arrivals": [{"workload": "w2", "perSecond": 20, "hold": null, "meanWait": 12.5,
            "p99Wait": 50, "cpuUs": 2800}]}"#;
        std::fs::write(&result, text).expect("a result");
        PlotBench { result: result.clone(), out: folder.clone() }.draw().expect("drawings");
        let drawn = |name: &str| std::fs::read_to_string(folder.join(format!("one-{name}.svg")));
        assert!(drawn("rates").expect("rates").contains("w2 1k"));
        assert!(drawn("waits").expect("waits").contains("w2 20/s greedy"));
        ["unmatched", "spread", "small", "costs"].into_iter().for_each(|name| drop(drawn(name).expect(name)));
        std::fs::write(&result, r#"{"search": 5}"#).expect("a result");
        let wrong = PlotBench { result, out: folder.clone() }.draw().unwrap_err();
        assert!(wrong.contains("expected a result") && wrong.contains("line 1"), "{wrong}");
        std::fs::remove_dir_all(&folder).expect("the folder goes");
    }
}
