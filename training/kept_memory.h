#pragma once

namespace mcj {

/// Keeps freed memory in the process; call it first in `main`. Every step allocates and frees the
/// same large tensors; if their pages were returned to the system in between, they would be cleared
/// and mapped again every time. The process then keeps its peak memory.
void keepFreedMemory();

}  // namespace mcj
