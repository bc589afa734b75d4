// Winograd's F(4x4, 3x3) for convolutions of 3x3 with stride 1: transforms of tiles around 36 matrix products.
// A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", CVPR 2016. With d a 6x6 tile of the input,
// g a 3x3 kernel and Y a 4x4 tile of the output, and U = G g G^T, V = B^T d B:
//     Y = A^T (sum over channels of U * V) A,    gradient of g = G^T (sum over tiles of (A dY A^T) * V) G.
// The input's gradient is the same convolution of dY with the kernels turned around and their axes exchanged.
// Tiles are numbered through the batch; T is their number rounded up to a multiple of 4, and what is beyond is 0.
#include "common.cuh"

// One row of B^T d: 6 values to 6.
__device__ __forceinline__ void transformInput(const float *d, float *v) {
    v[0] = 4.f * d[0] - 5.f * d[2] + d[4];
    float even = d[4] - 4.f * d[2], odd = d[3] - 4.f * d[1];
    v[1] = even + odd;
    v[2] = even - odd;
    even = d[4] - d[2], odd = 2.f * (d[3] - d[1]);
    v[3] = even + odd;
    v[4] = even - odd;
    v[5] = 4.f * d[1] - 5.f * d[3] + d[5];
}

// One row of A^T m: 6 values to 4.
__device__ __forceinline__ void transformOutput(const float *m, float *y) {
    float sum = m[1] + m[2], difference = m[1] - m[2], sum2 = m[3] + m[4], difference2 = m[3] - m[4];
    y[0] = m[0] + sum + sum2;
    y[1] = difference + 2.f * difference2;
    y[2] = sum + 4.f * sum2;
    y[3] = difference + 8.f * difference2 + m[5];
}

// One row of A dY: 4 values to 6.
__device__ __forceinline__ void transformOutputGrad(const float *y, float *m) {
    m[0] = y[0];
    float even = y[0] + y[2], odd = y[1] + y[3];
    m[1] = even + odd;
    m[2] = even - odd;
    even = y[0] + 4.f * y[2], odd = 2.f * y[1] + 8.f * y[3];
    m[3] = even + odd;
    m[4] = even - odd;
    m[5] = y[3];
}

// One row of G g: 3 values to 6.
__device__ __forceinline__ void transformKernel(const float *g, float *u) {
    u[0] = g[0] * 0.25f;
    float even = (g[0] + g[2]) * (-1.f / 6.f), odd = g[1] * (-1.f / 6.f);
    u[1] = even + odd;
    u[2] = even - odd;
    even = g[0] * (1.f / 24.f) + g[2] * (1.f / 6.f), odd = g[1] * (1.f / 12.f);
    u[3] = even + odd;
    u[4] = even - odd;
    u[5] = g[2];
}

// One row of G^T z: 6 values to 3.
__device__ __forceinline__ void transformKernelGrad(const float *z, float *g) {
    float sum = z[1] + z[2], sum2 = z[3] + z[4];
    g[0] = z[0] * 0.25f - sum * (1.f / 6.f) + sum2 * (1.f / 24.f);
    g[1] = (z[2] - z[1]) * (1.f / 6.f) + (z[3] - z[4]) * (1.f / 12.f);
    g[2] = (sum2 - sum) * (1.f / 6.f) + z[5];
}

// Rows, then columns, of a tile of IN x IN values in OUT x OUT.
#define BOTH_WAYS(transform, IN, OUT, in, out)                       \
    float middle[OUT][IN];                                           \
    _Pragma("unroll") for (int c = 0; c < IN; ++c) {                 \
        float column[IN], result[OUT];                               \
        _Pragma("unroll") for (int r = 0; r < IN; ++r) column[r] = in[r][c];   \
        transform(column, result);                                   \
        _Pragma("unroll") for (int r = 0; r < OUT; ++r) middle[r][c] = result[r]; \
    }                                                                \
    _Pragma("unroll") for (int r = 0; r < OUT; ++r) transform(middle[r], out[r]);

// V [36, C, T] from x [N, C, H, W]. total = C * T.
KERNEL winogradInput(
    const float *__restrict__ x, float *__restrict__ v, int N, int C, int H, int W, int tilesH, int tilesW, int padTop,
    int padLeft, int T, int total) {
    FOR_EACH(i, total) {
        int tile = i % T, c = i / T;
        int tw = tile % tilesW, rest = tile / tilesW, th = rest % tilesH, n = rest / tilesH;
        int top = 4 * th - padTop, left = 4 * tw - padLeft;
        const float *image = x + (long long)(n * C + c) * H * W;
        float d[6][6], out[6][6];
        // Where rows start at multiples of 16 bytes, the tile's four middle columns are one load.
        bool quads = padLeft == 1 && !(W & 3) && !((unsigned long long)x & 15);
#pragma unroll
        for (int r = 0; r < 6; ++r) {
            int h = top + r;
            bool row = n < N && h >= 0 && h < H;
            const float *from = image + (long long)h * W + left;
            if (quads) {
                float4 q = row && left + 1 < W ? *(const float4 *)(from + 1) : make_float4(0.f, 0.f, 0.f, 0.f);
                d[r][0] = row && left >= 0 && left < W ? from[0] : 0.f;
                d[r][1] = q.x, d[r][2] = q.y, d[r][3] = q.z, d[r][4] = q.w;
                d[r][5] = row && left + 5 < W ? from[5] : 0.f;
            } else {
#pragma unroll
                for (int k = 0; k < 6; ++k) d[r][k] = row && left + k >= 0 && left + k < W ? from[k] : 0.f;
            }
        }
        BOTH_WAYS(transformInput, 6, 6, d, out)
        long long step = (long long)C * T;
#pragma unroll
        for (int k = 0; k < 36; ++k) v[k * step + i] = out[k / 6][k % 6];
    }
}

// U [36, M, C] from a weight [M, C, 3, 3]. total = M * C.
KERNEL winogradKernel(const float *__restrict__ weight, float *__restrict__ u, int total) {
    FOR_EACH(i, total) {
        float g[3][3], out[6][6];
#pragma unroll
        for (int k = 0; k < 9; ++k) g[k / 3][k % 3] = weight[i * 9 + k];
        BOTH_WAYS(transformKernel, 3, 6, g, out)
#pragma unroll
        for (int k = 0; k < 36; ++k) u[(long long)k * total + i] = out[k / 6][k % 6];
    }
}

// U [36, C, M] of the kernels turned around and their axes exchanged, for the input's gradient. total = M * C.
KERNEL winogradKernelTurned(const float *__restrict__ weight, float *__restrict__ u, int M, int C, int total) {
    FOR_EACH(i, total) {
        int m = i % M, c = i / M;
        float g[3][3], out[6][6];
#pragma unroll
        for (int k = 0; k < 9; ++k) g[2 - k / 3][2 - k % 3] = weight[(m * C + c) * 9 + k];
        BOTH_WAYS(transformKernel, 3, 6, g, out)
#pragma unroll
        for (int k = 0; k < 36; ++k) u[(long long)k * total + i] = out[k / 6][k % 6];
    }
}

// y [N, M, OH, OW] = act(A^T product A + bias + residual) from products [36, M, T]. total = M * T.
KERNEL winogradOutput(
    const float *__restrict__ products, const float *__restrict__ bias, const float *__restrict__ residual, int kind,
    float a, float b, float *__restrict__ y, int N, int M, int OH, int OW, int tilesH, int tilesW, int T, int total) {
    Act act = {kind, a, b};
    FOR_EACH(i, total) {
        int tile = i % T, m = i / T;
        int tw = tile % tilesW, rest = tile / tilesW, th = rest % tilesH, n = rest / tilesH;
        if (n >= N) continue;
        long long step = (long long)M * T;
        float p[6][6], out[4][4];
#pragma unroll
        for (int k = 0; k < 36; ++k) p[k / 6][k % 6] = products[k * step + i];
        BOTH_WAYS(transformOutput, 6, 4, p, out)
        float by = bias ? bias[m] : 0.f;
        bool quads = !(OW & 3) && !(((unsigned long long)y | (unsigned long long)residual) & 15);
#pragma unroll
        for (int r = 0; r < 4; ++r) {
            int oh = 4 * th + r;
            if (oh >= OH) continue;
            long long at = ((long long)(n * M + m) * OH + oh) * OW + 4 * tw;
            if (quads) {
                float4 q = residual ? *(const float4 *)(residual + at) : make_float4(0.f, 0.f, 0.f, 0.f);
                *(float4 *)(y + at) = make_float4(
                    act.f(out[r][0] + by + q.x), act.f(out[r][1] + by + q.y), act.f(out[r][2] + by + q.z),
                    act.f(out[r][3] + by + q.w));
            } else {
#pragma unroll
                for (int k = 0; k < 4; ++k) {
                    if (4 * tw + k < OW) y[at + k] = act.f(out[r][k] + by + (residual ? residual[at + k] : 0.f));
                }
            }
        }
    }
}

// A dY A^T [36, M, T] from dy [N, M, OH, OW], for the weight's gradient. total = M * T.
KERNEL winogradOutputGrad(
    const float *__restrict__ dy, float *__restrict__ v, int N, int M, int OH, int OW, int tilesH, int tilesW, int T,
    int total) {
    FOR_EACH(i, total) {
        int tile = i % T, m = i / T;
        int tw = tile % tilesW, rest = tile / tilesW, th = rest % tilesH, n = rest / tilesH;
        float g[4][4], out[6][6];
        bool quads = !(OW & 3) && !((unsigned long long)dy & 15);
#pragma unroll
        for (int r = 0; r < 4; ++r) {
            int oh = 4 * th + r;
            bool row = n < N && oh < OH;
            const float *from = dy + ((long long)(n * M + m) * OH + oh) * OW + 4 * tw;
            if (quads) {
                float4 q = row ? *(const float4 *)from : make_float4(0.f, 0.f, 0.f, 0.f);
                g[r][0] = q.x, g[r][1] = q.y, g[r][2] = q.z, g[r][3] = q.w;
            } else {
#pragma unroll
                for (int k = 0; k < 4; ++k) g[r][k] = row && 4 * tw + k < OW ? from[k] : 0.f;
            }
        }
        BOTH_WAYS(transformOutputGrad, 4, 6, g, out)
        long long step = (long long)M * T;
#pragma unroll
        for (int k = 0; k < 36; ++k) v[k * step + i] = out[k / 6][k % 6];
    }
}

// dw [M, C, 3, 3] = G^T z G from z [36, M, C]. total = M * C.
KERNEL winogradKernelGrad(const float *__restrict__ z, float *__restrict__ dw, int total) {
    FOR_EACH(i, total) {
        float p[6][6], out[3][3];
#pragma unroll
        for (int k = 0; k < 36; ++k) p[k / 6][k % 6] = z[(long long)k * total + i];
        BOTH_WAYS(transformKernelGrad, 6, 3, p, out)
#pragma unroll
        for (int k = 0; k < 9; ++k) dw[i * 9 + k] = out[k / 3][k % 3];
    }
}
