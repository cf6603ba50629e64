/* The processor's levels are chosen from the environment, can only be lowered, and the floating-point mode is
   the caller's again afterwards. */
#include <float.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <xmmintrin.h>

#include <descent/cpu.h>

#include "test.h"

static void *ask(void *unused)
{
    (void)unused;
    return (void *)(uintptr_t)dsc_isa_effective();
}

/* Runs first: nothing has asked for the level before. */
static void threads_that_ask_together_get_one_answer(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    setenv("DESCENT_ISA", "scalar", 1);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        void *answer;
        pthread_join(threads[i], &answer);
        assert_int_equal((uintptr_t)answer, DSC_ISA_SCALAR);
    }
    unsetenv("DESCENT_ISA");
    assert_int_equal(dsc_isa_effective(), DSC_ISA_SCALAR);
}

static dsc_status select_isa(dsc_isa isa, const char *variable, const char *message)
{
    if (variable)
        setenv("DESCENT_ISA", variable, 1);
    else
        unsetenv("DESCENT_ISA");
    dsc_scope *scope = dsc_scope_open(NULL);
    const dsc_status status = dsc_isa_select(scope, isa);
    assert_non_null(strstr(dsc_scope_message(scope), message));
    dsc_scope_close(&scope);
    unsetenv("DESCENT_ISA");
    return status;
}

static void levels_can_only_be_lowered(void **state)
{
    (void)state;
    const dsc_isa best = dsc_isa_detected();
    for (int isa = DSC_ISA_SCALAR; isa <= DSC_ISA_AVX512; isa++) {
        const bool can = isa <= (int)best;
        const char *message = can ? "" : "no more than";
        assert_int_equal(select_isa((dsc_isa)isa, NULL, message), can ? DSC_OK : DSC_ERROR_UNSUPPORTED);
        if (can)
            assert_int_equal(dsc_isa_effective(), isa);
        assert_int_equal(select_isa(DSC_ISA_AUTO, dsc_isa_name((dsc_isa)isa), message),
                         can ? DSC_OK : DSC_ERROR_UNSUPPORTED);
        if (can)
            assert_int_equal(dsc_isa_effective(), isa);
    }
    assert_int_equal(select_isa(DSC_ISA_AUTO, NULL, ""), DSC_OK);
    assert_int_equal(dsc_isa_effective(), best);
}

static void a_bad_variable_is_reported(void **state)
{
    (void)state;
    assert_int_equal(select_isa(DSC_ISA_SCALAR, NULL, ""), DSC_OK);
    assert_int_equal(select_isa(DSC_ISA_AUTO, "avx1024", "$DESCENT_ISA: unknown instruction set 'avx1024'"),
                     DSC_ERROR_ARGUMENT);
    assert_int_equal(dsc_isa_effective(), DSC_ISA_SCALAR);
    assert_int_equal(select_isa((dsc_isa)77, NULL, "77"), DSC_ERROR_ARGUMENT);
    assert_int_equal(select_isa(DSC_ISA_AUTO, "", ""), DSC_OK);
    assert_int_equal(select_isa(DSC_ISA_AUTO, "auto", ""), DSC_OK);
    assert_int_equal(dsc_isa_effective(), dsc_isa_detected());
}

static void names_and_levels_correspond(void **state)
{
    (void)state;
    dsc_scope *scope = dsc_scope_open(NULL);
    for (int isa = DSC_ISA_AUTO; isa <= DSC_ISA_AVX512; isa++)
        assert_int_equal(dsc_isa_parse(scope, dsc_isa_name((dsc_isa)isa)), isa);
    assert_int_equal(dsc_scope_status(scope), DSC_OK);
    dsc_isa_parse(scope, "sse");
    assert_int_equal(dsc_scope_status(scope), DSC_ERROR_ARGUMENT);
    dsc_isa_parse(scope, NULL);
    dsc_scope_close(&scope);
    assert_string_equal(dsc_isa_name((dsc_isa)-1), "unknown");
}

static void the_machine_is_described(void **state)
{
    (void)state;
    const dsc_cpu *cpu = dsc_cpu_get();
    assert_true(cpu->model[0] != '\0' && cpu->model[0] != ' ');
    assert_true(cpu->physical >= 1 && cpu->logical >= cpu->physical);
    assert_true(!cpu->avx512 || cpu->avx2);
    assert_int_equal(dsc_isa_detected() >= DSC_ISA_AVX2, cpu->avx2 && cpu->fma);
    assert_true(cpu->l2_bytes == 0 || cpu->l2_bytes >= cpu->l1d_bytes);
}

static void denormals_are_flushed_between_enter_and_leave(void **state)
{
    (void)state;
    const unsigned before = _mm_getcsr();
    volatile float small = FLT_MIN, half = 0.5F, denormal = small * half;
    assert_true(denormal > 0);
    const unsigned saved = dsc_float_mode_enter();
    volatile float flushed = small * half, read = denormal * 2.0F;
    assert_true(flushed == 0 && read == 0);
    const unsigned nested = dsc_float_mode_enter();
    dsc_float_mode_leave(nested);
    flushed = small * half;
    assert_true(flushed == 0);
    dsc_float_mode_leave(saved);
    denormal = small * half;
    assert_true(denormal > 0);
    assert_int_equal(_mm_getcsr() & 0xffc0, before & 0xffc0);
}

static void callers_rounding_does_not_matter(void **state)
{
    (void)state;
    volatile float one = 1, tiny = 1e-10F;
    _MM_SET_ROUNDING_MODE(_MM_ROUND_UP);
    const unsigned saved = dsc_float_mode_enter();
    volatile float nearest = one + tiny;
    dsc_float_mode_leave(saved);
    volatile float up = one + tiny;
    _MM_SET_ROUNDING_MODE(_MM_ROUND_NEAREST);
    assert_true(nearest == 1.0F);
    assert_true(up > 1.0F);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_ask_together_get_one_answer),
        cmocka_unit_test(levels_can_only_be_lowered),
        cmocka_unit_test(a_bad_variable_is_reported),
        cmocka_unit_test(names_and_levels_correspond),
        cmocka_unit_test(the_machine_is_described),
        cmocka_unit_test(denormals_are_flushed_between_enter_and_leave),
        cmocka_unit_test(callers_rounding_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
