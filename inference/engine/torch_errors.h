#pragma once

namespace mcj {

/// Rethrows the current exception as an `Error`: `Device` if memory ran out on either device,
/// `Internal` for any other exception of LibTorch. For catch blocks around torch code.
[[noreturn]] void throwAsOurs();

}  // namespace mcj
