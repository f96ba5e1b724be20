// Functions that Swift's Glibc module lacks: system calls without a declaration there, and function-like macros.
#ifndef CLINUX_H
#define CLINUX_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/// renameat2(2) with RENAME_NOREPLACE: EEXIST if the new name exists.
int clinux_rename_exclusive(int old_directory, const char *old_name, int new_directory, const char *new_name);

/// openat2(2) with RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS|RESOLVE_NO_MAGICLINKS; ENOSYS before Linux 5.6.
int clinux_open_beneath(int directory, const char *path, int flags);

/// openat2(2) with RESOLVE_NO_SYMLINKS|RESOLVE_NO_XDEV: EXDEV on another filesystem. If the call is not available,
/// openat(2) with O_NOFOLLOW, which does not detect other filesystems.
int clinux_open_here(int directory, const char *name, int flags);

/// O_PATH|O_NOFOLLOW|O_CLOEXEC.
extern const int clinux_node_flags;

/// Changes the mode of an open file, also with O_PATH (fchmodat2(2) with AT_EMPTY_PATH, Linux 6.6, or /proc/self/fd).
/// Not for a symbolic link.
int clinux_chmod_opened(int descriptor, mode_t mode);

/// Changes the owner of an open file, also with O_PATH (fchownat(2) with AT_EMPTY_PATH); -1 keeps an id.
int clinux_chown_opened(int descriptor, uid_t user, gid_t group);

/// openat2(2) with O_PATH, RESOLVE_BENEATH|RESOLVE_NO_MAGICLINKS: opens the target of a path through symbolic links,
/// unless one of them leads out of the directory (EXDEV).
int clinux_resolve_beneath(int directory, const char *path);

/// futimens(2) without changing the time of the last access.
int clinux_set_modification_time(int descriptor, struct timespec time);

/// setpriority(2) to 10 for the calling thread: Linux applies it to a thread, not to a process.
int clinux_be_nice(void);

/// pidfd_open(2), close-on-exec.
int clinux_pidfd_open(pid_t pid);
/// pidfd_send_signal(2).
int clinux_pidfd_send_signal(int pidfd, int signal);

/// waitid(2) with P_PIDFD: reaps a child that has ended. Returns 0 and the status of wait(2), or -1: ECHILD for a
/// process that is not a child of the caller.
int clinux_pidfd_wait(int pidfd, int *status);

/// PR_SET_PDEATHSIG (prctl(2)): this process gets SIGTERM when the thread that started it ends.
int clinux_end_with_parent(void);
/// prctl(2) PR_SET_CHILD_SUBREAPER.
int clinux_become_subreaper(void);
/// malloc_trim(3): returns free memory of the C library's heaps to the system.
void clinux_release_memory(void);
/// prctl(2) PR_SET_NAME: the name in ps and top.
int clinux_set_name(const char *name);
/// close_range(2) from a descriptor to the last one.
int clinux_close_from(unsigned int first);
/// syncfs(2): flushes the descriptor's whole filesystem.
int clinux_syncfs(int descriptor);
/// copy_file_range(2) from an offset of one file to the position of another. Returns the number of bytes, 0 at the
/// end, or -1.
ssize_t clinux_copy_range(int source, int64_t offset, int target, size_t count);

/// statx(2): the creation time of a file in nanoseconds since the epoch. Returns 1, or 0 if it is not known.
int clinux_birth(int descriptor, int64_t *nanoseconds);
/// fstatfs(2): the magic number of the filesystem's type, and f_fsid. Returns 0 or -1.
int clinux_filesystem(int descriptor, uint64_t *kind, uint64_t *id);
/// The number of the btrfs subvolume that contains a file, from its handle (name_to_handle_at(2)). Returns 1, or 0 if
/// there is none.
int clinux_subvolume(int descriptor, uint64_t *number);
/// The time at which the btrfs subvolume that contains a file was created as a snapshot, in nanoseconds since the epoch
/// (ioctl BTRFS_IOC_GET_SUBVOL_INFO). Returns 1, or 0 if it is not a snapshot.
int clinux_snapshot_birth(int descriptor, int64_t *nanoseconds);
/// The two parts of a device number (makedev(3)).
unsigned int clinux_major(uint64_t device);
unsigned int clinux_minor(uint64_t device);
/// open(2) with O_PATH: a descriptor for the facts of a file that cannot be read.
int clinux_open_path(const char *path);
/// fgetxattr(2).
ssize_t clinux_get_attribute(int descriptor, const char *name, void *value, size_t size);
/// fsetxattr(2).
int clinux_set_attribute(int descriptor, const char *name, const void *value, size_t size);

/// preadv2(2) with RWF_NOWAIT: -1 with EAGAIN if the data is not in memory.
ssize_t clinux_read_cached(int descriptor, void *buffer, size_t count, int64_t offset);

/// sendfile(2) from an offset to a socket. Returns the number of bytes, 0 at the end, or -1.
ssize_t clinux_send_file(int descriptor, int64_t offset, int socket, size_t count);

/// Whether all pages of a range of a file are in memory (mincore(2)).
bool clinux_is_cached(int descriptor, int64_t offset, size_t count);

/// W* macros of wait(2).
int clinux_exited(int status);
int clinux_exit_status(int status);
int clinux_signaled(int status);
int clinux_term_signal(int status);

/// sync_file_range(2) of a whole file with SYNC_FILE_RANGE_WRITE. Its declarations need _GNU_SOURCE.
int clinux_start_writing(int descriptor);

/// The same, waiting for the end. Like fsync(2) it reports a failed write once.
int clinux_write_content(int descriptor);

/// madvise(2) of the program's own code with MADV_DONTNEED.
int clinux_unmap_code(void);

/// sigtimedwait(2) with the pid of the sender (`si_pid` of sigaction(2)): 0 for a process in another PID namespace, -1
/// if no process sent the signal. A NULL limit waits without limit. Returns the signal, or -1.
int clinux_take_signal(const sigset_t *set, const struct timespec *limit, pid_t *sender);

/// pipe2(2) with O_CLOEXEC: the read end, then the write end.
int clinux_pipe(int ends[2]);

/// Linux' flock(2).
int clinux_flock(int descriptor, int operation);

/// Starts a process with posix_spawn(3), which on Linux does not copy the caller's memory.
///
/// `files[i]` becomes descriptor `i`; -1 closes it. More than 16 files are EINVAL. `directory` (a descriptor) becomes
/// the working directory unless it is -1. Signals in `blocked` stay blocked (NULL: none); all dispositions are reset.
/// With `own_group` the process leads a new process group. Returns 0 or an errno.
int clinux_spawn(pid_t *pid, const char *path, char *const arguments[], char *const environment[],
                 const int *files, int file_count, int directory, const sigset_t *blocked, int own_group);

/// The ids of a user: user, group, and supplementary groups (credentials(7)).
struct clinux_credentials {
    uid_t user;
    gid_t group;
    const gid_t *groups;
    int group_count;
};

/// Like clinux_spawn with no blocked signals, as another user, which needs root. It forks, so the process must have one
/// thread.
int clinux_spawn_as(pid_t *pid, const char *path, char *const arguments[], char *const environment[],
                    const int *files, int file_count, int directory, int own_group,
                    const struct clinux_credentials *credentials);

/// Checks whether a user can follow a path to its end: 0 or an errno. Needs root; the process stays root.
int clinux_reach(const char *path, const struct clinux_credentials *credentials);

/// inotify_init1(2), close-on-exec and non-blocking.
int clinux_inotify_init(void);
/// The fixed part of struct inotify_event, as read from the descriptor.
struct clinux_inotify_event {
    int32_t watch;
    uint32_t mask;
    uint32_t cookie;
    uint32_t length;
};

/// timerfd_create(2) on CLOCK_REALTIME, close-on-exec and non-blocking.
int clinux_timer_create(void);
/// Arms the timer for an absolute time in microseconds since the epoch; the descriptor also becomes readable when the
/// clock is set (TFD_TIMER_CANCEL_ON_SET). A time of 0 disarms it.
int clinux_timer_set(int timer, int64_t microseconds);

/// memfd_create(2), close-on-exec: an unnamed file in memory.
int clinux_memory_file(void);

/// socketpair(2) of AF_UNIX and SOCK_SEQPACKET, close-on-exec: each message is received whole, and end of file shows that
/// the other end is closed.
int clinux_message_pair(int ends[2]);
/// sendmsg(2) with descriptors (SCM_RIGHTS of unix(7), 8 at most), without blocking and without SIGPIPE.
ssize_t clinux_send_message(int socket, const void *bytes, size_t count, const int *files, int file_count);
/// recv(2) without blocking; descriptors are dropped. 0 at the end.
ssize_t clinux_receive_message(int socket, void *buffer, size_t count);
/// recvmsg(2), which waits for a message and takes its descriptors, close-on-exec, of which there are `file_count`, 8 at most.
/// 0 at the end.
ssize_t clinux_await_message(int socket, void *buffer, size_t count, int files[8], int *file_count);

/// Shows other arguments as those of this process (proc_pid_cmdline(5)): of `words`, each with a NUL behind it, as many as have
/// room in the `room` bytes of those that it was started with, from argv[0] on.
void clinux_show_arguments(const char *words, size_t size, size_t room);
/// Makes `variables`, terminated by NULL, the environment of this process, which has one thread. They stay in use.
void clinux_set_environment(char **variables);

/// eventfd(2), close-on-exec and non-blocking.
int clinux_eventfd(void);

/// epoll_create1(2), close-on-exec.
int clinux_epoll_create(void);
/// EPOLL_CTL_ADD for reading, with a key that clinux_epoll_wait returns.
int clinux_epoll_add(int epoll, int descriptor, uint64_t key);
/// EPOLL_CTL_DEL.
int clinux_epoll_remove(int epoll, int descriptor);
/// Waits at most `milliseconds` (-1: without limit). Fills `keys` and returns their number, or -1.
int clinux_epoll_wait(int epoll, uint64_t *keys, int capacity, int milliseconds);

/// The first place of some bytes among others (memmem(3)), or NULL.
const void *clinux_find(const void *bytes, size_t count, const void *wanted, size_t length);
/// The last place of a byte (memrchr(3)), or NULL.
const void *clinux_find_last(const void *bytes, size_t count, uint8_t byte);
/// How often a byte occurs.
size_t clinux_count(const void *bytes, size_t count, uint8_t byte);
/// Copies bytes, with a to z for A to Z.
void clinux_fold(void *target, const void *bytes, size_t count);

/// The environment of this process, terminated by NULL.
char **clinux_environment(void);

#endif
