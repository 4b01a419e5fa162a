// The inner sum of a PST convolution. A block serves one anchor and tap; threads run over channels,
// so that gathers are coalesced. The backward pass adds with atomics: its last bits may vary from
// run to run.
#include "check.h"

namespace pcv {
namespace {

constexpr int kThreads = 128;

struct Shape {
  int64_t length, points, anchor_frames, reach, anchors, neighbours, channels;
};

// Which batch, anchor frame, tap and anchor a block serves, and the row of its output.
struct Place {
  int64_t batch, frame, tap, anchor;
};

__device__ inline Place place_of(int64_t block, const Shape& s) {
  Place p;
  p.tap = block % s.reach;
  block /= s.reach;
  p.anchor = block % s.anchors;
  block /= s.anchors;
  p.frame = block % s.anchor_frames;
  p.batch = block / s.anchor_frames;
  return p;
}

template <bool kBackward>
__global__ void tube_sum_kernel(const float* __restrict__ points,
                                const float* __restrict__ feature,
                                const float* __restrict__ anchors,
                                const float* __restrict__ weight,
                                const int64_t* __restrict__ frames,
                                const int64_t* __restrict__ index, float* __restrict__ out,
                                float* __restrict__ grad_feature, float* __restrict__ grad_weight,
                                Shape s) {
  const Place p = place_of(blockIdx.x, s);
  const int64_t source = frames[p.frame * s.reach + p.tap];
  float* row = out + int64_t(blockIdx.x) * s.channels;
  const float* centre = anchors + ((p.batch * s.anchor_frames + p.frame) * s.anchors + p.anchor) * 3;
  const int64_t* near =
      index +
      (((p.batch * s.anchor_frames + p.frame) * s.reach + p.tap) * s.anchors + p.anchor) *
          s.neighbours;
  for (int64_t c = threadIdx.x; c < s.channels; c += kThreads) {
    const float wx = weight[3 * c], wy = weight[3 * c + 1], wz = weight[3 * c + 2];
    float sum = 0.0f, gx = 0.0f, gy = 0.0f, gz = 0.0f;
    const float g = kBackward ? row[c] : 0.0f;
    for (int64_t k = 0; source >= 0 && k < s.neighbours; ++k) {
      const int64_t j = near[k];
      if (j < 0) continue;
      const int64_t at = (p.batch * s.length + source) * s.points + j;
      const float x = points[3 * at] - centre[0];
      const float y = points[3 * at + 1] - centre[1];
      const float z = points[3 * at + 2] - centre[2];
      const float value = feature[at * s.channels + c];
      const float along = x * wx + y * wy + z * wz;
      if (kBackward) {
        atomicAdd(grad_feature + at * s.channels + c, g * along);
        gx += g * value * x;
        gy += g * value * y;
        gz += g * value * z;
      } else {
        sum += value * along;
      }
    }
    if (kBackward) {
      if (source >= 0) {
        atomicAdd(grad_weight + 3 * c, gx);
        atomicAdd(grad_weight + 3 * c + 1, gy);
        atomicAdd(grad_weight + 3 * c + 2, gz);
      }
    } else {
      row[c] = sum;
    }
  }
}

Shape shape_of(const Tensor& feature, const Tensor& index) {
  return Shape{feature.size(1), feature.size(2), index.size(1), index.size(2),
               index.size(3),   index.size(4),   feature.size(3)};
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

Tensor tube_sum(const Tensor& points, const Tensor& feature, const Tensor& anchors,
                const Tensor& weight, const Tensor& frames, const Tensor& index) {
  check(points, feature, anchors, weight);
  torch::stable::accelerator::DeviceGuard guard(points.get_device_index());
  const Shape s = shape_of(feature, index);
  const Tensor p = torch::stable::contiguous(points), f = torch::stable::contiguous(feature);
  const Tensor a = torch::stable::contiguous(anchors), w = torch::stable::contiguous(weight);
  const Tensor t = torch::stable::contiguous(frames), i = torch::stable::contiguous(index);
  Tensor out = torch::stable::new_empty(
      f, {f.size(0), s.anchor_frames, s.anchors, s.reach, s.channels}, ScalarType::Float);
  const int64_t blocks = f.size(0) * s.anchor_frames * s.anchors * s.reach;
  if (blocks == 0 || s.channels == 0) return out;
  tube_sum_kernel<false><<<blocks, kThreads, 0, current_stream(p)>>>(
      values(p), values(f), values(a), values(w), integers(t), integers(i),
      static_cast<float*>(out.mutable_data_ptr()), nullptr, nullptr, s);
  check_launch("tube_sum");
  return out;
}

std::tuple<Tensor, Tensor> tube_sum_backward(const Tensor& grad, const Tensor& points,
                                             const Tensor& feature, const Tensor& anchors,
                                             const Tensor& weight, const Tensor& frames,
                                             const Tensor& index) {
  check(points, feature, anchors, weight);
  torch::stable::accelerator::DeviceGuard guard(points.get_device_index());
  const Shape s = shape_of(feature, index);
  const Tensor g = torch::stable::contiguous(grad);
  const Tensor p = torch::stable::contiguous(points), f = torch::stable::contiguous(feature);
  const Tensor a = torch::stable::contiguous(anchors), w = torch::stable::contiguous(weight);
  const Tensor t = torch::stable::contiguous(frames), i = torch::stable::contiguous(index);
  Tensor grad_feature = torch::stable::new_empty(
      f, {f.size(0), s.length, s.points, s.channels}, ScalarType::Float);
  Tensor grad_weight = torch::stable::new_empty(w, {s.channels, 3}, ScalarType::Float);
  torch::stable::zero_(grad_feature);
  torch::stable::zero_(grad_weight);
  const int64_t blocks = f.size(0) * s.anchor_frames * s.anchors * s.reach;
  if (blocks == 0 || s.channels == 0) return {grad_feature, grad_weight};
  tube_sum_kernel<true><<<blocks, kThreads, 0, current_stream(p)>>>(
      values(p), values(f), values(a), values(w), integers(t), integers(i),
      const_cast<float*>(values(g)), static_cast<float*>(grad_feature.mutable_data_ptr()),
      static_cast<float*>(grad_weight.mutable_data_ptr()), s);
  check_launch("tube_sum_backward");
  return {grad_feature, grad_weight};
}

}  // namespace
}  // namespace pcv

STABLE_TORCH_LIBRARY_FRAGMENT(pcv_cuda, m) {
  m.def(
      "tube_sum(Tensor points, Tensor feature, Tensor anchors, Tensor weight, Tensor frames, "
      "Tensor index) -> Tensor");
  m.def(
      "tube_sum_backward(Tensor grad, Tensor points, Tensor feature, Tensor anchors, Tensor "
      "weight, Tensor frames, Tensor index) -> (Tensor, Tensor)");
}
STABLE_TORCH_LIBRARY_IMPL(pcv_cuda, CUDA, m) {
  m.impl("tube_sum", TORCH_BOX(&pcv::tube_sum));
  m.impl("tube_sum_backward", TORCH_BOX(&pcv::tube_sum_backward));
}
