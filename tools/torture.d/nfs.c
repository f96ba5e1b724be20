// An NFS 4 client by FUSE and libnfs, for machines whose kernel has none: nfs URL MOUNTPOINT [FUSE OPTIONS]
//
// One connection and one thread. Nothing is cached: the kernel's caches of FUSE are off, and the caller's URL switches that of
// libnfs for directories off, which takes one with the same time of modification for the same. What the server answers is
// passed on as it is. URL: nfs://127.0.0.1/export?version=4&nfsport=2049
#define _GNU_SOURCE
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <nfsc/libnfs.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct nfs_context *server;

static struct nfsfh *handle(const struct fuse_file_info *file) { return (struct nfsfh *)(uintptr_t)file->fh; }

static void translate(const struct nfs_stat_64 *from, struct stat *to) {
    memset(to, 0, sizeof *to);
    to->st_ino = from->nfs_ino;
    to->st_mode = from->nfs_mode;
    to->st_nlink = from->nfs_nlink;
    to->st_uid = from->nfs_uid;
    to->st_gid = from->nfs_gid;
    to->st_size = from->nfs_size;
    to->st_blksize = from->nfs_blksize;
    to->st_blocks = from->nfs_used / 512;
    to->st_atim = (struct timespec){from->nfs_atime, from->nfs_atime_nsec};
    to->st_mtim = (struct timespec){from->nfs_mtime, from->nfs_mtime_nsec};
    to->st_ctim = (struct timespec){from->nfs_ctime, from->nfs_ctime_nsec};
}

static int get_attributes(const char *path, struct stat *facts, struct fuse_file_info *file) {
    struct nfs_stat_64 found;
    int result = file ? nfs_fstat64(server, handle(file), &found) : nfs_lstat64(server, path, &found);
    if (!result) translate(&found, facts);
    return result;
}

static int read_link(const char *path, char *target, size_t size) { return nfs_readlink(server, path, target, size); }
static int make_directory(const char *path, mode_t mode) { return nfs_mkdir2(server, path, mode & 07777); }
static int remove_file(const char *path) { return nfs_unlink(server, path); }
static int remove_directory(const char *path) { return nfs_rmdir(server, path); }
static int make_symlink(const char *target, const char *path) { return nfs_symlink(server, target, path); }
static int make_link(const char *path, const char *other) { return nfs_link(server, path, other); }
static int make_node(const char *path, mode_t mode, dev_t device) { return nfs_mknod(server, path, mode, device); }

static int move(const char *path, const char *other, unsigned flags) {
    // As fs/nfs/dir.c of Linux has it.
    return flags ? -EINVAL : nfs_rename(server, path, other);
}

static int change_mode(const char *path, mode_t mode, struct fuse_file_info *file) {
    return file ? nfs_fchmod(server, handle(file), mode & 07777) : nfs_chmod(server, path, mode & 07777);
}

static int change_owner(const char *path, uid_t user, gid_t group, struct fuse_file_info *file) {
    struct stat facts;
    int result = get_attributes(path, &facts, file);
    if (result) return result;
    return nfs_lchown(server, path, user == (uid_t)-1 ? facts.st_uid : user, group == (gid_t)-1 ? facts.st_gid : group);
}

static int change_size(const char *path, off_t size, struct fuse_file_info *file) {
    return file ? nfs_ftruncate(server, handle(file), size) : nfs_truncate(server, path, size);
}

static int change_times(const char *path, const struct timespec times[2], struct fuse_file_info *file) {
    (void)file;
    struct timeval both[2];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    for (int i = 0; i < 2; i++) {
        struct timespec time = times[i].tv_nsec == UTIME_NOW || times[i].tv_nsec == UTIME_OMIT ? now : times[i];
        both[i] = (struct timeval){time.tv_sec, time.tv_nsec / 1000};
    }
    return nfs_lutimes(server, path, both);
}

static int open_file(const char *path, struct fuse_file_info *file) {
    struct nfsfh *opened;
    int result = nfs_open(server, path, file->flags & (O_ACCMODE | O_TRUNC), &opened);
    if (!result) file->fh = (uintptr_t)opened;
    return result;
}

static int create_file(const char *path, mode_t mode, struct fuse_file_info *file) {
    struct nfsfh *opened;
    int flags = file->flags & (O_ACCMODE | O_TRUNC | O_EXCL);
    int result = nfs_open2(server, path, flags | O_CREAT, mode & 07777, &opened);
    if (!result) file->fh = (uintptr_t)opened;
    return result;
}

static int read_file(const char *path, char *data, size_t size, off_t offset, struct fuse_file_info *file) {
    (void)path;
    return nfs_pread(server, handle(file), offset, size, data);
}

static int write_file(const char *path, const char *data, size_t size, off_t offset, struct fuse_file_info *file) {
    (void)path;
    size_t written = 0;
    while (written < size) {
        int result = nfs_pwrite(server, handle(file), offset + written, size - written, data + written);
        if (result <= 0) return written ? (int)written : result;
        written += result;
    }
    return (int)written;
}

static int flush_file(const char *path, int data_only, struct fuse_file_info *file) {
    (void)path, (void)data_only;
    return nfs_fsync(server, handle(file));
}

static int close_file(const char *path, struct fuse_file_info *file) {
    (void)path;
    return nfs_close(server, handle(file));
}

static int read_directory(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *file,
                          enum fuse_readdir_flags flags) {
    (void)offset, (void)file, (void)flags;
    struct nfsdir *directory;
    int result = nfs_opendir(server, path, &directory);
    if (result) return result;
    for (struct nfsdirent *entry; (entry = nfs_readdir(server, directory));) fill(buffer, entry->name, NULL, 0, 0);
    nfs_closedir(server, directory);
    return 0;
}

static int get_room(const char *path, struct statvfs *room) { return nfs_statvfs(server, path, room); }

static void *begin(struct fuse_conn_info *connection, struct fuse_config *configuration) {
    (void)connection;
    configuration->use_ino = 1;
    configuration->attr_timeout = configuration->entry_timeout = configuration->negative_timeout = 0;
    return NULL;
}

static const struct fuse_operations operations = {
    .init = begin,
    .getattr = get_attributes,
    .readlink = read_link,
    .mkdir = make_directory,
    .unlink = remove_file,
    .rmdir = remove_directory,
    .symlink = make_symlink,
    .link = make_link,
    .mknod = make_node,
    .rename = move,
    .chmod = change_mode,
    .chown = change_owner,
    .truncate = change_size,
    .utimens = change_times,
    .open = open_file,
    .create = create_file,
    .read = read_file,
    .write = write_file,
    .fsync = flush_file,
    .release = close_file,
    .readdir = read_directory,
    .statfs = get_room,
};

int main(int count, char *words[]) {
    if (count < 3) return 2;
    server = nfs_init_context();
    struct nfs_url *url = server ? nfs_parse_url_dir(server, words[1]) : NULL;
    if (!url) {
        fprintf(stderr, "nfs: %s\n", server ? nfs_get_error(server) : "no memory");
        return 2;
    }
    nfs_set_uid(server, (int)getuid());
    nfs_set_gid(server, (int)getgid());
    nfs_set_dircache(server, 0);
    if (nfs_mount(server, url->server, url->path)) {
        fprintf(stderr, "nfs: %s\n", nfs_get_error(server));
        return 1;
    }
    words[1] = words[0];
    return fuse_main(count - 1, words + 1, &operations, NULL);
}
