#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "e2e/world.hpp"

namespace logistics::e2e {

// One change as a reader knows it: order and version.
using ToldChange = std::pair<std::string, std::int64_t>;

// A caller of StreamOrderUpdates on a thread and a connection of its own, who goes on by himself with the last token
// that he got, after each end that invites to it, and keeps what he was told. Thread-safe.
class StreamReader {
 public:
  // Where the next stream goes; asked before each, by the reader's thread. Empty: nowhere for now.
  using Where = std::function<std::string()>;

  StreamReader(Where where, order::StreamOrderUpdatesRequest scope);
  StreamReader(const std::string& address, order::StreamOrderUpdatesRequest scope)
      : StreamReader([address] { return address; }, std::move(scope)) {}
  ~StreamReader();
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  // Until it has a token: from there on it misses nothing.
  bool AwaitToken() const;
  bool AwaitTold(const ToldChange& change) const;
  bool AwaitStreams(int streams) const;

  // Ends the present stream from its side, wherever it is.
  void Cut();
  // Takes nothing more (but for one message that it may be waiting for) until Release. What the daemon may send without
  // being read is 64 KiB.
  void Hold();
  void Release();

  std::string token() const;
  std::set<ToldChange> told() const;
  // Streams that were begun and from which something came.
  int streams() const;
  int EndedWith(grpc::StatusCode code) const;
  // What must not be: changes in a wrong order or with a gap, ends that invite nobody to come back.
  std::vector<std::string> faults() const;

 private:
  void Run();
  // One stream to its end; false: not to be tried again.
  bool Follow(const std::string& address);
  // False: stopped.
  bool AwaitRelease();
  bool Begin(grpc::ClientContext& context, order::StreamOrderUpdatesRequest& request);
  void Take(const order::OrderStatusEvent& event);
  bool End(const grpc::ClientContext& context, const grpc::Status& status);

  const Where where_;
  const order::StreamOrderUpdatesRequest scope_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;  // guarded by mutex_, as all that follows
  bool held_ = false;
  grpc::ClientContext* call_ = nullptr;
  bool heard_ = false;  // something, of the present stream
  int streams_ = 0;
  std::string token_;
  std::set<ToldChange> told_;
  std::map<std::string, std::int64_t> of_stream_;  // the last version of each order on this stream
  std::map<std::string, std::int64_t> highest_;    // and on any
  std::map<grpc::StatusCode, int> ends_;
  std::vector<std::string> faults_;
  std::thread thread_;
};

// Scopes.
inline order::StreamOrderUpdatesRequest AllOrders() { return {}; }
order::StreamOrderUpdatesRequest OrdersOf(const std::string& customer_id);
order::StreamOrderUpdatesRequest OneOrder(const std::string& order_id);

// The token that an end by the daemon carries, in its metadata or behind its message; empty: none.
std::string EndToken(const grpc::ClientContext& context, const grpc::Status& status);

// Waits until the reader has been told all that order_status_history has of its scope (from the first row on), and
// nothing was wrong on the way. With no writer at work.
void ExpectToldAll(const World& world, const StreamReader& reader, const order::StreamOrderUpdatesRequest& scope = {});

}  // namespace logistics::e2e
