/* The number of threads follows the affinity mask, cores, control groups and Slurm of made-up machines, each
   a directory with the files of its /sys and /proc. */
#include <stdio.h>
#include <string.h>

#include "base/cgroup.h"
#include "base/memory_limit.h"
#include "base/threads.h"
#include "directory.h"
#include "test.h"

/* Four cores of two threads: processor i and i + 4 share a core. */
static void eight_processors(const char *root)
{
    directory_put(root, "sys/devices/system/cpu/online", "0-7\n");
    for (int i = 0; i < 8; i++) {
        char path[128], siblings[16];
        snprintf(path, sizeof path, "sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", i);
        snprintf(siblings, sizeof siblings, "%d,%d\n", i % 4, i % 4 + 4);
        directory_put(root, path, siblings);
    }
}

static dsc_thread_choice choose(int requested, const char *root, const char *affinity, const char *per_task,
                                const char *on_node)
{
    dsci_processors set = { 0 };
    assert_true(dsci_processors_parse(affinity, &set));
    return dsci_threads_choose_on(requested, &(dsci_machine){ .root = root,
                                                              .affinity = &set,
                                                              .slurm_cpus_per_task = per_task,
                                                              .slurm_cpus_on_node = on_node });
}

static void cores_of_the_affinity_mask_are_counted(void **state)
{
    const char *root = *state;
    eight_processors(root);
    const dsc_thread_choice all = choose(0, root, "0-7", NULL, NULL);
    assert_int_equal(all.count, 4);
    assert_int_equal(all.online, 8);
    assert_int_equal(all.affinity, 8);
    assert_int_equal(all.physical, 4);
    assert_true(all.cgroup_quota == 0);
    assert_string_equal(all.reason, "4: physical cores in the affinity mask (8 of 8 processors)");
    assert_int_equal(choose(0, root, "0,4", NULL, NULL).count, 1);
    assert_int_equal(choose(0, root, "1,4-5", NULL, NULL).count, 2);
    assert_int_equal(choose(0, root, "4-7", NULL, NULL).count, 4);
    assert_int_equal(choose(13, root, "0-7", NULL, NULL).count, 13);
    assert_string_equal(choose(13, root, "0-7", NULL, NULL).reason, "13: as requested");
    assert_int_equal(choose(-1, root, "0-7", NULL, NULL).count, 4);
}

static void slurm_limits(void **state)
{
    const char *root = *state;
    eight_processors(root);
    assert_int_equal(choose(0, root, "0-7", "2", "3").count, 2);
    assert_string_equal(choose(0, root, "0-7", "2", "3").reason, "2: SLURM_CPUS_PER_TASK");
    assert_string_equal(choose(0, root, "0-7", NULL, "3").reason, "3: SLURM_CPUS_ON_NODE");
    assert_int_equal(choose(0, root, "0-7", "64", NULL).count, 4);
    static const char *const rubbish[] = { "", "0", "-3", "many", "2(x3)", "99999999999999999999" };
    for (size_t i = 0; i < sizeof rubbish / sizeof rubbish[0]; i++) {
        assert_int_equal(choose(0, root, "0-7", rubbish[i], NULL).slurm, 0);
        assert_int_equal(choose(0, root, "0-7", rubbish[i], "3").slurm, 3);
    }
}

static void openmp_limits(void **state)
{
    const char *root = *state;
    static const struct {
        const char *text;
        int threads, read;
    } table[] = {
        { "2", 2, 2 },  { "3,2", 3, 3 }, { "64", 4, 64 }, { "", 4, 0 },   { "0", 4, 0 },
        { "-1", 4, 0 }, { "two", 4, 0 }, { ",2", 4, 0 },  { NULL, 4, 0 }, { "11111111111111111111", 4, 0 }
    };
    eight_processors(root);
    dsci_processors set = { 0 };
    assert_true(dsci_processors_parse("0-7", &set));
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const dsci_machine machine = { .root = root, .affinity = &set, .omp_num_threads = table[i].text };
        assert_int_equal(dsci_threads_choose_on(0, &machine).count, table[i].threads);
        assert_int_equal(dsci_threads_choose_on(0, &machine).openmp, table[i].read);
        assert_int_equal(dsci_threads_choose_on(5, &machine).count, 5);
    }
    const dsci_machine machine = {
        .root = root, .affinity = &set, .slurm_cpus_per_task = "3", .omp_num_threads = "2"
    };
    assert_string_equal(dsci_threads_choose_on(0, &machine).reason, "2: OMP_NUM_THREADS");
}

static void version_2_quotas_bind_from_any_level(void **state)
{
    const char *root = *state;
    eight_processors(root);
    directory_put(root, "proc/self/cgroup", "0::/user.slice/job.scope\n");
    directory_put(root, "proc/self/mountinfo",
                  "22 1 0:21 / /proc rw - proc proc rw\n"
                  "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
    directory_put(root, "sys/fs/cgroup/user.slice/job.scope/cpu.max", "max 100000\n");
    assert_true(dsci_cgroup_quota(root) == 0);
    directory_put(root, "sys/fs/cgroup/user.slice/cpu.max", "250000 100000\n");
    const dsc_thread_choice choice = choose(0, root, "0-7", NULL, NULL);
    assert_true(choice.cgroup_quota == 2.5);
    assert_int_equal(choice.count, 2);
    assert_string_equal(choice.reason, "2: quota of the control group (2.50 processors)");
    directory_put(root, "sys/fs/cgroup/user.slice/job.scope/cpu.max", "50000 100000\n");
    assert_true(dsci_cgroup_quota(root) == 0.5);
    assert_int_equal(choose(0, root, "0-7", NULL, NULL).count, 1);
}

static void version_1_quotas_bind_inside_a_container(void **state)
{
    const char *root = *state;
    directory_put(root, "proc/self/cgroup", "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc/worker\n0::/\n");
    directory_put(root, "proc/self/mountinfo",
                  "40 31 0:33 /docker/abc /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset\n"
                  "41 31 0:34 /docker/abc /sys/fs/cgroup/cpu ro master:9 - cgroup cgroup rw,cpu,cpuacct\n");
    directory_put(root, "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "300000\n");
    directory_put(root, "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    directory_put(root, "sys/fs/cgroup/cpu/worker/cpu.cfs_quota_us", "-1\n");
    directory_put(root, "sys/fs/cgroup/cpu/worker/cpu.cfs_period_us", "100000\n");
    assert_true(dsci_cgroup_quota(root) == 3);
    directory_put(root, "sys/fs/cgroup/cpu/worker/cpu.cfs_quota_us", "150000\n");
    assert_true(dsci_cgroup_quota(root) == 1.5);
    /* The group is named from outside the mount: the mounted group itself is what can be seen. */
    directory_put(root, "proc/self/cgroup", "3:cpu,cpuacct:/docker/abcdef\n");
    assert_true(dsci_cgroup_quota(root) == 3);
}

static void both_versions_count_together(void **state)
{
    const char *root = *state;
    directory_put(root, "proc/self/cgroup", "1:cpu:/a\n0::/b\n");
    directory_put(root, "proc/self/mountinfo",
                  "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
                  "42 31 0:39 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    directory_put(root, "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "400000");
    directory_put(root, "sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000");
    assert_true(dsci_cgroup_quota(root) == 4);
    directory_put(root, "sys/fs/cgroup/unified/b/cpu.max", "200000 100000");
    assert_true(dsci_cgroup_quota(root) == 2);
}

static void limits_of_memory_bind_from_any_level(void **state)
{
    const char *root = *state;
    assert_true(dsci_cgroup_memory(root) == 0);
    directory_put(root, "proc/self/cgroup", "4:memory:/docker/abc\n0::/user.slice/job.scope\n");
    directory_put(root, "proc/self/mountinfo",
                  "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
                  "41 31 0:34 /docker/abc /sys/fs/memory ro master:9 - cgroup cgroup rw,memory\n");
    directory_put(root, "sys/fs/cgroup/user.slice/job.scope/memory.max", "max\n");
    directory_put(root, "sys/fs/cgroup/user.slice/job.scope/memory.high", "max\n");
    directory_put(root, "sys/fs/memory/memory.limit_in_bytes", "9223372036854771712\n"); /* none */
    assert_true(dsci_cgroup_memory(root) == 0);
    directory_put(root, "sys/fs/cgroup/user.slice/memory.max", "3000000000\n");
    assert_true(dsci_cgroup_memory(root) == 3e9);
    directory_put(root, "sys/fs/cgroup/user.slice/job.scope/memory.high", "2000000000\n");
    assert_true(dsci_cgroup_memory(root) == 2e9);
    directory_put(root, "sys/fs/memory/memory.limit_in_bytes", "1000000000\n");
    assert_true(dsci_cgroup_memory(root) == 1e9);
}

static void the_smallest_limit_of_memory_binds(void **state)
{
    (void)state;
    static const struct {
        double physical, cgroup, process, usable;
        const char *reason;
    } cases[] = {
        { 8, 0, 0, 8, "8.0 GiB: memory of the machine" },
        { 8, 16, 32, 8, "8.0 GiB: memory of the machine" },
        { 8, 2, 0, 2, "2.0 GiB: limit of the control group" },
        { 8, 2, 4, 2, "2.0 GiB: limit of the control group" },
        { 8, 2, 1, 1, "1.0 GiB: limit of the process (ulimit -v or -d)" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const dsc_memory memory = dsci_memory_choose(0x1p30 * cases[i].physical, 0x1p30 * cases[i].cgroup,
                                                     0x1p30 * cases[i].process);
        assert_true(memory.usable == 0x1p30 * cases[i].usable);
        assert_string_equal(memory.reason, cases[i].reason);
    }
    const dsc_memory here = dsc_memory_get();
    assert_true(here.usable > 0 && here.usable <= here.physical);
}

static void damaged_and_missing_files_mean_no_limit(void **state)
{
    const char *root = *state;
    assert_int_equal(choose(0, root, "0-2", NULL, NULL).count, 3);
    static const char *const rubbish[] = { "",
                                           "\n",
                                           ":::",
                                           "0:",
                                           "0::",
                                           "x y z - cgroup2 cgroup2 rw",
                                           "0::/../../..",
                                           "1 2 3 / / - cgroup2 a b",
                                           "- - - - - - - -" };
    for (size_t i = 0; i < sizeof rubbish / sizeof rubbish[0]; i++) {
        for (size_t j = 0; j < sizeof rubbish / sizeof rubbish[0]; j++) {
            directory_put(root, "proc/self/cgroup", rubbish[i]);
            directory_put(root, "proc/self/mountinfo", rubbish[j]);
            assert_true(dsci_cgroup_quota(root) == 0);
        }
    }
    static const char *const quotas[] = { "",      "0 0", "-1 100000",  "nan nan", "inf 1",
                                          "-5 -5", "max", "max 100000", "7" };
    directory_put(root, "proc/self/cgroup", "0::/\n");
    directory_put(root, "proc/self/mountinfo", "1 2 0:3 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    for (size_t i = 0; i < sizeof quotas / sizeof quotas[0]; i++) {
        directory_put(root, "sys/fs/cgroup/cpu.max", quotas[i]);
        assert_true(dsci_cgroup_quota(root) == 0);
    }
}

static void lists_of_processors_are_checked(void **state)
{
    (void)state;
    static const char *const bad[] = { "",   "x",  "3-1",   "0-8192", "99999999999999999999",
                                       "0,", "0-", "1-2-3", "-1" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(dsci_processors_parse(bad[i], &(dsci_processors){ 0 }));
    dsci_processors set = { 0 };
    assert_true(dsci_processors_parse("0,2-3,8191\n", &set));
    assert_int_equal(set.words[0], 0xd);
    assert_int_equal(set.words[127], UINT64_C(1) << 63);
}

static void this_machine_gives_at_least_one_thread(void **state)
{
    (void)state;
    const dsc_thread_choice choice = dsc_threads_choose(0);
    assert_true(choice.count >= 1 && choice.count <= choice.affinity);
    assert_true(choice.physical >= 1 && choice.physical <= choice.affinity &&
                choice.affinity <= choice.online);
}

int main(void)
{
#define in_directory(test) cmocka_unit_test_setup_teardown(test, directory_make, directory_remove)
    const struct CMUnitTest tests[] = {
        in_directory(cores_of_the_affinity_mask_are_counted),
        in_directory(slurm_limits),
        in_directory(openmp_limits),
        in_directory(version_2_quotas_bind_from_any_level),
        in_directory(version_1_quotas_bind_inside_a_container),
        in_directory(both_versions_count_together),
        in_directory(limits_of_memory_bind_from_any_level),
        cmocka_unit_test(the_smallest_limit_of_memory_binds),
        in_directory(damaged_and_missing_files_mean_no_limit),
        cmocka_unit_test(lists_of_processors_are_checked),
        cmocka_unit_test(this_machine_gives_at_least_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
