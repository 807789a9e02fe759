#include "storage/database.hpp"

#include <limits>

#include "storage/outbox/postgres_outbox.hpp"
#include "storage/schema/rights.hpp"
#include "storage/sessions_needed.hpp"

namespace logistics::storage {
namespace {

constexpr int kWaitingMax = std::numeric_limits<int>::max();
// The contract of AdjustInventory: its callers know that they may repeat it for so long.
constexpr absl::Duration kAdjustmentRequestTtl = absl::Hours(24);
constexpr std::chrono::seconds kKeepReadyEvery{1};

std::vector<std::unique_ptr<WriteBatcher::Executor>> Writers(const WriterDeps& deps) {
  std::vector<std::unique_ptr<WriteBatcher::Executor>> writers;
  writers.reserve(static_cast<std::size_t>(deps.options.writers));
  for (int i = 0; i < deps.options.writers; ++i) writers.push_back(std::make_unique<WriteExecutor>(deps));
  return writers;
}

std::vector<std::unique_ptr<OrderReadBatcher::Executor>> Readers(const DatabaseOptions& options,
                                                                 const SessionPart& part) {
  std::vector<std::unique_ptr<OrderReadBatcher::Executor>> readers;
  readers.reserve(kReadBatchers);
  for (int i = 0; i < kReadBatchers; ++i) readers.push_back(std::make_unique<OrderReadExecutor>(options, part));
  return readers;
}

BatcherLimits Limits(const DatabaseOptions& options) {
  BatcherLimits limits;
  limits.batch_max = static_cast<std::size_t>(options.batch_max);
  limits.beside_min = limits.batch_max;  // a full batch has nothing to wait for
  limits.queue_max = static_cast<std::size_t>(options.queue_max);
  limits.apart_wait_max = absl::ToChronoMilliseconds(options.lock_timeout);
  return limits;
}

// Reads wait for no lock of others: a slow one holds up those behind it no longer than ever.
BatcherLimits ReadLimits(const DatabaseOptions& options) {
  BatcherLimits limits = Limits(options);
  limits.beside_after_max = limits.beside_after;
  return limits;
}

}  // namespace

Database::Database(const DatabaseOptions& options, const domain::Uuid& replica_id, ports::IdGenerator& ids,
                   const ports::Clock& clock, const ports::EventEncoder& encoder, ports::Metrics& metrics,
                   ports::HealthReporter& health)
    : options_(options),
      replica_id_(replica_id),
      ids_(ids),
      metrics_(metrics),
      health_(health),
      session_health_(health),
      signal_(options, session_health_,
              [schema = options.schema](Session& session) { RequireRights(session, schema); }),
      serving_(options, options.readers, kWaitingMax, {&session_health_, "readers"}),
      background_(options, options.background_readers, kWaitingMax, {&session_health_, "background readers"}),
      lists_(options, options.list_readers, options.lists_waiting_max, {&session_health_, "list readers"}),
      writer_deps_{options,
                   ids,
                   clock,
                   encoder,
                   metrics,
                   products_,
                   contested_,
                   [this] { signal_.Committed(); },
                   {&session_health_, "writers", SessionHealth::Weight::kNeeded, /*commits=*/true}},
      writes_(
          Limits(options), Writers(writer_deps_),
          WriteBatcher::Apart{std::make_unique<WriteExecutor>(writer_deps_, WriteExecutor::Use::kApart), contested_}),
      reads_(ReadLimits(options), Readers(options, {&session_health_, "readers"})),
      order_store_(writes_, reads_, lists_, options.list_count_max),
      stock_store_(writes_, serving_, lists_),
      calls_(writes_, reads_),
      stock_log_(background_),
      order_log_(background_),
      intent_store_(writes_, background_),
      settlement_store_(background_, ids_),
      reservation_ledger_(background_),
      payment_store_(writes_),
      inbox_(background_),
      routed_keys_(background_) {}

std::unique_ptr<ports::Outbox> Database::NewOutbox() {
  return std::make_unique<PostgresOutbox>(options_, replica_id_, PostgresOutbox::kReplaceAfter,
                                          SessionPart{&session_health_, "relay", SessionHealth::Weight::kDeferred});
}

std::unique_ptr<LeasedTask> Database::NewTask(std::string name, absl::Duration interval,
                                              std::function<void()> work) const {
  return std::make_unique<LeasedTask>(std::move(name), interval, options_, replica_id_,
                                      [work = std::move(work)](Session& /*session*/) { work(); });
}

void Database::Start() {
  session_health_.Start();
  signal_.Start();
  writes_.KeepReady(kKeepReadyEvery);
  reads_.KeepReady(kKeepReadyEvery);
  replica_registry_ = std::make_unique<ReplicaRegistry>(options_, replica_id_);
  age_sweeper_ = std::make_unique<LeasedTask>(
      "sweep keys and messages", options_.sweep_interval, options_, replica_id_,
      [keys = options_.idempotency_ttl, messages = options_.inbox_done_ttl](Session& session) {
        SweepIdempotencyKeys(session, keys);
        SweepAdjustmentRequests(session, kAdjustmentRequestTtl);
        SweepDoneMessages(session, messages);
      });
  reservation_sweeper_ = std::make_unique<ReservationSweeper>(options_, replica_id_, writes_, ids_, metrics_);
  if (options_.retention.any()) retention_ = std::make_unique<Retention>(options_, replica_id_, metrics_);
  outbox_statistics_ = std::make_unique<OutboxStatistics>(options_, metrics_);
  table_sizes_ = std::make_unique<TableSizes>(background_, metrics_);
  unknown_rows_ = std::make_unique<UnknownRows>(background_, metrics_, health_);
  pool_keeper_.emplace(kKeepReadyEvery, [this] {
    SessionPool::KeepPass pass{stopping_, ""};
    for (SessionPool* pool : {&serving_, &background_, &lists_}) pool->KeepReady(pass);
  });
}

}  // namespace logistics::storage
