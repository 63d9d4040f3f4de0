//! Dropout whose mask is a pure function of a key and a place, so that the backward pass and a
//! resumed training find the same one without storing it.

/// How much is dropped, and under which key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dropout {
    /// Share of numbers set to zero, in `0..1`.
    pub(crate) rate: f32,
    /// Differs for every step and every place in the network.
    pub(crate) key: u64,
}

impl Dropout {
    /// The same rate under a key of its own for `site`.
    pub(crate) fn at(self, site: u64) -> Self {
        Self { key: mix(self.key ^ mix(site)), ..self }
    }

    /// Zeroes a share of `values` and scales up the rest. Applied to a gradient, it is the
    /// backward pass of itself.
    pub(crate) fn apply(self, values: &mut [f32]) {
        if self.rate <= 0.0 {
            return;
        }
        let keep = 1.0 / (1.0 - self.rate);
        let limit = self.rate * 65_536.0;
        for (word, group) in (0_u64..).zip(values.chunks_mut(4)) {
            let bits = mix(self.key.wrapping_add(word.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
            let lanes = sixteenths(bits);
            for (value, draw) in group.iter_mut().zip(lanes.map(f32::from)) {
                *value *= if draw < limit { 0.0 } else { keep };
            }
        }
    }
}

/// A word as four numbers of sixteen bits.
fn sixteenths(word: u64) -> [u16; 4] {
    let [a, b, c, d, e, f, g, h] = word.to_le_bytes();
    [[a, b], [c, d], [e, f], [g, h]].map(u16::from_le_bytes)
}

/// Splitmix64's finaliser (Steele, Lea and Flood 2014): every input bit reaches every output bit.
pub(crate) fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
