#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <system_error>
#include <thread>
#include <vector>

namespace logistics::remote_inventory {

// Runs task(0) to task(count - 1), at most `at_once` at a time, the caller's thread among them; returns when all have
// ended. For blocking questions to the peer, beside which a thread costs little. Tasks do not throw.
inline void ForEachAtOnce(std::size_t count, int at_once, const std::function<void(std::size_t)>& task) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) task(i);
  };
  std::vector<std::jthread> helpers;
  const std::size_t workers = std::min(count, static_cast<std::size_t>(at_once));
  for (std::size_t i = 1; i < workers; ++i) {
    try {
      helpers.emplace_back(work);
    } catch (const std::system_error&) {
      break;  // no more threads: the existing ones do the work
    }
  }
  work();
}

}  // namespace logistics::remote_inventory
