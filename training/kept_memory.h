#pragma once

namespace mcj {

/// Keeps what the process frees for its next use; call it first in `main`. A step frees and takes
/// the same large tensors again and again; handed back to the system in between, their pages would
/// be cleared and mapped anew every time. The process then keeps the most that it ever needed.
void keepFreedMemory();

}  // namespace mcj
