// Element by element: activations, arithmetic with and without broadcasting, reordering, dropout, the sparse residual,
// optimizers. Where an output may be an input, pointers are not __restrict__.
#include "axes.cuh"
#include "common.cuh"
#include "quads.cuh"

KERNEL activation(const float *x, int kind, float a, float b, float *y, int n) {
    Act act = {kind, a, b};
    map(x, y, n, [&](float v) { return act.f(v); });
}

KERNEL activationGrad(const float *y, const float *dy, int kind, float a, float b, float *dx, int n) {
    Act act = {kind, a, b};
    zip(y, dy, dx, n, [&](float v, float g) {
        float slope = act.df(v);
        return slope == 0.f ? 0.f : g * slope;
    });
}

// As in org.lrcc.engine.spi.Kernels.Binary.
enum { ADD = 0, SUB = 1, MUL = 2 };

__device__ __forceinline__ float combine(int op, float a, float b) { return op == ADD ? a + b : op == SUB ? a - b : a * b; }

KERNEL binary(int op, const float *a, const float *b, float *y, int n) {
    zip(a, b, y, n, [&](float v, float w) { return combine(op, v, w); });
}

// Strides of a and b are 0 along the axes on which they are broadcast.
KERNEL binaryBroadcast(
    int op, const float *a, const float *b, float *y, int rank, SIZES8(size), SIZES8(left), SIZES8(right), int n) {
    Axes<8> axes = {GIVEN8(size)}, as = {GIVEN8(left)}, bs = {GIVEN8(right)};
    FOR_EACH(i, n) {
        int ai = 0, bi = 0;
        axes.of(i, rank, [&](int axis, int at) {
            ai += at * as.n[axis];
            bi += at * bs.n[axis];
        });
        y[i] = combine(op, a[ai], b[bi]);
    }
}

template <typename T>
__device__ __forceinline__ void gather(const T *x, T *y, int rank, const Axes<8> &axes, const Axes<8> &strides, int n) {
    FOR_EACH(i, n) {
        int from = 0;
        axes.of(i, rank, [&](int axis, int at) { from += at * strides.n[axis]; });
        y[i] = x[from];
    }
}

KERNEL permute4(
    const uint32 *__restrict__ x, uint32 *__restrict__ y, int rank, SIZES8(size), SIZES8(stride), int n) {
    Axes<8> axes = {GIVEN8(size)}, strides = {GIVEN8(stride)};
    gather(x, y, rank, axes, strides, n);
}

KERNEL permute1(const uint8 *__restrict__ x, uint8 *__restrict__ y, int rank, SIZES8(size), SIZES8(stride), int n) {
    Axes<8> axes = {GIVEN8(size)}, strides = {GIVEN8(stride)};
    gather(x, y, rank, axes, strides, n);
}

KERNEL copyBlock4(const uint32 *__restrict__ x, int xStride, uint32 *__restrict__ y, int yStride, int columns, int total) {
    FOR_EACH(i, total) {
        int r = i / columns, c = i - r * columns;
        y[(long long)r * yStride + c] = x[(long long)r * xStride + c];
    }
}

KERNEL copyBlock1(const uint8 *__restrict__ x, int xStride, uint8 *__restrict__ y, int yStride, int columns, int total) {
    FOR_EACH(i, total) {
        int r = i / columns, c = i - r * columns;
        y[(long long)r * yStride + c] = x[(long long)r * xStride + c];
    }
}

KERNEL axpy(float alpha, const float *x, float *y, int n) {
    zip(x, y, y, n, [&](float v, float w) { return fmaf(alpha, v, w); });
}

KERNEL scale(float alpha, float *y, int n) {
    map(y, y, n, [&](float v) { return alpha * v; });
}

// --- random numbers

// Philox4x32-10 as in org.lrcc.engine.random.Philox.
__device__ __forceinline__ uint4 philox(uint64 seed, uint64 stream, uint64 counter) {
    uint32 c0 = (uint32)counter, c1 = (uint32)(counter >> 32), c2 = (uint32)stream, c3 = (uint32)(stream >> 32);
    uint32 k0 = (uint32)seed, k1 = (uint32)(seed >> 32);
    ONCE for (int round = 0; round < 10; ++round) {
        uint32 high0 = __umulhi(0xD2511F53u, c0), low0 = 0xD2511F53u * c0;
        uint32 high1 = __umulhi(0xCD9E8D57u, c2), low1 = 0xCD9E8D57u * c2;
        c0 = high1 ^ c1 ^ k0;
        c2 = high0 ^ c3 ^ k1;
        c1 = low1;
        c3 = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return make_uint4(c0, c1, c2, c3);
}

// Element i is dropped where the upper 24 bits of its word are below `drop`. A thread takes the 4 elements of a counter.
KERNEL dropout(const float *x, float *y, uint64 seed, uint64 stream, uint32 drop, float kept, int n) {
    FOR_EACH(q, n / 4 + (n & 3 ? 1 : 0)) {
        uint4 words = philox(seed, stream, (uint64)q);
        uint32 word[4] = {words.x, words.y, words.z, words.w};
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            uint32 i = 4u * q + j;
            if (i < (uint32)n) y[i] = word[j] >> 8 < drop ? 0.f : x[i] * kept;
        }
    }
}

// --- low rank

// w = uv + (mask ? 0 : s) (+ noise).
KERNEL composeSparse(
    const float *uv, const float *__restrict__ s, const uint8 *__restrict__ mask, const float *__restrict__ noise, float *w,
    int n) {
    each(
        n, quads(uv, s, noise, w) && !((uint64)mask & 3),
        [&](int i) {
            float4 v = load4(uv + i), p = load4(s + i);
            uchar4 m = *(const uchar4 *)(mask + i);
            v.x += m.x ? 0.f : p.x, v.y += m.y ? 0.f : p.y, v.z += m.z ? 0.f : p.z, v.w += m.w ? 0.f : p.w;
            if (noise) {
                float4 e = load4(noise + i);
                v.x += e.x, v.y += e.y, v.z += e.z, v.w += e.w;
            }
            store4(w + i, v);
        },
        [&](int i) {
            float v = uv[i] + (mask[i] ? 0.f : s[i]);
            w[i] = noise ? v + noise[i] : v;
        });
}

KERNEL maskedGrad(const float *dw, const uint8 *__restrict__ mask, float *ds, int n) {
    each(
        n, quads(dw, ds) && !((uint64)mask & 3),
        [&](int i) {
            float4 v = load4(dw + i);
            uchar4 m = *(const uchar4 *)(mask + i);
            store4(ds + i, make_float4(m.x ? 0.f : v.x, m.y ? 0.f : v.y, m.z ? 0.f : v.z, m.w ? 0.f : v.w));
        },
        [&](int i) { ds[i] = mask[i] ? 0.f : dw[i]; });
}

// Indices differ, so that no two threads meet; they ascend, so that a warp's accesses share lines where many are on.
KERNEL scatterAdd(const float *__restrict__ values, const int *__restrict__ indices, float *y, int n) {
    FOR_EACH(i, n) y[indices[i]] += values[i];
}

KERNEL gather(const float *__restrict__ x, const int *__restrict__ indices, float *values, int n) {
    FOR_EACH(i, n) values[i] = x[indices[i]];
}

// x = y + weight (w - y) with y = low + inertia (low - previous). Of weight 1 below `threshold` and else 0 where it is hard; else
// threshold / |w - y| - mu, from 0 to 1.
KERNEL truncatedTarget(
    const float *__restrict__ w, const float *__restrict__ low, const float *__restrict__ previous, float inertia,
    float threshold, float mu, int hard, float *__restrict__ x, int n) {
    auto target = [&](float to, float at, float before) {
        float y = fmaf(inertia, at - before, at), e = to - y;
        if (hard) return fabsf(e) < threshold ? to : y;
        return fmaf(fminf(1.f, fmaxf(0.f, threshold / fabsf(e) - mu)), e, y);
    };
    each(
        n, quads(w, low, previous, x),
        [&](int i) {
            float4 a = load4(w + i), b = load4(low + i), c = load4(previous + i);
            store4(
                x + i, make_float4(target(a.x, b.x, c.x), target(a.y, b.y, c.y), target(a.z, b.z, c.z), target(a.w, b.w, c.w)));
        },
        [&](int i) { x[i] = target(w[i], low[i], previous[i]); });
}

#define MOST_BINS 2048

// Counts elements by the `digits` bits of |x| from `shift` on, of those whose bits above are `prefix`. A block counts for itself
// first: most elements fall into few bins, and shared memory adds faster.
KERNEL magnitudeHistogram(const float *__restrict__ x, int shift, int digits, uint32 prefix, int *counts, int n) {
    __shared__ int own[MOST_BINS];
    int bins = 1 << digits;
    FOR_BLOCK(i, bins) own[i] = 0;
    __syncthreads();
    FOR_EACH(i, n) {
        uint32 bits = (uint32)__float_as_int(x[i]) & 0x7fffffffu;
        if (bits >> shift >> digits == prefix) atomicAdd(own + (bits >> shift & (uint32)(bins - 1)), 1);
    }
    __syncthreads();
    FOR_BLOCK(i, bins) {
        if (own[i]) atomicAdd(counts + i, own[i]);
    }
}

KERNEL absSumGrad(const float *__restrict__ x, const float *__restrict__ dy, float *__restrict__ dx, int n) {
    float g = *dy;
    map(x, dx, n, [&](float v) { return v > 0.f ? g : v < 0.f ? -g : v == 0.f ? 0.f : v; });
}

// --- optimizers

struct Sgd {
    float rate, momentum, weightDecay;
    int nesterov, first;

    __device__ __forceinline__ void step(float &p, float g, float &v) const {
        float slope = fmaf(weightDecay, p, g), move = slope;
        if (momentum != 0.f) {
            v = first ? slope : fmaf(momentum, v, slope);
            move = nesterov ? fmaf(momentum, v, slope) : v;
        }
        p = fmaf(-rate, move, p);
    }
};

KERNEL sgd(
    float *__restrict__ parameter, const float *__restrict__ gradient, float *__restrict__ velocity, float rate,
    float momentum, float weightDecay, int nesterov, int first, int n) {
    Sgd rule = {rate, momentum, weightDecay, nesterov, first};
    bool moves = momentum != 0.f, reads = moves && !first;
    each(
        n, quads(parameter, gradient, velocity),
        [&](int i) {
            float4 p = load4(parameter + i), g = load4(gradient + i), v = make_float4(0.f, 0.f, 0.f, 0.f);
            if (reads) v = load4(velocity + i);
            rule.step(p.x, g.x, v.x);
            rule.step(p.y, g.y, v.y);
            rule.step(p.z, g.z, v.z);
            rule.step(p.w, g.w, v.w);
            if (moves) store4(velocity + i, v);
            store4(parameter + i, p);
        },
        [&](int i) {
            float v = reads ? velocity[i] : 0.f;
            float p = parameter[i];
            rule.step(p, gradient[i], v);
            if (moves) velocity[i] = v;
            parameter[i] = p;
        });
}

struct AdamW {
    float rate, beta1, gain1, beta2, gain2, secondScale, eps, keep;

    __device__ __forceinline__ void step(float &p, float g, float &m, float &v) const {
        m = fmaf(m, beta1, g * gain1);
        v = fmaf(v, beta2, g * g * gain2);
        p = p * keep - m * rate / (sqrtf(v * secondScale) + eps);
    }
};

// rate and secondScale hold the corrections of the step; keep is 1 - rate * weight decay.
KERNEL adamW(
    float *__restrict__ parameter, const float *__restrict__ gradient, float *__restrict__ first,
    float *__restrict__ second, float rate, float beta1, float gain1, float beta2, float gain2, float secondScale, float eps,
    float keep, int n) {
    AdamW rule = {rate, beta1, gain1, beta2, gain2, secondScale, eps, keep};
    each(
        n, quads(parameter, gradient, first, second),
        [&](int i) {
            float4 p = load4(parameter + i), g = load4(gradient + i), m = load4(first + i), v = load4(second + i);
            rule.step(p.x, g.x, m.x, v.x);
            rule.step(p.y, g.y, m.y, v.y);
            rule.step(p.z, g.z, m.z, v.z);
            rule.step(p.w, g.w, m.w, v.w);
            store4(first + i, m);
            store4(second + i, v);
            store4(parameter + i, p);
        },
        [&](int i) {
            float p = parameter[i], m = first[i], v = second[i];
            rule.step(p, gradient[i], m, v);
            first[i] = m;
            second[i] = v;
            parameter[i] = p;
        });
}
