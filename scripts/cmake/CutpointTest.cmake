include(GoogleTest)
find_package(GTest REQUIRED)

# cutpoint_test(NAME LABEL unit|proto|prog|socket|scenario [PARALLEL | LOCK RESOURCE] SOURCES … LIBRARIES …)
# One GoogleTest executable; ctest runs it per case, so that a skip is counted per case. PARALLEL: its
# cases share nothing of the host, and do not mind others of that kind beside them. LOCK: nor do these,
# but for one another.
function(cutpoint_test name)
  cmake_parse_arguments(arg "PARALLEL" "LABEL;LOCK;TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  set(beside RUN_SERIAL TRUE)
  if(arg_PARALLEL)
    set(beside RUN_SERIAL FALSE)
  elseif(arg_LOCK)
    set(beside RESOURCE_LOCK ${arg_LOCK})
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE cutpoint_options ${arg_LIBRARIES} GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT} ${beside})
endfunction()
