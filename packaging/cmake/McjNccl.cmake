# NCCL is used if CUDA, MPI (which connects the processes) and nccl.h are found. nccl.h is searched
# in the wheel of LibTorch's NCCL, in the CUDA toolkit and in system packages.
set(MCJ_NCCL_FOUND OFF)
if(MCJ_CUDA_FOUND AND MCJ_MPI_FOUND)
    # Search the wheel first: at run time the process uses the NCCL loaded by LibTorch.
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
