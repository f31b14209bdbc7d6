#pragma once

#include <cstdint>
#include <cstring>

/// Vectors for the CPU kernels: GCC's own, as wide as the registers of the unit's instruction set
/// (kernels_isa.h), so that nine sums stay in registers.
#if defined(__AVX512F__)
#define MCJ_VECTOR_BYTES 64
#elif defined(__AVX__)
#define MCJ_VECTOR_BYTES 32
#else
#define MCJ_VECTOR_BYTES 16
#endif
#define MCJ_INLINE inline __attribute__((always_inline))

namespace mcj::kernels::MCJ_ISA {

template <typename Real>
struct Simd;
template <>
struct Simd<float> {
    typedef float Vector __attribute__((vector_size(MCJ_VECTOR_BYTES), aligned(4), may_alias));
    static constexpr int kLanes = MCJ_VECTOR_BYTES / 4;
};
template <>
struct Simd<double> {
    typedef double Vector __attribute__((vector_size(MCJ_VECTOR_BYTES), aligned(8), may_alias));
    static constexpr int kLanes = MCJ_VECTOR_BYTES / 8;
};

/// Whether a comparison of vectors is true in any lane.
template <typename Mask>
MCJ_INLINE bool anyTrue(const Mask& mask) {
    std::uint64_t words[sizeof(Mask) / 8];
    std::memcpy(words, &mask, sizeof words);
    std::uint64_t any = 0;
    for (const std::uint64_t word : words) any |= word;
    return any != 0;
}

}  // namespace mcj::kernels::MCJ_ISA
