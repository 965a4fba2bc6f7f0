//! A round seal looked at from straight above: its exact edge, the tilt of the paper, and which way is up.

use image::{GrayImage, Luma};

use super::geometry::{Disc, Point, fit_ellipse, step_angle};
use super::ink::quantile;
use super::plane::Plane;

/// Steps around the circle.
const STEPS: usize = 720;
/// From this on the fifth harmonic of the middle is a star's.
const STAR: f32 = 0.22;

/// Moves the ellipse to where opacity falls to a half, coming from outside.
pub(super) fn refine(opacity: &Plane, disc: Disc) -> Disc {
    let step = 1.0 / disc.diameter().max(1.0);
    let mut rim: Vec<Point> = Vec::new();
    for i in 0..360 {
        let angle = step_angle(i, 360);
        let (mut radius, mut before) = (1.06, 0.0);
        while radius > 0.93 {
            let [x, y] = disc.ring(radius, angle);
            let now = opacity.at(x, y);
            if now > 0.5 {
                let part = if now > before { (now - 0.5) / (now - before) } else { 0.0 };
                rim.push(disc.ring(radius + part * step, angle));
                break;
            }
            before = now;
            radius -= step;
        }
    }
    if rim.len() < 200 {
        return disc;
    }
    fit_ellipse(&rim, &[0.05, 0.006, 0.006, 0.006, 0.006, 0.006]).map_or(disc, |fit| fit.disc)
}

/// How wide the outer edge is from faint to full, as a share of the diameter: small is sharp.
pub(super) fn edge_width(red: &Plane, disc: &Disc, full: f32) -> f32 {
    let step = 0.5 / disc.diameter().max(1.0);
    let mut widths: Vec<f32> = (0..180)
        .filter_map(|i| {
            let angle = step_angle(i, 180);
            let mut outer = None;
            let mut radius = 1.12;
            while radius > 0.90 {
                let [x, y] = disc.ring(radius, angle);
                let ink = red.at(x, y);
                if outer.is_none() && ink > 0.25 * full {
                    outer = Some(radius);
                }
                if let (Some(outer), true) = (outer, ink > 0.75 * full) {
                    return Some((outer - radius) / 2.0);
                }
                radius -= step;
            }
            None
        })
        .collect();
    quantile(&mut widths, 0.5).unwrap_or(1.0)
}

/// Finds the tilt from the star, if there is one; gives the disc with it, and by how many degrees the seal is turned clockwise.
pub(super) fn upright(opacity: &Plane, disc: Disc) -> (Disc, f32) {
    let tilted = Disc { eye: star_centre(opacity, &disc), ..disc };
    let far = tilted.eye[0].hypot(tilted.eye[1]) > 0.12;
    let (star, turn) = fifth_harmonic(opacity, &tilted);
    if star >= STAR && !far {
        return (tilted, turn);
    }
    let (star, turn) = fifth_harmonic(opacity, &disc);
    let turn = if star >= STAR { turn } else { turn_of_text(opacity, &disc) };
    (disc, turn)
}

/// The centroid of ink in the middle is where the seal's centre is seen.
fn star_centre(opacity: &Plane, disc: &Disc) -> Point {
    let (mut x, mut y, mut sum) = (0.0, 0.0, 0.0);
    for row in -40..=40 {
        for column in -40..=40 {
            let (u, v) = (column as f32 * 0.01, row as f32 * 0.01);
            if u * u + v * v <= 0.15 {
                let [px, py] = disc.flat(u, v);
                let ink = opacity.at(px, py);
                x += ink * u;
                y += ink * v;
                sum += ink;
            }
        }
    }
    if sum > 150.0 { [x / sum * 1.04, y / sum * 1.04] } else { [0.0; 2] }
}

/// How much the middle is a five-pointed star, and its turn in degrees, within ±36.
fn fifth_harmonic(opacity: &Plane, disc: &Disc) -> (f32, f32) {
    let (mut x, mut y, mut sum) = (0.0, 0.0, 0.0);
    for i in 0..STEPS {
        let angle = step_angle(i, STEPS);
        let ink = ring_ink(opacity, disc, angle, 0.12, 0.018, 12);
        x += ink * (5.0 * angle).cos();
        y += ink * (5.0 * angle).sin();
        sum += ink;
    }
    let turn = y.atan2(x).to_degrees() / 5.0 + 90.0;
    (x.hypot(y) / (sum + 1e-3), (turn + 36.0).rem_euclid(72.0) - 36.0)
}

fn ring_ink(opacity: &Plane, disc: &Disc, angle: f32, from: f32, step: f32, count: usize) -> f32 {
    (0..count)
        .map(|j| {
            let [x, y] = disc.ring(from + step * j as f32, angle);
            opacity.at(x, y)
        })
        .sum()
}

/// Without a star: the ring's text is symmetric about the vertical, and a line of text is sharpest when level.
fn turn_of_text(opacity: &Plane, disc: &Disc) -> f32 {
    let turns: Vec<f32> = (-80..=80).map(|half| half as f32 * 0.5).collect();
    let symmetry = normalised(symmetry(opacity, disc, &turns));
    let (rows, points) = row_sharpness(opacity, disc, &turns);
    let weight = if points > 60 { 1.5 } else { 0.0 };
    let score = symmetry.iter().zip(normalised(rows)).map(|(symmetry, row)| symmetry + weight * row);
    let best = score.zip(&turns).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or(0.0, |(_, turn)| *turn)
}

fn symmetry(opacity: &Plane, disc: &Disc, turns: &[f32]) -> Vec<f32> {
    let ring: Vec<f32> = (0..STEPS).map(|i| ring_ink(opacity, disc, step_angle(i, STEPS), 0.62, 0.03, 9)).collect();
    let mean = ring.iter().sum::<f32>() / STEPS as f32;
    let steps = STEPS as i32;
    let at = |i: i32| ring[i.rem_euclid(steps) as usize] - mean;
    let match_of = |turn: &f32| {
        let axis = ((turn + 90.0) * 2.0) as i32;
        (1..steps / 2).map(|i| at(axis + i) * at(axis - i)).sum()
    };
    turns.iter().map(match_of).collect()
}

/// Sum of squares of the ink per row, for each turn; and how many points there were to go by.
fn row_sharpness(opacity: &Plane, disc: &Disc, turns: &[f32]) -> (Vec<f32>, usize) {
    let mut inner: Vec<[f32; 3]> = Vec::new();
    for row in -36..=36 {
        for column in -36..=36 {
            let (u, v) = (column as f32 * 0.02, row as f32 * 0.02);
            let [x, y] = disc.place(u, v);
            let ink = opacity.at(x, y);
            if u * u + v * v <= 0.42 && ink > 0.3 {
                inner.push([u, v, ink]);
            }
        }
    }
    let sharpness = |turn: &f32| {
        let (sin, cos) = turn.to_radians().sin_cos();
        let mut rows = [0f32; 80];
        for [u, v, ink] in &inner {
            let place = ((v * cos - u * sin + 0.8) * 49.0).max(0.0);
            let row = (place as usize).min(78);
            let part = (place - row as f32).clamp(0.0, 1.0);
            rows[row] += ink * (1.0 - part);
            rows[row + 1] += ink * part;
        }
        let sum: f32 = rows.iter().sum();
        rows.iter().map(|row| row * row).sum::<f32>() / (sum * sum + 1e-6)
    };
    (turns.iter().map(sharpness).collect(), inner.len())
}

fn normalised(mut values: Vec<f32>) -> Vec<f32> {
    let most = values.iter().copied().fold(f32::MIN, f32::max);
    let least = values.iter().copied().fold(f32::MAX, f32::min);
    values.iter_mut().for_each(|value| *value = (*value - least) / (most - least + 1e-9));
    values
}

/// The seal as a square picture of `side` pixels, upright; what lies outside the ring is empty.
pub(super) fn straighten(opacity: &Plane, disc: &Disc, turn: f32, side: u32) -> GrayImage {
    let (sin, cos) = turn.to_radians().sin_cos();
    let place = |i: u32| (i as f32 + 0.5) / side as f32 * 2.0 - 1.0;
    GrayImage::from_fn(side, side, |x, y| {
        let (u, v) = (place(x), place(y));
        if u.hypot(v) > 1.012 {
            return Luma([0]);
        }
        let [x, y] = disc.place(u * cos - v * sin, u * sin + v * cos);
        Luma([(opacity.at(x, y) * 255.0) as u8])
    })
}
