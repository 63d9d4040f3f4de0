//! Sums of matrix products over numbers of either kind, on the calling thread; those of
//! [`spread_product`] on others too.
//!
//! Where no instruction multiplies what is narrow, it is widened first ([`wide_product`]).

use std::ops::Range;

use super::hands::Hands;
use super::matmul::{Matrix, Target};
use super::number::Number;
use super::vectorised::vectorised;

/// Where a product goes.
pub(crate) enum Output<'a, N> {
    /// Overwritten with rounded numbers.
    Set(&'a mut [N]),
    /// Overwritten.
    SetWide(&'a mut [f32]),
    /// Added to.
    AddWide(&'a mut [f32]),
}

impl<N> Output<'_, N> {
    /// The same output, for one of several products.
    pub(crate) fn again(&mut self) -> Output<'_, N> {
        match self {
            Self::Set(out) => Output::Set(out),
            Self::SetWide(out) => Output::SetWide(out),
            Self::AddWide(out) => Output::AddWide(out),
        }
    }
}

impl<'a, N> Output<'a, N> {
    fn len(&self) -> usize {
        match self {
            Self::Set(out) => out.len(),
            Self::SetWide(out) | Self::AddWide(out) => out.len(),
        }
    }

    /// The first `count` numbers, and the others.
    fn split(self, count: usize) -> (Self, Self) {
        match self {
            Self::Set(out) => {
                let (left, right) = out.split_at_mut(count);
                (Self::Set(left), Self::Set(right))
            }
            Self::SetWide(out) => {
                let (left, right) = out.split_at_mut(count);
                (Self::SetWide(left), Self::SetWide(right))
            }
            Self::AddWide(out) => {
                let (left, right) = out.split_at_mut(count);
                (Self::AddWide(left), Self::AddWide(right))
            }
        }
    }
}

/// The size of an output, whose rows start `step` numbers apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) step: usize,
}

impl Size {
    /// Rows without gaps.
    pub(crate) fn new(rows: usize, columns: usize) -> Self {
        Self { rows, columns, step: columns }
    }
}

/// Rows that start `step` numbers apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a, N> {
    pub(crate) data: &'a [N],
    pub(crate) step: usize,
}

/// One product `left * right` that is added to some columns of an output.
#[derive(Debug, Clone)]
pub(crate) struct Term<'a, N> {
    /// As many rows as the output, each of at least `inner` numbers.
    pub(crate) left: Rows<'a, N>,
    /// Numbers that are multiplied and summed for each number of the output.
    pub(crate) inner: usize,
    /// `inner` rows of as many numbers as `columns`; or, turned, the other way round.
    pub(crate) right: Rows<'a, N>,
    /// Whether `right` stands as `[columns, inner]`, as a weight does in the forward pass.
    pub(crate) turned: bool,
    /// Columns of the output that it is added to.
    pub(crate) columns: Range<usize>,
}

impl<N> Term<'_, N> {
    /// The same without its first `rows` rows.
    fn below(&self, rows: usize) -> Self
    where
        N: Clone,
    {
        let Rows { data, step } = self.left;
        Self { left: Rows { data: &data[rows * step..], step }, ..self.clone() }
    }
}

/// `left^T * right`, summed over `places` rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gradient<'a, N> {
    pub(crate) places: usize,
    pub(crate) left: Rows<'a, N>,
    pub(crate) left_columns: usize,
    pub(crate) right: Rows<'a, N>,
    pub(crate) right_columns: usize,
}

/// Temporaries of one thread.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(super) left: Vec<f32>,
    pub(super) right: Vec<f32>,
    pub(super) whole: Vec<f32>,
    #[cfg(target_arch = "x86_64")]
    pub(super) half: super::bf16::Scratch,
    /// Which other threads a product may be spread over.
    helpers: Helpers,
    /// What those work with.
    others: Vec<Scratch>,
}

/// Threads of the pool that [`spread_product`] may use beside its own.
#[derive(Default)]
enum Helpers {
    #[default]
    None,
    All,
    /// Those that have nothing of their own to do.
    Free(Hands),
}

impl Scratch {
    /// Lets [`spread_product`] use every thread of the pool.
    pub(crate) fn spread(&mut self) {
        self.helpers = Helpers::All;
    }

    /// Lets [`spread_product`] use threads of the pool while they are free.
    pub(crate) fn take_help(&mut self, hands: &Hands) {
        self.helpers = Helpers::Free(hands.clone());
    }

    fn threads<N: Number>(&self) -> usize {
        match &self.helpers {
            Helpers::None => 1,
            Helpers::All => rayon::current_num_threads(),
            // Who is free is chance, and chance must not be seen in what comes out.
            Helpers::Free(hands) => 1 + if N::rows_stand_alone() { hands.free() } else { 0 },
        }
    }
}

/// Rows below which a thread of its own does not pay.
const FEWEST_ROWS: usize = 24;

/// [`Number::product`], other threads of the pool with a share of the rows if `scratch` allows.
pub(crate) fn spread_product<N: Number>(
    out: Output<'_, N>,
    size: Size,
    terms: &[Term<'_, N>],
    scratch: &mut Scratch,
) {
    let parts = scratch.threads::<N>().min(size.rows / FEWEST_ROWS).max(1);
    if parts == 1 {
        return N::product(out, size, terms, scratch);
    }
    let mut others = std::mem::take(&mut scratch.others);
    let each = size.rows.div_ceil(parts);
    others.resize_with(parts.max(others.len()), Scratch::default);
    rayon::scope(|scope| {
        let mut out = out;
        for (first, scratch) in (0..size.rows).step_by(each).zip(&mut others) {
            let rows = each.min(size.rows - first);
            // The last row may end with its last column.
            let count = if first + rows < size.rows { rows * size.step } else { out.len() };
            let (part, rest) = out.split(count);
            out = rest;
            let terms: Vec<Term<'_, N>> = terms.iter().map(|term| term.below(first)).collect();
            let size = Size { rows, ..size };
            scope.spawn(move |_| N::product(part, size, &terms, scratch));
        }
    });
    scratch.others = others;
}

/// How wide numbers are multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By the `gemm` crate, which has kernels for every kind of computer.
    Gemm,
    /// By our own loop for AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Way {
    /// Whether each row of a product is the same whichever rows are computed with it. `gemm` does not
    /// promise that.
    pub(crate) fn rows_stand_alone(self) -> bool {
        self != Self::Gemm
    }

    /// The fastest on this computer.
    pub(crate) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if super::avx2::is_best() {
            return Self::Avx2;
        }
        Self::Gemm
    }
}

/// Columns that are made ready at once: enough for `gemm`, few enough to stay in a cache.
const BLOCK: usize = 256;

/// [`Number::product`] of numbers that are widened first.
pub(crate) fn wide_product<N: Number>(
    way: Way,
    out: Output<'_, N>,
    size: Size,
    terms: &[Term<'_, N>],
    scratch: &mut Scratch,
) {
    assert_eq!(terms.first().map(|term| term.columns.clone()), Some(0..size.columns));
    match out {
        Output::SetWide(out) => sum(way, out, size, terms, false, scratch),
        Output::AddWide(out) => sum(way, out, size, terms, true, scratch),
        Output::Set(out) => {
            if let Some(out) = N::as_wide_mut(out) {
                sum(way, out, size, terms, false, scratch);
                return;
            }
            let mut whole = std::mem::take(&mut scratch.whole);
            whole.resize(size.rows * size.columns, 0.0);
            sum(way, &mut whole, Size::new(size.rows, size.columns), terms, false, scratch);
            for (out, row) in out.chunks_mut(size.step).zip(whole.chunks_exact(size.columns)) {
                narrow_row(&mut out[..size.columns], row);
            }
            scratch.whole = whole;
        }
    }
}

fn sum<N: Number>(
    way: Way,
    out: &mut [f32],
    size: Size,
    terms: &[Term<'_, N>],
    keep: bool,
    scratch: &mut Scratch,
) {
    let Scratch { left, right, .. } = scratch;
    for (index, term) in terms.iter().enumerate() {
        #[cfg(target_arch = "x86_64")]
        if way == Way::Avx2 {
            super::avx2::product(out, size, keep || index > 0, term, [left, right]);
            continue;
        }
        let left = widened(left, term.left, size.rows, term.inner);
        let left = Matrix::spaced(left.data, size.rows, term.inner, left.step);
        for start in term.columns.clone().step_by(BLOCK) {
            let width = BLOCK.min(term.columns.end - start);
            let block = right_block(right, term, start - term.columns.start, width);
            let target = Target::spaced(&mut out[start..], size.rows, width, size.step);
            if keep || index > 0 {
                target.add(1.0, left, block);
            } else {
                target.set(1.0, left, block);
            }
        }
    }
}

/// `width` columns of a term's right side from `start`, standing as `gemm` reads them fastest.
fn right_block<'a, N: Number>(
    buffer: &'a mut Vec<f32>,
    term: &Term<'a, N>,
    start: usize,
    width: usize,
) -> Matrix<'a> {
    let Rows { data, step } = term.right;
    if !term.turned {
        let rows = widened(buffer, Rows { data: &data[start..], step }, term.inner, width);
        return Matrix::spaced(rows.data, term.inner, width, rows.step);
    }
    buffer.resize(term.inner * width, 0.0);
    turn(buffer, &data[start * step..], step, width, term.inner);
    Matrix::new(buffer, term.inner, width)
}

/// The rows as `f32`: themselves where they are so already, else copied to `buffer`.
fn widened<'a, N: Number>(
    buffer: &'a mut Vec<f32>,
    from: Rows<'a, N>,
    rows: usize,
    columns: usize,
) -> Rows<'a, f32> {
    if let Some(data) = N::as_wide(from.data) {
        return Rows { data, step: from.step };
    }
    buffer.resize(rows * columns, 0.0);
    for (out, row) in buffer.chunks_exact_mut(columns).zip(from.data.chunks(from.step)) {
        widen_row(out, &row[..columns]);
    }
    Rows { data: buffer, step: columns }
}

/// [`Number::gradient`] of numbers that are widened first.
pub(crate) fn wide_gradient<N: Number>(
    way: Way,
    out: &mut [f32],
    scale: f32,
    of: Gradient<'_, N>,
    scratch: &mut Scratch,
) {
    let Scratch { left, right, .. } = scratch;
    #[cfg(target_arch = "x86_64")]
    if way == Way::Avx2 {
        super::avx2::gradient(out, scale, of, [left, right]);
        return;
    }
    let left = widened(left, of.left, of.places, of.left_columns);
    let right = widened(right, of.right, of.places, of.right_columns);
    Target::new(out, of.left_columns, of.right_columns).add(
        scale,
        Matrix::spaced(left.data, of.places, of.left_columns, left.step).transposed(),
        Matrix::spaced(right.data, of.places, of.right_columns, right.step),
    );
}

vectorised! {
    /// Writes `rows` rows of `columns` numbers, which start `step` apart, with rows and columns
    /// exchanged.
    fn turn<N: Number>(out: &mut [f32], input: &[N], step: usize, rows: usize, columns: usize) {
        const TILE: usize = 16;
        for top in (0..rows).step_by(TILE) {
            for left in (0..columns).step_by(TILE) {
                for column in left..columns.min(left + TILE) {
                    for row in top..rows.min(top + TILE) {
                        out[column * rows + row] = input[row * step + column].wide();
                    }
                }
            }
        }
    }
}

vectorised! {
    /// Rounds a row.
    pub(crate) fn narrow_row<N: Number>(out: &mut [N], row: &[f32]) {
        for (out, value) in out.iter_mut().zip(row) {
            *out = N::narrow(*value);
        }
    }
}

vectorised! {
    /// Widens a row.
    pub(crate) fn widen_row<N: Number>(out: &mut [f32], row: &[N]) {
        for (out, value) in out.iter_mut().zip(row) {
            *out = value.wide();
        }
    }
}
