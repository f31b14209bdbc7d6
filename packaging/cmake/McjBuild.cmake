# Compiler settings for all targets, and the functions that declare targets of this project.
option(MCJ_BUILD_TESTS "Build the tests and the benchmarks" ON)
set(MCJ_SANITIZE "" CACHE STRING
    "Sanitizers to build with: address,undefined or thread; empty: none")

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
# This project's shared libraries are in ../lib next to bin/, in the build tree and installed.
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
    # GCC 12 and 13 report false overlaps and overflows in their own standard headers (GCC bugs
    # 105329, 105651).
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>
                        $<$<COMPILE_LANGUAGE:CXX>:-Wno-array-bounds>
                        $<$<COMPILE_LANGUAGE:CXX>:-Wno-stringop-overflow>
                        $<$<COMPILE_LANGUAGE:CXX>:-Wno-stringop-overread>)
endif()
# Qt's keywords (`slots`) conflict with LibTorch's headers; warnings are enabled for all targets.
add_compile_definitions(QT_NO_KEYWORDS MCJ_VERSION="${PROJECT_VERSION}")
if(MCJ_SANITIZE)
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${MCJ_SANITIZE}>
                        $<$<COMPILE_LANGUAGE:CXX>:-fno-omit-frame-pointer>)
    add_link_options(-fsanitize=${MCJ_SANITIZE})
endif()

# mcj_library(NAME SOURCES ... PUBLIC ... PRIVATE ...): a static library of one layer.
function(mcj_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(${name} STATIC ${arg_SOURCES})
    target_include_directories(${name} PUBLIC "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
endfunction()

# mcj_reuse_headers(TARGET OWNER): the target's units use the precompiled headers of OWNER.
function(mcj_reuse_headers target owner)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL EXECUTABLE)
        # Precompiled as position-independent code, so they are valid only with the same setting.
        target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fPIC>)
    endif()
    target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()

# mcj_without_precompiled(SOURCES...): units that use none of their target's precompiled headers,
# whose loading takes seconds.
function(mcj_without_precompiled)
    set_source_files_properties(${ARGN} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()

# mcj_compile_together(TARGET [ALONE SOURCES...]): compiles several units of the target as one. This
# takes a fraction of the time where headers cost more than what the units add. Names in unnamed
# namespaces must then differ within the target. ALONE: units that stay separate.
option(MCJ_TOGETHER "Compile several units at once where that saves time" ON)
function(mcj_compile_together target)
    cmake_parse_arguments(arg "" "" "ALONE" ${ARGN})
    set_target_properties(${target} PROPERTIES UNITY_BUILD ${MCJ_TOGETHER} UNITY_BUILD_BATCH_SIZE 8)
    if(arg_ALONE)
        set_source_files_properties(${arg_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
endfunction()

# mcj_precompile_torch(TARGET): uses the precompiled headers of tensors and modules of mcj_model,
# which take 20 s per unit otherwise.
function(mcj_precompile_torch target)
    mcj_reuse_headers(${target} mcj_model)
endfunction()

set(MCJ_STANDARD_HEADERS
    <algorithm> <array> <atomic> <chrono> <cmath> <cstdint> <filesystem> <fstream> <functional>
    <map> <memory> <mutex> <optional> <set> <sstream> <string> <thread> <unordered_map> <variant>
    <vector>)
set(MCJ_WINDOW_HEADERS
    <QAction> <QApplication> <QBoxLayout> <QComboBox> <QDialog> <QDockWidget> <QImage> <QLabel>
    <QMainWindow> <QMouseEvent> <QObject> <QPainter> <QPushButton> <QSettings> <QString> <QTimer>
    <QUndoStack>)

# mcj_precompiled_headers(NAME LIBS ... HEADERS ...): a library of nothing but precompiled headers.
# A copy can be used only by units that have all definitions of LIBS.
function(mcj_precompiled_headers name)
    cmake_parse_arguments(arg "" "" "LIBS;HEADERS" ${ARGN})
    file(WRITE "${CMAKE_BINARY_DIR}/${name}.cpp" "// Nothing but precompiled headers.\n")
    add_library(${name} STATIC "${CMAKE_BINARY_DIR}/${name}.cpp")
    target_link_libraries(${name} PRIVATE ${arg_LIBS})
    target_precompile_headers(${name} PRIVATE ${MCJ_STANDARD_HEADERS} ${arg_HEADERS})
endfunction()

# mcj_precompile_qt(TARGET): uses one precompiled copy of the headers of Qt and the standard
# library, which otherwise take half of a window unit's compile time.
function(mcj_precompile_qt target)
    if(NOT TARGET mcj_qt_headers)
        # Units of the session have no other definitions of Qt than those of Qt6::Gui.
        mcj_precompiled_headers(mcj_qt_headers LIBS Qt6::Gui HEADERS ${MCJ_WINDOW_HEADERS})
        target_include_directories(mcj_qt_headers SYSTEM PRIVATE ${Qt6Widgets_INCLUDE_DIRS})
    endif()
    mcj_reuse_headers(${target} mcj_qt_headers)
endfunction()

# mcj_precompile_test(TARGET WINDOW): uses the precompiled headers of QtTest, with those of windows
# where WINDOW is true: QtTest's depend on the modules of Qt that are linked.
function(mcj_precompile_test target window)
    # Qt tells each test its folder; QtTest's header uses that, so copies with it cannot be shared.
    set(no_folder -UQT_TESTCASE_BUILDDIR -UQT_TESTCASE_SOURCEDIR)
    if(window)
        set(headers mcj_window_test_headers)
        set(libraries Qt6::Widgets Qt6::Test)
        set(more ${MCJ_WINDOW_HEADERS})
    else()
        set(headers mcj_test_headers)
        set(libraries Qt6::Test)
        set(more)
    endif()
    if(NOT TARGET ${headers})
        mcj_precompiled_headers(${headers} LIBS ${libraries} HEADERS <QtTest> ${more})
        target_compile_options(${headers} PRIVATE ${no_folder} ${MCJ_TEST_OPTIONS})
    endif()
    target_link_libraries(${target} PRIVATE ${libraries})
    target_compile_options(${target} PRIVATE ${no_folder})
    mcj_reuse_headers(${target} ${headers})
endfunction()

# mcj_describe(PROGRAM PREFIX): the manual page and the shells' completions of a program, which the
# program itself prints when it is called with PREFIXmanual and PREFIXcompletion SHELL.
function(mcj_describe program prefix)
    set(folder "${CMAKE_BINARY_DIR}/share")
    set(man "${folder}/man/man1/${program}.1")
    set(bash "${folder}/bash-completion/completions/${program}")
    set(zsh "${folder}/zsh/site-functions/_${program}")
    set(fish "${folder}/fish/vendor_completions.d/${program}.fish")
    add_custom_command(
        OUTPUT "${man}" "${bash}" "${zsh}" "${fish}"
        COMMAND "${CMAKE_COMMAND}" "-DPROGRAM=$<TARGET_FILE:${program}>" "-DPREFIX=${prefix}"
                "-DMAN=${man}" "-DBASH=${bash}" "-DZSH=${zsh}" "-DFISH=${fish}"
                -P "${CMAKE_SOURCE_DIR}/packaging/cmake/describe_program.cmake"
        DEPENDS ${program} "${CMAKE_SOURCE_DIR}/packaging/cmake/describe_program.cmake"
        COMMENT "Manual page and completions of ${program}"
        VERBATIM)
    add_custom_target(${program}-description ALL DEPENDS "${man}" "${bash}" "${zsh}" "${fish}")
    include(GNUInstallDirs)
    install(FILES "${man}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT description)
    install(FILES "${bash}" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions"
            COMPONENT description)
    install(FILES "${zsh}" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions"
            COMPONENT description)
    install(FILES "${fish}" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d"
            COMPONENT description)
endfunction()

# Tests are compiled once and run for seconds: optimizing them fully takes longer than it saves.
set(MCJ_TEST_OPTIONS $<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:-O1>)

# mcj_test_executable(NAME SOURCES ... LIBS ... [TORCH]): a program of tests. TORCH: with tensors.
function(mcj_test_executable name)
    cmake_parse_arguments(arg "TORCH" "" "SOURCES;LIBS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    set_target_properties(${name} PROPERTIES AUTOMOC ON
                          RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${name} PRIVATE ${arg_LIBS} Qt6::Test)
    target_compile_definitions(${name} PRIVATE MCJ_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                               MCJ_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
    target_compile_options(${name} PRIVATE ${MCJ_TEST_OPTIONS})
    if(arg_TORCH)
        mcj_precompile_torch(${name})
    elseif("${arg_LIBS}" MATCHES "mcj_(session|canvas|ui)|Qt6::Gui")
        mcj_precompile_test(${name} ON)
    else()
        mcj_precompile_test(${name} OFF)
    endif()
    mcj_without_precompiled("${CMAKE_CURRENT_BINARY_DIR}/${name}_autogen/mocs_compilation.cpp")
endfunction()

# mcj_set_up_test(NAME [LABELS ...]): the properties that all tests have.
function(mcj_set_up_test name)
    cmake_parse_arguments(arg "" "" "LABELS" ${ARGN})
    if(NOT arg_LABELS)
        set(arg_LABELS unit)
    endif()
    # Tests share the machine: OpenMP's idle threads must not spin (media/base/passive_threads.h).
    # The programs store indexes of videos, which must not be written to the user's cache by tests.
    set(environment "OMP_WAIT_POLICY=set:PASSIVE"
        "XDG_CACHE_HOME=set:${CMAKE_BINARY_DIR}/test_cache")
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 900
                         SKIP_RETURN_CODE 77 ENVIRONMENT_MODIFICATION "${environment}")
endfunction()

# mcj_test(NAME SOURCES ... LIBS ... [LABELS ...] [GL] [TORCH]): one QtTest program and its ctest
# entry. GL tests run under Xvfb; the others need no display. TORCH: it uses tensors.
function(mcj_test name)
    cmake_parse_arguments(arg "GL;TORCH" "" "SOURCES;LIBS;LABELS" ${ARGN})
    if(arg_TORCH)
        set(torch TORCH)
    endif()
    mcj_test_executable(${name} ${torch} SOURCES ${arg_SOURCES} LIBS ${arg_LIBS})
    if(arg_GL)
        add_test(NAME ${name} COMMAND "${CMAKE_SOURCE_DIR}/tests/support/with_display"
                 $<TARGET_FILE:${name}>)
    else()
        add_test(NAME ${name} COMMAND ${name})
        set_tests_properties(${name} PROPERTIES ENVIRONMENT "QT_QPA_PLATFORM=offscreen")
    endif()
    mcj_set_up_test(${name} LABELS ${arg_LABELS})
endfunction()

# mcj_test_program(NAME TESTS ... LIBS ... [TORCH]): tests that need no display in one program, for
# each test_X.cpp with its class TestX a ctest entry test_X (tests/support/test_program.h).
function(mcj_test_program name)
    cmake_parse_arguments(arg "TORCH" "" "TESTS;LIBS" ${ARGN})
    if(arg_TORCH)
        set(torch TORCH)
    endif()
    set(sources "${CMAKE_SOURCE_DIR}/tests/support/test_program.cpp")
    foreach(test ${arg_TESTS})
        list(APPEND sources test_${test}.cpp)
    endforeach()
    mcj_test_executable(${name} ${torch} SOURCES ${sources} LIBS ${arg_LIBS})
    mcj_compile_together(${name})
    foreach(test ${arg_TESTS})
        set(class Test)
        string(REPLACE "_" ";" words ${test})
        foreach(word ${words})
            string(SUBSTRING ${word} 0 1 first)
            string(SUBSTRING ${word} 1 -1 rest)
            string(TOUPPER ${first} first)
            string(APPEND class ${first}${rest})
        endforeach()
        add_test(NAME test_${test} COMMAND ${name} ${class})
        set_tests_properties(test_${test} PROPERTIES ENVIRONMENT "QT_QPA_PLATFORM=offscreen")
        mcj_set_up_test(test_${test})
    endforeach()
endfunction()
