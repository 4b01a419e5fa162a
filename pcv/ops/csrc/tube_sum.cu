// The inner sum of a PST convolution, forward and backward. Threads run over channels, so that
// reads of a row are coalesced. Both directions gather: nothing is added with atomics, and two runs
// give the same bits.
#include "check.h"

namespace pcv {
namespace {

constexpr int kThreads = 128;
constexpr int64_t kRows = 64;  // rows of feature that one block of the backward pass computes

struct Shape {
  int64_t length, points, steps, taps, anchors, neighbours, channels;
};

struct Offset {
  float x, y, z;
};

__device__ inline Offset offset_of(const float* point, const float* centre) {
  return {point[0] - centre[0], point[1] - centre[1], point[2] - centre[2]};
}

// One block per output row: (clip, anchor frame, anchor, tap).
__global__ void tube_sum_kernel(const float* __restrict__ points,
                                const float* __restrict__ feature,
                                const float* __restrict__ anchors,
                                const float* __restrict__ weight,
                                const int64_t* __restrict__ frames,
                                const int64_t* __restrict__ index, float* __restrict__ out,
                                Shape s) {
  const int64_t tap = blockIdx.x % s.taps;
  const int64_t centre = blockIdx.x / s.taps;  // (clip, anchor frame, anchor)
  const int64_t anchor = centre % s.anchors;
  const int64_t step = centre / s.anchors;  // (clip, anchor frame)
  const int64_t clip = step / s.steps;
  const int64_t source = frames[(step % s.steps) * s.taps + tap];
  const int64_t* near = index + ((step * s.taps + tap) * s.anchors + anchor) * s.neighbours;
  const int64_t first = (clip * s.length + source) * s.points;
  float* row = out + int64_t(blockIdx.x) * s.channels;
  for (int64_t c = threadIdx.x; c < s.channels; c += kThreads) {
    const float wx = weight[3 * c], wy = weight[3 * c + 1], wz = weight[3 * c + 2];
    float sum = 0.0f;
    for (int64_t k = 0; source >= 0 && k < s.neighbours; ++k) {
      const int64_t j = near[k];
      if (j < 0) continue;
      const Offset d = offset_of(points + 3 * (first + j), anchors + 3 * centre);
      sum += feature[(first + j) * s.channels + c] * (d.x * wx + d.y * wy + d.z * wz);
    }
    row[c] = sum;
  }
}

// One block per kRows rows of feature. `starts` says which part of `order` belongs to a row;
// `order` holds entries of the flattened `index`: the tubes that reached that point.
__global__ void tube_sum_backward_kernel(
    const float* __restrict__ grad, const float* __restrict__ points,
    const float* __restrict__ feature, const float* __restrict__ anchors,
    const float* __restrict__ weight, const int64_t* __restrict__ order,
    const int64_t* __restrict__ starts, float* __restrict__ grad_feature,
    float* __restrict__ grad_weight, int64_t rows, Shape s) {
  const int64_t begin = int64_t(blockIdx.x) * kRows;
  const int64_t end = begin + kRows < rows ? begin + kRows : rows;
  for (int64_t c = threadIdx.x; c < s.channels; c += kThreads) {
    const float wx = weight[3 * c], wy = weight[3 * c + 1], wz = weight[3 * c + 2];
    float gx = 0.0f, gy = 0.0f, gz = 0.0f;
    for (int64_t j = begin; j < end; ++j) {
      float x = 0.0f, y = 0.0f, z = 0.0f;
      for (int64_t p = starts[j]; p < starts[j + 1]; ++p) {
        const int64_t row = order[p] / s.neighbours;  // (clip, anchor frame, tap, anchor)
        const int64_t anchor = row % s.anchors;
        const int64_t tap = row / s.anchors % s.taps;
        const int64_t centre = row / s.anchors / s.taps * s.anchors + anchor;
        const Offset d = offset_of(points + 3 * j, anchors + 3 * centre);
        const float g = grad[(centre * s.taps + tap) * s.channels + c];
        x += g * d.x;
        y += g * d.y;
        z += g * d.z;
      }
      const float value = feature[j * s.channels + c];
      grad_feature[j * s.channels + c] = x * wx + y * wy + z * wz;
      gx += value * x;
      gy += value * y;
      gz += value * z;
    }
    float* partial = grad_weight + (int64_t(blockIdx.x) * s.channels + c) * 3;
    partial[0] = gx;
    partial[1] = gy;
    partial[2] = gz;
  }
}

void check(const Tensor& points, const Tensor& feature, const Tensor& anchors,
           const Tensor& weight) {
  for (const Tensor* tensor : {&points, &feature, &anchors, &weight})
    STD_TORCH_CHECK(tensor->scalar_type() == ScalarType::Float,
                    "tube_sum: every value must be float32 on CUDA");
}

const float* values(const Tensor& tensor) {
  return static_cast<const float*>(tensor.const_data_ptr());
}

const int64_t* integers(const Tensor& tensor) {
  return static_cast<const int64_t*>(tensor.const_data_ptr());
}

float* writable(const Tensor& tensor) { return static_cast<float*>(tensor.mutable_data_ptr()); }

Tensor tube_sum(const Tensor& points, const Tensor& feature, const Tensor& anchors,
                const Tensor& weight, const Tensor& frames, const Tensor& index) {
  check(points, feature, anchors, weight);
  torch::stable::accelerator::DeviceGuard guard(points.get_device_index());
  const Shape s{feature.size(1), feature.size(2), index.size(1),  index.size(2),
                index.size(3),   index.size(4),   feature.size(3)};
  const Tensor p = torch::stable::contiguous(points), f = torch::stable::contiguous(feature);
  const Tensor a = torch::stable::contiguous(anchors), w = torch::stable::contiguous(weight);
  const Tensor t = torch::stable::contiguous(frames), i = torch::stable::contiguous(index);
  Tensor out = torch::stable::new_empty(f, {f.size(0), s.steps, s.anchors, s.taps, s.channels},
                                        ScalarType::Float);
  const int64_t blocks = f.size(0) * s.steps * s.anchors * s.taps;
  if (blocks == 0 || s.channels == 0) return out;
  tube_sum_kernel<<<blocks, kThreads, 0, current_stream(p)>>>(
      values(p), values(f), values(a), values(w), integers(t), integers(i), writable(out), s);
  check_launch("tube_sum");
  return out;
}

// Returns the gradient of feature, and partial sums (parts, C, 3) of the gradient of weight.
std::tuple<Tensor, Tensor> tube_sum_backward(const Tensor& grad, const Tensor& points,
                                             const Tensor& feature, const Tensor& anchors,
                                             const Tensor& weight, const Tensor& order,
                                             const Tensor& starts, int64_t neighbours) {
  check(points, feature, anchors, weight);
  torch::stable::accelerator::DeviceGuard guard(points.get_device_index());
  const Shape s{feature.size(1), feature.size(2), grad.size(1),   grad.size(3),
                grad.size(2),    neighbours,      feature.size(3)};
  const Tensor g = torch::stable::contiguous(grad);
  const Tensor p = torch::stable::contiguous(points), f = torch::stable::contiguous(feature);
  const Tensor a = torch::stable::contiguous(anchors), w = torch::stable::contiguous(weight);
  const Tensor o = torch::stable::contiguous(order), t = torch::stable::contiguous(starts);
  const int64_t rows = f.size(0) * s.length * s.points;
  const int64_t blocks = (rows + kRows - 1) / kRows;
  Tensor grad_feature = torch::stable::new_empty(
      f, {f.size(0), s.length, s.points, s.channels}, ScalarType::Float);
  Tensor partial = torch::stable::new_empty(w, {blocks, s.channels, 3}, ScalarType::Float);
  if (blocks == 0 || s.channels == 0) return {grad_feature, partial};
  tube_sum_backward_kernel<<<blocks, kThreads, 0, current_stream(p)>>>(
      values(g), values(p), values(f), values(a), values(w), integers(o), integers(t),
      writable(grad_feature), writable(partial), rows, s);
  check_launch("tube_sum_backward");
  return {grad_feature, partial};
}

}  // namespace
}  // namespace pcv

STABLE_TORCH_LIBRARY_FRAGMENT(pcv_cuda, m) {
  m.def(
      "tube_sum(Tensor points, Tensor feature, Tensor anchors, Tensor weight, Tensor frames, "
      "Tensor index) -> Tensor");
  m.def(
      "tube_sum_backward(Tensor grad, Tensor points, Tensor feature, Tensor anchors, Tensor "
      "weight, Tensor order, Tensor starts, int neighbours) -> (Tensor, Tensor)");
}
STABLE_TORCH_LIBRARY_IMPL(pcv_cuda, CUDA, m) {
  m.impl("tube_sum", TORCH_BOX(&pcv::tube_sum));
  m.impl("tube_sum_backward", TORCH_BOX(&pcv::tube_sum_backward));
}
