//! A comparison as a picture: a row for each program, a point for each Scheme.

use std::path::Path;

use plotters::coord::combinators::IntoLogRange;
use plotters::drawing::IntoDrawingArea;
use plotters::element::{Circle, EmptyElement, PathElement, Text};
use plotters::prelude::{ChartBuilder, Color, RGBColor, SVGBackend, WHITE};

use super::measure::{Results, Row};
use super::report::{mean, ratio, unit};

const WIDTH: u32 = 900;
const ROW_HEIGHT: u32 = 16;
/// Room for the scale, its name and the explanation of the points.
const AROUND: u32 = 110;
const NAMES_WIDTH: u32 = 170;
/// The line above the rows that says which colour a Scheme has, and what each takes of it.
const EXPLANATION_Y: i32 = 14;
const EXPLANATION_WIDTH: i32 = 118;
const FONT: &str = "sans-serif";
const FONT_SIZE: i32 = 12;

/// Colours by Scheme, in the order of the table; further ones are grey.
const COLOURS: [RGBColor; 6] = [
    RGBColor(214, 39, 40),
    RGBColor(255, 127, 14),
    RGBColor(31, 119, 180),
    RGBColor(127, 127, 127),
    RGBColor(44, 160, 44),
    RGBColor(148, 103, 189),
];
const OTHER: RGBColor = RGBColor(190, 190, 190);
const LINE: RGBColor = RGBColor(225, 225, 225);

/// Writes the picture as SVG; nothing if no program runs on two Schemes.
///
/// # Errors
/// What the drawing says.
pub fn write(path: &Path, results: &Results) -> Result<(), String> {
    draw(path, results).map_err(|error| format!("{}: {error}", path.display()))
}

fn draw(path: &Path, results: &Results) -> Result<(), Box<dyn std::error::Error>> {
    let unit = unit(results);
    let rows = sorted(results, unit);
    let all: Vec<f64> =
        rows.iter().flat_map(|(_, points)| points.iter().map(|point| point.1)).collect();
    let (Some(least), Some(most)) =
        (all.iter().copied().reduce(f64::min), all.iter().copied().reduce(f64::max))
    else {
        return Ok(());
    };
    let height = rows.len() as u32 * ROW_HEIGHT + AROUND;
    let area = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(10)
        .margin_top(30)
        .x_label_area_size(40)
        .y_label_area_size(NAMES_WIDTH)
        .build_cartesian_2d((least * 0.8..most * 1.25).log_scale(), -(rows.len() as f64)..1.0)?;
    chart
        .configure_mesh()
        .disable_y_axis()
        .disable_y_mesh()
        .light_line_style(WHITE)
        .x_desc(format!("times the time of {}", results.schemes[unit].label))
        .x_label_formatter(&|ratio| format!("{ratio}"))
        .draw()?;
    for (index, (name, _)) in rows.iter().enumerate() {
        let y = -(index as f64);
        chart.draw_series([PathElement::new(vec![(least * 0.8, y), (most * 1.25, y)], LINE)])?;
        let place = (-(NAMES_WIDTH as i32), -FONT_SIZE / 2);
        let text = Text::new(name.clone(), place, (FONT, FONT_SIZE));
        chart.draw_series([EmptyElement::at((least * 0.8, y)) + text])?;
    }
    for (place, scheme) in results.schemes.iter().enumerate() {
        let colour = COLOURS.get(place).copied().unwrap_or(OTHER);
        let points = rows.iter().enumerate().flat_map(|(index, (_, points))| {
            let own = points.iter().filter(move |point| point.0 == place);
            own.map(move |point| Circle::new((point.1, -(index as f64)), 4, colour.filled()))
        });
        chart.draw_series(points)?;
        let left = NAMES_WIDTH as i32 + place as i32 * EXPLANATION_WIDTH;
        area.draw(&Circle::new((left, EXPLANATION_Y), 4, colour.filled()))?;
        let beside = (left + 10, EXPLANATION_Y - FONT_SIZE / 2);
        area.draw(&Text::new(scheme.label, beside, (FONT, FONT_SIZE)))?;
    }
    area.present()?;
    Ok(())
}

/// A name, and the ratio by the place of its Scheme.
type Points = (String, Vec<(usize, f64)>);

/// The means, then the programs, the slowest on the first Scheme first.
fn sorted(results: &Results, unit: usize) -> Vec<Points> {
    let places = 0..results.schemes.len();
    let points = |row: &Row| -> Vec<(usize, f64)> {
        places.clone().filter_map(|place| Some((place, ratio(row, place, unit)?.median))).collect()
    };
    let mut rows: Vec<Points> =
        results.programs().map(|row| (row.program.clone(), points(row))).collect();
    let own =
        |points: &Points| points.1.iter().find(|point| point.0 == 0).map_or(0.0, |point| point.1);
    rows.sort_by(|left, right| own(right).total_cmp(&own(left)));
    let means = places.clone().filter_map(|place| Some((place, mean(results, place, unit)?.0)));
    rows.insert(0, ("geometric mean".into(), means.collect()));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench_compare::report::tests::example;

    #[test]
    fn slow_programs_come_first_below_the_mean() {
        let rows = sorted(&example(), 1);
        let names: Vec<&str> = rows.iter().map(|row| row.0.as_str()).collect();
        assert_eq!(names, ["geometric mean", "a", "b"]);
        assert_eq!(rows[2].1.len(), 2, "one Scheme does not run b");
    }

    #[test]
    fn the_picture_names_programs_and_schemes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chart.svg");
        write(&path, &example()).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        for expected in ["geometric mean", "chez", "times the time of chez"] {
            assert!(text.contains(expected), "{expected}");
        }
    }
}
