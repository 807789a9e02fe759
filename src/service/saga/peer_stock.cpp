#include "logistics/service/saga/peer_stock.hpp"

#include "absl/strings/str_cat.h"

namespace logistics::service {

absl::StatusOr<domain::Product> PeerStock::GetProduct(const domain::ProductId& id, const ports::CallContext& context) {
  return peer_.GetProduct(id, context);
}

absl::StatusOr<ports::ProductPage> PeerStock::ListProducts(const std::string& category, int page, int page_size,
                                                           const ports::CallContext& context) {
  return peer_.ListProducts(category, page, page_size, context);
}

absl::StatusOr<std::vector<ports::LevelRow>> PeerStock::Levels(const std::vector<domain::ProductId>& products,
                                                               const std::vector<domain::WarehouseId>& warehouses,
                                                               const ports::CallContext& context) {
  return peer_.Levels(products, warehouses, context);
}

absl::Status PeerStock::AskThePeer() const {
  return absl::UnimplementedError(
      absl::StrCat("stock is kept by the inventory service at ", address_, ": call it there"));
}

absl::StatusOr<domain::Product> PeerStock::CreateProduct(const domain::Product& /*product*/,
                                                         const ports::CallContext& /*context*/) {
  return AskThePeer();
}

absl::StatusOr<ports::LevelRow> PeerStock::Adjust(const ports::StockAdjustment& /*adjustment*/,
                                                  const ports::CallContext& /*context*/) {
  return AskThePeer();
}

absl::StatusOr<ports::ReservationAnswer> PeerStock::Reserve(const ports::ReservationRequest& /*hold*/,
                                                            const ports::CallContext& /*context*/) {
  return AskThePeer();
}

absl::StatusOr<ports::EndAnswer> PeerStock::Release(const domain::ExternalId& /*id*/, const std::string& /*reason*/,
                                                    const ports::CallContext& /*context*/) {
  return AskThePeer();
}

absl::StatusOr<ports::EndAnswer> PeerStock::CommitReservation(const domain::ExternalId& /*id*/,
                                                              const ports::CallContext& /*context*/) {
  return AskThePeer();
}

absl::StatusOr<ports::StockSnapshot> PeerStock::Snapshot(const ports::StockScope& /*scope*/,
                                                         const std::optional<domain::LevelKey>& /*after*/,
                                                         int /*limit*/, const ports::CallContext& /*context*/) {
  return AskThePeer();
}

absl::StatusOr<ports::StockChanges> PeerStock::ReadAfter(std::int64_t /*position*/, int /*commits_max*/,
                                                         const ports::CallContext& /*context*/) {
  return AskThePeer();
}

}  // namespace logistics::service
