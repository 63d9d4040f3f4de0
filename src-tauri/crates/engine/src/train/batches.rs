//! Which rows each step sees, and how they are packed. Everything follows from seed and step.

use crate::formats::rows::Row;
use crate::formats::tokenizer::{BLANK, Tokenizer};
use crate::model::batch::Packed;
use crate::model::kernels::dropout::mix;

/// The rows of `epoch` in a random order that follows from `seed`.
pub(crate) fn order(count: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..count).collect();
    let key = mix(seed ^ mix(epoch.wrapping_add(0x5EED)));
    for last in (1..count).rev() {
        let draw = mix(key ^ last as u64) % (last as u64 + 1);
        rows.swap(last, usize::try_from(draw).expect("smaller than the number of rows"));
    }
    rows
}

/// Deals `rows` to `shards` so that each has about as many places; the same for the same input.
pub(crate) fn deal(all: &[Row], rows: &[usize], shards: usize) -> Vec<Vec<usize>> {
    let mut dealt = vec![(0_usize, Vec::new()); shards.max(1)];
    for &row in rows {
        let lightest = dealt.iter_mut().min_by_key(|(places, _)| *places);
        let (places, shard) = lightest.expect("there is at least one shard");
        *places += all[row].pieces.len();
        shard.push(row);
    }
    dealt.into_iter().map(|(_, rows)| rows).collect()
}

/// Hides pieces of questions, so that no single word can be leaned on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hiding {
    /// Mean share of pieces hidden, in `0..0.5`.
    pub(crate) rate: f32,
    /// Differs for every step.
    pub(crate) key: u64,
}

impl Hiding {
    /// Each row draws a rate of its own between 0 and twice the mean: some stay nearly whole, so
    /// that what only the whole question says (an order of words) can be learned too.
    fn limit(self, row: usize) -> f64 {
        let draw = mix(self.key ^ mix(row as u64)) >> 48;
        2.0 * f64::from(self.rate) * draw as f64
    }

    fn hides(self, row: usize, place: usize, limit: f64) -> bool {
        let draw = mix(self.key ^ mix(((row as u64) << 16) ^ place as u64 ^ (1 << 63))) >> 48;
        (draw as f64) < limit
    }
}

/// Fewer places than this are not worth looking for.
const LEAST_SHARED: usize = 8;

/// How many pieces all of `rows` begin with, such as the standing instructions and the marks around
/// them. Each row has pieces of its own behind them, and learns none of the first of those.
pub(crate) fn shared_beginning<'a>(rows: impl Iterator<Item = &'a Row> + Clone) -> usize {
    let mut others = rows.clone();
    let Some(first) = others.next() else { return 0 };
    let alike = |most: usize, row: &Row| {
        let pairs = first.pieces.iter().zip(&row.pieces).take(most);
        pairs.take_while(|(one, other)| one == other).count()
    };
    let unlearned = |row: &Row| {
        let learned = row.weights.iter().position(|weight| *weight > 0.0);
        learned.unwrap_or(row.pieces.len()).saturating_sub(1)
    };
    let is_alone = others.clone().next().is_none();
    let most = rows.map(unlearned).min().unwrap_or(0);
    let shared = others.fold(most, alike);
    if is_alone || shared < LEAST_SHARED { 0 } else { shared }
}

/// How rows are packed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packing {
    /// Places of a batch, unless one row alone has more.
    pub(crate) places_at_once: usize,
    /// Whether pieces that all packed rows begin with ([`shared_beginning`]) stand in a batch once;
    /// otherwise every row is laid down whole.
    pub(crate) shares: bool,
    /// What of questions is hidden.
    pub(crate) hiding: Option<Hiding>,
}

/// Packs `rows` into batches, and hands each to `use_batch`.
pub(crate) fn pack(
    all: &[Row],
    rows: &[usize],
    packing: Packing,
    mut use_batch: impl FnMut(&Packed),
) {
    let Packing { places_at_once, shares, hiding } = packing;
    let shared = if shares { shared_beginning(rows.iter().map(|row| &all[*row])) } else { 0 };
    let mut batch = Packed::default();
    let mut hidden = Vec::new();
    for &index in rows {
        let row = &all[index];
        let own = row.pieces.len() - shared;
        if !batch.pieces.is_empty() && batch.pieces.len() + own > places_at_once {
            use_batch(&batch);
            batch.clear();
        }
        if batch.pieces.is_empty() && shared > 0 {
            batch.share(&row.pieces[..shared]);
        }
        hidden.clone_from(&row.pieces);
        if let Some(hiding) = hiding {
            let limit = hiding.limit(index);
            for (place, piece) in hidden[..row.open].iter_mut().enumerate() {
                if !Tokenizer::is_mark(*piece) && hiding.hides(index, place, limit) {
                    *piece = BLANK;
                }
            }
        }
        batch.push(&hidden, &row.weights, row.open);
    }
    if !batch.pieces.is_empty() {
        use_batch(&batch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lengths: &[usize]) -> Vec<Row> {
        let row = |length: &usize| Row {
            pieces: vec![70; *length],
            weights: (0..*length).map(|at| f32::from(u8::from(at >= length / 2))).collect(),
            open: length / 2,
            cut: false,
        };
        lengths.iter().map(row).collect()
    }

    #[test]
    fn each_epoch_has_every_row_once_in_an_order_of_its_own() {
        let first = order(50, 1, 0);
        assert_eq!(first, order(50, 1, 0));
        assert_ne!(first, order(50, 1, 1));
        assert_ne!(first, order(50, 2, 0));
        let mut sorted = first;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..50).collect::<Vec<_>>());
    }

    /// The first row of equal lightness wins, so the same rows are dealt the same way.
    #[test]
    fn shards_get_about_the_same_number_of_places() {
        let all = rows(&[9, 1, 4, 4, 9, 1]);
        assert_eq!(deal(&all, &[0, 1, 2, 3, 4, 5], 2), [vec![0, 4], vec![1, 2, 3, 5]]);
    }

    #[test]
    fn hiding_touches_questions_only() {
        let all = rows(&[400; 100]);
        let indices: Vec<usize> = (0..100).collect();
        let mut hidden = Vec::new();
        let hiding = Some(Hiding { rate: 0.2, key: 3 });
        let packing = Packing { places_at_once: 4096, shares: false, hiding };
        pack(&all, &indices, packing, |batch| {
            for row in batch.pieces.chunks(400) {
                let (question, answer) = row.split_at(200);
                hidden.push(question.iter().filter(|piece| **piece == BLANK).count());
                assert!(answer.iter().all(|piece| *piece == 70));
            }
            assert!(batch.goals.iter().all(|goal| goal.piece == 70));
        });
        let total: usize = hidden.iter().sum();
        assert!((3_200..4_800).contains(&total), "a fifth of 20,000, not {total}");
        assert!(hidden.iter().any(|count| *count < 10) && hidden.iter().any(|count| *count > 60));
    }

    #[test]
    fn long_rows_are_packed_apart() {
        let mut seen = Vec::new();
        let all = rows(&[3000, 3000, 500]);
        let packing = Packing { places_at_once: 4096, shares: false, hiding: None };
        pack(&all, &[0, 1, 2], packing, |batch| seen.push(batch.pieces.len()));
        assert_eq!(seen, [3000, 3500]);
    }

    fn row(pieces: &[u32], learned_from: usize) -> Row {
        let weights = (0..pieces.len()).map(|at| f32::from(u8::from(at >= learned_from)));
        Row { pieces: pieces.to_vec(), weights: weights.collect(), ..Row::default() }
    }

    #[test]
    fn what_all_rows_begin_with_stands_in_front_once() {
        let beginning: Vec<u32> = (10..20).collect();
        let with = |rest: &[u32]| row(&[&beginning[..], rest].concat(), 12);
        let all = [with(&[1, 2, 3, 4]), with(&[5, 6, 7])];
        assert_eq!(shared_beginning(all.iter()), 10);
        let mut seen = Vec::new();
        let packing = Packing { places_at_once: 4096, shares: true, hiding: None };
        pack(&all, &[1, 0], packing, |batch| seen.push(batch.clone()));
        let [batch] = &seen[..] else { panic!("{seen:?}") };
        assert_eq!(batch.pieces, [&beginning[..], &[5, 6, 7], &[1, 2, 3, 4]].concat());
        let cut: Vec<_> =
            batch.segments.iter().map(|it| (it.start, it.length, it.behind)).collect();
        assert_eq!(cut, [(0, 10, 0), (10, 3, 10), (13, 4, 10)]);
        let goals: Vec<_> = batch.goals.iter().map(|goal| (goal.place, goal.piece)).collect();
        assert_eq!(goals, [(11, 7), (14, 3), (15, 4)]);
    }

    /// One row that begins otherwise makes no difference to batches that it is not in.
    #[test]
    fn a_stranger_among_the_rows_is_packed_whole_where_it_is() {
        let beginning: Vec<u32> = (10..20).collect();
        let with = |rest: &[u32]| row(&[&beginning[..], rest].concat(), 12);
        let all = [with(&[1, 2, 3, 4]), with(&[5, 6, 7]), row(&[9; 14], 12)];
        let packing = Packing { places_at_once: 4096, shares: true, hiding: None };
        let places = |rows: &[usize]| {
            let mut places = Vec::new();
            pack(&all, rows, packing, |batch| places.push(batch.pieces.len()));
            places
        };
        assert_eq!(places(&[0, 1]), [17]);
        assert_eq!(places(&[0, 2]), [28]);
        assert_eq!(places(&[0, 1, 2]), [41]);
    }

    #[test]
    fn a_shared_beginning_ends_in_front_of_what_is_learned() {
        let same: Vec<u32> = (10..30).collect();
        let shared = |rows: &[Row]| shared_beginning(rows.iter());
        assert_eq!(shared(&[row(&same, 15), row(&same, 18)]), 14);
        assert_eq!(shared(&[row(&same, 20), row(&same, 20)]), 19, "one place is its own");
        assert_eq!(shared(&[row(&same, 5), row(&same, 18)]), 0, "too short to matter");
        assert_eq!(shared(&[row(&same, 15)]), 0);
        assert_eq!(shared(&[row(&same, 15), row(&[], 0)]), 0);
        assert_eq!(shared(&[]), 0);
    }
}
