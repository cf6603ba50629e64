/* levels.h - a test program runs itself once a level of the processor and compares what it prints. */
#ifndef INVARIANCE_LEVELS_H
#define INVARIANCE_LEVELS_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <descent/cpu.h>

#include "test.h"

enum { LEVELS_LINE = 128, LEVELS_MOST = 64 };

/* The lines that this program prints when it is called with the word. */
static inline void lines_at(const char *level, const char *word, char lines[][LEVELS_LINE], size_t count)
{
    char program[512], command[600];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    assert_true(length > 0);
    program[length] = '\0';
    snprintf(command, sizeof command, "DESCENT_ISA=%s '%s' %s", level, program, word);
    FILE *child = popen(command, "r"); /* NOLINT(cert-env33-c): our own path */
    assert_non_null(child);
    for (size_t i = 0; i < count; i++)
        assert_non_null(fgets(lines[i], LEVELS_LINE, child));
    assert_int_equal(pclose(child), 0);
}

static inline void assert_same_lines_at_every_level(const char *word, size_t count)
{
    static char scalar[LEVELS_MOST][LEVELS_LINE], lines[LEVELS_MOST][LEVELS_LINE];
    assert_true(count <= LEVELS_MOST);
    lines_at("scalar", word, scalar, count);
    for (dsc_isa isa = DSC_ISA_AVX2; isa <= dsc_isa_detected(); isa++) {
        lines_at(dsc_isa_name(isa), word, lines, count);
        for (size_t i = 0; i < count; i++)
            if (strcmp(lines[i], scalar[i]) != 0)
                fail_msg("level %s gives other bits than scalar: %sinstead of %s", dsc_isa_name(isa),
                         lines[i], scalar[i]);
    }
}

#endif
