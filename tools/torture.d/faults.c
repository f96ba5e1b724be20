// Stands between a program and the C library (LD_PRELOAD) and spoils or records the calls that touch one tree.
//
// What it does is told by the variable TORTURE: words separated by semicolons. It and LD_PRELOAD are removed from the
// environment, so that no child inherits them, unless `deep` is among the words.
//
//   root=/path        the tree; calls outside of it pass untouched
//   kill=N            SIGKILL to itself on the way into the N-th call, which does not take place; once, if there is `hit`
//   fail=CALL:E:N     the N-th call of that name fails with errno E; N+ also all that follow. `rename` is any way to
//                     rename, `renameat2` one with flags
//   at=P:P            only calls on paths below the root that match a pattern (fnmatch) fail, or without `fail` count for
//                     `kill`; a rename by either name
//   skip=P:P          fsync, fdatasync and sync_file_range do nothing, successfully, for paths below the root that match a
//                     pattern (fnmatch)
//   hide=E            calls on the tree that fail with errno E say that all is well, open(2) alone excepted
//   roomy             the filesystem says that nothing of it is used
//   pretend=A,B       does nothing, successfully: `flock` (on the tree), `kill` (signals to others), `reaper`
//                     (prctl(PR_SET_CHILD_SUBREAPER)), `timer` (what waits for a time waits for ever)
//   clock=/path       the wall clock is ahead by as many nanoseconds as the first eight bytes of that file say; when
//                     they change, timers are told that the clock was set
//   deaf              timers are not told
//   log=/path         records each call; answers with a JSON body that leave through a socket too
//   hit=/path         gets a line for each call that was spoiled
//   deep              children inherit all of this
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static char root[PATH_MAX], log_path[PATH_MAX], hit_path[PATH_MAX], skipped[4096], failing[4096], fail_call[32], pretended[256];
static size_t root_length;
static long kill_at;
static long fail_at;
static int fail_code, fail_on, hidden, is_roomy, is_deaf;
// Nanoseconds that the wall clock is ahead; NULL: it is not touched.
static _Atomic int64_t *clock_lead;
static atomic_long calls, failing_calls;
// Descriptors on which a flush has failed.
static atomic_char ill[4096];

static pthread_mutex_t timers = PTHREAD_MUTEX_INITIALIZER;
// For each descriptor: whether it is a timer on the wall clock, whether it wants to know when that is set, the lead
// when it was set itself, and whether it has gone off because the clock was set.
static struct timer { char is_wall, is_set, is_canceled; int64_t lead; } timer_of[4096];

#define RAW(number, ...) syscall_raw(number, ##__VA_ARGS__)
static long (*syscall_raw)(long, ...);

static void map_clock(const char *path) {
    long file = RAW(SYS_open, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    void *place = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    if (place != MAP_FAILED) clock_lead = place;
    RAW(SYS_close, file);
}

__attribute__((constructor)) static void configure(void) {
    if (syscall_raw) return;
    *(void **)&syscall_raw = dlsym(RTLD_NEXT, "syscall");
    const char *setting = getenv("TORTURE");
    if (!setting) return;
    static char words[16384];
    snprintf(words, sizeof words, "%s", setting);
    int deep = 0;
    char *rest = words;
    for (char *word; (word = strsep(&rest, ";"));) {
        if (!strncmp(word, "root=", 5)) snprintf(root, sizeof root, "%s", word + 5);
        if (!strncmp(word, "log=", 4)) snprintf(log_path, sizeof log_path, "%s", word + 4);
        if (!strncmp(word, "hit=", 4)) snprintf(hit_path, sizeof hit_path, "%s", word + 4);
        if (!strncmp(word, "skip=", 5)) snprintf(skipped, sizeof skipped, "%s", word + 5);
        if (!strncmp(word, "at=", 3)) snprintf(failing, sizeof failing, "%s", word + 3);
        if (!strncmp(word, "kill=", 5)) kill_at = atol(word + 5);
        if (!strncmp(word, "hide=", 5)) hidden = atoi(word + 5);
        if (!strncmp(word, "pretend=", 8)) snprintf(pretended, sizeof pretended, ",%s,", word + 8);
        if (!strncmp(word, "clock=", 6)) map_clock(word + 6);
        if (!strcmp(word, "roomy")) is_roomy = 1;
        if (!strcmp(word, "deaf")) is_deaf = 1;
        if (!strcmp(word, "deep")) deep = 1;
        char plus = 0;
        if (!strncmp(word, "fail=", 5) &&
            sscanf(word + 5, "%31[a-z0-9_]:%d:%ld%c", fail_call, &fail_code, &fail_at, &plus) >= 3)
            fail_on = plus == '+';
    }
    root_length = strlen(root);
    if (!deep) {
        unsetenv("TORTURE");
        unsetenv("LD_PRELOAD");
    }
}

static void append(const char *path, const char *text, size_t length) {
    // Opened each time: the programs close what they do not know.
    long file = RAW(SYS_open, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return;
    RAW(SYS_write, file, text, length);
    RAW(SYS_close, file);
}

// Puts the absolute path of a name looked up from a directory into `path`; whether it is within the tree.
static int locate(int directory, const char *name, char path[PATH_MAX]) {
    configure();
    if (!root_length) return 0;
    path[0] = 0;
    if (!name || name[0] != '/') {
        char link[64];
        snprintf(link, sizeof link, directory == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", directory);
        long length = RAW(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
        if (length <= 0) return 0;
        path[length] = 0;
        if (name && strcmp(name, ".") && name[0]) {
            strncat(path, "/", PATH_MAX - 1 - strlen(path));
            strncat(path, name, PATH_MAX - 1 - strlen(path));
        }
    } else {
        snprintf(path, PATH_MAX, "%s", name);
    }
    return !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

static int pretends(const char *call) {
    configure();
    char word[32];
    snprintf(word, sizeof word, ",%s,", call);
    return strstr(pretended, word) != NULL;
}

static const char *within(const char *path) { return path[root_length] ? path + root_length + 1 : "."; }

static void hit(const char *what, const char *call, const char *path) {
    if (!hit_path[0]) return;
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%s %s %s\n", what, call, within(path));
    append(hit_path, line, length);
}

// Whether a path matches one of the patterns.
static int matches(const char *patterns, const char *path) {
    char rest[4096];
    snprintf(rest, sizeof rest, "%s", patterns);
    char *next = rest;
    for (char *pattern; rest[0] && (pattern = strsep(&next, ":"));)
        if (!fnmatch(pattern, within(path), FNM_PATHNAME)) return 1;
    return 0;
}

// On the way into a call on the tree: the errno that it is to fail with, or 0. `other` is a second path or NULL.
static int enter(const char *call, const char *path, const char *other) {
    int counts = fail_at || !failing[0] || matches(failing, path) || (other && matches(failing, other));
    if (kill_at && counts && atomic_fetch_add(&calls, 1) + 1 == kill_at && (!hit_path[0] || access(hit_path, F_OK))) {
        hit("kill", call, path);
        RAW(SYS_kill, getpid(), SIGKILL);
    }
    if (!fail_at || strcmp(call, fail_call)) return 0;
    if (failing[0] && !matches(failing, path) && !(other && matches(failing, other))) return 0;
    long number = atomic_fetch_add(&failing_calls, 1) + 1;
    if (number != fail_at && !(fail_on && number > fail_at)) return 0;
    hit("fail", call, path);
    return fail_code;
}

// A line of the log: process, thread, call, result, path, and what else there is to it.
static void note(const char *call, long result, const char *path, const char *format, ...) {
    if (!log_path[0]) return;
    int saved = errno;
    char line[3 * PATH_MAX], more[2 * PATH_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(more, sizeof more, format, list);
    va_end(list);
    int length = snprintf(line, sizeof line, "%ld\t%ld\t%s\t%ld\t%s\t%s\n", RAW(SYS_getpid), RAW(SYS_gettid), call,
                          result, path, more);
    append(log_path, line, length);
    errno = saved;
}

static void note_data(const char *call, long result, const char *path, long offset, const struct iovec *parts, int count) {
    if (!log_path[0] || result < 0) return;
    int saved = errno;
    char *line = malloc(PATH_MAX + 256 + 2 * result);
    int length = sprintf(line, "%ld\t%ld\t%s\t%ld\t%s\t%ld ", RAW(SYS_getpid), RAW(SYS_gettid), call, result, path,
                         offset);
    long left = result;
    for (int i = 0; i < count && left > 0; i++)
        for (size_t j = 0; j < parts[i].iov_len && left > 0; j++, left--)
            length += sprintf(line + length, "%02x", ((unsigned char *)parts[i].iov_base)[j]);
    line[length++] = '\n';
    append(log_path, line, length);
    free(line);
    errno = saved;
}

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name)

// What the program is told instead of a result: of an error that is hidden, that all is well.
static long told(long result, long good) { return result < 0 && hidden && errno == hidden ? good : result; }

#define FAIL_OR(call, path, other, good) \
    do { \
        int code = enter(call, path, other); \
        if (code) { note(call, -code, path, "injected"); errno = code; return told(-1, good); } \
    } while (0)
#define FAIL(call, path) FAIL_OR(call, path, NULL, 0)

static int open_common(int directory, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    REAL(openat);
    if (!locate(directory, name, path)) return real(directory, name, flags, mode);
    FAIL_OR("open", path, NULL, -1);
    int result = real(directory, name, flags, mode);
    if (flags & (O_CREAT | O_TRUNC)) note("open", result < 0 ? -errno : result, within(path), "%x", flags);
    return result;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & O_CREAT) { va_list list; va_start(list, flags); mode = va_arg(list, int); va_end(list); }

int open(const char *name, int flags, ...) { MODE(flags); return open_common(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE(flags); return open_common(AT_FDCWD, name, flags, mode); }
int openat(int directory, const char *name, int flags, ...) { MODE(flags); return open_common(directory, name, flags, mode); }
int openat64(int directory, const char *name, int flags, ...) { MODE(flags); return open_common(directory, name, flags, mode); }

long syscall(long number, ...) {
    va_list list;
    long a[6];
    va_start(list, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
    va_end(list);
    configure();
    char path[PATH_MAX];
    if (number == SYS_openat2 && locate((int)a[0], (const char *)a[1], path)) FAIL_OR("open", path, NULL, -1);
    if (number == SYS_pidfd_send_signal && a[1] && pretends("kill")) return 0;
    return RAW(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static ssize_t write_common(int file, const struct iovec *parts, int count, long at) {
    REAL(writev);
    char path[PATH_MAX];
    struct stat facts;
    if (!root_length || RAW(SYS_fstat, file, &facts)) return at < 0 ? real(file, parts, count) : pwritev(file, parts, count, at);
    if (S_ISSOCK(facts.st_mode)) {
        long size = 0;
        for (int i = 0; i < count; i++) size += parts[i].iov_len;
        // An answer is given when it leaves, not when it has left.
        if (size && size < 65536) note_data("answer", size, "-", 0, parts, count);
        return real(file, parts, count);
    }
    if (!S_ISREG(facts.st_mode) || !locate(file, NULL, path))
        return at < 0 ? real(file, parts, count) : pwritev(file, parts, count, at);
    long size = 0;
    for (int i = 0; i < count; i++) size += parts[i].iov_len;
    FAIL_OR("write", path, NULL, size);
    ssize_t result = at < 0 ? real(file, parts, count) : pwritev(file, parts, count, at);
    if (result >= 0) note_data("write", result, within(path), at < 0 ? RAW(SYS_lseek, file, 0, SEEK_CUR) - result : at, parts, count);
    return told(result, size);
}

ssize_t write(int file, const void *data, size_t size) {
    configure();
    if (!root_length) return RAW(SYS_write, file, data, size);
    struct iovec part = {(void *)data, size};
    return write_common(file, &part, 1, -1);
}
ssize_t pwrite(int file, const void *data, size_t size, off_t at) {
    configure();
    struct iovec part = {(void *)data, size};
    return write_common(file, &part, 1, at);
}
ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) { return pwrite(file, data, size, at); }
ssize_t writev(int file, const struct iovec *parts, int count) { configure(); return write_common(file, parts, count, -1); }

// fsync and fdatasync, which flush the same here: times are nothing that is promised.
static int flush_common(int (*real)(int), int file) {
    char path[PATH_MAX];
    if (!locate(file, NULL, path)) return real(file);
    if (matches(skipped, path)) return 0;
    note("fsync-begin", 0, within(path), "%d", file);
    if (file < 4096 && ill[file]) hit("again", "fsync", path);
    int code = enter("fsync", path, NULL);
    if (code && file < 4096) ill[file] = 1;
    if (code) errno = code;
    int result = code ? -1 : real(file);
    note("fsync", result < 0 ? -errno : 0, within(path), "%d", file);
    return told(result, 0);
}

int fsync(int file) {
    REAL(fsync);
    return flush_common(real, file);
}
int fdatasync(int file) {
    REAL(fdatasync);
    return flush_common(real, file);
}

// It makes nothing durable. One that waits tells of a failed write, and takes the error from the next flush.
int sync_file_range(int file, off64_t at, off64_t size, unsigned flags) {
    REAL(sync_file_range);
    char path[PATH_MAX];
    if (!locate(file, NULL, path)) return real(file, at, size, flags);
    if (matches(skipped, path)) return 0;
    if (!(flags & SYNC_FILE_RANGE_WAIT_AFTER)) return real(file, at, size, flags);
    int code = enter("sync_file_range", path, NULL);
    if (code && file < 4096) ill[file] = 1;
    if (code) errno = code;
    return told(code ? -1 : real(file, at, size, flags), 0);
}

int close(int file) {
    configure();
    if (file >= 0 && file < 4096) {
        ill[file] = 0;
        timer_of[file].is_wall = 0;
    }
    return RAW(SYS_close, file);
}

int syncfs(int file) {
    REAL(syncfs);
    char path[PATH_MAX];
    if (!locate(file, NULL, path)) return real(file);
    if (strstr(skipped, "syncfs")) return 0;
    note("syncfs-begin", 0, within(path), "%d", file);
    FAIL("syncfs", path);
    int result = real(file);
    note("syncfs", result < 0 ? -errno : 0, within(path), "%d", file);
    return told(result, 0);
}

static int rename_common(int from, const char *name, int to, const char *target, unsigned flags) {
    REAL(renameat2);
    char path[PATH_MAX], other[PATH_MAX];
    if (!locate(from, name, path) || !locate(to, target, other)) return real(from, name, to, target, flags);
    note("rename-begin", 0, within(path), "%s", within(other));
    // A filesystem that knows no flags has rename(2) all the same.
    FAIL_OR(flags && !strcmp(fail_call, "renameat2") ? "renameat2" : "rename", path, other, 0);
    int result = real(from, name, to, target, flags);
    note("rename", result < 0 ? -errno : 0, within(path), "%s", within(other));
    return told(result, 0);
}
int rename(const char *a, const char *b) { return rename_common(AT_FDCWD, a, AT_FDCWD, b, 0); }
int renameat(int from, const char *a, int to, const char *b) { return rename_common(from, a, to, b, 0); }
int renameat2(int from, const char *a, int to, const char *b, unsigned flags) { return rename_common(from, a, to, b, flags); }

int mkdirat(int directory, const char *name, mode_t mode) {
    REAL(mkdirat);
    char path[PATH_MAX];
    if (!locate(directory, name, path)) return real(directory, name, mode);
    FAIL("mkdir", path);
    int result = real(directory, name, mode);
    note("mkdir", result < 0 ? -errno : 0, within(path), "");
    return told(result, 0);
}
int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

int symlinkat(const char *target, int directory, const char *name) {
    REAL(symlinkat);
    char path[PATH_MAX];
    if (!locate(directory, name, path)) return real(target, directory, name);
    FAIL("symlink", path);
    int result = real(target, directory, name);
    note("symlink", result < 0 ? -errno : 0, within(path), "%s", target);
    return told(result, 0);
}

int unlinkat(int directory, const char *name, int flags) {
    REAL(unlinkat);
    char path[PATH_MAX];
    if (!locate(directory, name, path)) return real(directory, name, flags);
    FAIL("unlink", path);
    int result = real(directory, name, flags);
    note("unlink", result < 0 ? -errno : 0, within(path), "");
    return told(result, 0);
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

int ftruncate(int file, off_t length) {
    REAL(ftruncate);
    char path[PATH_MAX];
    if (!locate(file, NULL, path)) return real(file, length);
    FAIL("truncate", path);
    int result = real(file, length);
    note("truncate", result < 0 ? -errno : 0, within(path), "%ld", (long)length);
    return told(result, 0);
}
int ftruncate64(int file, off64_t length) { return ftruncate(file, length); }

// Of no effect on what is stored, but moments like others to be killed at.
int flock(int file, int operation) {
    char path[PATH_MAX];
    if (locate(file, NULL, path)) {
        FAIL("flock", path);
        // Not of the one that the server tries the filesystem with, which would see it and refuse.
        if (pretends("flock") && !strstr(path, "/tmp/.probe-")) return 0;
    }
    return RAW(SYS_flock, file, operation);
}
int utimensat(int directory, const char *name, const struct timespec times[2], int flags) {
    char path[PATH_MAX];
    if (locate(directory, name, path)) FAIL("touch", path);
    return RAW(SYS_utimensat, directory, name, times, flags);
}
int fchmodat(int directory, const char *name, mode_t mode, int flags) {
    REAL(fchmodat);
    char path[PATH_MAX];
    if (locate(directory, name, path)) FAIL("chmod", path);
    return real(directory, name, mode, flags);
}
int inotify_init1(int flags) {
    configure();
    int code = root_length ? enter("inotify", root, NULL) : 0;
    if (code) { errno = code; return -1; }
    return RAW(SYS_inotify_init1, flags);
}
int inotify_add_watch(int file, const char *path, unsigned mask) {
    configure();
    int code = root_length ? enter("watch", root, NULL) : 0;
    if (code) { errno = code; return -1; }
    return RAW(SYS_inotify_add_watch, file, path, mask);
}

int fstatvfs(int file, struct statvfs *facts) {
    REAL(fstatvfs);
    int result = real(file, facts);
    if (is_roomy && !result) {
        facts->f_bavail = facts->f_bfree = facts->f_blocks;
        facts->f_favail = facts->f_ffree = facts->f_files;
    }
    return result;
}

// Signals and what holds processes together.

int kill(pid_t pid, int signal) { return signal && pretends("kill") ? 0 : (int)RAW(SYS_kill, pid, signal); }
int prctl(int option, ...) {
    va_list list;
    unsigned long a[4];
    va_start(list, option);
    for (int i = 0; i < 4; i++) a[i] = va_arg(list, unsigned long);
    va_end(list);
    if (option == PR_SET_CHILD_SUBREAPER && pretends("reaper")) return 0;
    return (int)RAW(SYS_prctl, option, a[0], a[1], a[2], a[3]);
}

// The wall clock and the timers on it. A real one is set for everybody at once; here a thread looks each millisecond.

static pthread_once_t watching = PTHREAD_ONCE_INIT;

static int64_t lead(void) { return clock_lead ? atomic_load(clock_lead) : 0; }

static int is_wall(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

static struct timespec moved(struct timespec time, int64_t by) {
    int64_t all = time.tv_sec * 1000000000L + time.tv_nsec + by;
    return (struct timespec){all / 1000000000L, all % 1000000000L};
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    REAL(clock_gettime);
    configure();
    int result = real(clock, time);
    if (!result && clock_lead && is_wall(clock)) *time = moved(*time, lead());
    return result;
}
int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}
time_t time(time_t *place) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (place) *place = now.tv_sec;
    return now.tv_sec;
}

static void *watch_clock(void *nothing) {
    int64_t last = lead();
    for (;;) {
        struct timespec pause = {0, 1000000};
        RAW(SYS_nanosleep, &pause, NULL);
        if (lead() == last) continue;
        last = lead();
        pthread_mutex_lock(&timers);
        for (int file = 0; file < 4096; file++) {
            struct timer *timer = &timer_of[file];
            if (!timer->is_wall || !timer->is_set || timer->lead == last) continue;
            timer->is_canceled = 1;
            struct itimerspec soon = {.it_value = {0, 1}};
            RAW(SYS_timerfd_settime, file, 0, &soon, NULL);
        }
        pthread_mutex_unlock(&timers);
    }
    return nothing;
}

static void start_watching(void) {
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_create(&thread, NULL, watch_clock, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int timerfd_create(clockid_t clock, int flags) {
    configure();
    int file = (int)RAW(SYS_timerfd_create, clock, flags);
    if (file >= 0 && file < 4096) timer_of[file] = (struct timer){.is_wall = is_wall(clock)};
    return file;
}
int timerfd_settime(int file, int flags, const struct itimerspec *when, struct itimerspec *before) {
    configure();
    if (file < 0 || file >= 4096 || !timer_of[file].is_wall) return (int)RAW(SYS_timerfd_settime, file, flags, when, before);
    if (pretends("timer")) return 0;
    if (!clock_lead) return (int)RAW(SYS_timerfd_settime, file, flags, when, before);
    if (!is_deaf) pthread_once(&watching, start_watching);
    struct itimerspec really = *when;
    pthread_mutex_lock(&timers);
    struct timer *timer = &timer_of[file];
    *timer = (struct timer){1, (flags & TFD_TIMER_CANCEL_ON_SET) && (when->it_value.tv_sec || when->it_value.tv_nsec), 0, lead()};
    if (flags & TFD_TIMER_ABSTIME && (when->it_value.tv_sec || when->it_value.tv_nsec)) {
        really.it_value = moved(when->it_value, -timer->lead);
        // Before the beginning of time is past as well.
        if (really.it_value.tv_sec < 0 || (really.it_value.tv_sec == 0 && really.it_value.tv_nsec <= 0))
            really.it_value = (struct timespec){0, 1};
    }
    int result = (int)RAW(SYS_timerfd_settime, file, flags, &really, before);
    pthread_mutex_unlock(&timers);
    return result;
}
ssize_t read(int file, void *data, size_t size) {
    configure();
    if (clock_lead && file >= 0 && file < 4096 && timer_of[file].is_wall) {
        pthread_mutex_lock(&timers);
        int was_canceled = timer_of[file].is_canceled;
        timer_of[file].is_canceled = 0;
        pthread_mutex_unlock(&timers);
        ssize_t result = RAW(SYS_read, file, data, size);
        if (was_canceled) { errno = ECANCELED; return -1; }
        return result;
    }
    return RAW(SYS_read, file, data, size);
}
int epoll_wait(int file, struct epoll_event *events, int most, int milliseconds) {
    REAL(epoll_wait);
    return real(file, events, most, milliseconds > 0 && pretends("timer") ? -1 : milliseconds);
}
