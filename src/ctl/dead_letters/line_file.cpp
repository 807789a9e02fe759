#include "ctl/dead_letters/line_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"

namespace logistics::ctl {
namespace {

constexpr mode_t kOwnerOnly = 0600;  // letters contain the payments of customers

absl::Status FileError(const std::string& path, int error) {
  const std::string message = absl::StrCat(path, ": ", std::strerror(error));
  return error == EEXIST ? absl::AlreadyExistsError(message) : absl::FailedPreconditionError(message);
}

}  // namespace

LineFile::LineFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

LineFile::LineFile(LineFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), folder_synced_(other.folder_synced_) {}

LineFile::~LineFile() {
  if (fd_ >= 0) ::close(fd_);
}

absl::StatusOr<LineFile> LineFile::Append(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (fd < 0) return FileError(path, errno);
  LineFile file(path, fd);
  struct stat status = {};
  char last = '\n';
  if (::fstat(fd, &status) != 0 || (status.st_size > 0 && ::pread(fd, &last, 1, status.st_size - 1) < 0)) {
    return FileError(path, errno);
  }
  if (last != '\n') {
    if (const absl::Status written = file.WriteAll("\n"); !written.ok()) return written;
  }
  return file;
}

absl::StatusOr<LineFile> LineFile::Create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
  if (fd < 0) return FileError(path, errno);
  return LineFile(path, fd);
}

absl::Status LineFile::Write(const std::string& line) { return WriteAll(line + "\n"); }

absl::Status LineFile::WriteAll(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(fd_, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError(path_, errno);
    done += static_cast<std::size_t>(written);
  }
  return absl::OkStatus();
}

absl::Status LineFile::Sync() {
  // A pipe or a terminal has nothing to sync.
  if (::fdatasync(fd_) != 0 && errno != EINVAL && errno != EROFS) return FileError(path_, errno);
  if (folder_synced_) return absl::OkStatus();
  folder_synced_ = true;
  std::string folder = std::filesystem::path(path_).parent_path().string();
  if (folder.empty()) folder.push_back('.');  // not an assignment, in which g++ 12 sees an overlap
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return absl::OkStatus();  // a folder without read permission: the file is synced
  const int synced = ::fsync(fd);
  ::close(fd);
  return synced == 0 || errno == EINVAL ? absl::OkStatus() : FileError(folder, errno);
}

}  // namespace logistics::ctl
