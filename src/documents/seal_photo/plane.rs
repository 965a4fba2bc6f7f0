//! A plane of numbers the size of a picture, with the few filters that finding a seal needs.

use std::collections::VecDeque;

#[derive(Clone)]
pub(super) struct Plane {
    pub width: usize,
    pub height: usize,
    pub values: Vec<f32>,
}

impl Plane {
    pub fn new(width: usize, height: usize) -> Plane {
        Plane { width, height, values: vec![0.0; width * height] }
    }

    fn like(&self, values: Vec<f32>) -> Plane {
        Plane { width: self.width, height: self.height, values }
    }

    pub fn zip(&self, other: &Plane, f: impl Fn(f32, f32) -> f32) -> Plane {
        let pairs = self.values.iter().zip(&other.values);
        self.like(pairs.map(|(&a, &b)| f(a, b)).collect())
    }

    /// Between the pixels; nothing outside.
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let (right, bottom) = (self.width as f32 - 1.0, self.height as f32 - 1.0);
        if !(x >= 0.0 && y >= 0.0 && x < right && y < bottom) {
            return 0.0;
        }
        self.blend(x, y)
    }

    /// Between the pixels; beyond the edge, the edge.
    pub fn clamped(&self, x: f32, y: f32) -> f32 {
        self.blend(x.clamp(0.0, self.width as f32 - 1.0), y.clamp(0.0, self.height as f32 - 1.0))
    }

    fn blend(&self, x: f32, y: f32) -> f32 {
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (tx, ty) = (x - left as f32, y - top as f32);
        let row = |y: usize| {
            let row = &self.values[y * self.width..];
            row[left] * (1.0 - tx) + row[right] * tx
        };
        row(top) * (1.0 - ty) + row(bottom) * ty
    }

    /// Mean over a square of `2 * radius + 1`, smaller at the edges.
    pub fn box_blur(&self, radius: usize) -> Plane {
        self.along_rows(|row, out| box_line(row, radius, out))
            .along_columns(|column, out| box_line(column, radius, out))
    }

    /// Grey closing: fills what is darker than its surroundings and narrower than `2 * radius`.
    pub fn closing(&self, radius: usize) -> Plane {
        let brightest = |a: f32, b: f32| a >= b;
        let darkest = |a: f32, b: f32| a <= b;
        self.along_rows(|row, out| extreme_line(row, radius, brightest, out))
            .along_columns(|column, out| extreme_line(column, radius, brightest, out))
            .along_rows(|row, out| extreme_line(row, radius, darkest, out))
            .along_columns(|column, out| extreme_line(column, radius, darkest, out))
    }

    fn along_rows(&self, filter: impl Fn(&[f32], &mut [f32])) -> Plane {
        let mut out = Plane::new(self.width, self.height);
        let rows = self.values.chunks(self.width).zip(out.values.chunks_mut(self.width));
        rows.for_each(|(from, to)| filter(from, to));
        out
    }

    fn along_columns(&self, filter: impl Fn(&[f32], &mut [f32])) -> Plane {
        let mut out = Plane::new(self.width, self.height);
        let (mut from, mut to) = (vec![0.0; self.height], vec![0.0; self.height]);
        for x in 0..self.width {
            let column = self.values.iter().skip(x).step_by(self.width);
            from.iter_mut().zip(column).for_each(|(to, &value)| *to = value);
            filter(&from, &mut to);
            let column = out.values.iter_mut().skip(x).step_by(self.width);
            column.zip(&to).for_each(|(to, &value)| *to = value);
        }
        out
    }
}

fn box_line(line: &[f32], radius: usize, out: &mut [f32]) {
    let (mut sum, mut count) = (0.0f64, 0usize);
    for &value in line.iter().take(radius) {
        sum += f64::from(value);
        count += 1;
    }
    for i in 0..line.len() {
        if let Some(&next) = line.get(i + radius) {
            sum += f64::from(next);
            count += 1;
        }
        if i > radius {
            sum -= f64::from(line[i - radius - 1]);
            count -= 1;
        }
        out[i] = (sum / count.max(1) as f64) as f32;
    }
}

/// The extreme within `radius` of each place, by a queue of those that may still win.
fn extreme_line(line: &[f32], radius: usize, wins: impl Fn(f32, f32) -> bool, out: &mut [f32]) {
    let mut queue: VecDeque<usize> = VecDeque::new();
    for i in 0..line.len() + radius {
        if let Some(&value) = line.get(i) {
            while queue.back().is_some_and(|&last| wins(value, line[last])) {
                queue.pop_back();
            }
            queue.push_back(i);
        }
        if i >= radius {
            let centre = i - radius;
            while queue.front().is_some_and(|&first| first + radius < centre) {
                queue.pop_front();
            }
            if let (Some(place), Some(&first)) = (out.get_mut(centre), queue.front()) {
                *place = line[first];
            }
        }
    }
}
