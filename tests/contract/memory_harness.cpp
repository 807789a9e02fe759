#include "contract/store_contract.hpp"
#include "fakes/memory_store.hpp"
#include "fakes/sequential_ids.hpp"

namespace logistics::contract {
namespace {

class MemoryHarness final : public StoreHarness {
 public:
  MemoryHarness(const domain::StockPolicy& policy, int list_count_max) : store_(ids_, clock_, policy, list_count_max) {}

  ports::OrderStore& orders() override { return store_; }
  ports::StockStore& stock() override { return store_; }
  ports::StockLog& stock_log() override { return store_; }
  ports::PaymentStore& payments() override { return store_; }
  ports::Inbox& inbox() override { return store_.inbox(); }
  ports::IdGenerator& ids() override { return ids_; }
  fakes::FakeClock& clock() override { return clock_; }
  std::vector<domain::Event> Events() override { return store_.PublishedEvents(); }
  std::vector<fakes::HistoryRow> History(const domain::OrderId& id) override { return store_.History(id); }
  std::vector<domain::StockMovement> Movements(const domain::LevelKey& key) override { return store_.Movements(key); }
  std::vector<domain::RecordedPayment> Payments(const domain::OrderId& id) override { return store_.Payments(id); }
  void AgeInbox(absl::Duration by) override { clock_.Advance(by); }

 private:
  fakes::SequentialIds ids_;
  fakes::FakeClock clock_;
  fakes::MemoryStore store_;
};

std::unique_ptr<StoreHarness> MakeMemory(const domain::StockPolicy& policy, int list_count_max) {
  return std::make_unique<MemoryHarness>(policy, list_count_max);
}

INSTANTIATE_TEST_SUITE_P(Memory, StoreContract, testing::Values(HarnessFactory{"Memory", &MakeMemory}), HarnessName);

}  // namespace
}  // namespace logistics::contract
