//! When a training looks at the rows kept aside, and keeps what it has learned: often enough to see where it turns, and seldom
//! enough that the looking stays a small part of the work. Follows from the settings and the counts
//! of rows alone, so a resumed training looks at the same steps.

/// A training has so many checks at most, and about so many at least where it has as many steps.
const MOST_CHECKS: u64 = 30;
const LEAST_CHECKS: u64 = 8;
/// A first step is only checked where all are: nobody should wait longer for the first sign of life.
const FIRST_CHECK: u64 = 2;
/// Rows trained on for each row that a check looks at, as far as the fewest checks allow it.
const TRAINED_A_ROW: u64 = 5;
const ROWS_OF_A_CHECK: usize = 500;
/// Epochs that are kept as models, at most.
const MOST_KEPT: u64 = 12;

/// How many of `count` rows kept aside each check looks at.
pub(crate) fn rows_of_a_check(count: usize) -> usize {
    count.min(ROWS_OF_A_CHECK)
}

/// What a training has before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Course {
    /// Steps of the whole training.
    pub(crate) steps: u64,
    /// Epochs of as many steps each.
    pub(crate) epochs: u64,
    /// Rows it learns from, each counted in every epoch.
    pub(crate) rows_trained: u64,
    /// Rows kept aside.
    pub(crate) kept_aside: u64,
}

impl Course {
    /// Whether a model is kept after `step`: at the end of an epoch, of every few where there are many.
    pub(crate) fn is_kept(self, step: u64) -> bool {
        let every = self.epochs.div_ceil(MOST_KEPT).max(1);
        step.is_multiple_of((self.steps / self.epochs.max(1)).max(1) * every)
    }

    /// Steps from one check to the next. Beside these the second and the last step are checked, and
    /// those after which a model is kept.
    pub(crate) fn between_checks(self) -> u64 {
        let rows = self.kept_aside.clamp(1, ROWS_OF_A_CHECK as u64);
        let affordable = self.rows_trained / (TRAINED_A_ROW * rows);
        let checks = affordable.clamp(LEAST_CHECKS, MOST_CHECKS);
        let rarest = (self.steps / (LEAST_CHECKS - 1)).max(1);
        self.steps.div_ceil(checks - 1).clamp(1, rarest)
    }

    /// Whether the rows kept aside are looked at after `step`.
    pub(crate) fn is_check(self, step: u64) -> bool {
        let is_due =
            step == FIRST_CHECK || step == self.steps || step.is_multiple_of(self.between_checks());
        is_due || self.is_kept(step)
    }

    /// How often the rows kept aside are looked at.
    pub(crate) fn checks_of(self) -> u64 {
        (1..=self.steps).filter(|step| self.is_check(*step)).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::Course;

    fn course(steps: u64, rows_trained: u64, kept_aside: u64) -> Course {
        Course { steps, epochs: 1, rows_trained, kept_aside }
    }

    #[test]
    fn there_are_some_checks_and_never_many() {
        for steps in 1..400 {
            for (rows_trained, kept_aside) in [(20, 0), (240, 24), (3_000, 40), (90_000, 600)] {
                let course = course(steps, rows_trained, kept_aside);
                let made = course.checks_of();
                assert!(made <= 30 && made + 1 >= steps.min(8), "{made} {course:?}");
            }
        }
    }

    #[test]
    fn the_first_step_shows_its_loss_before_anything_is_checked() {
        let course = course(54, 240, 24);
        let checked: Vec<u64> = (1..=20).filter(|step| course.is_check(*step)).collect();
        assert_eq!(checked, [2, 7, 14]);
        assert!(Course { steps: 1, ..course }.is_check(1), "the only step is the last one");
    }

    #[test]
    fn every_kept_epoch_was_checked_and_no_more_than_twelve_are_kept() {
        for epochs in 1..=50 {
            let course = Course { epochs, ..course(7 * epochs, 56 * epochs, 500) };
            let kept: Vec<u64> = (1..=course.steps).filter(|step| course.is_kept(*step)).collect();
            assert!((1..=12).contains(&kept.len()), "{course:?}");
            assert!(kept.iter().all(|step| step % 7 == 0 && course.is_check(*step)), "{kept:?}");
            assert!(epochs > 12 || kept.len() as u64 == epochs, "{kept:?}");
        }
    }

    #[test]
    fn checks_look_at_a_fifth_of_the_rows_trained_on() {
        for (steps, rows_trained, kept_aside) in
            [(200, 1_600, 20), (640, 10_000, 100), (900, 14_400, 60), (5_000, 80_000, 900)]
        {
            let course = course(steps, rows_trained, kept_aside);
            let seen = course.checks_of() * kept_aside.min(500);
            assert!(seen * 5 <= rows_trained, "{seen} {course:?}");
            assert!(course.checks_of() > 8, "{course:?}");
        }
        // The fewest checks are made whatever they cost.
        let checks = course(160, 1_280, 500).checks_of();
        assert!((8..=9).contains(&checks), "{checks}");
    }
}
