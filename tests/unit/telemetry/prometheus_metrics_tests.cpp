#include "telemetry/prometheus_metrics.hpp"

#include <gmock/gmock.h>

namespace logistics::telemetry {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(PrometheusMetrics, Scrape_ShowsWhatWasCounted) {
  PrometheusMetrics metrics;
  metrics.GetCounter("logistics_rpc_total", "Calls", {{"code", "OK"}, {"method", "Get"}}).Increment(3);
  metrics.GetGauge("logistics_outbox_rows", "Rows", {}).Set(7);
  ports::Histogram& seconds = metrics.GetHistogram("logistics_rpc_seconds", "Latency", {0.1, 1}, {});
  seconds.Observe(0.05);
  seconds.Observe(0.5);
  seconds.Observe(5);
  EXPECT_THAT(
      metrics.Scrape(),
      AllOf(HasSubstr("# TYPE logistics_rpc_total counter"), HasSubstr("# HELP logistics_rpc_total Calls"),
            HasSubstr("logistics_rpc_total{code=\"OK\",method=\"Get\"} 3"), HasSubstr("logistics_outbox_rows 7"),
            HasSubstr("logistics_rpc_seconds_bucket{le=\"0.1\"} 1"),
            HasSubstr("logistics_rpc_seconds_bucket{le=\"1\"} 2"),
            HasSubstr("logistics_rpc_seconds_bucket{le=\"+Inf\"} 3"), HasSubstr("logistics_rpc_seconds_count 3")));
}

TEST(PrometheusMetrics, SameNameAndLabels_IsTheSameInstrument) {
  PrometheusMetrics metrics;
  ports::Counter& first = metrics.GetCounter("logistics_a_total", "A", {{"kind", "x"}});
  EXPECT_EQ(&first, &metrics.GetCounter("logistics_a_total", "A", {{"kind", "x"}}));
  EXPECT_NE(&first, &metrics.GetCounter("logistics_a_total", "A", {{"kind", "y"}}));
}

TEST(PrometheusMetricsDeathTest, OneNameForTwoKinds_EndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        PrometheusMetrics metrics;
        metrics.GetCounter("logistics_a_total", "A", {});
        metrics.GetGauge("logistics_a_total", "A", {});
      },
      "");
}

}  // namespace
}  // namespace logistics::telemetry
