// Standard streams that a caller has closed, or that cannot take what is written.
#pragma once

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>

namespace logistics::base {

// To be called first in main. What of stdin, stdout and stderr is closed stays unusable: else the next socket would get
// its number, and the answers for people would go into it.
inline void KeepStandardStreams() {
  constexpr std::array<int, 3> kWrongWay = {O_WRONLY, O_RDONLY, O_RDONLY};
  for (int fd = 0; fd < static_cast<int>(kWrongWay.size()); ++fd) {
    // open() gives the lowest free number, which is this one.
    if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", kWrongWay.at(static_cast<std::size_t>(fd)));
  }
}

// Writes what std::cout still holds; empty when all of it got out, else the reason.
inline std::string FlushOutput() {
  errno = 0;
  std::cout.flush();
  if (std::cout) return "";
  return errno == 0 ? "an earlier write failed" : std::strerror(errno);
}

}  // namespace logistics::base
