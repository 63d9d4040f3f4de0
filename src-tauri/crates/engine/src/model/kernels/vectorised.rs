//! One function compiled several times, for the vector units that computers have, and chosen when
//! the program runs.

/// Defines a function whose body is compiled for AVX-512, for AVX2 and for any computer.
///
/// The body is plain Rust that the compiler can vectorise; it must not depend on which is chosen.
macro_rules! vectorised {
    (
        $(#[$meta:meta])*
        $vis:vis fn $name:ident $(<$generic:ident: $bound:path>)? (
            $($argument:ident: $type:ty),* $(,)?
        ) $(-> $out:ty)? $body:block
    ) => {
        $(#[$meta])*
        $vis fn $name $(<$generic: $bound>)? ($($argument: $type),*) $(-> $out)? {
            #[inline(always)]
            fn plain $(<$generic: $bound>)? ($($argument: $type),*) $(-> $out)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            fn avx512 $(<$generic: $bound>)? ($($argument: $type),*) $(-> $out)? {
                plain($($argument),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2 $(<$generic: $bound>)? ($($argument: $type),*) $(-> $out)? {
                plain($($argument),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[expect(unsafe_code, reason = "the features are asked for first")]
            match $crate::model::kernels::vectorised::unit() {
                // SAFETY: `unit` found every feature that the called function is compiled for.
                $crate::model::kernels::vectorised::Unit::Avx512 => {
                    return unsafe { avx512($($argument),*) };
                }
                // SAFETY: as above.
                $crate::model::kernels::vectorised::Unit::Avx2 => {
                    return unsafe { avx2($($argument),*) };
                }
                $crate::model::kernels::vectorised::Unit::Plain => {}
            }
            plain($($argument),*)
        }
    };
}
pub(crate) use vectorised;

/// Vector units that functions are compiled for.
#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Avx512,
    Avx2,
    Plain,
}

/// The widest unit of this computer.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn unit() -> Unit {
    let fused = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let wide = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    match (fused, wide) {
        (true, true) => Unit::Avx512,
        (true, false) => Unit::Avx2,
        (false, _) => Unit::Plain,
    }
}
