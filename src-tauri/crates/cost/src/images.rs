//! What an image counts, as OpenAI documents it.
//!
//! No invoice shows any of it: what is counted here is expected or the most, and never proven. It
//! must never count fewer tokens than are documented.
//!
//! Sources:
//! - OpenAI's guide "Images and vision", section "Calculating costs"
//!   (<https://platform.openai.com/docs/guides/images-vision>): both ways to count and their numbers.
//! - <https://github.com/openai/openai-python/issues/2851>: the guide does not say clearly which
//!   models it means; some pages count patches for `gpt-4.1` too.
//! - <https://community.openai.com/t/1281361>: what single calls were billed. There `gpt-4.1` counted
//!   tiles, and an image that needs more than 1,536 patches counted all 1,536, where the guide's
//!   arithmetic gives 1,449.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use crate::day::Day;
use crate::model_name::base_of;
use crate::token_range::TokenRange;

/// The side of a tile, in pixels.
const TILE_SIDE: u64 = 512;
/// The longer side that an image is made smaller to before its tiles are counted, in pixels.
const LONGER_SIDE: u64 = 2048;
/// The shorter side that it is made smaller to, in pixels.
const SHORTER_SIDE: u64 = 768;
/// The tiles of 2,048 by 768 pixels.
const MOST_TILES: u64 = 8;

/// The side of a patch, in pixels.
const PATCH_SIDE: u64 = 32;
/// An image that needs more patches is made smaller.
const MOST_PATCHES: u64 = 1536;
/// What the guide calls the budget of an image of low detail, whatever its size.
const LOW_DETAIL: u64 = 85;

/// How the models count whose numbers are documented.
const COUNTINGS: [(&str, ImageCounting); 10] = [
    ("gpt-4o", ImageCounting::Tiles(GPT_4)),
    ("gpt-4o-mini", ImageCounting::Tiles(TileTokens { base: 2833, tile: 5667 })),
    ("gpt-4.1", ImageCounting::Either(GPT_4, PatchTokens { per_hundred: 100 })),
    ("gpt-4.1-mini", ImageCounting::Patches(PatchTokens { per_hundred: 162 })),
    ("gpt-4.1-nano", ImageCounting::Patches(PatchTokens { per_hundred: 246 })),
    ("gpt-4.5-preview", ImageCounting::Tiles(GPT_4)),
    ("o1", ImageCounting::Tiles(REASONING)),
    ("o1-pro", ImageCounting::Tiles(REASONING)),
    ("o3", ImageCounting::Tiles(REASONING)),
    ("o4-mini", ImageCounting::Patches(PatchTokens { per_hundred: 172 })),
];
const GPT_4: TileTokens = TileTokens { base: 85, tile: 170 };
const REASONING: TileTokens = TileTokens { base: 75, tile: 150 };

/// How large an image is, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ImageSize {
    width: NonZeroU32,
    height: NonZeroU32,
}

impl ImageSize {
    /// A size in pixels. None where a side has none.
    pub(crate) fn new(width: u32, height: u32) -> Option<Self> {
        Some(ImageSize { width: NonZeroU32::new(width)?, height: NonZeroU32::new(height)? })
    }

    fn sides(self) -> (u64, u64) {
        (self.width.get().into(), self.height.get().into())
    }
}

/// How closely a model looks at an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// At a small copy of it.
    Low,
    /// At its parts.
    High,
    /// The service chooses one of the others.
    Auto,
}

impl Detail {
    /// The detail that an image asks for; the service chooses where nothing is said. None where the
    /// word is not documented.
    pub(crate) fn of(detail: &Value) -> Option<Self> {
        match detail {
            Value::Null => Some(Detail::Auto),
            Value::String(word) => match word.as_str() {
                "low" => Some(Detail::Low),
                "high" => Some(Detail::High),
                "auto" => Some(Detail::Auto),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The tokens that are documented for an image: the least, what is to be expected, and the most. None
/// where nothing is documented for the model.
///
/// What is to be expected is the count of high detail, unless low detail is asked for. Without a size
/// the range holds the counts of all sizes, and its middle, rounded up, is to be expected.
pub(crate) fn image_tokens(
    model: &str,
    detail: Detail,
    size: Option<ImageSize>,
) -> Option<TokenRange> {
    let counting = ImageCounting::of(model)?;
    let span = match detail {
        Detail::Low => counting.low(size),
        Detail::High => counting.high(size),
        Detail::Auto => counting.high(size).or(counting.low(size)),
    };
    let expected = match size {
        Some(_) => span.likely,
        None => (span.least + span.most).div_ceil(2),
    };
    TokenRange::new(span.least, expected, Some(span.most))
}

/// How a model counts an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ImageCounting {
    /// The tiles that it fills.
    Tiles(TileTokens),
    /// The patches that it fills.
    Patches(PatchTokens),
    /// One or the other: the pages contradict each other. The tiles are to be expected, because calls
    /// were billed by them.
    Either(TileTokens, PatchTokens),
}

impl ImageCounting {
    fn of(model: &str) -> Option<Self> {
        let base = base_of(model);
        let known = COUNTINGS.iter().find(|(family, _)| is_of_family(base, family));
        known.map(|(_, counting)| *counting)
    }

    fn low(self, size: Option<ImageSize>) -> Span {
        match self {
            ImageCounting::Tiles(tiles) => Span::exactly(tiles.base),
            ImageCounting::Either(tiles, patches) => {
                Span::exactly(tiles.base).or(ImageCounting::Patches(patches).low(size))
            }
            // The section on patches names no detail, and another one names a budget for low detail
            // without saying of which models: it may hold here or not, and with the factor or
            // without.
            ImageCounting::Patches(patches) => {
                let budget = LOW_DETAIL.min(patches.tokens(LOW_DETAIL));
                let most = LOW_DETAIL.max(patches.tokens(LOW_DETAIL));
                patches.high(size).or(Span { least: budget, likely: most, most })
            }
        }
    }

    fn high(self, size: Option<ImageSize>) -> Span {
        match self {
            ImageCounting::Tiles(tiles) => tiles.high(size),
            ImageCounting::Patches(patches) => patches.high(size),
            ImageCounting::Either(tiles, patches) => tiles.high(size).or(patches.high(size)),
        }
    }
}

/// Whether a name is a family's own or that of one of its days: `gpt-4o` and `gpt-4o-2024-08-06`,
/// but not `gpt-4o-mini` or `gpt-4o-audio-preview`.
fn is_of_family(model: &str, family: &str) -> bool {
    let Some(rest) = model.strip_prefix(family) else { return false };
    rest.is_empty() || rest.strip_prefix('-').is_some_and(|day| day.parse::<Day>().is_ok())
}

/// So many tokens: at least, likely, and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    least: u64,
    likely: u64,
    most: u64,
}

impl Span {
    fn exactly(tokens: u64) -> Self {
        Span { least: tokens, likely: tokens, most: tokens }
    }

    /// This one or the other; this one is likely.
    fn or(self, other: Span) -> Self {
        Span {
            least: self.least.min(other.least),
            likely: self.likely,
            most: self.most.max(other.most),
        }
    }
}

/// What an image counts by its tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TileTokens {
    /// Any image, and no more than this one of low detail.
    base: u64,
    /// Each tile of one of high detail.
    tile: u64,
}

impl TileTokens {
    fn tokens(self, tiles: u64) -> u64 {
        self.base + tiles * self.tile
    }

    fn high(self, size: Option<ImageSize>) -> Span {
        match size {
            Some(size) => Span::exactly(self.tokens(tiles(size))),
            None => {
                let most = self.tokens(MOST_TILES);
                Span { least: self.tokens(1), likely: most, most }
            }
        }
    }
}

/// The tiles that cover an image once it was made small enough; it is never made larger.
///
/// The sides are no whole pixels here. A service that rounds them to whole pixels, up or down, covers
/// them with as many tiles or with fewer.
fn tiles(size: ImageSize) -> u64 {
    let (width, height) = size.sides();
    // To fit one bound and then the other is to fit the stricter one.
    let (mut part, mut whole) = (1, 1);
    for (bound, side) in [(LONGER_SIDE, width.max(height)), (SHORTER_SIDE, width.min(height))] {
        if bound * whole < part * side {
            (part, whole) = (bound, side);
        }
    }
    let across = |side: u64| (side * part).div_ceil(whole * TILE_SIDE);
    across(width) * across(height)
}

/// What an image counts by its patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PatchTokens {
    /// The tokens of a hundred patches: the documented factors have two decimals.
    per_hundred: u64,
}

impl PatchTokens {
    fn tokens(self, patches: u64) -> u64 {
        (patches * self.per_hundred).div_ceil(100)
    }

    /// Where an image is made smaller, what is documented is the least and all patches are the most.
    fn high(self, size: Option<ImageSize>) -> Span {
        let most = self.tokens(MOST_PATCHES);
        let Some(size) = size else {
            return Span { least: self.tokens(1), likely: most, most };
        };
        let (width, height) = size.sides();
        let patches = width.div_ceil(PATCH_SIDE) * height.div_ceil(PATCH_SIDE);
        if patches <= MOST_PATCHES {
            return Span::exactly(self.tokens(patches));
        }
        let likely = self.tokens(patches_made_smaller(size));
        Span { least: likely, likely, most }
    }
}

/// The patches of an image that would need too many, as the guide makes it smaller: to the area of
/// 1,536 patches, and then until the side that leaves more of a patch over is whole patches long.
///
/// The guide's factors are roots, but what is counted is whole: with `a = sqrt(1536 * width / height)`
/// and `d = sqrt(1536 * height / width)` patches across and down after the first step, the second one
/// leaves `floor(a)` across and `floor(a) * height / width` down, or the other way round. So nothing
/// is rounded but what the guide rounds.
fn patches_made_smaller(size: ImageSize) -> u64 {
    let (width, height) = size.sides();
    let across = (MOST_PATCHES * width / height).isqrt();
    let down = (MOST_PATCHES * height / width).isqrt();
    let patches = if across * height <= down * width {
        across * (across * height).div_ceil(width)
    } else {
        down * (down * width).div_ceil(height)
    };
    // Of an image over a thousand times as long as it is wide the guide's arithmetic leaves nothing.
    if patches == 0 { MOST_PATCHES } else { patches }
}

/// So much of the text of an image is read to find its size, in letters of base64: all kinds but JPEG
/// say it in the first bytes, and a JPEG behind what a camera wrote, which can be as long as several
/// pieces of 64 KiB.
const READ_LETTERS: [usize; 2] = [1 << 11, 1 << 18];
/// The end of the text may be missing, so its last letters need not fit together.
static BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The size of an image that stands in its own address (`data:image/png;base64,...`): PNG, JPEG, GIF
/// or WEBP. None for any other address, and where the data cannot be read.
pub(crate) fn size_of_data_url(url: &str) -> Option<ImageSize> {
    let (head, data) = url.split_once(',')?;
    let (scheme, kind) = head.split_once(':')?;
    let (media, form) = kind.rsplit_once(';')?;
    let is_image = scheme.eq_ignore_ascii_case("data")
        && media.get(..6).is_some_and(|it| it.eq_ignore_ascii_case("image/"))
        && form.eq_ignore_ascii_case("base64");
    if !is_image {
        return None;
    }
    READ_LETTERS.into_iter().find_map(|letters| size_of(&decoded(data, letters)?))
}

/// The bytes of the first so many letters; spaces and line breaks between them say nothing.
fn decoded(data: &str, letters: usize) -> Option<Vec<u8>> {
    let said = data.bytes().filter(|it| !it.is_ascii_whitespace());
    BASE64.decode(said.take(letters).collect::<Vec<_>>()).ok()
}

fn size_of(image: &[u8]) -> Option<ImageSize> {
    let size = imagesize::blob_size(image).ok()?;
    ImageSize::new(size.width.try_into().ok()?, size.height.try_into().ok()?)
}

#[cfg(test)]
pub(crate) mod tests;
