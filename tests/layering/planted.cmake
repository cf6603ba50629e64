# Plants one violation of each kind in a small tree and asks check.cmake about it.

cmake_minimum_required(VERSION 3.25)

# planted(FILE INCLUDE EXPECTED): FILE with this include alone must be refused with a message that matches EXPECTED; with
# an empty EXPECTED it must be accepted.
function(planted file include expected)
  file(REMOVE_RECURSE "${WORK}")
  file(WRITE "${WORK}/${file}" "#include ${include}\n")
  execute_process(COMMAND "${CMAKE_COMMAND}" -D "ROOT=${WORK}" -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake"
    RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE message)
  string(REGEX REPLACE "[ \n]+" " " message "${message}")
  if(expected STREQUAL "")
    if(NOT status EQUAL 0)
      message(SEND_ERROR "${file} with ${include} was refused: ${message}")
    endif()
  elseif(status EQUAL 0 OR NOT message MATCHES "${expected}")
    message(SEND_ERROR "${file} with ${include} was not refused with '${expected}' but: ${message}")
  endif()
endfunction()

planted(lib/base/low.c "\"kernels/kernels.h\"" "layer base may not include \"kernels/kernels.h\"")
planted(lib/lab/runner.c "<descent/train.h>" "layer lab may not include <descent/train.h>")
planted(lib/include/descent/record.h "<descent/lab.h>" "layer record may not include <descent/lab.h>")
planted(lib/nn/adam.c "<dnnl.h>" "only lib/onednn may include <dnnl.h>")
planted(lib/train/fit.c "<descent/cli.h>" "layer train may not include <descent/cli.h>")
planted(lib/graph/plan.c "<descent.h>" "may not include the whole of itself")
planted(lib/nolayer/a.c "<stdio.h>" "is no layer")
planted(lib/include/descent/unknown.h "<stdio.h>" "has no owner")
planted(apps/descent/main.c "\"base/files.h\"" "public headers and files beside it")
planted(experiments/double-descent/mlp.c "<dnnl.h>" "only lib/onednn may include <dnnl.h>")
planted(lib/kernels/gemm.c "<descent/cpu.h>" "")
planted(apps/descent/main.c "<descent/cli.h>" "")
