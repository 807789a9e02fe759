#pragma once

#include <limits>
#include <sstream>
#include <string>

namespace logistics::support {

// The value of a sample in the text of /metrics, named as it stands there. NaN when it is not there: that equals no
// number, so that a name with a slip in it is not taken for a metric that stands at 0.
inline double SampleOf(const std::string& metrics, const std::string& name_and_labels) {
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(name_and_labels + " ", 0) == 0) return std::stod(line.substr(name_and_labels.size() + 1));
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace logistics::support
