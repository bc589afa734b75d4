// What all kernels share. NVRTC has no host headers: types and constants are spelled out here.
#pragma once

typedef unsigned char uint8;
typedef unsigned int uint32;
typedef unsigned long long uint64;

#define KERNEL extern "C" __global__ void
#define INFINITY_F __int_as_float(0x7f800000)

// Before a loop: not unrolled. Where counts are not known, four copies of a body cost more instructions than they save.
#define ONCE _Pragma("unroll 1")

// int i from `first` in steps of `step` below n, which is not negative. Counted without sign: beyond the last element a step may
// pass 2^31, and a signed counter would come out negative and go on.
#define WALK(i, first, n, step)                                                                         \
    ONCE for (uint32 i##_ = (uint32)(first); i##_ < (uint32)(n); i##_ += (uint32)(step)) if (const int i = (int)i##_; true)

// Every kernel of n independent elements works for any grid.
#define FOR_EACH(i, n) WALK(i, blockIdx.x * blockDim.x + threadIdx.x, n, blockDim.x * gridDim.x)

// The elements that one block has for itself.
#define FOR_BLOCK(i, n) WALK(i, threadIdx.x, n, blockDim.x)

// As in org.lrcc.engine.spi.Activation, numbered as its kinds. NaN stays NaN.
enum { NONE = 0, RELU = 1, CLIP = 2, LEAKY_RELU = 3 };

struct Act {
    int kind;
    float a, b;

    __device__ __forceinline__ float f(float x) const {
        if (kind == RELU) return x < 0.f ? 0.f : x;
        if (kind == CLIP) return x < a ? a : x > b ? b : x;
        if (kind == LEAKY_RELU) return x < 0.f ? a * x : x;
        return x;
    }

    // The derivative where the value is y.
    __device__ __forceinline__ float df(float y) const {
        if (kind == RELU) return y > 0.f ? 1.f : 0.f;
        if (kind == CLIP) return y > a && y < b ? 1.f : 0.f;
        if (kind == LEAKY_RELU) return y > 0.f ? 1.f : a;
        return 1.f;
    }
};
