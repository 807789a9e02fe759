// A migrated database of its own, replicas that work on it, and helpers of the storage tests.
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/system_clock.hpp"
#include "app/uuid_v7.hpp"
#include "fakes/at_once.hpp"
#include "fakes/counting_metrics.hpp"
#include "fakes/eventually.hpp"
#include "fakes/recording_encoder.hpp"
#include "fakes/recording_health.hpp"
#include "fakes/status_matchers.hpp"
#include "storage/database.hpp"
#include "support/migrated.hpp"

namespace logistics::storage {

// fakes::Eventually with the patience of these tests.
inline bool Eventually(const std::function<bool()>& condition) {
  return fakes::Eventually(condition, absl::Seconds(30));
}

using fakes::AtOnce;

class StorageFixture : public testing::Test {
 protected:
  // A part of the daemon that owns a Database, with metrics and health of its own.
  class Replica {
   public:
    Replica(StorageFixture& test, const DatabaseOptions& options, const ports::EventEncoder& encoder)
        : id_(test.ids_.NewId()),
          database_(std::make_unique<Database>(options, id_, test.ids_, test.clock_, encoder, metrics_, health_)) {}
    Database& database() { return *database_; }
    // Runs what is queued to its end, as a shutdown does.
    void Stop() { database_.reset(); }
    const domain::Uuid& id() const { return id_; }
    double Count(const std::string& metric, const ports::Metrics::Labels& labels = {}) {
      return metrics_.Value("logistics_" + metric, labels);
    }
    fakes::RecordingHealth& health() { return health_; }

   private:
    const domain::Uuid id_;
    fakes::CountingMetrics metrics_;
    fakes::RecordingHealth health_;
    std::unique_ptr<Database> database_;
  };

  StorageFixture();

  DatabaseOptions Options() const;
  std::unique_ptr<Replica> NewReplica(const DatabaseOptions& options) {
    return std::make_unique<Replica>(*this, options, encoder_);
  }
  std::unique_ptr<Replica> NewReplica() { return NewReplica(Options()); }

  // A product with so many pieces in warehouse_; 0 = no level.
  domain::ProductId ProductWith(Database& database, std::int64_t quantity);
  // A checked order of customer_ with one line.
  domain::NewOrder OrderOf(const domain::ProductId& product, int quantity, const std::string& key = "",
                           const std::string& notes = "");
  absl::StatusOr<domain::Order> Create(Database& database, const domain::NewOrder& order) {
    return database.orders().Create(order, {"correlation", "", absl::InfiniteFuture()});
  }

  std::int64_t Number(const std::string& sql) const { return database_.QueryNumber(sql); }
  std::int64_t Orders() const { return Number("SELECT count(*) FROM orders"); }
  bool Exists(const domain::OrderId& id) const {
    return Number("SELECT count(*) FROM orders WHERE id = '" + id.ToString() + "'") == 1;
  }
  std::int64_t Reserved(const domain::ProductId& product) const {
    return Number("SELECT reserved FROM stock_levels WHERE product_id = '" + product.ToString() + "'");
  }

  // What must hold whatever happened: each ledger sums to its level, what is reserved is what reservations hold, each
  // order has one reservation, each reservation is in the state of its movements, each order has one history row a
  // version and its events once, and commits are numbered without a gap.
  void ExpectConsistent() const;

  test::TestDatabase database_{test::Migrated()};
  app::SystemClock clock_;
  app::UuidV7Generator ids_{clock_};
  fakes::RecordingEncoder encoder_;
  domain::WarehouseId warehouse_;
  domain::CustomerId customer_;

 private:
  void ExpectNone(const std::string& what, const std::string& sql) const;
};

}  // namespace logistics::storage
