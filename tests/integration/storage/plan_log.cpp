#include "integration/storage/plan_log.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace logistics::storage {
namespace {

using nlohmann::json;

constexpr char kOptions[] =
    "options=-c%20session_preload_libraries%3Dauto_explain%20-c%20auto_explain.log_min_duration%3D0"
    "%20-c%20auto_explain.log_analyze%3Don%20-c%20auto_explain.log_buffers%3Don%20-c%20auto_explain.log_timing%3Doff"
    "%20-c%20auto_explain.log_format%3Djson";

std::string LogOfStack() {
  const char* stack = std::getenv("LOGISTICS_TEST_STACK_DIR");
  if (stack == nullptr) throw std::runtime_error("LOGISTICS_TEST_STACK_DIR is not set: run `scripts/stack env`");
  return std::string(stack) + "/postgres.log";
}

std::int64_t BuffersOf(const json& node) {
  return node.value("Shared Hit Blocks", std::int64_t{0}) + node.value("Shared Read Blocks", std::int64_t{0});
}

double RowsOf(const json& node) { return node.value("Actual Rows", 0.0) * node.value("Actual Loops", 1.0); }

void Visit(const json& node, LoggedPlan& plan) {
  const std::string type = node.value("Node Type", "");
  if (type == "Seq Scan") plan.read_whole.push_back(node.value("Relation Name", ""));
  // Parts of a WITH that write run behind the statement: its own count is without them.
  if (type == "ModifyTable" && node.value("Subplan Name", "").starts_with("CTE ")) plan.buffers += BuffersOf(node);
  if (!node.contains("Plans")) return;
  for (const json& child : node["Plans"]) {
    if (type == "Sort" || type == "Incremental Sort") {
      plan.rows_sorted_max = std::max(plan.rows_sorted_max, static_cast<std::int64_t>(RowsOf(child)));
    }
    Visit(child, plan);
  }
}

LoggedPlan PlanOf(const std::string& text) {
  const json entry = json::parse(text);
  LoggedPlan plan;
  plan.query = entry.at("Query Text");
  plan.buffers = BuffersOf(entry.at("Plan"));
  Visit(entry.at("Plan"), plan);
  return plan;
}

}  // namespace

PlanLog::PlanLog(std::string name)
    : name_(std::move(name)),
      path_(LogOfStack()),
      offset_(static_cast<std::int64_t>(std::filesystem::file_size(path_))) {}

std::string PlanLog::Url(const std::string& database_url) const {
  return database_url + (database_url.find('?') == std::string::npos ? "?" : "&") + "application_name=" + name_ + "&" +
         kOptions;
}

std::vector<LoggedPlan> PlanLog::Read() {
  std::ifstream log(path_);
  log.seekg(offset_);
  std::vector<LoggedPlan> plans;
  std::string plan;
  bool within = false;
  std::string line;
  while (std::getline(log, line)) {
    const bool continued = line.starts_with('\t');
    if (within && continued) {
      plan.append(line, 1).append("\n");
    } else {
      if (within) plans.push_back(PlanOf(plan));
      plan.clear();
      within = line.find(" " + name_ + " LOG: ") != std::string::npos && line.ends_with(" plan:");
    }
    if (!log.eof()) offset_ = log.tellg();
  }
  if (within) plans.push_back(PlanOf(plan));
  return plans;
}

}  // namespace logistics::storage
