#pragma once

/// Vectors for the CPU kernels: GCC's own, 64 bytes wide, lowered to what the chosen instruction set
/// has. `MCJ_MULTIARCH` compiles a function once for each level of x86-64 and picks at load time, so
/// that nothing is built for the building machine's processor alone.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define MCJ_MULTIARCH \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), flatten))
#else
#define MCJ_MULTIARCH
#endif
#define MCJ_INLINE inline __attribute__((always_inline))

namespace mcj::kernels {

template <typename Real>
struct Simd;
template <>
struct Simd<float> {
    typedef float Vector __attribute__((vector_size(64), aligned(4), may_alias));
    static constexpr int kLanes = 16;
};
template <>
struct Simd<double> {
    typedef double Vector __attribute__((vector_size(64), aligned(8), may_alias));
    static constexpr int kLanes = 8;
};

}  // namespace mcj::kernels
