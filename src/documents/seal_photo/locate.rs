//! Where in a photo the seal is, and whether it is round or square.

use std::collections::HashMap;
use std::f32::consts::TAU;

use image::{GrayImage, Luma};
use imageproc::distance_transform::Norm;
use imageproc::geometry::{convex_hull, min_area_rect};
use imageproc::morphology::dilate;
use imageproc::point::Point as Pixel;
use imageproc::region_labelling::{Connectivity, connected_components};

use super::Refusal;
use super::geometry::{Disc, Point, Quad, fit_ellipse, sides};
use super::ink::{Ink, quantile};

/// Redness from which a pixel may be ink.
const RED: f32 = 0.20;
/// Redness that full ink must have.
const FAINTEST: f32 = 0.25;
/// Candidates are looked for at a quarter of the size.
const CELL: usize = 4;
const RAYS: usize = 360;

pub(super) enum Outline {
    Round(Disc),
    Square(Quad),
}

pub(super) struct Found {
    pub outline: Outline,
    /// Left, top, right, bottom.
    pub bounds: [usize; 4],
    /// Redness of full ink.
    pub full: f32,
    /// Share of the outline that is there, 0 to 1.
    pub cover: f32,
}

/// The most seal-like red thing; of several, the largest.
pub(super) fn locate(ink: &Ink) -> Result<Found, Refusal> {
    let mask = mask(ink);
    let (labels, candidates) = candidates(&mask, ink.red.width, ink.red.height);
    let mut refusal = Refusal::NoSeal;
    for candidate in candidates.iter().take(4) {
        if candidate.at_border {
            refusal = Refusal::CutOff;
            continue;
        }
        match judge(ink, &mask, &labels, candidate) {
            Ok(found) => return Ok(found),
            Err(Refusal::NoSeal) => {}
            Err(other) => refusal = other,
        }
    }
    Err(refusal)
}

fn mask(ink: &Ink) -> Vec<bool> {
    let red = ink.red.box_blur(1);
    let lit = red.values.iter().zip(&ink.light.values);
    lit.map(|(&red, &light)| red > RED && light > 0.10).collect()
}

struct Candidate {
    label: u32,
    /// In cells.
    bounds: [usize; 4],
    at_border: bool,
    score: f32,
}

fn candidates(mask: &[bool], width: usize, height: usize) -> (Labels, Vec<Candidate>) {
    let (columns, rows) = (width / CELL, height / CELL);
    let cells = GrayImage::from_fn(columns as u32, rows as u32, |x, y| {
        let (left, top) = (x as usize * CELL, y as usize * CELL);
        let inside = (0..CELL * CELL).map(|i| (top + i / CELL) * width + left + i % CELL);
        Luma([if inside.filter(|&i| mask[i]).count() >= 3 { 255 } else { 0 }])
    });
    let reach = (columns.max(rows) / 70).clamp(2, 255) as u8;
    let joined = dilate(&cells, Norm::LInf, reach);
    let labels = connected_components(&joined, Connectivity::Eight, Luma([0]));
    let mut extents: HashMap<u32, ([usize; 4], usize)> = HashMap::new();
    for (x, y, label) in labels.enumerate_pixels() {
        if label[0] > 0 && cells.get_pixel(x, y)[0] > 0 {
            let (x, y) = (x as usize, y as usize);
            let (bounds, area) = extents.entry(label[0]).or_insert(([x, y, x, y], 0));
            *bounds = [bounds[0].min(x), bounds[1].min(y), bounds[2].max(x), bounds[3].max(y)];
            *area += 1;
        }
    }
    let mut found: Vec<Candidate> =
        extents.into_iter().filter_map(|(label, (bounds, area))| rate(label, bounds, area, columns, rows)).collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.label.cmp(&b.label)));
    (Labels { labels, columns, rows }, found)
}

/// Neither too small, too long, too thin nor too full for a seal.
fn rate(label: u32, bounds: [usize; 4], area: usize, columns: usize, rows: usize) -> Option<Candidate> {
    let [left, top, right, bottom] = bounds;
    let (wide, high) = ((right - left + 1) as f32, (bottom - top + 1) as f32);
    let (aspect, fill) = (wide / high, area as f32 / (wide * high));
    let at_border = left == 0 || top == 0 || right + 1 >= columns || bottom + 1 >= rows;
    let long_enough = wide.max(high) >= columns.max(rows) as f32 * 0.06;
    if !(0.5..=2.0).contains(&aspect) || !(0.10..=0.85).contains(&fill) || !long_enough {
        return None;
    }
    let squareness = (1.0 - aspect.ln().abs()).max(0.1);
    let score = area as f32 * squareness * if at_border { 0.15 } else { 1.0 };
    Some(Candidate { label, bounds, at_border, score })
}

struct Labels {
    labels: image::ImageBuffer<Luma<u32>, Vec<u32>>,
    columns: usize,
    rows: usize,
}

impl Labels {
    fn at(&self, x: usize, y: usize) -> u32 {
        let (column, row) = ((x / CELL).min(self.columns - 1), (y / CELL).min(self.rows - 1));
        self.labels.get_pixel(column as u32, row as u32)[0]
    }
}

fn judge(ink: &Ink, mask: &[bool], labels: &Labels, candidate: &Candidate) -> Result<Found, Refusal> {
    let (width, height) = (ink.red.width, ink.red.height);
    let [left, top, right, bottom] = candidate.bounds;
    let bounds = [left * CELL, top * CELL, ((right + 1) * CELL).min(width - 1), ((bottom + 1) * CELL).min(height - 1)];
    let (mut redness, mut points): (Vec<f32>, Vec<Point>) = Default::default();
    for y in bounds[1]..=bounds[3] {
        for x in bounds[0]..=bounds[2] {
            if mask[y * width + x] && labels.at(x, y) == candidate.label {
                redness.push(ink.red.values[y * width + x]);
                points.push([x as f32, y as f32]);
            }
        }
    }
    if redness.len() < 400 {
        return Err(Refusal::NoSeal);
    }
    let full = quantile(&mut redness, 0.7).unwrap_or(0.0);
    let found = |outline, cover| Found { outline, bounds, full, cover };
    let found = match round(&points, bounds) {
        Some((disc, cover)) => found(Outline::Round(disc), cover),
        None => found(Outline::Square(square(&points).ok_or(Refusal::NoSeal)?), 1.0),
    };
    if full < FAINTEST { Err(Refusal::TooFaint) } else { Ok(found) }
}

/// The farthest ink on each ray is on an ellipse, nearly all around.
fn round(points: &[Point], bounds: [usize; 4]) -> Option<(Disc, f32)> {
    let [left, top, right, bottom] = bounds.map(|value| value as f32);
    let (cx, cy) = ((left + right) / 2.0, (top + bottom) / 2.0);
    let mut farthest = [0f32; RAYS];
    for [x, y] in points {
        let (dx, dy) = (x - cx, y - cy);
        let ray = ((dy.atan2(dx) / TAU + 1.0).fract() * RAYS as f32) as usize % RAYS;
        farthest[ray] = farthest[ray].max(dx.hypot(dy));
    }
    let rim: Vec<Point> = (0..RAYS)
        .filter(|&ray| farthest[ray] > 0.0)
        .map(|ray| {
            let angle = (ray as f32 + 0.5) / RAYS as f32 * TAU;
            [cx + farthest[ray] * angle.cos(), cy + farthest[ray] * angle.sin()]
        })
        .collect();
    let fit = fit_ellipse(&rim, &[[0.08; 4].as_slice(), &[0.025; 8]].concat())?;
    let mut residuals: Vec<f32> = fit.residuals.iter().map(|r| r.abs() as f32).collect();
    let cover = residuals.iter().filter(|&&r| r < 0.025).count() as f32 / RAYS as f32;
    let typical = quantile(&mut residuals, 0.5)?;
    (cover > 0.85 && typical < 0.02).then_some((fit.disc, cover))
}

/// The smallest rectangle around the ink, each side then fitted to the hull.
fn square(points: &[Point]) -> Option<Quad> {
    let thinned = points.iter().step_by(1 + points.len() / 40_000);
    let pixels: Vec<Pixel<i32>> = thinned.map(|p| Pixel::new(p[0] as i32, p[1] as i32)).collect();
    let hull: Vec<Point> = convex_hull(&pixels[..]).iter().map(|p| [p.x as f32, p.y as f32]).collect();
    if hull.len() < 4 {
        return None;
    }
    let corners: Vec<Pixel<i32>> = hull.iter().map(|p| Pixel::new(p[0] as i32, p[1] as i32)).collect();
    let rectangle = min_area_rect(&corners).map(|p| [p.x as f32, p.y as f32]);
    let lines: [Side; 4] = std::array::from_fn(|i| fit_side(&hull, rectangle[i], rectangle[(i + 1) % 4]));
    let mut quad: Quad = std::array::from_fn(|i| lines[(i + 3) % 4].meet(&lines[i]).unwrap_or(rectangle[i]));
    let middle = [0, 1].map(|i| quad.iter().map(|p| p[i]).sum::<f32>() / 4.0);
    let turn = |p: &Point| (p[1] - middle[1]).atan2(p[0] - middle[0]);
    quad.sort_by(|a, b| turn(a).total_cmp(&turn(b)));
    let lengths = sides(&quad);
    let longest = lengths.iter().fold(0.0, |a: f32, &b| a.max(b));
    let shortest = lengths.iter().fold(f32::MAX, |a: f32, &b| a.min(b));
    (shortest > 0.6 * longest).then_some(quad)
}

/// A line: `normal · p + offset = 0`.
struct Side {
    normal: Point,
    offset: f32,
}

impl Side {
    fn through(point: Point, normal: Point) -> Side {
        Side { normal, offset: -(normal[0] * point[0] + normal[1] * point[1]) }
    }

    fn meet(&self, other: &Side) -> Option<Point> {
        let (n, m) = (self.normal, other.normal);
        let determinant = n[0] * m[1] - n[1] * m[0];
        (determinant.abs() > 1e-6).then(|| {
            [
                (n[1] * other.offset - m[1] * self.offset) / determinant,
                (m[0] * self.offset - n[0] * other.offset) / determinant,
            ]
        })
    }
}

/// Total least squares over the hull's edges that run along the side from `a` to `b`, its ends left out.
fn fit_side(hull: &[Point], a: Point, b: Point) -> Side {
    let length = (b[0] - a[0]).hypot(b[1] - a[1]).max(1.0);
    let along = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
    let normal = [-along[1], along[0]];
    let dot = |p: Point, q: Point| p[0] * q[0] + p[1] * q[1];
    let mut near: Vec<Point> = Vec::new();
    for (i, &p) in hull.iter().enumerate() {
        let q = hull[(i + 1) % hull.len()];
        let edge = [q[0] - p[0], q[1] - p[1]];
        let reach = edge[0].hypot(edge[1]);
        if dot(edge, along).abs() <= 0.94 * reach {
            continue;
        }
        let steps = (reach / 3.0).ceil().max(1.0);
        near.extend((0..steps as usize).map(|t| t as f32 / steps).filter_map(|t| {
            let point = [p[0] + edge[0] * t, p[1] + edge[1] * t];
            let from = [point[0] - a[0], point[1] - a[1]];
            let share = dot(from, along) / length;
            let fits = (0.10..0.90).contains(&share) && dot(from, normal).abs() < length * 0.07;
            fits.then_some(point)
        }));
    }
    if near.len() < 4 {
        return Side::through(a, normal);
    }
    let middle = [0, 1].map(|i| near.iter().map(|p| p[i]).sum::<f32>() / near.len() as f32);
    let moment = |i: usize, j: usize| -> f32 { near.iter().map(|p| (p[i] - middle[i]) * (p[j] - middle[j])).sum() };
    let angle = 0.5 * (2.0 * moment(0, 1)).atan2(moment(0, 0) - moment(1, 1));
    Side::through(middle, [-angle.sin(), angle.cos()])
}
