//! A frozen product with its adapters: `y = x W^T + s dropout(x) A^T B^T`, and its backward pass.

use super::adapters::GroupAdapters;
use crate::model::kernels::dropout::Dropout;
use crate::model::kernels::number::Number;
use crate::model::kernels::product::{Gradient, Output, Rows, Scratch, Size, Term, spread_product};
use crate::model::kernels::rows::{drop_some, drop_some_backward};

/// A frozen weight of `[outputs, inputs]`.
pub(super) struct Linear<N> {
    pub(super) weight: Vec<N>,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
}

/// Temporaries of the adapters' branch.
#[derive(Default)]
pub(super) struct Branch<N> {
    dropped: Vec<N>,
    d_narrow: Vec<N>,
    d_input: Vec<f32>,
}

/// The adapters of a product: their places, and all prepared numbers.
#[derive(Clone, Copy)]
pub(super) struct Adapted<'a, N> {
    pub(super) group: &'a GroupAdapters,
    pub(super) ready: &'a [N],
    pub(super) scale: f32,
    pub(super) dropout: Option<Dropout>,
}

impl<N: Number> Linear<N> {
    /// Writes `rows` rows of output; `narrow` receives the adapters' narrow rows.
    pub(super) fn forward(
        &self,
        out: Output<'_, N>,
        input: &[N],
        adapted: Adapted<'_, N>,
        narrow: &mut Vec<N>,
        branch: &mut Branch<N>,
        scratch: &mut Scratch,
    ) {
        let rows = input.len() / self.inputs;
        let ranks = adapted.group.ranks;
        if ranks > 0 {
            let input = dropped(&mut branch.dropped, input, adapted.dropout);
            narrow.resize(rows * ranks, N::default());
            let a = &adapted.ready[adapted.group.a.clone()];
            let term = self.term([input, a], [self.inputs, self.inputs, self.inputs], true, ranks);
            spread_product(Output::Set(narrow), Size::new(rows, ranks), &[term], scratch);
        }
        let steps = [self.inputs, self.inputs, self.inputs];
        let mut terms = vec![self.term([input, &self.weight], steps, true, self.outputs)];
        for adapter in &adapted.group.adapters {
            let rank = adapter.ranks.len();
            terms.push(Term {
                left: Rows { data: &narrow[adapter.ranks.start..], step: ranks },
                inner: rank,
                right: Rows { data: &adapted.ready[adapter.b.clone()], step: rank },
                turned: true,
                columns: adapter.columns.clone(),
            });
        }
        spread_product(out, Size::new(rows, self.outputs), &terms, scratch);
    }

    /// Writes the gradient of the input to `d_input`, if wanted, and leaves that of the narrow rows
    /// in `branch`.
    pub(super) fn input_backward(
        &self,
        d_input: Option<Output<'_, N>>,
        d_out: &[N],
        adapted: Adapted<'_, N>,
        branch: &mut Branch<N>,
        scratch: &mut Scratch,
    ) {
        let rows = d_out.len() / self.outputs;
        let ranks = adapted.group.ranks;
        branch.d_narrow.resize(rows * ranks, N::default());
        for adapter in &adapted.group.adapters {
            let rank = adapter.ranks.len();
            let term = Term {
                left: Rows { data: &d_out[adapter.columns.start..], step: self.outputs },
                inner: adapter.columns.len(),
                right: Rows { data: &adapted.ready[adapter.b.clone()], step: rank },
                turned: false,
                columns: 0..rank,
            };
            let size = Size { rows, columns: rank, step: ranks };
            let out = Output::Set(&mut branch.d_narrow[adapter.ranks.start..]);
            N::product(out, size, &[term], scratch);
        }
        let Some(mut d_input) = d_input else { return };
        let size = Size::new(rows, self.inputs);
        let steps = [self.outputs, self.inputs, self.outputs];
        let base = self.term([d_out, &self.weight], steps, false, self.inputs);
        if ranks == 0 {
            spread_product(d_input, size, &[base], scratch);
            return;
        }
        let Branch { d_narrow, d_input: d_branch, .. } = branch;
        let a = &adapted.ready[adapted.group.a.clone()];
        let steps = [ranks, self.inputs, ranks];
        let low = self.term([d_narrow.as_slice(), a], steps, false, self.inputs);
        let Some(dropout) = adapted.dropout else {
            spread_product(d_input, size, &[base, low], scratch);
            return;
        };
        spread_product(d_input.again(), size, &[base], scratch);
        d_branch.resize(size.rows * size.columns, 0.0);
        spread_product(Output::SetWide(d_branch), size, &[low], scratch);
        match d_input {
            Output::Set(out) => drop_some_backward(out, d_branch, dropout),
            Output::SetWide(out) | Output::AddWide(out) => {
                drop_some_backward(out, d_branch, dropout);
            }
        }
    }

    /// Adds the gradient of the adapters; [`Self::input_backward`] was called for the same rows.
    pub(super) fn adapters_backward(
        &self,
        gradient: &mut [f32],
        d_out: &[N],
        [input, narrow]: [&[N]; 2],
        adapted: Adapted<'_, N>,
        branch: &mut Branch<N>,
        scratch: &mut Scratch,
    ) {
        let Adapted { group, scale, .. } = adapted;
        let (places, ranks) = (d_out.len() / self.outputs, group.ranks);
        if ranks == 0 {
            return;
        }
        for adapter in &group.adapters {
            let of = Gradient {
                places,
                left: Rows { data: &d_out[adapter.columns.start..], step: self.outputs },
                left_columns: adapter.columns.len(),
                right: Rows { data: &narrow[adapter.ranks.start..], step: ranks },
                right_columns: adapter.ranks.len(),
            };
            N::gradient(&mut gradient[adapter.b.clone()], scale, of, scratch);
        }
        let input = dropped(&mut branch.dropped, input, adapted.dropout);
        let of = Gradient {
            places,
            left: Rows { data: &branch.d_narrow, step: ranks },
            left_columns: ranks,
            right: Rows { data: input, step: self.inputs },
            right_columns: self.inputs,
        };
        N::gradient(&mut gradient[group.a.clone()], 1.0, of, scratch);
    }

    /// A product over whole rows; `[left step, right step, inner]`.
    fn term<'a>(
        &self,
        [left, right]: [&'a [N]; 2],
        [left_step, right_step, inner]: [usize; 3],
        turned: bool,
        columns: usize,
    ) -> Term<'a, N> {
        Term {
            left: Rows { data: left, step: left_step },
            inner,
            right: Rows { data: right, step: right_step },
            turned,
            columns: 0..columns,
        }
    }
}

/// The input of the adapters' branch.
fn dropped<'a, N: Number>(
    buffer: &'a mut Vec<N>,
    input: &'a [N],
    dropout: Option<Dropout>,
) -> &'a [N] {
    let Some(dropout) = dropout else { return input };
    buffer.resize(input.len(), N::default());
    drop_some(buffer, input, dropout);
    buffer
}
