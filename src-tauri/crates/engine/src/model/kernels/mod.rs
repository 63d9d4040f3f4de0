//! The operations a transformer is made of, each with its own backward pass.
//!
//! Every function works on plain rows of numbers on the calling thread and allocates nothing that
//! it does not return. Each backward pass is held against finite differences in `tests`.

pub(crate) mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx2_pack;
#[cfg(target_arch = "x86_64")]
mod bf16;
#[cfg(target_arch = "x86_64")]
mod bf16_pack;
#[cfg(target_arch = "x86_64")]
mod bf16_tile;
pub(crate) mod causal;
pub(crate) mod dropout;
pub(crate) mod exponential;
pub(crate) mod gated;
pub(crate) mod hands;
pub(crate) mod matmul;
pub(crate) mod norm;
pub(crate) mod number;
pub(crate) mod product;
pub(crate) mod rotary;
pub(crate) mod rows;
pub(crate) mod softmax;
pub(crate) mod vectorised;

/// How products of weights of a precision are computed on this computer.
pub(crate) fn kernel_name(single_precision: bool) -> &'static str {
    #[cfg(target_arch = "x86_64")]
    let is_direct = bf16::is_supported();
    #[cfg(not(target_arch = "x86_64"))]
    let is_direct = false;
    match (single_precision, is_direct, product::Way::best()) {
        (false, true, _) => "avx512-bf16",
        (true, _, product::Way::Gemm) => "f32",
        (false, false, product::Way::Gemm) => "bf16 kept, multiplied as f32",
        #[cfg(target_arch = "x86_64")]
        (true, _, product::Way::Avx2) => "f32 with AVX2",
        #[cfg(target_arch = "x86_64")]
        (false, false, product::Way::Avx2) => "bf16 kept, multiplied as f32 with AVX2",
    }
}

#[cfg(test)]
mod product_tests;
#[cfg(test)]
mod rows_tests;
#[cfg(test)]
mod tests;
