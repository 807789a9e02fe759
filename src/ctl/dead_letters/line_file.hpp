#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace logistics::ctl {

// A file of lines that survive a crash. Not thread-safe.
class LineFile {
 public:
  // Opens the file, or creates it, readable by its owner only. Begins a new line after a torn one.
  static absl::StatusOr<LineFile> Append(const std::string& path);
  // ALREADY_EXISTS: the file exists, and stays as it is.
  static absl::StatusOr<LineFile> Create(const std::string& path);
  ~LineFile();
  LineFile(LineFile&& other) noexcept;
  LineFile& operator=(LineFile&&) = delete;
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  const std::string& path() const { return path_; }
  absl::Status Write(const std::string& line);
  // OK: all lines, and the file itself, are on the disk.
  absl::Status Sync();

 private:
  LineFile(std::string path, int fd);
  absl::Status WriteAll(const std::string& text);

  std::string path_;
  int fd_ = -1;
  bool folder_synced_ = false;
};

}  // namespace logistics::ctl
