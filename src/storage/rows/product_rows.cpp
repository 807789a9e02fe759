#include "storage/rows/product_rows.hpp"

#include "storage/rows/order_rows.hpp"

namespace logistics::storage {
namespace {

constexpr Statement kFindProducts = {"find_products",
                                     "SELECT id, sku FROM products WHERE id = ANY($1::uuid[]) UNION "
                                     "SELECT id, sku FROM products WHERE sku = ANY($2::text[])"};

}  // namespace

std::vector<domain::ProductRef> ReadProductRefs(PipelineSession& session, const ArrayParam& ids,
                                                const ArrayParam& skus) {
  std::vector<domain::ProductRef> products;
  for (const Row& row : session.Execute(kFindProducts, Params().Add(ids).Add(skus))) {
    products.push_back({domain::ProductId(ReadUuid(row[0])), row[1].c_str()});
  }
  return products;
}

}  // namespace logistics::storage
