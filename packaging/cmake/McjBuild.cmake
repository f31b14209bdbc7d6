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
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    # GCC 12 and 13 take checked lengths in their own standard headers for overlaps and overflows
    # (GCC bugs 105329, 105651).
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>
                        $<$<COMPILE_LANGUAGE:CXX>:-Wno-array-bounds>
                        $<$<COMPILE_LANGUAGE:CXX>:-Wno-stringop-overflow>
                        $<$<COMPILE_LANGUAGE:CXX>:-Wno-stringop-overread>)
endif()
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

# mcj_reuse_headers(TARGET OWNER): the target's units take the precompiled headers of OWNER.
function(mcj_reuse_headers target owner)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL EXECUTABLE)
        # Precompiled as position-independent code for libraries, and valid for nothing else.
        target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fPIC>)
    endif()
    target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()

# mcj_precompile_torch(TARGET): the headers of tensors, which cost 10 s per unit, come from the one
# precompiled copy of mcj_ops.
function(mcj_precompile_torch target)
    mcj_reuse_headers(${target} mcj_ops)
    # What moc adds does not know LibTorch, and reading the copy takes longer than compiling that.
    set_source_files_properties(
        "${CMAKE_CURRENT_BINARY_DIR}/${target}_autogen/mocs_compilation.cpp"
        PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()

# mcj_precompile_qt(TARGET): the standard library's and Qt's headers come from one precompiled copy;
# without it they are half of the time of a unit of the window. QtTest is not in it, because its
# header depends on which Qt modules a program links.
function(mcj_precompile_qt target)
    if(NOT TARGET mcj_qt_headers)
        file(WRITE "${CMAKE_BINARY_DIR}/qt_headers.cpp" "// Nothing but precompiled headers.\n")
        add_library(mcj_qt_headers STATIC "${CMAKE_BINARY_DIR}/qt_headers.cpp")
        # Compiled with the definitions of Qt6::Gui alone: a copy serves only units that have all
        # of its definitions, and those of the session have no others.
        target_link_libraries(mcj_qt_headers PRIVATE Qt6::Gui)
        target_include_directories(mcj_qt_headers SYSTEM PRIVATE ${Qt6Widgets_INCLUDE_DIRS})
        target_precompile_headers(mcj_qt_headers PRIVATE
            <algorithm> <array> <atomic> <chrono> <cmath> <cstdint> <filesystem> <fstream>
            <functional> <map> <memory> <mutex> <optional> <set> <sstream> <string> <thread>
            <unordered_map> <variant> <vector>
            <QAction> <QApplication> <QBoxLayout> <QComboBox> <QDialog> <QDockWidget> <QImage>
            <QLabel> <QMainWindow> <QMouseEvent> <QObject> <QPainter> <QPushButton> <QSettings>
            <QString> <QTimer> <QUndoStack>)
    endif()
    mcj_reuse_headers(${target} mcj_qt_headers)
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
    elseif("${arg_LIBS}" MATCHES "mcj_(session|canvas|ui)")
        mcj_precompile_qt(${name})
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
    # The programs keep indexes of videos, which must not land in the cache of whoever runs tests.
    set(environment "OMP_WAIT_POLICY=set:PASSIVE"
        "XDG_CACHE_HOME=set:${CMAKE_BINARY_DIR}/test_cache")
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 900
                         SKIP_RETURN_CODE 77 ENVIRONMENT_MODIFICATION "${environment}")
endfunction()
