#include "logistics/commands/state.hpp"

#include <utility>

namespace logistics::commands {
namespace {

template <typename Map, typename Key>
const typename Map::mapped_type* Find(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

template <typename Map>
void TakeOver(Map& map, Map&& changed) {
  for (auto& [key, value] : changed) map.insert_or_assign(key, std::move(value));
}

}  // namespace

void State::Merge(State&& journal) {
  TakeOver(orders_, std::move(journal.orders_));
  TakeOver(reservations_, std::move(journal.reservations_));
  stock_.Merge(std::move(journal.stock_));
}

void State::LoadOrder(domain::Order order) { Put(std::move(order)); }

void State::LoadReservation(domain::Reservation reservation) { Put(std::move(reservation)); }

void State::LoadProduct(const domain::ProductRef& product) {
  products_by_id_.emplace(product.id, product);
  products_by_sku_.emplace(product.sku, product.id);
}

const domain::Order* State::FindOrder(const domain::OrderId& id) const {
  const domain::Order* found = Find(orders_, id);
  return found == nullptr && base_ != nullptr ? base_->FindOrder(id) : found;
}

const domain::Reservation* State::FindReservation(const domain::OrderId& id) const {
  const domain::Reservation* found = Find(reservations_, id);
  return found == nullptr && base_ != nullptr ? base_->FindReservation(id) : found;
}

const domain::ProductRef* State::FindProduct(const domain::ProductId& id) const {
  const domain::ProductRef* found = Find(products_by_id_, id);
  return found == nullptr && base_ != nullptr ? base_->FindProduct(id) : found;
}

const domain::ProductRef* State::FindProduct(const std::string& sku) const {
  const domain::ProductId* id = Find(products_by_sku_, sku);
  if (id != nullptr) return FindProduct(*id);
  return base_ != nullptr ? base_->FindProduct(sku) : nullptr;
}

const ClaimState* State::FindClaim(std::size_t index) const {
  const ClaimState* found = Find(claims_, index);
  return found == nullptr && base_ != nullptr ? base_->FindClaim(index) : found;
}

const MessageState* State::FindMessage(std::size_t index) const {
  const MessageState* found = Find(messages_, index);
  return found == nullptr && base_ != nullptr ? base_->FindMessage(index) : found;
}

void State::Put(domain::Order order) {
  const domain::OrderId id = order.id;
  orders_.insert_or_assign(id, std::move(order));
}

void State::Put(domain::Reservation reservation) {
  const domain::OrderId id(reservation.id);
  reservations_.insert_or_assign(id, std::move(reservation));
}

}  // namespace logistics::commands
