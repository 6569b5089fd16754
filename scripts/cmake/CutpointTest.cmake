include(GoogleTest)
find_package(GTest REQUIRED)

# cutpoint_test(NAME LABEL unit|proto|prog|socket|scenario [PARALLEL] SOURCES … LIBRARIES …)
# One GoogleTest executable; ctest runs it per case, so that a skip is counted per case. PARALLEL: its
# cases share nothing of the host, and do not mind others of that kind beside them.
function(cutpoint_test name)
  cmake_parse_arguments(arg "PARALLEL" "LABEL;TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  set(serial TRUE)
  if(arg_PARALLEL)
    set(serial FALSE)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE cutpoint_options ${arg_LIBRARIES} GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${serial})
endfunction()
