// One warp per anchor: 32 points are tested at once, and hits are kept in storage order.
#include "check.h"

namespace pcv {
namespace {

constexpr int kWarps = 8;

__global__ void ball_query_kernel(const float* __restrict__ points,
                                  const float* __restrict__ anchors, int64_t* __restrict__ found,
                                  int64_t rows, int64_t anchor_count, int64_t point_count,
                                  int64_t slots, float limit) {
  const int64_t row = int64_t(blockIdx.x) * kWarps + threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  if (row >= rows) return;
  const float* cloud = points + (row / anchor_count) * point_count * 3;
  const float x = anchors[3 * row], y = anchors[3 * row + 1], z = anchors[3 * row + 2];
  int64_t* out = found + row * slots;
  int64_t filled = 0;
  for (int64_t start = 0; start < point_count && filled < slots; start += 32) {
    const int64_t j = start + lane;
    bool hit = false;
    if (j < point_count) {
      const float dx = __fsub_rn(cloud[3 * j], x);
      const float dy = __fsub_rn(cloud[3 * j + 1], y);
      const float dz = __fsub_rn(cloud[3 * j + 2], z);
      hit = squared_distance(dx, dy, dz) < limit;
    }
    const unsigned mask = __ballot_sync(0xffffffffu, hit);
    const int64_t slot = filled + __popc(mask & ((1u << lane) - 1u));
    if (hit && slot < slots) out[slot] = j;
    filled += __popc(mask);
  }
  for (int64_t k = filled + lane; k < slots; k += 32) out[k] = -1;
}

Tensor ball_query(const Tensor& points, const Tensor& anchors, double radius, int64_t slots) {
  check_cloud(points, "points");
  check_cloud(anchors, "anchors");
  STD_TORCH_CHECK(points.size(0) == anchors.size(0), "points and anchors differ in batch size");
  torch::stable::accelerator::DeviceGuard guard(points.get_device_index());
  const Tensor cloud = torch::stable::contiguous(points);
  const Tensor centres = torch::stable::contiguous(anchors);
  Tensor found = torch::stable::new_empty(
      centres, {centres.size(0), centres.size(1), slots}, ScalarType::Long);
  const int64_t rows = centres.size(0) * centres.size(1);
  if (rows == 0) return found;
  const float reach = static_cast<float>(radius);
  ball_query_kernel<<<(rows + kWarps - 1) / kWarps, kWarps * 32, 0, current_stream(cloud)>>>(
      static_cast<const float*>(cloud.const_data_ptr()),
      static_cast<const float*>(centres.const_data_ptr()),
      static_cast<int64_t*>(found.mutable_data_ptr()), rows, centres.size(1), cloud.size(1), slots,
      reach * reach);
  check_launch("ball_query");
  return found;
}

}  // namespace
}  // namespace pcv

STABLE_TORCH_LIBRARY_FRAGMENT(pcv_cuda, m) {
  m.def("ball_query(Tensor points, Tensor anchors, float radius, int neighbours) -> Tensor");
}
STABLE_TORCH_LIBRARY_IMPL(pcv_cuda, CUDA, m) { m.impl("ball_query", TORCH_BOX(&pcv::ball_query)); }
