#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "e2e/daemon.hpp"

namespace logistics::e2e {

// Thousands of callers of StreamOrderUpdates for all orders, so many on a connection, without a thread each. They do
// not come back. Thread-safe.
class StreamCrowd {
 public:
  StreamCrowd(const std::string& address, int streams, int per_connection);
  // Cuts those that are left and waits for their ends.
  ~StreamCrowd();
  StreamCrowd(const StreamCrowd&) = delete;
  StreamCrowd& operator=(const StreamCrowd&) = delete;

  int size() const { return static_cast<int>(callers_.size()); }
  // Ends every second one from its side.
  void CutHalf();

  int greeted() const;  // have got a token
  int told() const;     // changes, over all
  int ended() const;
  // Have ended so, with a token to go on with.
  int EndedWith(grpc::StatusCode code) const;

 private:
  class Caller;

  void Note(int greeted, int told);
  void NoteEnd(grpc::StatusCode code);

  mutable std::mutex mutex_;
  std::condition_variable done_;
  int greeted_ = 0;  // guarded by mutex_, as the next three
  int told_ = 0;
  int ended_ = 0;
  std::map<grpc::StatusCode, int> ends_;
  std::vector<std::unique_ptr<Caller>> callers_;
};

}  // namespace logistics::e2e
