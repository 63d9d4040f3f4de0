//! Conversations laid end to end, without padding.

/// One conversation inside a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    /// First place in the batch.
    pub(crate) start: usize,
    /// Places it takes.
    pub(crate) length: usize,
    /// Places in front of the first answer; they may look both ways.
    pub(crate) open: usize,
}

/// A place whose next piece is learned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Goal {
    /// Place in the batch.
    pub(crate) place: usize,
    /// The piece that comes next.
    pub(crate) piece: usize,
    /// How much it counts, above 0; 1 unless the example says otherwise.
    pub(crate) weight: f32,
}

/// Several conversations, packed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Packed {
    /// Piece at each place.
    pub(crate) pieces: Vec<u32>,
    /// The conversations, in order, covering every place.
    pub(crate) segments: Vec<Segment>,
    /// What is learned.
    pub(crate) goals: Vec<Goal>,
}

impl Packed {
    /// Appends a conversation. `weights[i]` above 0 says that the piece at `i` is part of an answer
    /// that is learned, so the place before it has it as goal.
    pub(crate) fn push(&mut self, pieces: &[u32], weights: &[f32], open: usize) {
        let start = self.pieces.len();
        self.pieces.extend_from_slice(pieces);
        self.segments.push(Segment { start, length: pieces.len(), open });
        for (index, (&piece, &weight)) in
            pieces.iter().zip(weights).enumerate().skip(1).filter(|(_, (_, weight))| **weight > 0.0)
        {
            self.goals.push(Goal { place: start + index - 1, piece: piece as usize, weight });
        }
    }

    /// Removes everything and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.pieces.clear();
        self.segments.clear();
        self.goals.clear();
    }
}
