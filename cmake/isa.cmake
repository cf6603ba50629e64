# Native kernels are compiled once per instruction-set level, each with that level's flags and no more.

set(DESCENT_ISA_FLAGS_scalar "")
set(DESCENT_ISA_FLAGS_avx2 -mavx2 -mfma)
set(DESCENT_ISA_FLAGS_avx512 -mavx512f -mavx512bw -mavx512cd -mavx512dq -mavx512vl -mfma -mprefer-vector-width=512)
# For measuring what the processor can do, called only where it has been detected.
set(DESCENT_ISA_FLAGS_avx512_bf16 ${DESCENT_ISA_FLAGS_avx512} -mavx512bf16)
set(DESCENT_ISA_FLAGS_amx -mamx-tile -mamx-bf16 -mamx-int8)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  # gcc 12's address sanitizer aligns the frames it keeps after a return to 32 bytes and spills 64-byte vectors to them
  # as if they were aligned to 64 (GCC bug 110027). Without the sanitizer the parameter means nothing.
  list(APPEND DESCENT_ISA_FLAGS_avx512 --param=asan-use-after-return=0)
  list(APPEND DESCENT_ISA_FLAGS_avx512_bf16 --param=asan-use-after-return=0)
  # Lanes that are written out one by one keep -O3 busy for a minute, -O1 for a third of it.
  set(DESCENT_ISA_FLAGS_scalar $<$<CONFIG:Release>:-O1> $<$<CONFIG:Release>:-ftree-vectorize>)
endif()

# descent_isa_source(FILE LEVEL): compiles FILE with LEVEL's flags. They are set where the target lives: a property of a
# source file is not seen from another folder.
function(descent_isa_source file level)
  set_source_files_properties(${file} TARGET_DIRECTORY descent_objects PROPERTIES COMPILE_OPTIONS "${DESCENT_ISA_FLAGS_${level}}")
endfunction()
