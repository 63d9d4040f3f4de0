//! Conversations laid end to end, without padding. What all of them begin with stands there once.

/// One conversation inside a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    /// First place in the batch.
    pub(crate) start: usize,
    /// Places it takes.
    pub(crate) length: usize,
    /// Places in front of the first answer; they may look both ways.
    pub(crate) open: usize,
    /// Places at the beginning of the batch that it goes on from, and sees as its own first ones.
    pub(crate) behind: usize,
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
    /// The conversations, in order, covering every place; in front of them what they share.
    pub(crate) segments: Vec<Segment>,
    /// What is learned.
    pub(crate) goals: Vec<Goal>,
    shared: usize,
}

impl Packed {
    /// Makes an empty batch begin with `pieces`, which every conversation that follows begins with
    /// and none learns.
    pub(crate) fn share(&mut self, pieces: &[u32]) {
        assert!(self.pieces.is_empty(), "only an empty batch can begin with something");
        if pieces.is_empty() {
            return;
        }
        self.push(pieces, &[], 0);
        self.shared = pieces.len();
    }

    /// Appends a conversation. `weights[i]` above 0 says that the piece at `i` is part of an answer
    /// that is learned, so the place before it has it as goal.
    pub(crate) fn push(&mut self, pieces: &[u32], weights: &[f32], open: usize) {
        let (start, behind) = (self.pieces.len(), self.shared);
        let own = &pieces[behind..];
        self.pieces.extend_from_slice(own);
        self.segments.push(Segment { start, length: own.len(), open, behind });
        let learned = pieces.iter().zip(weights).enumerate().skip(behind + 1);
        for (index, (&piece, &weight)) in learned.filter(|(_, (_, weight))| **weight > 0.0) {
            let place = start + index - behind - 1;
            self.goals.push(Goal { place, piece: piece as usize, weight });
        }
    }

    /// The conversations with all of their pieces, those that they share too.
    pub(crate) fn conversations(&self) -> impl Iterator<Item = (Segment, Vec<u32>)> {
        let (_, conversations) = self.segments.split_at(usize::from(self.shared > 0));
        conversations.iter().map(|segment| {
            let Segment { start, length, behind, .. } = *segment;
            let (shared, own) = (&self.pieces[..behind], &self.pieces[start..start + length]);
            (*segment, [shared, own].concat())
        })
    }

    /// Removes everything and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.pieces.clear();
        self.segments.clear();
        self.goals.clear();
        self.shared = 0;
    }
}
