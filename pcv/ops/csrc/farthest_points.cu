// One block per cloud: every step updates all points, then reduces them to the farthest; of equal
// distances the lowest index wins.
#include "check.h"

namespace pcv {
namespace {

constexpr int kThreads = 512;

struct Farthest {
  float distance;
  int64_t index;
};

__device__ inline Farthest farther(Farthest a, Farthest b) {
  if (b.distance > a.distance || (b.distance == a.distance && b.index < a.index)) return b;
  return a;
}

__global__ void farthest_points_kernel(const float* __restrict__ points, float* __restrict__ reach,
                                       int64_t* __restrict__ chosen, int64_t point_count,
                                       int64_t count) {
  const float* cloud = points + int64_t(blockIdx.x) * point_count * 3;
  float* near = reach + int64_t(blockIdx.x) * point_count;
  int64_t* out = chosen + int64_t(blockIdx.x) * count;
  __shared__ Farthest best_of_warp[kThreads / 32];
  __shared__ int64_t last_chosen;
  for (int64_t j = threadIdx.x; j < point_count; j += kThreads) near[j] = INFINITY;
  int64_t last = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (threadIdx.x == 0) out[i] = last;
    const float x = cloud[3 * last], y = cloud[3 * last + 1], z = cloud[3 * last + 2];
    Farthest best{-1.0f, point_count};
    for (int64_t j = threadIdx.x; j < point_count; j += kThreads) {
      const float dx = __fsub_rn(cloud[3 * j], x);
      const float dy = __fsub_rn(cloud[3 * j + 1], y);
      const float dz = __fsub_rn(cloud[3 * j + 2], z);
      const float d = fminf(near[j], squared_distance(dx, dy, dz));
      near[j] = d;
      best = farther(best, Farthest{d, j});
    }
    for (int offset = 16; offset > 0; offset /= 2) {
      Farthest other{__shfl_down_sync(0xffffffffu, best.distance, offset),
                     __shfl_down_sync(0xffffffffu, best.index, offset)};
      best = farther(best, other);
    }
    if (threadIdx.x % 32 == 0) best_of_warp[threadIdx.x / 32] = best;
    __syncthreads();
    if (threadIdx.x == 0) {
      for (int w = 1; w < kThreads / 32; ++w) best = farther(best, best_of_warp[w]);
      last_chosen = best.index;
    }
    __syncthreads();
    last = last_chosen;
  }
}

Tensor farthest_points(const Tensor& points, int64_t count) {
  check_cloud(points, "points");
  STD_TORCH_CHECK(count >= 1 && count <= points.size(1), "count exceeds the number of points");
  torch::stable::accelerator::DeviceGuard guard(points.get_device_index());
  const Tensor cloud = torch::stable::contiguous(points);
  Tensor chosen =
      torch::stable::new_empty(cloud, {cloud.size(0), count}, ScalarType::Long);
  Tensor reach =
      torch::stable::new_empty(cloud, {cloud.size(0), cloud.size(1)}, ScalarType::Float);
  if (cloud.size(0) == 0) return chosen;
  farthest_points_kernel<<<cloud.size(0), kThreads, 0, current_stream(cloud)>>>(
      static_cast<const float*>(cloud.const_data_ptr()),
      static_cast<float*>(reach.mutable_data_ptr()),
      static_cast<int64_t*>(chosen.mutable_data_ptr()), cloud.size(1), count);
  check_launch("farthest_points");
  return chosen;
}

}  // namespace
}  // namespace pcv

STABLE_TORCH_LIBRARY_FRAGMENT(pcv_cuda, m) {
  m.def("farthest_points(Tensor points, int count) -> Tensor");
}
STABLE_TORCH_LIBRARY_IMPL(pcv_cuda, CUDA, m) {
  m.impl("farthest_points", TORCH_BOX(&pcv::farthest_points));
}
