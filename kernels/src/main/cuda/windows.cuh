// Windows of a convolution or a pooling over planes of [H, W], with OH x OW results.
#pragma once
#include "common.cuh"

// As in org.lrcc.engine.spi.ConvGeometry and PoolGeometry; H, W before, OH, OW after.
#define GEOMETRY                                                                                                      \
    int H, int W, int OH, int OW, int KH, int KW, int strideH, int strideW, int padTop, int padLeft, int dilationH, \
        int dilationW
#define GIVEN H, W, OH, OW, KH, KW, strideH, strideW, padTop, padLeft, dilationH, dilationW

// Calls visit(kh, kw, oh, ow) for each window of the plane that pixel (h, w) is in.
template <typename Visit>
__device__ __forceinline__ void windows(int h, int w, GEOMETRY, Visit visit) {
    ONCE for (int kh = 0; kh < KH; ++kh) {
        int below = h + padTop - kh * dilationH;
        if (below < 0 || below % strideH) continue;
        int oh = below / strideH;
        if (oh >= OH) continue;
        ONCE for (int kw = 0; kw < KW; ++kw) {
            int right = w + padLeft - kw * dilationW;
            if (right < 0 || right % strideW) continue;
            int ow = right / strideW;
            if (ow < OW) visit(kh, kw, oh, ow);
        }
    }
}
