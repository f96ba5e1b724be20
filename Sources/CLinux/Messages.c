#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int clinux_message_pair(int ends[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends); }

// The most descriptors in a message.
enum { MOST_PASSED = 8 };

ssize_t clinux_send_message(int socket, const void *bytes, size_t count, const int *files, int file_count) {
    if (file_count > MOST_PASSED) {
        errno = EINVAL;
        return -1;
    }
    struct iovec part = {(void *)bytes, count};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * MOST_PASSED)];
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (file_count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)file_count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)file_count);
        memcpy(CMSG_DATA(header), files, sizeof(int) * (size_t)file_count);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

ssize_t clinux_await_message(int socket, void *buffer, size_t count, int files[MOST_PASSED], int *file_count) {
    *file_count = 0;
    struct iovec part = {buffer, count};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * MOST_PASSED)];
    } control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = received > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        size_t size = header->cmsg_len - CMSG_LEN(0);
        memcpy(files, CMSG_DATA(header), size);
        *file_count = (int)(size / sizeof(int));
    }
    return received;
}

ssize_t clinux_receive_message(int socket, void *buffer, size_t count) {
    // Descriptors in the message are dropped by the kernel: there is no room for them.
    return recv(socket, buffer, count, MSG_DONTWAIT);
}
