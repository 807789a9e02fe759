#pragma once

#include "logistics/ports/stock_store.hpp"
#include "storage/postgres/session_pool.hpp"
#include "storage/stores/postgres_order_store.hpp"

namespace logistics::storage {

// Products, levels and reservations in Postgres (embedded inventory). The batcher and the pools outlive the store.
class PostgresStockStore final : public ports::StockStore {
 public:
  PostgresStockStore(WriteBatcher& writes, SessionPool& pool, SessionPool& lists)
      : writes_(writes), pool_(pool), lists_(lists) {}

  absl::StatusOr<domain::Product> CreateProduct(const domain::Product& product,
                                                const ports::CallContext& context) override;
  absl::StatusOr<domain::Product> GetProduct(const domain::ProductId& id, const ports::CallContext& context) override;
  absl::StatusOr<ports::ProductPage> ListProducts(const std::string& category, int page, int page_size,
                                                  const ports::CallContext& context) override;
  absl::StatusOr<ports::LevelRow> Adjust(const ports::StockAdjustment& adjustment,
                                         const ports::CallContext& context) override;
  absl::StatusOr<std::vector<ports::LevelRow>> Levels(const std::vector<domain::ProductId>& products,
                                                      const std::vector<domain::WarehouseId>& warehouses,
                                                      const ports::CallContext& context) override;
  absl::StatusOr<ports::ReservationAnswer> Reserve(const ports::ReservationRequest& hold,
                                                   const ports::CallContext& context) override;
  absl::StatusOr<ports::EndAnswer> Release(const domain::ExternalId& id, const std::string& reason,
                                           const ports::CallContext& context) override;
  absl::StatusOr<ports::EndAnswer> CommitReservation(const domain::ExternalId& id,
                                                     const ports::CallContext& context) override;

 private:
  WriteBatcher& writes_;
  SessionPool& pool_;
  SessionPool& lists_;
};

}  // namespace logistics::storage
