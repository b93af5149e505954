// A library to preload: of the calls of one family that a program makes from the first line of
// main() to the last, the n-th fails. What it is to do is in the environment, and gone from there
// when main() begins:
//
//   TORTURE_FAMILY   the calls that are counted, by one of the names below
//   TORTURE_NTH      which of them fails; 0: none
//   TORTURE_ERROR    the errno it leaves; negative: what getaddrinfo() returns
//   TORTURE_HOW      "error"; "short": a single byte is read or written; "stay": it fails, and so
//                    do all after it
//   TORTURE_LOG      the file that is told of the failure, and of the number of calls
//
// Names below "localhost" have the address 127.0.0.1: the tests need no resolver.
//
// Calls that libc makes of itself, as fwrite() calls write(), are not seen: the outer one fails.

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio_ext.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// The names are libc's.
// NOLINTBEGIN(readability-identifier-naming,readability-inconsistent-declaration-parameter-name)

// What libc has under these names, and what fortified programs call.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
int __open_2(const char* path, int flags);
int __open64_2(const char* path, int flags);
ssize_t __read_chk(int descriptor, void* buffer, std::size_t count, std::size_t room);
ssize_t __pread_chk(int descriptor, void* buffer, std::size_t count, off_t at, std::size_t room);
ssize_t __pread64_chk(int descriptor, void* buffer, std::size_t count, off64_t at,
                      std::size_t room);
std::size_t __fread_chk(void* buffer, std::size_t room, std::size_t size, std::size_t count,
                        FILE* file);
ssize_t __recv_chk(int descriptor, void* buffer, std::size_t count, std::size_t room, int flags);
ssize_t __recvfrom_chk(int descriptor, void* buffer, std::size_t count, std::size_t room, int flags,
                       sockaddr* from, socklen_t* size);
int __poll_chk(pollfd* entries, nfds_t count, int timeout, std::size_t room);
}

namespace {

enum class How { error, single_byte, stay };

/// What the environment asks for. Plain arrays: nothing here may allocate.
struct Wish {
  char family[32] = {};
  char log[512] = {};
  long nth = 0;
  int error = 0;
  How how = How::error;
};

Wish wish;
std::atomic<long> calls = 0;
std::atomic<bool> is_in_main = false;
thread_local bool is_busy __attribute__((tls_model("initial-exec"))) = false;

/// While it lives, this thread's calls are our own.
class Busy {
 public:
  Busy() : before_(is_busy) { is_busy = true; }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  ~Busy() { is_busy = before_; }

 private:
  bool before_;
};

/// The function that ours stands before.
template <typename Function>
Function* next(Function*, const char* name) {
  const Busy busy;
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

void log(const char* what, const char* call, long number) {
  static const auto real_open = next(static_cast<int (*)(const char*, int, ...)>(&open), "open");
  static const auto real_write = next(&write, "write");
  static const auto real_close = next(&close, "close");
  const Busy busy;
  char line[128];
  const int length = std::snprintf(line, sizeof line, "%s %s %ld\n", what, call, number);
  const int file = real_open(wish.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file >= 0) {
    static_cast<void>(real_write(file, line, static_cast<std::size_t>(length)));
    real_close(file);
  }
}

/// Counts a call of that family; whether it is the one. Then errno is set.
bool strikes(const char* family, const char* call) {
  if (!is_in_main || is_busy || std::strcmp(family, wish.family) != 0) {
    return false;
  }
  const long number = ++calls;
  const bool is_due =
      wish.nth > 0 && (number == wish.nth || (wish.how == How::stay && number > wish.nth));
  if (!is_due) {
    return false;
  }
  if (number == wish.nth) {
    log("failed", call, number);
  }
  errno = wish.error;
  return true;
}

/// How much of `count` bytes is read or written; -1: an error.
ssize_t share(const char* family, const char* call, std::size_t count) {
  const auto whole = static_cast<ssize_t>(count);
  if (!strikes(family, call)) {
    return whole;
  }
  return wish.how == How::single_byte ? (whole > 0 ? 1 : 0) : -1;
}

// --- From the first line of main() to the last ---

void take(const char* name, char* to, std::size_t room) {
  const char* const value = std::getenv(name);
  std::snprintf(to, room, "%s", value == nullptr ? "" : value);
}

long number_in(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? 0 : std::strtol(value, nullptr, 10);
}

How how_in(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr || std::strcmp(value, "error") == 0) {
    return How::error;
  }
  return std::strcmp(value, "short") == 0 ? How::single_byte : How::stay;
}

void read_wish() {
  take("TORTURE_FAMILY", wish.family, sizeof wish.family);
  take("TORTURE_LOG", wish.log, sizeof wish.log);
  wish.nth = number_in("TORTURE_NTH");
  wish.error = static_cast<int>(number_in("TORTURE_ERROR"));
  wish.how = how_in("TORTURE_HOW");
}

void forget_wish() {
  for (const char* name : {"TORTURE_FAMILY", "TORTURE_NTH", "TORTURE_ERROR", "TORTURE_HOW",
                           "TORTURE_LOG", "LD_PRELOAD"}) {
    unsetenv(name);
  }
}

using Main = int (*)(int, char**, char**);
Main program;

int main_under_torture(int count, char** words, char** environment) {
  read_wish();
  forget_wish();
  is_in_main = true;
  const int status = program(count, words, environment);
  is_in_main = false;
  log("calls", wish.family, calls);
  return status;
}

}  // namespace

extern "C" int __libc_start_main(Main main, int count, char** words, void (*init)(), void (*fini)(),
                                 void (*rtld_fini)(), void* stack_end) {
  using Start = int(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  static const auto real = next(static_cast<Start*>(nullptr), "__libc_start_main");
  program = main;
  return real(&main_under_torture, count, words, init, fini, rtld_fini, stack_end);
}

// --- Memory ---

extern "C" void* malloc(std::size_t size) noexcept {
  return strikes("malloc", "malloc") ? nullptr : __libc_malloc(size);
}
extern "C" void* calloc(std::size_t count, std::size_t size) noexcept {
  return strikes("malloc", "calloc") ? nullptr : __libc_calloc(count, size);
}
extern "C" void* realloc(void* old, std::size_t size) noexcept {
  return strikes("malloc", "realloc") ? nullptr : __libc_realloc(old, size);
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return strikes("malloc", "aligned_alloc") ? nullptr : __libc_memalign(alignment, size);
}
extern "C" int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
  if (strikes("malloc", "posix_memalign")) {
    return ENOMEM;
  }
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

// --- Calls that return -1, or a null pointer ---

#define FAILS(family, type, failed, name, parameters, arguments) \
  extern "C" type name parameters {                              \
    static const auto real = next(&(name), #name);               \
    return strikes(family, #name) ? (failed) : real arguments;   \
  }

FAILS("open", FILE*, nullptr, fopen, (const char* path, const char* mode), (path, mode))
FAILS("open", FILE*, nullptr, fopen64, (const char* path, const char* mode), (path, mode))
FAILS("open", FILE*, nullptr, fdopen, (int file, const char* mode) noexcept, (file, mode))
FAILS("open", int, -1, __open_2, (const char* path, int flags), (path, flags))
FAILS("open", int, -1, __open64_2, (const char* path, int flags), (path, flags))
FAILS("opendir", DIR*, nullptr, opendir, (const char* path), (path))
FAILS("opendir", DIR*, nullptr, fdopendir, (int file), (file))
FAILS("readdir", dirent*, nullptr, readdir, (DIR * directory), (directory))
FAILS("readdir", dirent64*, nullptr, readdir64, (DIR * directory), (directory))

FAILS("sync", int, -1, fsync, (int file), (file))
FAILS("sync", int, -1, fdatasync, (int file), (file))
FAILS("rename", int, -1, rename, (const char* from, const char* to) noexcept, (from, to))
FAILS("rename", int, -1, renameat, (int a, const char* from, int b, const char* to) noexcept,
      (a, from, b, to))
FAILS("unlink", int, -1, unlink, (const char* path) noexcept, (path))
FAILS("unlink", int, -1, unlinkat, (int at, const char* path, int flags) noexcept,
      (at, path, flags))
FAILS("mkdir", int, -1, mkdir, (const char* path, mode_t mode) noexcept, (path, mode))
FAILS("truncate", int, -1, ftruncate, (int file, off_t size) noexcept, (file, size))
FAILS("truncate", int, -1, ftruncate64, (int file, off64_t size) noexcept, (file, size))
FAILS("lock", int, -1, flock, (int file, int how) noexcept, (file, how))

FAILS("stat", int, -1, access, (const char* path, int mode) noexcept, (path, mode))
FAILS("stat", int, -1, stat, (const char* path, struct stat* status) noexcept, (path, status))
FAILS("stat", int, -1, lstat, (const char* path, struct stat* status) noexcept, (path, status))
FAILS("stat", int, -1, fstat, (int file, struct stat* status) noexcept, (file, status))
FAILS("stat", int, -1, fstat64, (int file, struct stat64* status) noexcept, (file, status))
FAILS("stat", int, -1, stat64, (const char* path, struct stat64* status) noexcept, (path, status))
FAILS("stat", int, -1, fstatat, (int at, const char* path, struct stat* status, int flags) noexcept,
      (at, path, status, flags))
FAILS("mode", int, -1, chmod, (const char* path, mode_t mode) noexcept, (path, mode))
FAILS("mode", int, -1, fchmod, (int file, mode_t mode) noexcept, (file, mode))
FAILS("mode", int, -1, fchmodat, (int at, const char* path, mode_t mode, int flags) noexcept,
      (at, path, mode, flags))
FAILS("mode", int, -1, fchown, (int file, uid_t user, gid_t group) noexcept, (file, user, group))

FAILS("dup", int, -1, dup, (int file) noexcept, (file))
FAILS("dup", int, -1, dup2, (int from, int to) noexcept, (from, to))
FAILS("pair", int, -1, socketpair, (int domain, int type, int protocol, int ends[2]) noexcept,
      (domain, type, protocol, ends))
FAILS("pair", int, -1, pipe, (int ends[2]) noexcept, (ends))
FAILS("pair", int, -1, pipe2, (int ends[2], int flags) noexcept, (ends, flags))
FAILS("pair", int, -1, eventfd, (unsigned count, int flags) noexcept, (count, flags))

FAILS("socket", int, -1, socket, (int domain, int type, int protocol) noexcept,
      (domain, type, protocol))
FAILS("connect", int, -1, connect, (int file, const sockaddr* to, socklen_t size), (file, to, size))
FAILS("bind", int, -1, bind, (int file, const sockaddr* to, socklen_t size) noexcept,
      (file, to, size))
FAILS("sockopt", int, -1, getsockopt,
      (int file, int level, int name, void* value, socklen_t* size) noexcept,
      (file, level, name, value, size))
FAILS("sockopt", int, -1, setsockopt,
      (int file, int level, int name, const void* value, socklen_t size) noexcept,
      (file, level, name, value, size))
FAILS("sockopt", int, -1, getsockname, (int file, sockaddr* name, socklen_t* size) noexcept,
      (file, name, size))
FAILS("sockopt", int, -1, getpeername, (int file, sockaddr* name, socklen_t* size) noexcept,
      (file, name, size))
FAILS("poll", int, -1, poll, (pollfd * entries, nfds_t count, int timeout),
      (entries, count, timeout))
FAILS("poll", int, -1, __poll_chk, (pollfd * entries, nfds_t count, int timeout, std::size_t room),
      (entries, count, timeout, room))
FAILS("interfaces", int, -1, getifaddrs, (ifaddrs * *list) noexcept, (list))

// --- Calls that return what errno would be ---

namespace {

/// The name, or its address if it is one of this host's own.
const char* here(const char* name) {
  const char* const top = name == nullptr ? nullptr : std::strstr(name, ".localhost");
  return top == nullptr ? name : "127.0.0.1";
}

}  // namespace

FAILS("thread", int, wish.error, pthread_create,
      (pthread_t * thread, const pthread_attr_t* attributes, void* (*start)(void*),
       void* argument) noexcept,
      (thread, attributes, start, argument))
FAILS("spawn", int, wish.error, posix_spawnp,
      (pid_t * child, const char* file, const posix_spawn_file_actions_t* actions,
       const posix_spawnattr_t* attributes, char* const words[], char* const environment[]),
      (child, file, actions, attributes, words, environment))
FAILS("resolve", int, (wish.error < 0 ? wish.error : EAI_SYSTEM), getaddrinfo,
      (const char* name, const char* service, const addrinfo* hints, addrinfo** list),
      (here(name), service, hints, list))
FAILS("resolve", int, (wish.error < 0 ? wish.error : EAI_SYSTEM), getnameinfo,
      (const sockaddr* address, socklen_t size, char* host, socklen_t host_size, char* service,
       socklen_t service_size, int flags),
      (address, size, host, host_size, service, service_size, flags))

// --- Calls that read or write a number of bytes ---

#define MOVES(family, name, parameters, arguments)    \
  extern "C" ssize_t name parameters {                \
    static const auto real = next(&(name), #name);    \
    const ssize_t part = share(family, #name, count); \
    return part < 0 ? -1 : real arguments;            \
  }

#define PART static_cast<std::size_t>(part)

MOVES("read", read, (int file, void* to, std::size_t count), (file, to, PART))
MOVES("read", __read_chk, (int file, void* to, std::size_t count, std::size_t room),
      (file, to, PART, room))
MOVES("read", pread, (int file, void* to, std::size_t count, off_t at), (file, to, PART, at))
MOVES("read", pread64, (int file, void* to, std::size_t count, off64_t at), (file, to, PART, at))
MOVES("read", __pread_chk, (int file, void* to, std::size_t count, off_t at, std::size_t room),
      (file, to, PART, at, room))
MOVES("read", __pread64_chk, (int file, void* to, std::size_t count, off64_t at, std::size_t room),
      (file, to, PART, at, room))
MOVES("write", write, (int file, const void* from, std::size_t count), (file, from, PART))
MOVES("write", pwrite, (int file, const void* from, std::size_t count, off_t at),
      (file, from, PART, at))
MOVES("write", pwrite64, (int file, const void* from, std::size_t count, off64_t at),
      (file, from, PART, at))
MOVES("send", send, (int file, const void* from, std::size_t count, int flags),
      (file, from, PART, flags))
MOVES("send", sendto,
      (int file, const void* from, std::size_t count, int flags, const sockaddr* to,
       socklen_t size),
      (file, from, PART, flags, to, size))
MOVES("recv", recv, (int file, void* to, std::size_t count, int flags), (file, to, PART, flags))
MOVES("recv", __recv_chk, (int file, void* to, std::size_t count, std::size_t room, int flags),
      (file, to, PART, room, flags))
MOVES("recv", recvfrom,
      (int file, void* to, std::size_t count, int flags, sockaddr* from, socklen_t* size),
      (file, to, PART, flags, from, size))
MOVES("recv", __recvfrom_chk,
      (int file, void* to, std::size_t count, std::size_t room, int flags, sockaddr* from,
       socklen_t* size),
      (file, to, PART, room, flags, from, size))

FAILS("send", ssize_t, -1, sendmsg, (int file, const msghdr* message, int flags),
      (file, message, flags))
FAILS("recv", ssize_t, -1, recvmsg, (int file, msghdr* message, int flags), (file, message, flags))
FAILS("write", ssize_t, -1, writev, (int file, const iovec* parts, int count), (file, parts, count))

// --- Streams: what was not written is lost, and the stream knows ---

namespace {

constexpr int kErrorSeen = 0x20;  // glibc's _IO_ERR_SEEN.

void spoil(FILE* file) {
  __fpurge(file);
  file->_flags |= kErrorSeen;
  errno = wish.error;
}

}  // namespace

extern "C" std::size_t fread(void* to, std::size_t size, std::size_t count, FILE* file) {
  static const auto real = next(&fread, "fread");
  if (wish.how != How::single_byte && strikes("read", "fread")) {
    file->_flags |= kErrorSeen;
    return 0;
  }
  return real(to, size, count, file);
}

extern "C" std::size_t __fread_chk(void* to, std::size_t, std::size_t size, std::size_t count,
                                   FILE* file) {
  return fread(to, size, count, file);
}

extern "C" std::size_t fwrite(const void* from, std::size_t size, std::size_t count, FILE* file) {
  static const auto real = next(&fwrite, "fwrite");
  if (strikes("write", "fwrite")) {
    const std::size_t written = wish.how == How::single_byte ? real(from, 1, 1, file) : 0;
    fflush_unlocked(file);
    spoil(file);
    return size == 1 ? written : 0;
  }
  return real(from, size, count, file);
}

extern "C" int fflush(FILE* file) {
  static const auto real = next(&fflush, "fflush");
  if (file != nullptr && strikes("write", "fflush")) {
    spoil(file);
    return EOF;
  }
  return real(file);
}

extern "C" int fclose(FILE* file) {
  static const auto real = next(&fclose, "fclose");
  const bool loses = strikes("write", "fclose");
  if (loses) {
    spoil(file);
  }
  const bool fails = loses || strikes("close", "fclose");
  const int result = real(file);
  errno = fails ? wish.error : errno;
  return fails ? EOF : result;
}

// --- Calls that have done their work when they fail, and those with dots ---

extern "C" int close(int file) {
  static const auto real = next(&close, "close");
  const bool fails = strikes("close", "close");
  const int result = real(file);
  errno = fails ? wish.error : errno;
  return fails ? -1 : result;
}

#define OPENS(name, parameters, arguments)                                               \
  extern "C" int name parameters {                                                       \
    static const auto real = next(&(name), #name);                                       \
    std::va_list rest;                                                                   \
    va_start(rest, flags);                                                               \
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                                        \
    return strikes("open", #name) ? -1 : real arguments;                                 \
  }

OPENS(open, (const char* path, int flags, ...), (path, flags, mode))
OPENS(open64, (const char* path, int flags, ...), (path, flags, mode))
OPENS(openat, (int at, const char* path, int flags, ...), (at, path, flags, mode))
OPENS(openat64, (int at, const char* path, int flags, ...), (at, path, flags, mode))

extern "C" int fcntl(int file, int command, ...) {
  static const auto real = next(&fcntl, "fcntl");
  std::va_list rest;
  va_start(rest, command);
  void* const argument = va_arg(rest, void*);
  va_end(rest);
  return strikes("fcntl", "fcntl") ? -1 : real(file, command, argument);
}

extern "C" int ioctl(int file, unsigned long command, ...) noexcept {
  static const auto real = next(&ioctl, "ioctl");
  std::va_list rest;
  va_start(rest, command);
  void* const argument = va_arg(rest, void*);
  va_end(rest);
  return strikes("ioctl", "ioctl") ? -1 : real(file, command, argument);
}

extern "C" long syscall(long number, ...) noexcept {
  static const auto real = next(&syscall, "syscall");
  std::va_list rest;
  va_start(rest, number);
  long arguments[6];
  for (long& argument : arguments) {
    argument = va_arg(rest, long);
  }
  va_end(rest);
  if (number == SYS_pidfd_open && strikes("pidfd", "pidfd_open")) {
    return -1;
  }
  return real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
              arguments[5]);
}

// NOLINTEND(readability-identifier-naming,readability-inconsistent-declaration-parameter-name)
