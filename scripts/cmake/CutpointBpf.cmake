# Writes DIR/protocols.h, DIR/parsers.h and DIR/faults.h from the two lists of bpf/CMakeLists.txt.
#   protocols.h  CUT_PROTOCOLS(X): X(name, NAME) per protocol, enum cut_protocol, their abi headers
#   parsers.h    protocols.h and every parser
#   faults.h     CUT_FAULTS(X): X(name, NAME) per fault, enum cut_fault
function(cutpoint_generate_lists dir protocols faults)
  set(abi "")
  set(parsers "")
  set(protocol_list "")
  foreach(name ${protocols})
    string(TOUPPER ${name} upper)
    string(APPEND abi "#include \"bpf/abi/${name}.h\"\n")
    string(APPEND parsers "#include \"bpf/proto/${name}.h\"\n")
    string(APPEND protocol_list " X(${name}, ${upper})")
  endforeach()
  set(fault_list "")
  set(fault_headers "")
  foreach(name ${faults})
    string(TOUPPER ${name} upper)
    string(APPEND fault_list " X(${name}, ${upper})")
    string(APPEND fault_headers "#include \"bpf/fault/${name}.h\"\n")
  endforeach()
  file(CONFIGURE OUTPUT ${dir}/protocols.h @ONLY CONTENT
"/* Generated from bpf/CMakeLists.txt. */
#ifndef CUT_GENERATED_PROTOCOLS_H
#define CUT_GENERATED_PROTOCOLS_H
@abi@
#define CUT_PROTOCOLS(X)@protocol_list@
enum cut_protocol {
#define X(name, upper) CUT_PROTOCOL_##upper,
	CUT_PROTOCOLS(X)
#undef X
	CUT_PROTOCOL_COUNT
};
#endif
")
  file(CONFIGURE OUTPUT ${dir}/parsers.h @ONLY CONTENT
"/* Generated from bpf/CMakeLists.txt. */
#ifndef CUT_GENERATED_PARSERS_H
#define CUT_GENERATED_PARSERS_H
#include \"protocols.h\"
@parsers@#endif
")
  file(CONFIGURE OUTPUT ${dir}/faults.h @ONLY CONTENT
"/* Generated from bpf/CMakeLists.txt. */
#ifndef CUT_GENERATED_FAULTS_H
#define CUT_GENERATED_FAULTS_H
#define CUT_FAULTS(X)@fault_list@
enum cut_fault {
#define X(name, upper) CUT_FAULT_##upper,
	CUT_FAULTS(X)
#undef X
	CUT_FAULT_COUNT
};
#endif
")
  file(CONFIGURE OUTPUT ${dir}/fault_actions.h @ONLY CONTENT
"/* Generated from bpf/CMakeLists.txt. */
#ifndef CUT_GENERATED_FAULT_ACTIONS_H
#define CUT_GENERATED_FAULT_ACTIONS_H
#include \"faults.h\"
@fault_headers@#endif
")
endfunction()

# cutpoint_bpf_object(SOURCE OBJECT CLANG): compiles for BPF, with dependency tracking.
# -disable-block-placement: every loop ends with a jump to its begin. The verifier of kernels before 6.8
# takes no loop whose end falls through to it, as clang lays out some: "back-edge from insn 5620 to 5621".
function(cutpoint_bpf_object source object clang)
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    set(arch x86)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    set(arch arm64)
  else()
    message(FATAL_ERROR "no BPF target architecture known for ${CMAKE_SYSTEM_PROCESSOR}")
  endif()
  find_program(CUTPOINT_LLVM_STRIP NAMES llvm-strip llvm-strip-14 llvm-strip-16 llvm-strip-19 REQUIRED)
  set(out ${CMAKE_BINARY_DIR}/generated)
  get_filename_component(name ${object} NAME)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${clang} -target bpf -mcpu=v3 -D__TARGET_ARCH_${arch} -O2 -g
            -mllvm -disable-block-placement
            -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-declarations
            -fdebug-prefix-map=${CMAKE_SOURCE_DIR}=.
            -I${CMAKE_BINARY_DIR} -I${out} -I${CMAKE_SOURCE_DIR}
            -MD -MF ${object}.d -c ${source} -o ${object}
    COMMAND ${CUTPOINT_LLVM_STRIP} -g ${object}
    DEPENDS ${source} ${out}/vmlinux.h
    DEPFILE ${object}.d
    COMMENT "BPF object ${name}" VERBATIM)
endfunction()

# cutpoint_bpf_skeleton(TARGET OBJECT.bpf.c [CLANG VERSION…]): makes TARGET, an interface library with
# generated/<object>.skel.h, by the default clang. For tests the source is compiled by each version as
# well; CUTPOINT_BPF_OBJECTS becomes a list of VERSION=OBJECT, with nothing behind the sign where that
# version is not installed.
# vmlinux.h comes from the running kernel's BTF; CO-RE relocates it to the kernel that loads it.
function(cutpoint_bpf_skeleton target source)
  cmake_parse_arguments(arg "" "" "CLANG" ${ARGN})
  find_program(CUTPOINT_CLANG NAMES clang clang-14 clang-16 clang-19 REQUIRED)
  find_program(CUTPOINT_BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)
  set(btf /sys/kernel/btf/vmlinux)
  if(NOT EXISTS ${btf})
    message(FATAL_ERROR "${btf} is missing: build on a kernel with CONFIG_DEBUG_INFO_BTF")
  endif()

  set(out ${CMAKE_BINARY_DIR}/generated)
  get_filename_component(name ${source} NAME)
  string(REPLACE ".bpf.c" "" name ${name})
  set(object ${out}/${name}.bpf.o)
  add_custom_command(
    OUTPUT ${out}/vmlinux.h
    COMMAND ${CUTPOINT_BPFTOOL} btf dump file ${btf} format c > ${out}/vmlinux.h
    COMMENT "vmlinux.h from ${btf}" VERBATIM)
  cutpoint_bpf_object(${source} ${object} ${CUTPOINT_CLANG})
  add_custom_command(
    OUTPUT ${out}/${name}.skel.h
    COMMAND ${CUTPOINT_BPFTOOL} gen skeleton ${object} name ${name}_bpf > ${out}/${name}.skel.h
    DEPENDS ${object}
    COMMENT "Skeleton ${name}.skel.h" VERBATIM)

  execute_process(COMMAND ${CUTPOINT_CLANG} -dumpversion OUTPUT_VARIABLE default
    COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCH "^[0-9]+" default ${default})
  set(objects ${default}=${object})
  set(files ${out}/${name}.skel.h)
  list(REMOVE_ITEM arg_CLANG ${default})
  foreach(version ${arg_CLANG})
    find_program(CUTPOINT_CLANG_${version} NAMES clang-${version})
    set(other "")
    if(CUTPOINT_CLANG_${version})
      set(other ${out}/${name}.clang-${version}.bpf.o)
      cutpoint_bpf_object(${source} ${other} ${CUTPOINT_CLANG_${version}})
      list(APPEND files ${other})
    endif()
    list(APPEND objects ${version}=${other})
  endforeach()
  set(CUTPOINT_BPF_OBJECTS ${objects} CACHE INTERNAL "VERSION=OBJECT of ${target}")

  add_custom_target(${target}_files DEPENDS ${files})
  add_library(${target} INTERFACE)
  add_dependencies(${target} ${target}_files)
  target_link_libraries(${target} INTERFACE cutpoint_abi)
endfunction()
