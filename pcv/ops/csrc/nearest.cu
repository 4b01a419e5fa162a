// One thread per query; the nearest points so far stay sorted in the output.
#include "check.h"

namespace pcv {
namespace {

constexpr int kThreads = 128;

__global__ void nearest_kernel(const float* __restrict__ points, const float* __restrict__ queries,
                               int64_t* __restrict__ index, float* __restrict__ distance,
                               int64_t rows, int64_t query_count, int64_t point_count,
                               int64_t count) {
  const int64_t row = int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (row >= rows) return;
  const float* cloud = points + (row / query_count) * point_count * 3;
  const float x = queries[3 * row], y = queries[3 * row + 1], z = queries[3 * row + 2];
  float* best = distance + row * count;
  int64_t* which = index + row * count;
  for (int64_t k = 0; k < count; ++k) {
    best[k] = INFINITY;
    which[k] = 0;
  }
  for (int64_t j = 0; j < point_count; ++j) {
    const float dx = __fsub_rn(cloud[3 * j], x);
    const float dy = __fsub_rn(cloud[3 * j + 1], y);
    const float dz = __fsub_rn(cloud[3 * j + 2], z);
    const float d = squared_distance(dx, dy, dz);
    if (!(d < best[count - 1])) continue;
    int64_t k = count - 1;
    for (; k > 0 && d < best[k - 1]; --k) {
      best[k] = best[k - 1];
      which[k] = which[k - 1];
    }
    best[k] = d;
    which[k] = j;
  }
  for (int64_t k = 0; k < count; ++k) best[k] = __fsqrt_rn(best[k]);
}

std::tuple<Tensor, Tensor> nearest(const Tensor& points, const Tensor& queries, int64_t count) {
  check_cloud(points, "points");
  check_cloud(queries, "queries");
  STD_TORCH_CHECK(points.size(0) == queries.size(0), "points and queries differ in batch size");
  STD_TORCH_CHECK(count >= 1 && count <= points.size(1), "count exceeds the number of points");
  torch::stable::accelerator::DeviceGuard guard(points.get_device_index());
  const Tensor cloud = torch::stable::contiguous(points);
  const Tensor asked = torch::stable::contiguous(queries);
  Tensor index =
      torch::stable::new_empty(asked, {asked.size(0), asked.size(1), count}, ScalarType::Long);
  Tensor distance =
      torch::stable::new_empty(asked, {asked.size(0), asked.size(1), count}, ScalarType::Float);
  const int64_t rows = asked.size(0) * asked.size(1);
  if (rows == 0) return {index, distance};
  nearest_kernel<<<(rows + kThreads - 1) / kThreads, kThreads, 0, current_stream(cloud)>>>(
      static_cast<const float*>(cloud.const_data_ptr()),
      static_cast<const float*>(asked.const_data_ptr()),
      static_cast<int64_t*>(index.mutable_data_ptr()),
      static_cast<float*>(distance.mutable_data_ptr()), rows, asked.size(1), cloud.size(1), count);
  check_launch("nearest");
  return {index, distance};
}

}  // namespace
}  // namespace pcv

STABLE_TORCH_LIBRARY_FRAGMENT(pcv_cuda, m) {
  m.def("nearest(Tensor points, Tensor queries, int count) -> (Tensor, Tensor)");
}
STABLE_TORCH_LIBRARY_IMPL(pcv_cuda, CUDA, m) { m.impl("nearest", TORCH_BOX(&pcv::nearest)); }
