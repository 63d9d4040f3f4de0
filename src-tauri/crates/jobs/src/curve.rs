//! The learning curve: thinned for the screen, and what it says in a word.

use std::collections::BTreeMap;

/// One point. Losses are mean natural-log losses per answer token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The step it was measured at.
    pub step: u64,
    /// Loss on the examples that are learnt from.
    pub train_loss: Option<f64>,
    /// Loss on the examples that are only watched.
    pub validate_loss: Option<f64>,
}

/// The curve in the order of its steps, each step once. A training that goes on from a checkpoint
/// tells the steps after it again; the later telling wins.
#[must_use]
pub fn in_order(told: impl IntoIterator<Item = Point>) -> Vec<Point> {
    let mut by_step: BTreeMap<u64, Point> = BTreeMap::new();
    for point in told {
        let kept = by_step.entry(point.step).or_insert(point);
        kept.train_loss = point.train_loss.or(kept.train_loss);
        kept.validate_loss = point.validate_loss.or(kept.validate_loss);
    }
    by_step.into_values().collect()
}

/// Thins a curve to about `most` points. Points with a validation loss, the first and the last are
/// always kept, so nothing that was measured on unseen examples disappears.
#[must_use]
pub fn thin(points: &[Point], most: usize) -> Vec<Point> {
    if points.len() <= most || most == 0 {
        return points.to_vec();
    }
    let every = points.len().div_ceil(most);
    let last = points.len() - 1;
    points
        .iter()
        .enumerate()
        .filter(|(at, point)| at % every == 0 || *at == last || point.validate_loss.is_some())
        .map(|(_, point)| *point)
        .collect()
}

/// What a curve says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Too few points to tell.
    TooEarly,
    /// Falling on unseen examples.
    LearningWell,
    /// Falling on its own examples, rising on unseen ones.
    Memorising,
    /// Hardly falling.
    Stuck,
}

/// Fewer measurements on unseen examples than this say nothing.
const LEAST_MEASUREMENTS: usize = 4;
/// A rise of the unseen loss over its best by this share is memorising.
const RISE: f64 = 1.15;
/// A fall by less than this share since the start is none.
const FALL: f64 = 0.97;

/// Reads a curve.
#[must_use]
pub fn health(points: &[Point]) -> Health {
    let unseen: Vec<f64> = points.iter().filter_map(|point| point.validate_loss).collect();
    let (Some(&first), Some(&last)) = (unseen.first(), unseen.last()) else {
        return Health::TooEarly;
    };
    if unseen.len() < LEAST_MEASUREMENTS {
        return Health::TooEarly;
    }
    let best = unseen.iter().copied().fold(f64::INFINITY, f64::min);
    if best > first * FALL {
        return Health::Stuck;
    }
    // The absolute margin keeps losses near zero from looking like a rise.
    if last > best * RISE && last > best + 0.05 {
        return Health::Memorising;
    }
    Health::LearningWell
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(unseen: &[f64]) -> Vec<Point> {
        (1..)
            .zip(unseen)
            .map(|(step, loss)| Point { step, train_loss: None, validate_loss: Some(*loss) })
            .collect()
    }

    #[test]
    fn reads_the_four_kinds() {
        assert_eq!(health(&curve(&[4.0, 3.0, 2.0])), Health::TooEarly);
        assert_eq!(health(&curve(&[4.0, 3.0, 2.0, 1.0])), Health::LearningWell);
        assert_eq!(health(&curve(&[4.0, 2.0, 2.2, 2.6])), Health::Memorising);
        assert_eq!(health(&curve(&[4.0, 4.1, 4.0, 3.95])), Health::Stuck);
        assert_eq!(health(&curve(&[4.0, 0.01, 0.02, 0.02])), Health::LearningWell);
    }

    #[test]
    fn steps_told_again_after_a_resume_count_once() {
        let point = |step, train_loss, validate_loss| Point { step, train_loss, validate_loss };
        let told = [
            point(1, Some(4.0), Some(4.1)),
            point(2, Some(3.0), None),
            point(1, Some(3.9), None),
            point(3, Some(2.0), None),
        ];
        let expected =
            [point(1, Some(3.9), Some(4.1)), point(2, Some(3.0), None), point(3, Some(2.0), None)];
        assert_eq!(in_order(told), expected);
    }

    #[test]
    fn thinning_keeps_the_ends_and_every_unseen_measurement() {
        let points: Vec<Point> = (0..10_000)
            .map(|step| Point {
                step,
                train_loss: Some(1.0),
                validate_loss: (step % 977 == 3).then_some(2.0),
            })
            .collect();
        let thinned = thin(&points, 500);
        assert!(thinned.len() <= 520, "{} points", thinned.len());
        assert_eq!(thinned[0].step, 0);
        assert_eq!(thinned[thinned.len() - 1].step, 9_999);
        let unseen =
            |points: &[Point]| points.iter().filter(|point| point.validate_loss.is_some()).count();
        assert_eq!(unseen(&thinned), unseen(&points));
    }
}
