#pragma once

#include <ATen/Parallel.h>

/// at::parallel_for for this project's loops. It is a template that silently runs on one thread if
/// the including file is compiled without OpenMP.
#ifndef INTRA_OP_PARALLEL
#error "Compile with OpenMP: link torch::torch, which asks for it."
#endif
