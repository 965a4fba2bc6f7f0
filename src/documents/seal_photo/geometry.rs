//! Ellipses, quadrilaterals and how a plane is seen at an angle.

use std::f32::consts::TAU;

pub(super) type Point = [f32; 2];

/// Solves a small linear system; `None` if it has no single solution.
pub(super) fn solve<const N: usize>(mut a: [[f64; N]; N], mut b: [f64; N]) -> Option<[f64; N]> {
    for i in 0..N {
        let pivot = (i..N).max_by(|&x, &y| a[x][i].abs().total_cmp(&a[y][i].abs()))?;
        if a[pivot][i].abs() < 1e-12 {
            return None;
        }
        a.swap(i, pivot);
        b.swap(i, pivot);
        for j in i + 1..N {
            let factor = a[j][i] / a[i][i];
            let row = a[i];
            for (value, above) in a[j].iter_mut().zip(row).skip(i) {
                *value -= factor * above;
            }
            b[j] -= factor * b[i];
        }
    }
    let mut x = [0.0; N];
    for i in (0..N).rev() {
        let known: f64 = (i + 1..N).map(|k| a[i][k] * x[k]).sum();
        x[i] = (b[i] - known) / a[i][i];
    }
    Some(x)
}

/// An ellipse as the picture of the unit disc: `centre + axes · (u, v)`, seen with `eye` where the disc's centre falls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Disc {
    pub centre: Point,
    /// Row by row; symmetric, so that it does not turn.
    pub axes: [f32; 4],
    /// Where the centre of the round seal is seen, in the disc: not its middle if the paper is tilted.
    pub eye: Point,
}

impl Disc {
    /// Diameter of the circle of equal area.
    pub fn diameter(&self) -> f32 {
        2.0 * (self.axes[0] * self.axes[3] - self.axes[1] * self.axes[2]).abs().sqrt()
    }

    /// Where a point of the unit disc is in the picture.
    pub fn place(&self, u: f32, v: f32) -> Point {
        let [u, v] = self.tilt(u, v);
        self.flat(u, v)
    }

    /// The same without the tilt.
    pub fn flat(&self, u: f32, v: f32) -> Point {
        let [a, b, c, d] = self.axes;
        [self.centre[0] + a * u + b * v, self.centre[1] + c * u + d * v]
    }

    pub fn ring(&self, radius: f32, angle: f32) -> Point {
        self.place(radius * angle.cos(), radius * angle.sin())
    }

    /// The projective map that keeps the circle and takes its centre to the eye.
    fn tilt(&self, u: f32, v: f32) -> Point {
        let [ex, ey] = self.eye;
        let squared = ex * ex + ey * ey;
        if squared < 1e-8 {
            return [u, v];
        }
        let length = squared.sqrt();
        let (ex, ey) = (ex / length, ey / length);
        let (along, across) = (u * ex + v * ey, -u * ey + v * ex);
        let depth = 1.0 + length * along;
        let along = (along + length) / depth;
        let across = across * (1.0 - squared).sqrt() / depth;
        [along * ex - across * ey, along * ey + across * ex]
    }

    /// After the picture was cut at `origin` and scaled.
    pub fn moved(&self, origin: Point, scale: f32) -> Disc {
        Disc { centre: moved(self.centre, origin, scale), axes: self.axes.map(|value| value * scale), eye: self.eye }
    }
}

pub(super) fn moved(point: Point, origin: Point, scale: f32) -> Point {
    [(point[0] - origin[0]) * scale, (point[1] - origin[1]) * scale]
}

/// The result of fitting an ellipse.
pub(super) struct Fit {
    pub disc: Disc,
    /// How far each point is from it, as a share of the radius.
    pub residuals: Vec<f64>,
}

/// Least squares, repeated with outliers weighing less; `tolerance` per round tells from where on.
pub(super) fn fit_ellipse(points: &[Point], tolerances: &[f64]) -> Option<Fit> {
    let count = points.len() as f32;
    let middle = [0, 1].map(|i| points.iter().map(|p| p[i]).sum::<f32>() / count);
    let reach = points.iter().map(|p| (p[0] - middle[0]).hypot(p[1] - middle[1]));
    let scale = f64::from(reach.sum::<f32>() / count);
    if points.len() < 20 || scale < 1.0 {
        return None;
    }
    let scaled: Vec<[f64; 2]> = points.iter().map(|p| [0, 1].map(|i| f64::from(p[i] - middle[i]) / scale)).collect();
    let mut weights = vec![1.0; points.len()];
    let mut best = None;
    for tolerance in tolerances {
        let Some((centre, axes)) = conic(&scaled, &weights).and_then(disc_of) else {
            break;
        };
        let residuals: Vec<f64> = scaled.iter().map(|p| distance(*p, centre, axes)).collect();
        for (weight, residual) in weights.iter_mut().zip(&residuals) {
            let far = tolerance * 3.2 < residual.abs() && *tolerance < 0.05;
            *weight = if far { 0.0 } else { 1.0 / (1.0 + (residual / tolerance).powi(2)) };
        }
        let centre = [0, 1].map(|i| middle[i] + (centre[i] * scale) as f32);
        let axes = axes.map(|value| (value * scale) as f32);
        best = Some(Fit { disc: Disc { centre, axes, eye: [0.0; 2] }, residuals });
    }
    best
}

/// a x² + b xy + c y² + d x + e y = 1
fn conic(points: &[[f64; 2]], weights: &[f64]) -> Option<[f64; 5]> {
    let (mut a, mut b) = ([[0.0; 5]; 5], [0.0; 5]);
    for ([x, y], weight) in points.iter().zip(weights) {
        let row = [x * x, x * y, y * y, *x, *y];
        for i in 0..5 {
            for j in 0..5 {
                a[i][j] += weight * row[i] * row[j];
            }
            b[i] += weight * row[i];
        }
    }
    solve(a, b)
}

/// The ellipse of a conic: its centre, and the inverse square root of its matrix. `None` if it is none.
fn disc_of([a, b, c, d, e]: [f64; 5]) -> Option<([f64; 2], [f64; 4])> {
    let determinant = 4.0 * a * c - b * b;
    if determinant <= 0.0 {
        return None;
    }
    let x = (b * e - 2.0 * c * d) / determinant;
    let y = (b * d - 2.0 * a * e) / determinant;
    let k = 1.0 + a * x * x + b * x * y + c * y * y;
    let (s11, s12, s22) = (a / k, b / 2.0 / k, c / k);
    let (trace, area) = (s11 + s22, s11 * s22 - s12 * s12);
    if k <= 0.0 || area <= 0.0 || trace <= 0.0 {
        return None;
    }
    let root = area.sqrt();
    let t = (trace + 2.0 * root).sqrt();
    let (r11, r12, r22) = ((s11 + root) / t, s12 / t, (s22 + root) / t);
    let r = r11 * r22 - r12 * r12;
    Some(([x, y], [r22 / r, -r12 / r, -r12 / r, r11 / r]))
}

fn distance(point: [f64; 2], centre: [f64; 2], m: [f64; 4]) -> f64 {
    let determinant = m[0] * m[3] - m[1] * m[2];
    let (x, y) = (point[0] - centre[0], point[1] - centre[1]);
    let (u, v) = ((m[3] * x - m[1] * y) / determinant, (m[0] * y - m[2] * x) / determinant);
    u.hypot(v) - 1.0
}

/// Four corners, clockwise from the top left.
pub(super) type Quad = [Point; 4];

pub(super) fn sides(quad: &Quad) -> [f32; 4] {
    std::array::from_fn(|i| {
        let (a, b) = (quad[i], quad[(i + 1) % 4]);
        (b[0] - a[0]).hypot(b[1] - a[1])
    })
}

/// The map that takes a square of side `from` to the quadrilateral.
pub(super) struct Homography([f64; 8]);

impl Homography {
    pub fn new(from: f32, quad: &Quad) -> Option<Homography> {
        let corners = [[0.0, 0.0], [from, 0.0], [from, from], [0.0, from]];
        let (mut a, mut b) = ([[0.0; 8]; 8], [0.0; 8]);
        for (i, (corner, seen)) in corners.iter().zip(quad).enumerate() {
            let [x, y, u, v] = [corner[0], corner[1], seen[0], seen[1]].map(f64::from);
            a[2 * i] = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y];
            a[2 * i + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y];
            (b[2 * i], b[2 * i + 1]) = (u, v);
        }
        solve(a, b).map(Homography)
    }

    pub fn place(&self, x: f32, y: f32) -> Point {
        let (h, x, y) = (&self.0, f64::from(x), f64::from(y));
        let depth = h[6] * x + h[7] * y + 1.0;
        let place = |i: usize| ((h[i] * x + h[i + 1] * y + h[i + 2]) / depth) as f32;
        [place(0), place(3)]
    }
}

/// The angle of step `i` of `steps` around the circle.
pub(super) fn step_angle(i: usize, steps: usize) -> f32 {
    i as f32 / steps as f32 * TAU
}
