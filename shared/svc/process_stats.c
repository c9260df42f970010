#include "process_stats.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void write_memory(struct svc_buf *out)
{
    long total = 0;
    long resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL) {
        return;
    }
    int fields = fscanf(file, "%ld %ld", &total, &resident); /* NOLINT(cert-err34-c) */
    fclose(file);
    if (fields != 2) {
        return;
    }
    svc_buf_printf(out,
        "# HELP process_resident_memory_bytes Resident memory.\n"
        "# TYPE process_resident_memory_bytes gauge\n"
        "process_resident_memory_bytes %ld\n",
        resident * sysconf(_SC_PAGESIZE));
}

static void write_processor(struct svc_buf *out)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0) {
        return;
    }
    double seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    svc_buf_printf(out,
        "# HELP process_cpu_seconds_total Processor time, user and system.\n"
        "# TYPE process_cpu_seconds_total counter\n"
        "process_cpu_seconds_total %.6f\n",
        seconds);
}

static void write_files(struct svc_buf *out)
{
    DIR *directory = opendir("/proc/self/fd");
    long count = -3; /* ".", ".." and the directory itself */

    if (directory == NULL) {
        return;
    }
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    svc_buf_printf(out,
        "# HELP process_open_fds Open file descriptors.\n"
        "# TYPE process_open_fds gauge\n"
        "process_open_fds %ld\n",
        count);
}

void svc_process_stats_write(struct svc_buf *out)
{
    write_memory(out);
    write_processor(out);
    write_files(out);
}
