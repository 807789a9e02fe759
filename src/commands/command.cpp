#include "logistics/commands/command.hpp"

namespace logistics::commands {

Needs NeedsOf(const Command& command) {
  return std::visit([](const auto& one) { return NeedsOf(one); }, command);
}

StockNeeds StockNeedsOf(const Command& command, const State& state) {
  return std::visit([&](const auto& one) { return StockNeedsOf(one, state); }, command);
}

}  // namespace logistics::commands
