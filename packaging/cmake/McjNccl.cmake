# NCCL is used where CUDA, MPI (through which processes find each other) and nccl.h are found: in
# the wheel that LibTorch's own NCCL comes from, in the CUDA toolkit or in a system package. Where
# any is missing it is left out.
set(MCJ_NCCL_FOUND OFF)
if(MCJ_CUDA_FOUND AND MCJ_MPI_FOUND)
    # The wheel first: at run time the one NCCL of the process is the one LibTorch has loaded.
    get_filename_component(mcj_site "${mcj_torch_real}" DIRECTORY)
    find_path(MCJ_NCCL_INCLUDE nccl.h
              HINTS "${mcj_site}/nvidia/nccl/include" ${CUDAToolkit_INCLUDE_DIRS})
    find_library(MCJ_NCCL_LIBRARY NAMES nccl libnccl.so.2 NAMES_PER_DIR
                 HINTS "${mcj_site}/nvidia/nccl/lib" ${CUDAToolkit_LIBRARY_DIR})
    mark_as_advanced(MCJ_NCCL_INCLUDE MCJ_NCCL_LIBRARY)
    if(MCJ_NCCL_INCLUDE AND MCJ_NCCL_LIBRARY)
        set(MCJ_NCCL_FOUND ON)
    endif()
endif()
