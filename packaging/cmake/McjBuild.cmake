# Compiler settings that hold for every target, and the functions that declare ours.
option(MCJ_BUILD_TESTS "Build the tests and the benchmarks" ON)
option(MCJ_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()
# Shared libraries of ours lie in ../lib beside bin/, in the build tree and installed alike.
set(CMAKE_BUILD_RPATH "$ORIGIN/../lib")
set(CMAKE_INSTALL_RPATH "$ORIGIN/../lib")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
    set(CMAKE_CUDA_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wall> $<$<COMPILE_LANGUAGE:CXX>:-Wextra>
                    $<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-field-initializers>)
# Qt's keywords break LibTorch's headers (`slots`), and warnings must not hide in noise.
add_compile_definitions(QT_NO_KEYWORDS MCJ_VERSION="${PROJECT_VERSION}")
if(MCJ_SANITIZE)
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fsanitize=address,undefined>
                        $<$<COMPILE_LANGUAGE:CXX>:-fno-omit-frame-pointer>)
    add_link_options(-fsanitize=address,undefined)
endif()

# mcj_library(NAME SOURCES ... PUBLIC ... PRIVATE ...): a static library of one floor.
function(mcj_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(${name} STATIC ${arg_SOURCES})
    target_include_directories(${name} PUBLIC "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
endfunction()

# mcj_precompile_torch(TARGET): the target's units take the headers of tensors, which cost 10 s each, from
# the one precompiled copy of mcj_ops.
function(mcj_precompile_torch target)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL EXECUTABLE)
        # The copy is of position-independent code for libraries; the compiler takes it for no other.
        target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fPIC>)
    endif()
    target_precompile_headers(${target} REUSE_FROM mcj_ops)
    # What moc adds does not know LibTorch, and reading the copy takes longer than compiling that.
    set_source_files_properties(
        "${CMAKE_CURRENT_BINARY_DIR}/${target}_autogen/mocs_compilation.cpp"
        PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()

# mcj_test(NAME SOURCES ... LIBS ... [LABELS ...] [GL] [TORCH]): one QtTest program and its ctest
# entry. GL tests run under Xvfb; the others need no display. TORCH: it uses tensors.
function(mcj_test name)
    cmake_parse_arguments(arg "GL;TORCH" "" "SOURCES;LIBS;LABELS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    set_target_properties(${name} PROPERTIES AUTOMOC ON
                          RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${name} PRIVATE ${arg_LIBS} Qt6::Test)
    target_compile_definitions(${name} PRIVATE MCJ_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                               MCJ_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
    if(arg_TORCH)
        mcj_precompile_torch(${name})
    endif()
    if(arg_GL)
        add_test(NAME ${name} COMMAND "${CMAKE_SOURCE_DIR}/tests/support/with_display"
                 $<TARGET_FILE:${name}>)
    else()
        add_test(NAME ${name} COMMAND ${name})
        set_tests_properties(${name} PROPERTIES ENVIRONMENT "QT_QPA_PLATFORM=offscreen")
    endif()
    if(NOT arg_LABELS)
        set(arg_LABELS unit)
    endif()
    # Tests share the machine: OpenMP's idle threads must not spin (media/base/passive_threads.h).
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 900
                         SKIP_RETURN_CODE 77
                         ENVIRONMENT_MODIFICATION "OMP_WAIT_POLICY=set:PASSIVE")
endfunction()
