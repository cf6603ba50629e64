/* cgroup.h - limits of the control groups of this process (version 1 and 2), the smallest up the hierarchy.
 */
#ifndef DESCENT_BASE_CGROUP_H
#define DESCENT_BASE_CGROUP_H

/* root: what stands before /sys and /proc, "" or a directory of a test. */

/* The quota of processor time, in processors; 0: none. */
double dsci_cgroup_quota(const char *root);

/* The limit of memory in bytes; 0: none. */
double dsci_cgroup_memory(const char *root);

#endif
