// What streams of order updates cost and how fast they are. `updates`: the memory of a reader, and the time from the
// commit to the reader. `resume`: how fast a stream catches up from a token. Prints a line of JSON. Bounded by its
// options; used by scripts/bench.
#include <grpcpp/grpcpp.h>

#include <fstream>
#include <limits>
#include <pqxx/pqxx>
#include <stdexcept>
#include <string>

#include "arguments.hpp"
#include "latencies.hpp"
#include "order_requests.hpp"
#include "placer.hpp"
#include "stream_readers.hpp"

namespace logistics::bench {
namespace {

using WallClock = std::chrono::system_clock;
using Json = nlohmann::ordered_json;

struct Options {
  std::string address = "127.0.0.1:50051";
  std::string database_url;
  int pid = 0;
  int readers = 10'000;
  int per_connection = 100;
  int rate = 1'000;
  int seconds = 10;
  int changes = 2'000;
  int times = 5;
  int products = 1'000;
  int seed = 1;
};

double ResidentKib(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) return std::stod(line.substr(6));
  }
  throw std::runtime_error("no process " + std::to_string(pid));
}

std::int64_t LastNumber(const Options& options) {
  pqxx::connection connection(options.database_url);
  pqxx::nontransaction work(connection);
  return work.exec1("SELECT coalesce(max(number), 0) FROM commits")[0].as<std::int64_t>();
}

// When Postgres wrote the last row of each transaction after that number; what follows there is the commit itself.
Times ReadCommitTimes(const Options& options, std::int64_t after) {
  Times times;
  pqxx::connection connection(options.database_url);
  pqxx::nontransaction work(connection);
  for (const auto& row : work.exec("SELECT h.order_id, (extract(epoch FROM c.committed_at) * 1000000)::bigint FROM "
                                   "commits c JOIN order_status_history h USING (batch_id) WHERE c.number > " +
                                   std::to_string(after))) {
    times.emplace(row[0].c_str(), WallClock::time_point(std::chrono::microseconds(row[1].as<std::int64_t>())));
  }
  return times;
}

Json MeasureUpdates(const Options& options) {
  std::mt19937_64 random(static_cast<std::uint64_t>(options.seed));
  std::vector<std::string> customers;
  for (int i = 0; i < options.readers; ++i) customers.push_back(RandomUuid(random));
  const double before_kib = ResidentKib(options.pid);
  Readers readers(options.address, customers, options.per_connection);
  readers.AwaitGreeted();
  const double after_kib = ResidentKib(options.pid);
  const std::int64_t begin_number = LastNumber(options);
  Placer placer(options.address, options.products, random());
  const int changes = options.rate * options.seconds;
  const auto begin = WallClock::now();
  placer.Place(changes, options.rate, customers);
  const double seconds = std::chrono::duration<double>(WallClock::now() - begin).count();
  const Times received = readers.AwaitReceived(static_cast<std::size_t>(changes));
  const Times committed = ReadCommitTimes(options, begin_number);
  Latencies latencies;
  for (const auto& [order, at] : received) latencies.Add(at - committed.at(order));
  return {{"readers", options.readers},
          {"per_connection", options.per_connection},
          {"resident_kib_before", before_kib},
          {"resident_kib", after_kib},
          {"kib_per_reader", (after_kib - before_kib) / options.readers},
          {"changes", changes},
          {"changes_per_s", changes / seconds},
          {"commit_to_reader", latencies.Summary()}};
}

// Reads until so many changes have come; the token of the last event.
std::string Read(order::OrderService::Stub& stub, const std::string& token, int changes) {
  grpc::ClientContext context;
  context.set_deadline(WallClock::now() + kPatience);
  order::StreamOrderUpdatesRequest request;
  request.set_resume_token(token);
  const auto stream = stub.StreamOrderUpdates(&context, request);
  order::OrderStatusEvent event;
  do {
    if (!stream->Read(&event)) throw std::runtime_error("the stream ended: " + stream->Finish().error_message());
    if (!event.order_id().empty()) --changes;
  } while (changes > 0 || event.resume_token().empty());
  context.TryCancel();
  return event.resume_token();
}

Json MeasureResume(const Options& options) {
  const auto stub = order::OrderService::NewStub(Connect(options.address));
  const std::string token = Read(*stub, "", 0);
  Placer(options.address, options.products, static_cast<std::uint64_t>(options.seed)).Place(options.changes, 0, {});
  const auto begin = WallClock::now();
  for (int i = 0; i < options.times; ++i) Read(*stub, token, options.changes);
  const double seconds = std::chrono::duration<double>(WallClock::now() - begin).count();
  return {{"changes", options.changes},
          {"times", options.times},
          {"seconds", seconds},
          {"per_s", options.changes * options.times / seconds}};
}

}  // namespace
}  // namespace logistics::bench

int main(int argc, char** argv) {
  using namespace logistics::bench;
  Options options;
  Arguments arguments("Measures streams of order updates: memory, latency, catching up.");
  arguments.Text("--address", options.address, "host:port of the daemon");
  arguments.Text("--database-url", options.database_url, "the daemon's, for the times of the commits");
  arguments.Number("--pid", options.pid, 0, std::numeric_limits<int>::max(), "the daemon's, on this machine");
  arguments.Number("--readers", options.readers, 1, 1'000'000, "streams, of a customer each");
  arguments.Number("--per-connection", options.per_connection, 1, 1'000, "of these");
  arguments.Number("--rate", options.rate, 1, 100'000, "changes a second");
  arguments.Number("--seconds", options.seconds, 1, 600, "so long");
  arguments.Number("--changes", options.changes, 1, 1'000'000, "to catch up with");
  arguments.Number("--times", options.times, 1, 1'000, "one after the other");
  arguments.Number("--products", options.products, 1, 100'000, "that are ordered");
  arguments.Number("--seed", options.seed, 0, std::numeric_limits<int>::max(), "of what is random");
  arguments.Command("updates", "of many readers");
  arguments.Command("resume", "from a token on");
  return arguments.Run(argc, argv, [&] {
    const Json result = arguments.Given("updates") ? MeasureUpdates(options) : MeasureResume(options);
    return result.dump();
  });
}
