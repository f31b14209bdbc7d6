# Writes what PROGRAM prints about itself to the files MAN, BASH, ZSH and FISH. Run by mcj_describe.
# In a sanitized build, leaks of libraries are the tests' subject.
set(ENV{ASAN_OPTIONS} "detect_leaks=0")

function(write_output file)
    execute_process(COMMAND "${PROGRAM}" ${ARGN} OUTPUT_VARIABLE text RESULT_VARIABLE failed)
    if(failed)
        message(FATAL_ERROR "${PROGRAM} ${ARGN} failed: ${failed}")
    endif()
    # In quotes, so that semicolons in the text do not make it a list.
    file(WRITE "${file}" "${text}")
endfunction()

write_output("${MAN}" ${PREFIX}manual)
write_output("${BASH}" ${PREFIX}completion bash)
write_output("${ZSH}" ${PREFIX}completion zsh)
write_output("${FISH}" ${PREFIX}completion fish)
