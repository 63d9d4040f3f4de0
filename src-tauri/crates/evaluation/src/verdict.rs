//! Whether a model is better than its baseline, and how sure that is.
//!
//! Both answered the same examples, so the comparison is paired: only examples that one of them
//! gets right and the other wrong count. It must never call a difference proven by its size alone.

/// The 97.5 % point of the normal distribution.
const Z_95: f64 = 1.959_963_984_540_054;
/// Below this chance of a mere accident a difference counts as proven.
const SIGNIFICANT: f64 = 0.05;

/// How a model compares with its baseline on the same examples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// Examples the model gets right and the baseline wrong.
    pub better: u64,
    /// Examples on which both are right or both are wrong.
    pub same: u64,
    /// Examples the model gets wrong and the baseline right.
    pub worse: u64,
    /// The model's accuracy minus the baseline's.
    pub difference: f64,
    /// Where that difference lies with 95 % confidence.
    pub interval: (f64, f64),
    /// The chance to see at least this imbalance if both were equally good.
    pub p_value: f64,
    /// Whether the difference, in whichever direction it goes, is more than an accident:
    /// `p_value` below 0.05.
    pub proven: bool,
}

/// Two lists of answers that cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// They are not about the same examples.
    #[error("{model} answers of the model stand against {baseline} of the baseline")]
    DifferentLengths {
        /// Answers of the model.
        model: usize,
        /// Answers of the baseline.
        baseline: usize,
    },
}

/// Compares which answers are right, example by example.
///
/// # Errors
/// [`CompareError`] where the lists differ in length.
pub fn compare(model: &[bool], baseline: &[bool]) -> Result<Verdict, CompareError> {
    if model.len() != baseline.len() {
        let (model, baseline) = (model.len(), baseline.len());
        return Err(CompareError::DifferentLengths { model, baseline });
    }
    let pairs = || model.iter().zip(baseline);
    let better = pairs().filter(|(model, baseline)| **model && !**baseline).count() as u64;
    let worse = pairs().filter(|(model, baseline)| !**model && **baseline).count() as u64;
    let examples = model.len() as u64;
    let difference = (better as f64 - worse as f64) / examples.max(1) as f64;
    let p_value = mcnemar_exact(better, worse);
    Ok(Verdict {
        better,
        same: examples - better - worse,
        worse,
        difference,
        interval: difference_interval(better, worse, examples),
        p_value,
        proven: p_value < SIGNIFICANT,
    })
}

/// The exact test of paired answers: if both were equally good, each example on which they differ
/// would fall either way like a coin. Two-sided: twice the smaller tail of Binomial(n, 1/2), at
/// most 1.
// Source: Q. McNemar, Psychometrika 12, 1947; the exact form is statsmodels' `mcnemar(exact=True)`.
fn mcnemar_exact(better: u64, worse: u64) -> f64 {
    let differing = better + worse;
    let smaller = better.min(worse);
    // In logarithms: 2^-n is below the smallest number from some thousand examples on.
    let mut log_term = -(differing as f64) * std::f64::consts::LN_2;
    let mut tail = log_term.exp();
    for k in 1..=smaller {
        log_term += ((differing - k + 1) as f64).ln() - (k as f64).ln();
        tail += log_term.exp();
    }
    (2.0 * tail).min(1.0)
}

/// The 95 % interval of a difference of paired shares: Bonett and Price's adjusted Wald interval
/// ("Adjusted Wald confidence interval for a difference of binomial proportions based on paired
/// data", Journal of Educational and Behavioral Statistics 37, 2012): one is added to either count
/// of differing pairs, two to the number of pairs.
fn difference_interval(better: u64, worse: u64, examples: u64) -> (f64, f64) {
    let pairs = examples as f64 + 2.0;
    let gained = (better as f64 + 1.0) / pairs;
    let lost = (worse as f64 + 1.0) / pairs;
    let centre = gained - lost;
    let half = Z_95 * ((gained + lost - centre * centre) / pairs).sqrt();
    ((centre - half).max(-1.0), (centre + half).min(1.0))
}

/// Where an accuracy lies with 95 % confidence: Wilson's score interval (E. B. Wilson, JASA 22,
/// 1927). (0, 1) of no examples.
pub fn accuracy_interval(right: u64, examples: u64) -> (f64, f64) {
    if examples == 0 {
        return (0.0, 1.0);
    }
    let n = examples as f64;
    let share = right.min(examples) as f64 / n;
    let z2 = Z_95 * Z_95;
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z_95 / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

#[cfg(test)]
mod tests;
