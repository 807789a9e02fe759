// What streams of order updates cost and how fast they are: memory of idle ones, the time from a commit to a reader,
// and changes a second to many readers. Bounded by its options; used by scripts/bench --streams.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <limits>
#include <memory>
#include <pqxx/pqxx>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "arguments.hpp"
#include "order.grpc.pb.h"
#include "order_requests.hpp"
#include "stream_readers.hpp"

namespace logistics::bench {
namespace {

// One machine, one clock: the same that Postgres reads.
using WallClock = std::chrono::system_clock;
using std::chrono::microseconds;

constexpr int kProducts = 100;
constexpr int kInFlight = 64;

struct Options {
  std::string address = "127.0.0.1:50051";
  std::string database_url;
  int pid = 0;
  int idle = 10'000;
  int per_connection = 100;
  int rate = 1'000;
  int seconds = 10;
  int readers = 100;
  int orders = 5'000;
};

double ResidentKib(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) return std::stod(line.substr(6));
  }
  throw std::runtime_error("no process " + std::to_string(pid));
}

// Places orders: so many a second, however long they take, or so many at once.
class Placer {
 public:
  Placer(const Options& options, std::mt19937_64& random) : random_(random) {
    const auto channel = Connect(options.address);
    stub_ = order::OrderService::NewStub(channel);
    const auto inventory = inventory::InventoryService::NewStub(channel);
    products_ = MakeCatalogue(*inventory, kProducts, options.rate * options.seconds + options.orders, random);
  }
  ~Placer() { queue_.Shutdown(); }
  Placer(const Placer&) = delete;
  Placer& operator=(const Placer&) = delete;

  // When the answer to each order came. A rate of 0: kInFlight at once.
  std::unordered_map<std::string, WallClock::time_point> Place(int orders, int rate) {
    std::unordered_map<std::string, WallClock::time_point> answered;
    auto due = WallClock::now();
    int in_flight = 0;
    for (int started = 0; started < orders || in_flight > 0;) {
      const bool may_start = started < orders && (rate > 0 || in_flight < kInFlight);
      if (may_start && (rate == 0 || WallClock::now() >= due)) {
        Start(started++);
        ++in_flight;
        if (rate > 0) due += microseconds(1'000'000 / rate);
        continue;
      }
      void* tag = nullptr;
      bool ok = false;
      const auto until = may_start ? due : WallClock::now() + kPatience;
      const auto next = queue_.AsyncNext(&tag, &ok, until);
      if (next != grpc::CompletionQueue::GOT_EVENT) {
        if (!may_start) throw std::runtime_error("orders are not answered");
        continue;
      }
      const std::unique_ptr<Call> call(static_cast<Call*>(tag));
      --in_flight;
      if (!call->status.ok()) throw std::runtime_error("CreateOrder: " + call->status.error_message());
      answered.emplace(call->response.id(), WallClock::now());
    }
    return answered;
  }

 private:
  struct Call {
    grpc::ClientContext context;
    order::CreateOrderRequest request;
    order::OrderResponse response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<order::OrderResponse>> reader;
  };

  void Start(int n) {
    auto call = std::make_unique<Call>();
    FillRequest(call->request, products_, n, random_);
    call->context.set_deadline(WallClock::now() + kPatience);
    call->reader = stub_->AsyncCreateOrder(&call->context, call->request, &queue_);
    call->reader->Finish(&call->response, &call->status, call.get());
    call.release();  // its tag brings it back
  }

  std::mt19937_64& random_;
  std::unique_ptr<order::OrderService::Stub> stub_;
  std::vector<std::string> products_;
  grpc::CompletionQueue queue_;
};

void MeasureMemory(const Options& options) {
  const double before = ResidentKib(options.pid);
  Readers readers(options.address, options.idle, options.per_connection, true);
  readers.AwaitGreeted();
  const double after = ResidentKib(options.pid);
  std::printf("memory: streams=%d per_connection=%d resident_mib_before=%.0f resident_mib=%.0f kib_per_stream=%.1f\n",
              options.idle, options.per_connection, before / 1024, after / 1024, (after - before) / options.idle);
}

using Times = std::unordered_map<std::string, WallClock::time_point>;

// When Postgres wrote the last row of the transaction; what follows is the commit itself.
Times ReadCommitTimes(const Options& options) {
  Times times;
  pqxx::connection connection(options.database_url);
  pqxx::nontransaction work(connection);
  for (const auto& row : work.exec("SELECT h.order_id, (extract(epoch FROM c.committed_at) * 1000000)::bigint FROM "
                                   "order_status_history h JOIN commits c USING (batch_id)")) {
    times.emplace(row[0].c_str(), WallClock::time_point(microseconds(row[1].as<std::int64_t>())));
  }
  return times;
}

void PrintTimes(const char* from, const Times& begins, const Times& received) {
  std::vector<double> times_ms;
  for (const auto& [id, at] : received) {
    times_ms.push_back(std::chrono::duration<double, std::milli>(at - begins.at(id)).count());
  }
  std::sort(times_ms.begin(), times_ms.end());
  const auto percentile = [&](double p) {
    return times_ms[static_cast<std::size_t>(p * static_cast<double>(times_ms.size() - 1))];
  };
  std::printf("latency: from=%s p50_ms=%.2f p99_ms=%.2f max_ms=%.2f\n", from, percentile(0.5), percentile(0.99),
              percentile(1.0));
}

void MeasureLatency(const Options& options, Placer& placer) {
  const int orders = options.rate * options.seconds;
  const auto stub = order::OrderService::NewStub(Connect(options.address));
  grpc::ClientContext context;
  context.set_deadline(WallClock::now() + std::chrono::seconds(options.seconds) + kPatience);
  const auto stream = stub->StreamOrderUpdates(&context, {});
  order::OrderStatusEvent event;
  if (!stream->Read(&event)) throw std::runtime_error("the stream ended: " + stream->Finish().error_message());
  Times received;
  std::thread reader([&] {
    while (received.size() < static_cast<std::size_t>(orders) && stream->Read(&event)) {
      if (!event.order_id().empty()) received.emplace(event.order_id(), WallClock::now());
    }
  });
  Times answered;
  const auto begin = WallClock::now();
  try {
    answered = placer.Place(orders, options.rate);
  } catch (...) {
    context.TryCancel();
    reader.join();
    throw;
  }
  const double seconds = std::chrono::duration<double>(WallClock::now() - begin).count();
  reader.join();
  context.TryCancel();
  if (received.size() != answered.size()) throw std::runtime_error("the reader did not get all changes");
  std::printf("latency: changes=%d changes_per_s=%.0f\n", orders, orders / seconds);
  PrintTimes("last_row_of_the_commit", ReadCommitTimes(options), received);
  PrintTimes("answer_to_the_writer", answered, received);
}

void MeasureFanOut(const Options& options, Placer& placer) {
  const auto messages = static_cast<std::size_t>(options.readers) * static_cast<std::size_t>(options.orders);
  Readers readers(options.address, options.readers, std::max(1, options.readers / 10), false);
  readers.AwaitGreeted();
  const auto begin = WallClock::now();
  placer.Place(options.orders, 0);
  const double answered_s = std::chrono::duration<double>(WallClock::now() - begin).count();
  readers.AwaitReceived(messages);
  const double received_s = std::chrono::duration<double>(WallClock::now() - begin).count();
  std::printf("fan_out: readers=%d changes=%d answered_per_s=%.0f messages=%zu messages_per_s=%.0f\n", options.readers,
              options.orders, options.orders / answered_s, messages, static_cast<double>(messages) / received_s);
}

}  // namespace
}  // namespace logistics::bench

int main(int argc, char** argv) {
  using namespace logistics::bench;
  Options options;
  Arguments arguments("Measures streams of order updates: memory, latency, fan-out.");
  arguments.Text("--address", options.address, "host:port of the daemon");
  arguments.Text("--database-url", options.database_url, "the daemon's, for the times of the commits", true);
  arguments.Number("--pid", options.pid, 1, std::numeric_limits<int>::max(), "the daemon's, on this machine", true);
  arguments.Number("--idle", options.idle, 1, 1'000'000, "streams that are open and idle");
  arguments.Number("--per-connection", options.per_connection, 1, 1'000, "of these");
  arguments.Number("--rate", options.rate, 1, 100'000, "changes a second, for the latency");
  arguments.Number("--seconds", options.seconds, 1, 600, "so long");
  arguments.Number("--readers", options.readers, 1, 10'000, "readers of all orders, for the fan-out");
  arguments.Number("--orders", options.orders, 1, 1'000'000, "for the fan-out");
  if (const auto over = arguments.Parse(argc, argv)) return *over;
  try {
    MeasureMemory(options);
    std::mt19937_64 random(std::random_device{}());
    Placer placer(options, random);
    MeasureLatency(options, placer);
    MeasureFanOut(options, placer);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "stream_load: %s\n", error.what());
    return 1;
  }
  return 0;
}
