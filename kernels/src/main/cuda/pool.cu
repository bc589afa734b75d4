// Pooling over windows of [planes, H, W], and the gradients in gather form: each pixel collects from the windows that
// cover it, so that nothing is added atomically and two runs give the same bits.
#include "common.cuh"
#include "windows.cuh"

// The first of equals wins, NaN wins over all; a window of nothing but padding gives -infinity and position 0.
template <typename Position>
__device__ __forceinline__ void maxPool(const float *x, float *y, Position *positions, GEOMETRY, int total) {
    FOR_EACH(i, total) {
        int ow = i % OW, rest = i / OW, oh = rest % OH, plane = rest / OH;
        const float *image = x + (long long)plane * H * W;
        int top = oh * strideH - padTop, left = ow * strideW - padLeft;
        float best = -INFINITY_F;
        int winner = -1;
        ONCE for (int kh = 0; kh < KH; ++kh) {
            int h = top + kh * dilationH;
            if (h < 0 || h >= H) continue;
            ONCE for (int kw = 0; kw < KW; ++kw) {
                int w = left + kw * dilationW;
                if (w < 0 || w >= W) continue;
                float value = image[h * W + w];
                if (winner < 0 || value > best || (value != value && best == best)) {
                    best = value;
                    winner = kh * KW + kw;
                }
            }
        }
        y[i] = best;
        if (positions) positions[i] = (Position)(winner < 0 ? 0 : winner);
    }
}

template <typename Position>
__device__ __forceinline__ void maxPoolGrad(const float *dy, const Position *positions, float *dx, GEOMETRY, int total) {
    FOR_EACH(i, total) {
        int w = i % W, rest = i / W, h = rest % H;
        long long plane = (long long)(rest / H) * OH * OW;
        float sum = 0.f;
        windows(h, w, GIVEN, [&](int kh, int kw, int oh, int ow) {
            long long at = plane + oh * OW + ow;
            if (positions[at] == kh * KW + kw) sum += dy[at];
        });
        dx[i] = sum;
    }
}

KERNEL maxPoolU8(const float *__restrict__ x, float *__restrict__ y, uint8 *__restrict__ positions, GEOMETRY, int total) {
    maxPool(x, y, positions, GIVEN, total);
}

KERNEL maxPoolI32(const float *__restrict__ x, float *__restrict__ y, int *__restrict__ positions, GEOMETRY, int total) {
    maxPool(x, y, positions, GIVEN, total);
}

KERNEL maxPoolGradU8(
    const float *__restrict__ dy, const uint8 *__restrict__ positions, float *__restrict__ dx, GEOMETRY, int total) {
    maxPoolGrad(dy, positions, dx, GIVEN, total);
}

KERNEL maxPoolGradI32(
    const float *__restrict__ dy, const int *__restrict__ positions, float *__restrict__ dx, GEOMETRY, int total) {
    maxPoolGrad(dy, positions, dx, GIVEN, total);
}

// Taps of one axis of a window that count for the average: those in [from, to).
__device__ __forceinline__ int taps(int start, int kernel, int dilation, int from, int to) {
    int count = 0;
    ONCE for (int k = 0; k < kernel; ++k) {
        int at = start + k * dilation;
        count += at >= from && at < to;
    }
    return count;
}

// countTop..countRight: how much padding on each side is counted, 0 for none.
#define COUNTED int countTop, int countLeft, int countBottom, int countRight

__device__ __forceinline__ float count(int oh, int ow, GEOMETRY, COUNTED) {
    int rows = taps(oh * strideH - padTop, KH, dilationH, -countTop, H + countBottom);
    int columns = taps(ow * strideW - padLeft, KW, dilationW, -countLeft, W + countRight);
    return (float)max(rows * columns, 1);
}

KERNEL avgPool(const float *__restrict__ x, float *__restrict__ y, GEOMETRY, COUNTED, int total) {
    FOR_EACH(i, total) {
        int ow = i % OW, rest = i / OW, oh = rest % OH, plane = rest / OH;
        const float *image = x + (long long)plane * H * W;
        int top = oh * strideH - padTop, left = ow * strideW - padLeft;
        float sum = 0.f;
        ONCE for (int kh = 0; kh < KH; ++kh) {
            int h = top + kh * dilationH;
            if (h < 0 || h >= H) continue;
            ONCE for (int kw = 0; kw < KW; ++kw) {
                int w = left + kw * dilationW;
                if (w >= 0 && w < W) sum += image[h * W + w];
            }
        }
        y[i] = sum / count(oh, ow, GIVEN, countTop, countLeft, countBottom, countRight);
    }
}

KERNEL avgPoolGrad(const float *__restrict__ dy, float *__restrict__ dx, GEOMETRY, COUNTED, int total) {
    FOR_EACH(i, total) {
        int w = i % W, rest = i / W, h = rest % H;
        long long plane = (long long)(rest / H) * OH * OW;
        float sum = 0.f;
        windows(h, w, GIVEN, [&](int kh, int kw, int oh, int ow) {
            sum += dy[plane + oh * OW + ow] / count(oh, ow, GIVEN, countTop, countLeft, countBottom, countRight);
        });
        dx[i] = sum;
    }
}
