# Imported targets for LibTorch from the PyPI wheel. find_package(Torch) is not used: it fails if
# the wheel was built for CUDA and no toolkit is installed.
set(MCJ_TORCH_ROOT "${CMAKE_SOURCE_DIR}/.deps/torch" CACHE PATH
    "Folder of LibTorch with include/ and lib/ (the wheel's torch/)")
if(NOT EXISTS "${MCJ_TORCH_ROOT}/lib/libtorch_cpu.so")
    message(FATAL_ERROR "LibTorch was not found in ${MCJ_TORCH_ROOT}. Run ./start build, which "
                        "fetches it, or pass -DMCJ_TORCH_ROOT=FOLDER.")
endif()
file(REAL_PATH "${MCJ_TORCH_ROOT}" mcj_torch_real)

function(mcj_import_torch name)
    add_library(torch::${name} SHARED IMPORTED)
    set_target_properties(torch::${name} PROPERTIES
        IMPORTED_LOCATION "${mcj_torch_real}/lib/lib${name}.so"
        INTERFACE_INCLUDE_DIRECTORIES
            "${mcj_torch_real}/include;${mcj_torch_real}/include/torch/csrc/api/include"
        INTERFACE_SYSTEM_INCLUDE_DIRECTORIES
            "${mcj_torch_real}/include;${mcj_torch_real}/include/torch/csrc/api/include")
endfunction()
mcj_import_torch(c10)
mcj_import_torch(torch_cpu)
add_library(torch::torch INTERFACE IMPORTED)
# -fno-gnu-unique is not needed: there is only one copy of LibTorch per process.
target_link_libraries(torch::torch INTERFACE torch::torch_cpu torch::c10)
# at::parallel_for is a template that runs on one thread if the calling code is compiled without
# OpenMP. The runtime must be LibTorch's, which also sets its number of threads.
mcj_import_torch(gomp)
set_target_properties(torch::gomp PROPERTIES IMPORTED_LOCATION "${mcj_torch_real}/lib/libgomp.so.1")
target_compile_options(torch::torch INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fopenmp>)
target_link_libraries(torch::torch INTERFACE torch::gomp)
if(EXISTS "${mcj_torch_real}/lib/libtorch_cuda.so")
    mcj_import_torch(torch_cuda)
    mcj_import_torch(c10_cuda)
endif()
# LibTorch loads CUDA's runtime and CUPTI from the sibling wheels by its own rpath; the linker does
# not need to find them.
set_property(TARGET torch::torch APPEND PROPERTY INTERFACE_LINK_OPTIONS
             "-Wl,--unresolved-symbols=ignore-in-shared-libs")
