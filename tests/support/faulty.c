/* Preloaded into the service by tests/service/faults.rs: its clock and its disk fail as three numbers say that stand in
 * the file $VARCO_TEST_FAULTS, which may change at any time: seconds added to the clock of the system; the errno of
 * every write to a regular file; the errno of every flush of one. Zero: nothing fails. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct faults {
    int64_t clock, writing, flushing;
};

static volatile const struct faults *faults;

__attribute__((constructor)) static void start(void) {
    static const struct faults none;
    const char *path = getenv("VARCO_TEST_FAULTS");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *map = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *faults, PROT_READ, MAP_SHARED, file, 0);
    faults = map == MAP_FAILED ? &none : map;
    if (file >= 0) close(file);
}

static int fails(int file, int64_t error) {
    struct stat status;
    if (!error || fstat(file, &status) || !S_ISREG(status.st_mode)) return 0;
    errno = (int)error;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *from, size_t len) {
    return faults && fails(file, faults->writing) ? -1 : REAL(write)(file, from, len);
}
ssize_t pwrite(int file, const void *from, size_t len, off_t at) {
    return faults && fails(file, faults->writing) ? -1 : REAL(pwrite)(file, from, len, at);
}
ssize_t pwrite64(int file, const void *from, size_t len, off64_t at) {
    return faults && fails(file, faults->writing) ? -1 : REAL(pwrite64)(file, from, len, at);
}
int ftruncate64(int file, off64_t len) {
    return faults && fails(file, faults->writing) ? -1 : REAL(ftruncate64)(file, len);
}
int ftruncate(int file, off_t len) {
    return faults && fails(file, faults->writing) ? -1 : REAL(ftruncate)(file, len);
}
int fsync(int file) { return faults && fails(file, faults->flushing) ? -1 : REAL(fsync)(file); }
int fdatasync(int file) { return faults && fails(file, faults->flushing) ? -1 : REAL(fdatasync)(file); }

/* A file system that cannot be written to makes no files either. */
static int cannot_open(int flags) {
    if (!faults || faults->writing != EROFS || (flags & O_ACCMODE) == O_RDONLY) return 0;
    errno = EROFS;
    return 1;
}

int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    return cannot_open(flags) ? -1 : REAL(open64)(path, flags, mode);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = REAL(clock_gettime)(clock, now);
    if (!result && clock == CLOCK_REALTIME && faults) now->tv_sec += faults->clock;
    return result;
}
