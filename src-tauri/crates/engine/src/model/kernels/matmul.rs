//! Matrix products over the `gemm` crate: the only place of the engine that handles raw pointers.
//!
//! Every bound is checked before a pointer leaves this module, so the functions are safe to call
//! with any view that could be built.

/// A read-only matrix: rows and columns of a slice at given distances.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_step: usize,
    column_step: usize,
}

impl<'a> Matrix<'a> {
    /// A row-major matrix without gaps.
    pub(crate) fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::spaced(data, rows, columns, columns)
    }

    /// A row-major matrix whose rows start `row_step` numbers apart.
    pub(crate) fn spaced(data: &'a [f32], rows: usize, columns: usize, row_step: usize) -> Self {
        check_bounds(data.len(), rows, columns, row_step);
        Self { data, rows, columns, row_step, column_step: 1 }
    }

    /// The same numbers with rows and columns exchanged.
    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_step: self.column_step,
            column_step: self.row_step,
            ..self
        }
    }
}

/// A row-major matrix that receives a product.
pub(crate) struct Target<'a> {
    data: &'a mut [f32],
    rows: usize,
    columns: usize,
    row_step: usize,
}

impl<'a> Target<'a> {
    /// A row-major matrix without gaps.
    pub(crate) fn new(data: &'a mut [f32], rows: usize, columns: usize) -> Self {
        Self::spaced(data, rows, columns, columns)
    }

    /// A row-major matrix whose rows start `row_step` numbers apart.
    pub(crate) fn spaced(
        data: &'a mut [f32],
        rows: usize,
        columns: usize,
        row_step: usize,
    ) -> Self {
        check_bounds(data.len(), rows, columns, row_step);
        Self { data, rows, columns, row_step }
    }

    /// Overwrites the target with `scale * left * right`.
    pub(crate) fn set(self, scale: f32, left: Matrix<'_>, right: Matrix<'_>) {
        self.multiply(false, scale, left, right);
    }

    /// Adds `scale * left * right` to the target.
    pub(crate) fn add(self, scale: f32, left: Matrix<'_>, right: Matrix<'_>) {
        self.multiply(true, scale, left, right);
    }

    #[expect(unsafe_code, reason = "`gemm` takes pointers; every bound is asserted first")]
    fn multiply(self, keep: bool, scale: f32, left: Matrix<'_>, right: Matrix<'_>) {
        assert_eq!(left.columns, right.rows, "inner sizes of a product differ");
        assert_eq!((self.rows, self.columns), (left.rows, right.columns), "target size differs");
        if self.rows == 0 || self.columns == 0 {
            return;
        }
        // SAFETY: `check_bounds` ran when each view was built, so every (row, column) lies inside
        // its slice; the target is borrowed mutably, so it overlaps neither input.
        unsafe {
            gemm::gemm(
                self.rows,
                self.columns,
                left.columns,
                self.data.as_mut_ptr(),
                1,
                step(self.row_step),
                keep,
                left.data.as_ptr(),
                step(left.column_step),
                step(left.row_step),
                right.data.as_ptr(),
                step(right.column_step),
                step(right.row_step),
                1.0,
                scale,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
    }
}

/// Writes the `rows` by `columns` matrix `input` to `out` with rows and columns exchanged.
///
/// `gemm` packs a matrix that stands the wrong way number by number; turning it once for many
/// products is several times faster.
pub(crate) fn transpose(out: &mut [f32], input: &[f32], rows: usize, columns: usize) {
    const TILE: usize = 16;
    check_bounds(input.len(), rows, columns, columns);
    check_bounds(out.len(), columns, rows, rows);
    for top in (0..rows).step_by(TILE) {
        for left in (0..columns).step_by(TILE) {
            for column in left..columns.min(left + TILE) {
                for row in top..rows.min(top + TILE) {
                    out[column * rows + row] = input[row * columns + column];
                }
            }
        }
    }
}

fn check_bounds(length: usize, rows: usize, columns: usize, row_step: usize) {
    assert!(row_step >= columns, "rows of a matrix overlap");
    let end = rows.saturating_sub(1).checked_mul(row_step).and_then(|at| at.checked_add(columns));
    assert!(rows == 0 || end.is_some_and(|end| end <= length), "matrix reaches past its slice");
}

fn step(distance: usize) -> isize {
    isize::try_from(distance).expect("slices are shorter than isize::MAX")
}
