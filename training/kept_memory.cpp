#include "training/kept_memory.h"

#include <malloc.h>

namespace mcj {

void keepFreedMemory() {
    ::mallopt(M_MMAP_MAX, 0);
    ::mallopt(M_TRIM_THRESHOLD, -1);
    ::mallopt(M_TOP_PAD, 64 << 20);
}

}  // namespace mcj
