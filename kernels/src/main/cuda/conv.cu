// Convolution around matrix products: the columns matrix and its transpose, what follows the product, and direct kernels
// for groups too narrow for products. Images are [N, C, H, W] before and [N, M, OH, OW] after.
#include "common.cuh"
#include "reduce.cuh"
#include "windows.cuh"

// columns [C * KH * KW, N, P] from images [N, C, H, W], where P is OH * OW rounded up to a multiple of 4; what is beyond
// OH * OW is 0. A thread writes 4 values at once. total = C * KH * KW * N * P / 4.
KERNEL im2col(
    const float *__restrict__ x, float *__restrict__ columns, int N, int C, GEOMETRY, int total) {
    int pixels = OH * OW, quads = (pixels + 3) / 4;
    FOR_EACH(i, total) {
        int first = i % quads * 4, rest = i / quads;
        int n = rest % N;
        rest /= N;
        int kw = rest % KW;
        rest /= KW;
        int kh = rest % KH, c = rest / KH;
        const float *image = x + (long long)(n * C + c) * H * W;
        int oh = first / OW, ow = first - oh * OW;
        float v[4];
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            int h = oh * strideH - padTop + kh * dilationH, w = ow * strideW - padLeft + kw * dilationW;
            v[j] = first + j < pixels && h >= 0 && h < H && w >= 0 && w < W ? image[h * W + w] : 0.f;
            if (++ow == OW) ow = 0, ++oh;
        }
        *(float4 *)(columns + (long long)i * 4) = make_float4(v[0], v[1], v[2], v[3]);
    }
}

// dx [N, C, H, W] from the gradient of columns [C * KH * KW, N, P]: each pixel collects. total = N * C * H * W.
KERNEL col2im(const float *__restrict__ columns, float *__restrict__ dx, int N, int C, GEOMETRY, int total) {
    int row = N * ((OH * OW + 3) / 4 * 4);
    FOR_EACH(i, total) {
        int w = i % W, rest = i / W, h = rest % H;
        rest /= H;
        int c = rest % C, n = rest / C;
        const float *from = columns + (long long)c * KH * KW * row + (long long)n * (row / N);
        float sum = 0.f;
        windows(h, w, GIVEN, [&](int kh, int kw, int oh, int ow) {
            sum += from[(long long)(kh * KW + kw) * row + oh * OW + ow];
        });
        dx[i] = sum;
    }
}

// y = act(y + bias[channel] + residual), in place; either may be missing. total = elements / 4 or elements.
KERNEL convEpilogue4(
    float *y, const float *__restrict__ bias, const float *__restrict__ residual, int kind, float a, float b, int M,
    int pixels, int total) {
    Act act = {kind, a, b};
    FOR_EACH(i, total) {
        float4 v = ((const float4 *)y)[i];
        if (bias) {
            float by = bias[i / (pixels / 4) % M];
            v.x += by, v.y += by, v.z += by, v.w += by;
        }
        if (residual) {
            float4 r = ((const float4 *)residual)[i];
            v.x += r.x, v.y += r.y, v.z += r.z, v.w += r.w;
        }
        ((float4 *)y)[i] = make_float4(act.f(v.x), act.f(v.y), act.f(v.z), act.f(v.w));
    }
}

KERNEL convEpilogue1(
    float *y, const float *__restrict__ bias, const float *__restrict__ residual, int kind, float a, float b, int M,
    int pixels, int total) {
    Act act = {kind, a, b};
    FOR_EACH(i, total) {
        float v = y[i];
        if (bias) v += bias[i / pixels % M];
        if (residual) v += residual[i];
        y[i] = act.f(v);
    }
}

// --- direct kernels; CG and MG are the channels of one group before and after

KERNEL convGrouped(
    const float *__restrict__ x, const float *__restrict__ weight, const float *__restrict__ bias,
    const float *__restrict__ residual, int kind, float a, float b, float *__restrict__ y, int C, int M, int CG, int MG,
    GEOMETRY, int total) {
    Act act = {kind, a, b};
    FOR_EACH(i, total) {
        int ow = i % OW, rest = i / OW, oh = rest % OH;
        rest /= OH;
        int m = rest % M, n = rest / M;
        int top = oh * strideH - padTop, left = ow * strideW - padLeft;
        const float *image = x + (long long)(n * C + m / MG * CG) * H * W;
        const float *kernel = weight + m * CG * KH * KW;
        float sum = 0.f;
        ONCE for (int c = 0; c < CG; ++c) {
            ONCE for (int kh = 0; kh < KH; ++kh) {
                int h = top + kh * dilationH;
                if (h < 0 || h >= H) continue;
                ONCE for (int kw = 0; kw < KW; ++kw) {
                    int w = left + kw * dilationW;
                    if (w >= 0 && w < W) sum = fmaf(image[(c * H + h) * W + w], kernel[(c * KH + kh) * KW + kw], sum);
                }
            }
        }
        if (bias) sum += bias[m];
        if (residual) sum += residual[i];
        y[i] = act.f(sum);
    }
}

KERNEL convGroupedInputGrad(
    const float *__restrict__ dy, const float *__restrict__ weight, float *__restrict__ dx, int C, int M, int CG, int MG,
    GEOMETRY, int total) {
    FOR_EACH(i, total) {
        int w = i % W, rest = i / W, h = rest % H;
        rest /= H;
        int c = rest % C, n = rest / C, group = c / CG;
        float sum = 0.f;
        windows(h, w, GIVEN, [&](int kh, int kw, int oh, int ow) {
            ONCE for (int m = group * MG; m < (group + 1) * MG; ++m) {
                float g = dy[(((long long)n * M + m) * OH + oh) * OW + ow];
                sum = fmaf(g, weight[((m * CG + c % CG) * KH + kh) * KW + kw], sum);
            }
        });
        dx[i] = sum;
    }
}

// One block for each element of the weight.
KERNEL convGroupedWeightGrad(
    const float *__restrict__ x, const float *__restrict__ dy, float *__restrict__ dw, int N, int C, int M, int CG, int MG,
    GEOMETRY) {
    int at = (int)blockIdx.x, kw = at % KW, rest = at / KW, kh = rest % KH;
    rest /= KH;
    int m = rest / CG, c = m / MG * CG + rest % CG, pixels = OH * OW;
    float sum = 0.f;
    FOR_BLOCK(i, N * pixels) {
        int n = i / pixels, p = i - n * pixels, oh = p / OW, ow = p - oh * OW;
        int h = oh * strideH - padTop + kh * dilationH, w = ow * strideW - padLeft + kw * dilationW;
        if (h < 0 || h >= H || w < 0 || w >= W) continue;
        sum = fmaf(x[((long long)(n * C + c) * H + h) * W + w], dy[(long long)(n * M + m) * pixels + p], sum);
    }
    sum = blockSum(sum);
    if (!threadIdx.x) dw[at] = sum;
}
