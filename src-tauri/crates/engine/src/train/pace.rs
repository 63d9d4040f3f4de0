//! How quickly a session goes, and how long the rest of it will take: measured, not guessed.

/// What a session has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Pace {
    /// Steps made.
    pub(crate) steps: u64,
    /// Of those, the ones that met their rows for the first time.
    pub(crate) new_steps: u64,
    /// Pieces of their rows.
    pub(crate) pieces: u64,
    /// Seconds that they took, with the checks between them.
    pub(crate) seconds: f64,
    /// Of those, seconds for what is kept, so that nobody computes it again.
    pub(crate) once_seconds: f64,
}

impl Pace {
    /// Pieces learned from in a second.
    pub(crate) fn tokens_per_second(self) -> f64 {
        self.pieces as f64 / self.seconds.max(1e-6)
    }

    /// Seconds that `steps` more such steps take, `new_steps` of which meet their rows for the first
    /// time.
    pub(crate) fn seconds_for(self, steps: u64, new_steps: u64) -> f64 {
        let again = (self.seconds - self.once_seconds).max(0.0) / self.steps.max(1) as f64;
        let once = self.once_seconds / self.new_steps.max(1) as f64;
        again * steps as f64 + once * new_steps.min(steps) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;

    #[test]
    fn steps_of_equal_length_take_as_long_as_those_before() {
        let pace = Pace { steps: 10, new_steps: 6, pieces: 400, seconds: 20.0, once_seconds: 0.0 };
        assert_eq!(pace.seconds_for(30, 5), 60.0);
        assert_eq!(pace.tokens_per_second(), 20.0);
    }

    /// A step takes two seconds, and one more where its rows are new.
    #[test]
    fn what_was_computed_once_is_counted_for_new_rows_alone() {
        let first = Pace { steps: 4, new_steps: 4, pieces: 80, seconds: 12.0, once_seconds: 4.0 };
        assert_eq!(first.seconds_for(16, 6), 38.0);
        let later = Pace { steps: 15, new_steps: 10, seconds: 40.0, once_seconds: 10.0, ..first };
        assert_eq!(later.seconds_for(5, 0), 10.0);
        assert_eq!(later.seconds_for(1, 3), 3.0, "no more steps are new than are left");
    }
}
