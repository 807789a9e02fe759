// Products as rows.
#pragma once

#include <vector>

#include "logistics/domain/order_products.hpp"
#include "storage/postgres/pipeline_session.hpp"

namespace logistics::storage {

// The products of these ids or these SKUs that exist.
std::vector<domain::ProductRef> ReadProductRefs(PipelineSession& session, const ArrayParam& ids,
                                                const ArrayParam& skus);

}  // namespace logistics::storage
