//! Products of both kinds of number against plain sums, at sizes that fit no vector.

use half::bf16;

use super::hands::Hands;
use super::number::Number;
use super::product::{
    Gradient, Output, Rows, Scratch, Size, Term, Way, spread_product, wide_gradient, wide_product,
};
use super::tests::numbers;

fn narrowed<N: Number>(seed: u64, count: usize) -> Vec<N> {
    numbers(seed, count).into_iter().map(N::narrow).collect()
}

/// What is left of the numbers behind an output's last column.
const GAP: usize = 3;

/// Two terms, of which the second adds to some columns only, in each kind of output.
type Product<N> = fn(Output<'_, N>, Size, &[Term<'_, N>], &mut Scratch);
type ToGradient<N> = fn(&mut [f32], f32, Gradient<'_, N>, &mut Scratch);

/// The way of computers that this one is not.
fn by_gemm<N: Number>(out: Output<'_, N>, size: Size, terms: &[Term<'_, N>], of: &mut Scratch) {
    wide_product(Way::Gemm, out, size, terms, of);
}

fn gradient_by_gemm<N: Number>(out: &mut [f32], scale: f32, of: Gradient<'_, N>, to: &mut Scratch) {
    wide_gradient(Way::Gemm, out, scale, of, to);
}

/// The way of computers with AVX2, also where this one would not take it; `gemm` where it cannot.
fn by_avx2<N: Number>(out: Output<'_, N>, size: Size, terms: &[Term<'_, N>], of: &mut Scratch) {
    wide_product(avx2_way(), out, size, terms, of);
}

fn gradient_by_avx2<N: Number>(out: &mut [f32], scale: f32, of: Gradient<'_, N>, to: &mut Scratch) {
    wide_gradient(avx2_way(), out, scale, of, to);
}

fn avx2_way() -> Way {
    #[cfg(target_arch = "x86_64")]
    if super::avx2::is_supported() {
        return Way::Avx2;
    }
    Way::Gemm
}

#[track_caller]
fn check_product<N: Number>(
    product: Product<N>,
    rows: usize,
    [inner, other]: [usize; 2],
    columns: usize,
    turned: bool,
) {
    let some = columns / 3..columns - columns / 5;
    let (left, right) = (narrowed::<N>(1, rows * (inner + 2)), narrowed::<N>(2, inner * columns));
    let (more, small) = (narrowed::<N>(3, rows * other), narrowed::<N>(4, other * some.len()));
    let step = |inner: usize, columns: usize| if turned { inner } else { columns };
    let terms = [
        Term {
            left: Rows { data: &left, step: inner + 2 },
            inner,
            right: Rows { data: &right, step: step(inner, columns) },
            turned,
            columns: 0..columns,
        },
        Term {
            left: Rows { data: &more, step: other },
            inner: other,
            right: Rows { data: &small, step: step(other, some.len()) },
            turned,
            columns: some.clone(),
        },
    ];
    let at = |right: &[N], inner: usize, columns: usize, k: usize, column: usize| {
        right[if turned { column * inner + k } else { k * columns + column }].wide()
    };
    let plain = |row: usize, column: usize| -> f32 {
        let products = (0..inner)
            .map(|k| left[row * (inner + 2) + k].wide() * at(&right, inner, columns, k, column));
        let base: f32 = products.sum();
        let low = |k: usize| -> f32 {
            more[row * other + k].wide() * at(&small, other, some.len(), k, column - some.start)
        };
        base + if some.contains(&column) { (0..other).map(low).sum() } else { 0.0 }
    };
    let size = Size { rows, columns, step: columns + GAP };
    let mut scratch = Scratch::default();
    let mut set = vec![N::narrow(9.0); rows * size.step];
    let mut wide = vec![9.0_f32; rows * size.step];
    product(Output::Set(&mut set), size, &terms, &mut scratch);
    product(Output::SetWide(&mut wide), size, &terms, &mut scratch);
    let mut added = wide.clone();
    product(Output::AddWide(&mut added), size, &terms, &mut scratch);
    for row in 0..rows {
        for column in 0..size.step {
            let place = row * size.step + column;
            if column >= columns {
                assert_eq!([set[place].wide(), wide[place], added[place]], [9.0; 3]);
                continue;
            }
            let plain = plain(row, column);
            let tolerance = 1e-5 * (inner + other) as f32;
            assert!((wide[place] - plain).abs() < tolerance, "{} {plain}", wide[place]);
            assert!((added[place] - 2.0 * plain).abs() < 2.0 * tolerance);
            let rounding = tolerance + plain.abs() / 128.0;
            assert!((set[place].wide() - plain).abs() < rounding, "{plain}");
        }
    }
}

#[test]
fn products_of_any_size_equal_plain_sums() {
    for turned in [false, true] {
        for rows in 1..=20 {
            let columns = rows * 7 - 6;
            let inner = [2 * rows + 1, 3];
            check_product::<bf16>(bf16::product, rows, inner, columns, turned);
            check_product::<bf16>(by_gemm, rows, inner, columns, turned);
            check_product::<f32>(f32::product, rows, inner, columns, turned);
            check_product::<f32>(by_gemm, rows, inner, columns, turned);
            check_product::<bf16>(by_avx2, rows, inner, columns, turned);
            check_product::<f32>(by_avx2, rows, inner, columns, turned);
        }
        for (rows, inner, columns) in [
            (1, 1, 1),
            (3, 33, 64),
            (7, 64, 65),
            (13, 31, 130),
            (2, 2, 47),
            (70, 40, 300),
            (9, 700, 270),
        ] {
            check_product::<bf16>(bf16::product, rows, [inner, 5], columns, turned);
            check_product::<bf16>(by_gemm, rows, [inner, 5], columns, turned);
            check_product::<f32>(f32::product, rows, [inner, 5], columns, turned);
            check_product::<bf16>(by_avx2, rows, [inner, 5], columns, turned);
        }
    }
}

#[test]
fn long_sums_are_continued() {
    for inner in [1023, 1024, 1025, 2048, 2050, 5001] {
        for turned in [false, true] {
            check_product::<bf16>(bf16::product, 5, [inner, 8], 70, turned);
            check_product::<f32>(f32::product, 5, [inner, 8], 70, turned);
            check_product::<bf16>(by_avx2, 5, [inner, 8], 70, turned);
        }
    }
}

/// Bits of a product of 100 rows, computed in a pool of three of which all but `busy` help.
fn with_help<N: Number>(busy: usize) -> Vec<u32> {
    let (rows, inner, columns) = (100, 700, 40);
    let (left, right) = (narrowed::<N>(1, rows * inner), narrowed::<N>(2, inner * columns));
    let term = Term {
        left: Rows { data: &left, step: inner },
        inner,
        right: Rows { data: &right, step: inner },
        turned: true,
        columns: 0..columns,
    };
    let (hands, mut scratch) = (Hands::default(), Scratch::default());
    hands.begin(busy);
    scratch.take_help(&hands);
    let mut out = vec![0.0; rows * columns];
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let to = Output::SetWide(&mut out);
    pool.install(|| spread_product(to, Size::new(rows, columns), &[term], &mut scratch));
    out.into_iter().map(f32::to_bits).collect()
}

#[test]
fn help_changes_no_bit() {
    for busy in [0, 1, 2] {
        assert!(with_help::<f32>(busy) == with_help::<f32>(3), "{busy} of 3 busy");
        assert!(with_help::<bf16>(busy) == with_help::<bf16>(3), "{busy} of 3 busy");
    }
}

#[track_caller]
fn check_gradient<N: Number>(
    to_gradient: ToGradient<N>,
    places: usize,
    left_columns: usize,
    right_columns: usize,
) {
    let (left, right) = (
        narrowed::<N>(1, places * (left_columns + 1)),
        narrowed::<N>(2, places * (right_columns + 4)),
    );
    let of = Gradient {
        places,
        left: Rows { data: &left, step: left_columns + 1 },
        left_columns,
        right: Rows { data: &right, step: right_columns + 4 },
        right_columns,
    };
    let mut out = vec![1.0; left_columns * right_columns];
    to_gradient(&mut out, 0.5, of, &mut Scratch::default());
    for row in 0..left_columns {
        for column in 0..right_columns {
            let term = |place: usize| {
                left[place * (left_columns + 1) + row].wide()
                    * right[place * (right_columns + 4) + column].wide()
            };
            let plain = 1.0 + 0.5 * (0..places).map(term).sum::<f32>();
            let found = out[row * right_columns + column];
            assert!((found - plain).abs() < 1e-5 * places as f32, "{found} {plain}");
        }
    }
}

#[test]
fn gradients_of_any_size_equal_plain_sums() {
    for (places, left, right) in [
        (1, 1, 1),
        (2, 3, 70),
        (7, 8, 33),
        (64, 100, 3),
        (33, 17, 16),
        (129, 24, 65),
        (5, 70, 70),
        (330, 110, 140),
    ] {
        check_gradient::<bf16>(bf16::gradient, places, left, right);
        check_gradient::<bf16>(gradient_by_gemm, places, left, right);
        check_gradient::<f32>(f32::gradient, places, left, right);
        check_gradient::<f32>(gradient_by_gemm, places, left, right);
        check_gradient::<bf16>(gradient_by_avx2, places, left, right);
    }
}

#[test]
#[should_panic(expected = "reaches past its slice")]
fn a_product_that_reads_past_its_numbers_is_refused() {
    let data = [bf16::ZERO; 6];
    let term = Term {
        left: Rows { data: &data, step: 3 },
        inner: 3,
        right: Rows { data: &data, step: 3 },
        turned: true,
        columns: 0..3,
    };
    let mut out = [0.0; 6];
    bf16::product(Output::SetWide(&mut out), Size::new(2, 3), &[term], &mut Scratch::default());
}

#[test]
#[should_panic(expected = "reaches past its slice")]
fn a_product_that_writes_past_its_numbers_is_refused() {
    let data = [bf16::ZERO; 9];
    let term = Term {
        left: Rows { data: &data, step: 3 },
        inner: 3,
        right: Rows { data: &data, step: 3 },
        turned: true,
        columns: 0..3,
    };
    let mut out = [0.0; 8];
    bf16::product(Output::SetWide(&mut out), Size::new(3, 3), &[term], &mut Scratch::default());
}
