#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

#include "messaging/amqp/options.hpp"

namespace logistics::app {

// The list of topology.queues: each entry a map of name, exchange, routing_keys (at least one), and if wanted type,
// delivery_limit, max_length. Everything wrong goes to `errors` with `file`:line; a wrong entry is left out.
// May throw YAML::Exception on a node that is no longer valid.
std::vector<messaging::QueueOptions> ReadQueues(const YAML::Node& list, const std::string& key, const std::string& file,
                                                std::vector<std::string>& errors);

}  // namespace logistics::app
