# Tests of viewer/canvas and viewer/tools; included by CMakeLists.txt beside it.
mcj_test(test_view_transform SOURCES test_view_transform.cpp LIBS mcj_canvas)
mcj_test(test_tools SOURCES test_tools.cpp LIBS mcj_canvas mcj_test_support)
mcj_test(test_pins SOURCES test_pins.cpp LIBS mcj_canvas mcj_test_support)
mcj_test(test_live_view SOURCES test_live_view.cpp LIBS mcj_canvas mcj_test_support)
mcj_test(test_mask_preview SOURCES test_mask_preview.cpp LIBS mcj_canvas mcj_test_support)
mcj_test(test_layer_shaders GL SOURCES test_layer_shaders.cpp
         LIBS mcj_canvas Qt6::OpenGL LABELS gl)
mcj_test(test_canvas_overlay GL SOURCES test_canvas_overlay.cpp
         LIBS mcj_canvas Qt6::OpenGL LABELS gl)
mcj_test(test_canvas_views GL SOURCES test_canvas_views.cpp
         LIBS mcj_canvas mcj_test_support LABELS gl)
mcj_test(test_canvas_widget GL SOURCES test_canvas_widget.cpp
         LIBS mcj_canvas mcj_test_support LABELS gl)
# The same on denser screens.
foreach(scale 1.25 2)
    add_test(NAME test_canvas_widget_${scale}x
             COMMAND "${CMAKE_SOURCE_DIR}/tests/support/with_display"
                     $<TARGET_FILE:test_canvas_widget>)
    set_tests_properties(test_canvas_widget_${scale}x PROPERTIES
                         LABELS gl TIMEOUT 900 SKIP_RETURN_CODE 77
                         ENVIRONMENT "QT_SCALE_FACTOR=${scale}")
endforeach()
