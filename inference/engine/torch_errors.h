#pragma once

namespace mcj {

/// Throws the exception at hand once more, as an `Error`: what ran out of memory, on either device,
/// as `Device`, anything else of LibTorch as `Internal`. For catch blocks around torch code.
[[noreturn]] void throwAsOurs();

}  // namespace mcj
