#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "logistics/ports/inventory_peer.hpp"

namespace logistics::remote_inventory {

// A peer with a catalogue, for those who only read it; counts the questions. Thread-safe but for the set-up.
class ScriptedPeer final : public ports::InventoryPeer {
 public:
  // A product with a level in so many locations.
  domain::ProductId Add(const std::string& sku, int locations) {
    domain::Uuid::Bytes bytes{};
    bytes[14] = static_cast<std::uint8_t>((products_.size() + 1) >> 8);
    bytes[15] = static_cast<std::uint8_t>((products_.size() + 1) & 0xFF);
    const domain::ProductId id{domain::Uuid(bytes)};
    products_.emplace_back();
    products_.back().id = id;
    products_.back().sku = sku;
    locations_[id] = locations;
    return id;
  }
  void SetLocations(const domain::ProductId& id, int locations) { locations_[id] = locations; }

  absl::StatusOr<std::vector<ports::LevelRow>> Levels(const std::vector<domain::ProductId>& products,
                                                      const std::vector<domain::WarehouseId>& /*warehouses*/,
                                                      const ports::CallContext& /*context*/) override {
    ++level_questions;
    if (on_levels) on_levels();
    if (!down.ok()) return down;
    std::vector<ports::LevelRow> rows;
    for (int i = 0; i < locations_.at(products.at(0)); ++i) {
      domain::Uuid::Bytes bytes{};
      bytes.front() = static_cast<std::uint8_t>(i);
      rows.push_back({{products[0], domain::WarehouseId(domain::Uuid(bytes))}, {}, absl::UnixEpoch()});
    }
    return rows;
  }

  absl::StatusOr<domain::Product> GetProduct(const domain::ProductId& id,
                                             const ports::CallContext& /*context*/) override {
    ++product_questions;
    if (!down.ok()) return down;
    for (const domain::Product& product : products_) {
      if (product.id == id) return product;
    }
    return absl::NotFoundError("no such product");
  }

  absl::StatusOr<ports::ProductPage> ListProducts(const std::string& /*category*/, int page, int page_size,
                                                  const ports::CallContext& /*context*/) override {
    ++list_questions;
    if (list_questions > list_questions_max) return absl::UnavailableError("no answer in time");
    if (!down.ok()) return down;
    ports::ProductPage result;
    result.total_count = static_cast<std::int64_t>(products_.size());
    const std::size_t from = static_cast<std::size_t>(page - 1) * static_cast<std::size_t>(page_size);
    for (std::size_t i = from; i < products_.size() && i < from + static_cast<std::size_t>(page_size); ++i) {
      result.products.push_back(products_[i]);
    }
    return result;
  }

  ports::PeerReserveAnswer Reserve(const domain::Uuid& /*order_id*/, const domain::WarehouseId& /*warehouse*/,
                                   const std::vector<domain::StockItem>& /*items*/,
                                   const ports::CallContext& /*context*/) override {
    return {};
  }
  absl::StatusOr<ports::PeerSettled> Release(const domain::Uuid& /*order_id*/, const std::string& /*reason*/,
                                             const ports::CallContext& /*context*/) override {
    return absl::UnimplementedError("reads only");
  }
  absl::StatusOr<ports::PeerSettled> Commit(const domain::Uuid& /*order_id*/,
                                            const ports::CallContext& /*context*/) override {
    return absl::UnimplementedError("reads only");
  }
  absl::StatusOr<ports::LevelRow> Adjust(const ports::StockAdjustment& /*adjustment*/,
                                         const ports::CallContext& /*context*/, bool& sent) override {
    sent = false;
    return absl::UnimplementedError("reads only");
  }

  absl::Duration NotAskedFor() const override { return absl::ZeroDuration(); }

  absl::Status down;                // what every question is answered with, when not OK
  std::function<void()> on_levels;  // called within each question for levels
  std::atomic<int> level_questions{0};
  std::atomic<int> product_questions{0};
  std::atomic<int> list_questions{0};
  int list_questions_max = 1'000'000;  // more are not answered

 private:
  std::vector<domain::Product> products_;
  std::map<domain::ProductId, int> locations_;
};

}  // namespace logistics::remote_inventory
