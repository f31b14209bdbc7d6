# MPI is used if its compiler wrapper (mpicxx) is found; otherwise training runs in one process.
# -DMCJ_WITH_MPI=ON requires it.
set(MCJ_WITH_MPI AUTO CACHE STRING
    "Build libmcj_mpi, for training in several processes: AUTO, ON or OFF")
set(MCJ_MPI_FOUND OFF)
if(NOT MCJ_WITH_MPI STREQUAL "OFF")
    # Only the C interface: the C++ interface was removed from the standard in 2012.
    set(MPI_CXX_SKIP_MPICXX ON)
    find_package(MPI QUIET COMPONENTS CXX)
    if(MPI_CXX_FOUND)
        set(MCJ_MPI_FOUND ON)
    elseif(MCJ_WITH_MPI STREQUAL "ON")
        message(FATAL_ERROR "MCJ_WITH_MPI=ON, but no MPI was found. Install libopenmpi-dev and "
                            "openmpi-bin, load the cluster's MPI module, or name its compiler "
                            "wrapper with -DMPI_CXX_COMPILER=FILE.")
    endif()
endif()
message(STATUS "MPI: ${MCJ_MPI_FOUND}")
