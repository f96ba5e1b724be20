#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/btrfs.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

int clinux_rename_exclusive(int old_directory, const char *old_name, int new_directory, const char *new_name) {
    return renameat2(old_directory, old_name, new_directory, new_name, RENAME_NOREPLACE);
}

int clinux_open_beneath(int directory, const char *path, int flags) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int clinux_open_here(int directory, const char *name, int flags) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW);
    how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
    int result = (int)syscall(SYS_openat2, directory, name, &how, sizeof how);
    // A kernel before 5.6, or a sandbox that does not allow the call.
    if (result < 0 && (errno == ENOSYS || errno == EPERM)) result = openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW);
    return result;
}

const int clinux_node_flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

int clinux_chmod_opened(int descriptor, mode_t mode) {
    if (syscall(SYS_fchmodat2, descriptor, "", mode, AT_EMPTY_PATH) == 0) return 0;
    if (errno != ENOSYS && errno != EPERM && errno != EINVAL) return -1;
    // Before Linux 6.6: the path through /proc names exactly the open file.
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    return chmod(path, mode);
}

int clinux_chown_opened(int descriptor, uid_t user, gid_t group) {
    return fchownat(descriptor, "", user, group, AT_EMPTY_PATH);
}

int clinux_resolve_beneath(int directory, const char *path) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int clinux_set_modification_time(int descriptor, struct timespec time) {
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, time};
    return futimens(descriptor, times);
}

int clinux_be_nice(void) { return setpriority(PRIO_PROCESS, 0, 10); }

int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int clinux_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int clinux_pidfd_wait(int pidfd, int *status) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    // P_PIDFD (Linux 5.4), which older C libraries do not define.
    if (waitid((idtype_t)3, (id_t)pidfd, &info, WEXITED)) return -1;
    *status = info.si_code == CLD_EXITED ? (info.si_status & 0xff) << 8 : info.si_status & 0x7f;
    return 0;
}

int clinux_end_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0); }

int clinux_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }
void clinux_release_memory(void) { malloc_trim(0); }

int clinux_set_name(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }
int clinux_close_from(unsigned int first) { return (int)syscall(SYS_close_range, first, ~0U, 0); }
int clinux_syncfs(int descriptor) { return syncfs(descriptor); }

int clinux_birth(int descriptor, int64_t *nanoseconds) {
    struct statx result;
    memset(&result, 0, sizeof result);
    if (statx(descriptor, "", AT_EMPTY_PATH, STATX_BTIME, &result) != 0) return 0;
    // Filesystems without a creation time leave the bit out; some return zero.
    if (!(result.stx_mask & STATX_BTIME) || result.stx_btime.tv_sec == 0) return 0;
    *nanoseconds = (int64_t)((uint64_t)result.stx_btime.tv_sec * 1000000000U + result.stx_btime.tv_nsec);
    return 1;
}

int clinux_filesystem(int descriptor, uint64_t *kind, uint64_t *id) {
    struct statfs result;
    int code;
    while ((code = fstatfs(descriptor, &result)) < 0 && errno == EINTR) {}
    if (code < 0) return -1;
    // A signed long on some architectures; the magic numbers have 32 bits.
    *kind = (uint32_t)result.f_type;
    memcpy(id, &result.f_fsid, sizeof *id);
    return 0;
}

int clinux_subvolume(int descriptor, uint64_t *number) {
    union {
        struct file_handle handle;
        unsigned char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
    } file;
    int mount;
    memset(&file, 0, sizeof file);
    file.handle.handle_bytes = MAX_HANDLE_SZ;
    if (name_to_handle_at(descriptor, "", &file.handle, &mount, AT_EMPTY_PATH) != 0) return 0;
    // FILEID_BTRFS_WITHOUT_PARENT and its two variants (linux/exportfs.h): the inode, then the subvolume's number
    // (fs/btrfs/export.h).
    if (file.handle.handle_type < 0x4d || file.handle.handle_type > 0x4f || file.handle.handle_bytes < 16) return 0;
    memcpy(number, file.handle.f_handle + 8, sizeof *number);
    return 1;
}

int clinux_snapshot_birth(int descriptor, int64_t *nanoseconds) {
    static const __u8 none[BTRFS_UUID_SIZE];
    struct btrfs_ioctl_get_subvol_info_args result;
    memset(&result, 0, sizeof result);
    // Linux 6.18 returns 1 on success.
    if (ioctl(descriptor, BTRFS_IOC_GET_SUBVOL_INFO, &result) < 0) return 0;
    if (memcmp(result.parent_uuid, none, sizeof none) == 0) return 0;
    *nanoseconds = (int64_t)((uint64_t)result.otime.sec * 1000000000U + result.otime.nsec);
    return 1;
}

unsigned int clinux_major(uint64_t device) { return major(device); }
unsigned int clinux_minor(uint64_t device) { return minor(device); }
int clinux_open_path(const char *path) { return open(path, O_PATH | O_CLOEXEC); }

ssize_t clinux_get_attribute(int descriptor, const char *name, void *value, size_t size) {
    return fgetxattr(descriptor, name, value, size);
}

int clinux_set_attribute(int descriptor, const char *name, const void *value, size_t size) {
    return fsetxattr(descriptor, name, value, size, 0);
}

int clinux_exited(int status) { return WIFEXITED(status); }
int clinux_exit_status(int status) { return WEXITSTATUS(status); }
int clinux_signaled(int status) { return WIFSIGNALED(status); }
int clinux_term_signal(int status) { return WTERMSIG(status); }

int clinux_flock(int descriptor, int operation) { return flock(descriptor, operation); }

// The most files that can be passed to a new process.
enum { MOST_FILES = 16 };

int clinux_spawn(pid_t *pid, const char *path, char *const arguments[], char *const environment[],
                 const int *files, int file_count, int directory, const sigset_t *blocked, int own_group) {
    if (file_count > MOST_FILES) return EINVAL;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (own_group) flags |= POSIX_SPAWN_SETPGROUP;
    posix_spawnattr_setflags(&attributes, flags);
    posix_spawnattr_setsigmask(&attributes, blocked ? blocked : &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    // The directory first: its descriptor may have a number that is replaced or closed below.
    if (directory >= 0) error = posix_spawn_file_actions_addfchdir_np(&actions, directory);
    // Files are first duplicated to numbers that are not replaced, then moved into place; dup2 onto itself clears
    // close-on-exec (glibc 2.29), so every file is inherited under its number.
    int away[MOST_FILES];
    for (int i = 0; i < MOST_FILES; i++) away[i] = -1;
    for (int i = 0; !error && i < file_count; i++) {
        if (files[i] >= 0 && files[i] < file_count && files[i] != i) {
            away[i] = fcntl(files[i], F_DUPFD_CLOEXEC, 64);
            if (away[i] < 0) error = errno;
        }
    }
    for (int i = 0; !error && i < file_count; i++) {
        // Closing a number that is not open is not an error (posix_spawn_file_actions_addclose(3p)).
        error = files[i] < 0 ? posix_spawn_file_actions_addclose(&actions, i)
                             : posix_spawn_file_actions_adddup2(&actions, away[i] >= 0 ? away[i] : files[i], i);
    }
    // Not all libraries open their files with close-on-exec, and a socket that another process keeps is never closed.
    if (!error && file_count >= 3) error = posix_spawn_file_actions_addclosefrom_np(&actions, file_count);
    if (!error) error = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
    for (int i = 0; i < file_count; i++)
        if (away[i] >= 0) close(away[i]);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

// Everything from fork(2) to execve(2), by system calls only. The parent has one thread, so the C library's locks are
// free in the child.
static int become(const char *path, char *const arguments[], char *const environment[], const int *files,
                  int file_count, int directory, int own_group, const struct clinux_credentials *credentials,
                  int report) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (own_group && setpgid(0, 0)) return errno;
    int away[MOST_FILES];
    for (int i = 0; i < file_count; i++) {
        away[i] = files[i] < 0 ? -1 : fcntl(files[i], F_DUPFD_CLOEXEC, 64);
        if (files[i] >= 0 && away[i] < 0) return errno;
    }
    if (directory >= 0 && fchdir(directory)) return errno;
    for (int i = 0; i < file_count; i++) {
        // The write end of the error pipe must not be overwritten.
        if (i == report) return EMFILE;
        if (away[i] < 0) close(i);
        else if (dup2(away[i], i) < 0) return errno;
    }
    // Ambient capabilities survive a change of user, unless both are root (capabilities(7)).
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (setgroups((size_t)credentials->group_count, credentials->groups)) return errno;
    if (setresgid(credentials->group, credentials->group, credentials->group)) return errno;
    if (setresuid(credentials->user, credentials->user, credentials->user)) return errno;
    // As in clinux_spawn. The pipe for the error is closed by execve itself.
    if (file_count >= 3) close_range((unsigned)file_count, ~0U, CLOSE_RANGE_CLOEXEC);
    execve(path, arguments, environment);
    return errno;
}

int clinux_spawn_as(pid_t *pid, const char *path, char *const arguments[], char *const environment[],
                    const int *files, int file_count, int directory, int own_group,
                    const struct clinux_credentials *credentials) {
    if (file_count > MOST_FILES) return EINVAL;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) return errno;
    // Moved away from the numbers that the child replaces.
    int report = fcntl(ends[1], F_DUPFD_CLOEXEC, 64);
    int error = report < 0 ? errno : 0;
    close(ends[1]);
    pid_t child = error ? -1 : fork();
    if (child == 0) {
        error = become(path, arguments, environment, files, file_count, directory, own_group, credentials, report);
        while (write(report, &error, sizeof error) < 0 && errno == EINTR) {}
        _exit(127);
    }
    if (!error && child < 0) error = errno;
    if (report >= 0) close(report);
    if (!error) {
        ssize_t count;
        while ((count = read(ends[0], &error, sizeof error)) < 0 && errno == EINTR) {}
        if (count != sizeof error) error = 0;
        if (error) while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    }
    close(ends[0]);
    *pid = child;
    return error;
}

struct reach {
    const char *path;
    const struct clinux_credentials *credentials;
    int error;
};

// The raw calls change the credentials of this thread only, which ends afterwards.
static void *reach(void *argument) {
    struct reach *reach = argument;
    const struct clinux_credentials *credentials = reach->credentials;
    if (syscall(SYS_setgroups, (size_t)credentials->group_count, credentials->groups)) {
        reach->error = errno;
        return NULL;
    }
    setfsgid(credentials->group);
    setfsuid(credentials->user);
    int file = open(reach->path, O_PATH | O_CLOEXEC);
    reach->error = file < 0 ? errno : 0;
    if (file >= 0) close(file);
    return NULL;
}

int clinux_reach(const char *path, const struct clinux_credentials *credentials) {
    struct reach task = {path, credentials, 0};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, reach, &task);
    if (error) return error;
    pthread_join(thread, NULL);
    return task.error;
}

int clinux_start_writing(int descriptor) { return sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE); }

int clinux_write_content(int descriptor) {
    return sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

int clinux_unmap_code(void) {
    // Symbols of the linker. The pages are those of a file, and nothing has written to them.
    extern const char __executable_start[], etext[];
    uintptr_t page = sysconf(_SC_PAGESIZE), start = (uintptr_t)__executable_start & -page;
    return madvise((void *)start, ((uintptr_t)etext - start) & -page, MADV_DONTNEED);
}

int clinux_take_signal(const sigset_t *set, const struct timespec *limit, pid_t *sender) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    int signal = sigtimedwait(set, &info, limit);
    // A signal from the kernel has no sender.
    if (signal > 0) *sender = info.si_code == SI_USER || info.si_code == SI_QUEUE || info.si_code == SI_TKILL
                                  ? info.si_pid : -1;
    return signal;
}

int clinux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int clinux_inotify_init(void) { return inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }

int clinux_timer_create(void) { return timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK); }

int clinux_timer_set(int timer, int64_t microseconds) {
    struct itimerspec when;
    memset(&when, 0, sizeof when);
    when.it_value.tv_sec = microseconds / 1000000;
    when.it_value.tv_nsec = microseconds % 1000000 * 1000;
    return timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

int clinux_memory_file(void) { return memfd_create("scrapy-spool", MFD_CLOEXEC); }

int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int clinux_epoll_add(int epoll, int descriptor, uint64_t key) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = key};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int clinux_epoll_remove(int epoll, int descriptor) { return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL); }

int clinux_epoll_wait(int epoll, uint64_t *keys, int capacity, int milliseconds) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, capacity < 64 ? capacity : 64, milliseconds);
    for (int i = 0; i < count; i++) keys[i] = events[i].data.u64;
    return count;
}

ssize_t clinux_copy_range(int source, int64_t offset, int target, size_t count) {
    off64_t from = offset;
    return copy_file_range(source, &from, target, NULL, count, 0);
}

ssize_t clinux_read_cached(int descriptor, void *buffer, size_t count, int64_t offset) {
    struct iovec part = {buffer, count};
    return preadv2(descriptor, &part, 1, offset, RWF_NOWAIT);
}

ssize_t clinux_send_file(int descriptor, int64_t offset, int socket, size_t count) {
    off_t from = offset;
    return sendfile(socket, descriptor, &from, count);
}

bool clinux_is_cached(int descriptor, int64_t offset, size_t count) {
    long page = sysconf(_SC_PAGESIZE);
    int64_t first = offset - offset % page;
    size_t length = count + (size_t)(offset - first), pages = (length + page - 1) / page;
    // The mapping is only queried and never accessed, so a file that is truncated meanwhile does no harm.
    void *map = mmap(NULL, length, PROT_READ, MAP_SHARED, descriptor, first);
    if (map == MAP_FAILED) return false;
    unsigned char states[pages];
    bool is_cached = mincore(map, length, states) == 0;
    for (size_t index = 0; is_cached && index < pages; ++index) is_cached = states[index] & 1;
    munmap(map, length);
    return is_cached;
}

char **clinux_environment(void) { return environ; }
void clinux_set_environment(char **variables) { environ = variables; }

void clinux_show_arguments(const char *words, size_t size, size_t room) {
    // The C library keeps argv[0] under this name, and the kernel has put the other arguments behind it.
    char *place = program_invocation_name;
    if (!place) return;
    size_t shown = size < room ? size : room;
    while (shown > 0 && words[shown - 1] != 0) shown--;
    memcpy(place, words, shown);
    memset(place + shown, 0, room - shown);
}
