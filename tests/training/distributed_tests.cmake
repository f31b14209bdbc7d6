# Tests of training in several processes; included by CMakeLists.txt beside it.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

mcj_test(test_collective TORCH SOURCES test_collective.cpp LIBS mcj_training)

# mcjepa-train is copied to machines that have LibTorch and nothing else.
add_test(NAME train_depends_on_libtorch_alone
         COMMAND Python3::Interpreter "${CMAKE_CURRENT_SOURCE_DIR}/check_needed.py"
                 $<TARGET_FILE:mcjepa-train>)
set_tests_properties(train_depends_on_libtorch_alone PROPERTIES LABELS unit TIMEOUT 60)

if(TARGET mcj_mpi)
    add_executable(distributed_probe distributed_probe.cpp)
    target_link_libraries(distributed_probe PRIVATE mcj_training)
    mcj_precompile_torch(distributed_probe)
    set_target_properties(distributed_probe PROPERTIES
                          RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    add_dependencies(distributed_probe mcj_mpi)

    function(mcj_distributed_test name)
        add_test(NAME ${name} COMMAND Python3::Interpreter ${ARGN})
        # Processes that wait for each other need cores of their own.
        set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 900 SKIP_RETURN_CODE 77
                             RUN_SERIAL ON)
    endfunction()
    foreach(processes 2 4)
        mcj_distributed_test(distributed_${processes}_processes
                             "${CMAKE_CURRENT_SOURCE_DIR}/run_distributed.py"
                             $<TARGET_FILE:distributed_probe> ${processes})
    endforeach()
    mcj_distributed_test(distributed_failure
                         "${CMAKE_CURRENT_SOURCE_DIR}/test_distributed_failure.py"
                         $<TARGET_FILE:distributed_probe>)
    mcj_distributed_test(distributed_training
                         "${CMAKE_CURRENT_SOURCE_DIR}/test_distributed_training.py"
                         $<TARGET_FILE:mcjepa> $<TARGET_FILE:mcjepa-train>)
endif()
