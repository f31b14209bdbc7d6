mcj_test(test_session SOURCES test_session.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_session_open SOURCES test_session_open.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_session_length SOURCES test_session_length.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_session_masks SOURCES test_session_masks.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_session_overlaps SOURCES test_session_overlaps.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_session_products SOURCES test_session_products.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_views SOURCES test_views.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_bundle SOURCES test_bundle.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_tour SOURCES test_tour.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_preferences SOURCES test_preferences.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_curves SOURCES test_curves.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_mask_reviews SOURCES test_mask_reviews.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_marks SOURCES test_marks.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_work_time SOURCES test_work_time.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_session_truth SOURCES test_session_truth.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_bookmarks SOURCES test_bookmarks.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_layers SOURCES test_layers.cpp LIBS mcj_session Qt6::Gui LABELS unit)
mcj_test(test_frame_picture SOURCES test_frame_picture.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_map_export SOURCES test_map_export.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
mcj_test(test_session_model SOURCES test_session_model.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui LABELS unit)
if(TARGET mcj_torch)
    # The session opens it by itself.
    add_dependencies(test_session_model mcj_torch)
endif()
mcj_test(test_session_document SOURCES test_session_document.cpp
         LIBS mcj_session mcj_test_support Qt6::Gui PkgConfig::SQLITE LABELS unit)
mcj_test(test_undo_all SOURCES test_undo_all.cpp LIBS mcj_session Qt6::Gui LABELS unit)
mcj_test(test_document SOURCES test_document.cpp LIBS mcj_session Qt6::Gui LABELS unit)
target_compile_definitions(test_document PRIVATE MCJ_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
