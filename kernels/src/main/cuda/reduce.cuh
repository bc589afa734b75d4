// Sums over the threads of a block in one fixed order: a tree over each warp, then one over the warps.
#pragma once

#define WARP 32
#define MOST_WARPS 32

__device__ __forceinline__ float warpSum(float v) {
    for (int offset = WARP / 2; offset; offset >>= 1) v += __shfl_down_sync(~0u, v, offset);
    return v;
}

// The sum is valid in thread 0 alone. Every thread of the block must call it, and blocks are whole warps.
__device__ __forceinline__ float blockSum(float v) {
    __shared__ float warps[MOST_WARPS];
    int t = (int)threadIdx.x, count = (int)blockDim.x / WARP;
    v = warpSum(v);
    __syncthreads();
    if (!(t & (WARP - 1))) warps[t / WARP] = v;
    __syncthreads();
    if (t < WARP) v = warpSum(t < count ? warps[t] : 0.f);
    return v;
}
