# CUDA is used if nvcc is found. -DMCJ_WITH_CUDA=ON requires it.
set(MCJ_WITH_CUDA AUTO CACHE STRING "Build the CUDA kernels: AUTO, ON or OFF")
set(MCJ_CUDA_FOUND OFF)
if(NOT MCJ_WITH_CUDA STREQUAL "OFF")
    include(CheckLanguage)
    # Code for 8.0 also runs on 8.6 and 8.9; newer GPUs compile the 9.0 PTX once and cache it.
    set(CMAKE_CUDA_ARCHITECTURES "75-real;80-real;90-real;90-virtual" CACHE STRING
        "Compute capabilities that the CUDA kernels are compiled for")
    check_language(CUDA)
    if(CMAKE_CUDA_COMPILER)
        enable_language(CUDA)
        # CMake 3.25 does not support CUDA20 for nvcc.
        set(CMAKE_CUDA_STANDARD 17)
        find_package(CUDAToolkit REQUIRED)
        set(MCJ_CUDA_FOUND ON)
    elseif(MCJ_WITH_CUDA STREQUAL "ON")
        message(FATAL_ERROR "MCJ_WITH_CUDA=ON, but no nvcc was found. Put nvcc on PATH, or leave "
                            "the option at AUTO to build for the CPU alone.")
    endif()
endif()
message(STATUS "CUDA kernels: ${MCJ_CUDA_FOUND}")
