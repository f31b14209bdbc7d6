#pragma once

#include <ATen/Parallel.h>

/// at::parallel_for for our own loops. It is a template that runs on one thread, without a word,
/// where its user is compiled without OpenMP.
#ifndef INTRA_OP_PARALLEL
#error "Compile with OpenMP: link torch::torch, which asks for it."
#endif
