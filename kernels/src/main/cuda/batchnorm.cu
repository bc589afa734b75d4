// Batch normalisation and sums per channel of x [N, C, HW]. A channel's values are reduced by several blocks where there
// are many; their parts are then combined in the order of the blocks. V is how many values a thread takes at once: 4
// where HW is a multiple of 4 and every address of 16 bytes.
#include "common.cuh"
#include "reduce.cuh"

template <int V>
struct Pack;
template <>
struct Pack<1> {
    float v[1];
    __device__ __forceinline__ void load(const float *p) { v[0] = p[0]; }
    __device__ __forceinline__ void store(float *p) const { p[0] = v[0]; }
};
template <>
struct Pack<4> {
    float v[4];
    __device__ __forceinline__ void load(const float *p) {
        float4 q = *(const float4 *)p;
        v[0] = q.x, v[1] = q.y, v[2] = q.z, v[3] = q.w;
    }
    __device__ __forceinline__ void store(float *p) const { *(float4 *)p = make_float4(v[0], v[1], v[2], v[3]); }
};

// Walks over the packs of channel blockIdx.x that fall to this thread; `at` is the place of the first value.
#define FOR_CHANNEL(at, N, C, HW)                                                                                 \
    ONCE for (uint32 i = blockIdx.y * blockDim.x + threadIdx.x, packs = (HW) / V, at;                             \
              i < (N) * packs && (at = ((i / packs) * (C) + blockIdx.x) * (HW) + i % packs * V, true);            \
              i += blockDim.x * gridDim.y)

// --- mean and variance

// Values around a mean: how many, the mean, and the sum of squared differences from it.
struct Moments {
    float count, mean, squares;

    // T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", 1983.
    __device__ __forceinline__ void add(Moments other) {
        float both = count + other.count;
        if (other.count == 0.f) return;
        float difference = other.mean - mean, part = other.count / both;
        mean += difference * part;
        squares += other.squares + difference * difference * count * part;
        count = both;
    }
};

__device__ __forceinline__ Moments shuffleDown(Moments m, int offset) {
    Moments other;
    other.count = __shfl_down_sync(~0u, m.count, offset);
    other.mean = __shfl_down_sync(~0u, m.mean, offset);
    other.squares = __shfl_down_sync(~0u, m.squares, offset);
    return other;
}

__device__ __forceinline__ Moments warpMoments(Moments m) {
    ONCE for (int offset = WARP / 2; offset; offset >>= 1) m.add(shuffleDown(m, offset));
    return m;
}

__device__ __forceinline__ Moments blockMoments(Moments m) {
    __shared__ float parts[3 * MOST_WARPS];
    int t = (int)threadIdx.x, warp = t / WARP, count = (int)blockDim.x / WARP;
    m = warpMoments(m);
    if (!(t & (WARP - 1))) {
        parts[warp] = m.count;
        parts[MOST_WARPS + warp] = m.mean;
        parts[2 * MOST_WARPS + warp] = m.squares;
    }
    __syncthreads();
    if (t < WARP) {
        m.count = t < count ? parts[t] : 0.f;
        m.mean = t < count ? parts[MOST_WARPS + t] : 0.f;
        m.squares = t < count ? parts[2 * MOST_WARPS + t] : 0.f;
        m = warpMoments(m);
    }
    return m;
}

__device__ __forceinline__ void finish(Moments m, int c, float *mean, float *variance) {
    mean[c] = m.mean;
    variance[c] = m.squares / m.count;
}

// Grid [C, parts]. Sums are taken of differences from the channel's first value, so that a mean far from 0 costs no digits.
template <int V>
__device__ __forceinline__ void statistics(
    const float *x, float *mean, float *variance, float *parts, int N, int C, int HW) {
    float pivot = x[(int)blockIdx.x * HW], sum = 0.f, squares = 0.f, count = 0.f;
    FOR_CHANNEL(at, N, C, HW) {
        Pack<V> p;
        p.load(x + at);
        for (int j = 0; j < V; ++j) {
            float d = p.v[j] - pivot;
            sum += d;
            squares = fmaf(d, d, squares);
        }
        count += V;
    }
    Moments m = {count, pivot, 0.f};
    if (count > 0.f) {
        float average = sum / count;
        m.mean += average;
        m.squares = fmaxf(squares - sum * average, 0.f);
        if (squares != squares) m.squares = squares;
    }
    m = blockMoments(m);
    if (threadIdx.x) return;
    if (gridDim.y == 1) {
        finish(m, (int)blockIdx.x, mean, variance);
    } else {
        float *part = parts + 3 * (blockIdx.x * gridDim.y + blockIdx.y);
        part[0] = m.count, part[1] = m.mean, part[2] = m.squares;
    }
}

KERNEL batchNormStatistics1(
    const float *__restrict__ x, float *__restrict__ mean, float *__restrict__ variance, float *__restrict__ parts, int N,
    int C, int HW) {
    statistics<1>(x, mean, variance, parts, N, C, HW);
}

KERNEL batchNormStatistics4(
    const float *__restrict__ x, float *__restrict__ mean, float *__restrict__ variance, float *__restrict__ parts, int N,
    int C, int HW) {
    statistics<4>(x, mean, variance, parts, N, C, HW);
}

// Combines the parts of each channel in order.
KERNEL batchNormCombine(
    const float *__restrict__ parts, float *__restrict__ mean, float *__restrict__ variance, int count, int C) {
    FOR_EACH(c, C) {
        Moments m = {0.f, 0.f, 0.f};
        ONCE for (int i = 0; i < count; ++i) {
            const float *part = parts + 3 * (c * count + i);
            Moments other = {part[0], part[1], part[2]};
            m.add(other);
        }
        finish(m, c, mean, variance);
    }
}

// --- forward

template <int V>
__device__ __forceinline__ void normalize(
    const float *x, const float *mean, const float *variance, float eps, const float *gamma, const float *beta,
    const float *residual, Act act, float *y, int C, int HW, int total) {
    int packs = HW / V;
    FOR_EACH(i, total) {
        int c = i / packs % C;
        float scale = gamma[c] * rsqrtf(variance[c] + eps), center = mean[c], shift = beta[c];
        Pack<V> p, r;
        p.load(x + (long long)i * V);
        if (residual) r.load(residual + (long long)i * V);
        for (int j = 0; j < V; ++j) {
            float v = fmaf(p.v[j] - center, scale, shift);
            p.v[j] = act.f(residual ? v + r.v[j] : v);
        }
        p.store(y + (long long)i * V);
    }
}

KERNEL batchNorm1(
    const float *__restrict__ x, const float *__restrict__ mean, const float *__restrict__ variance, float eps,
    const float *__restrict__ gamma, const float *__restrict__ beta, const float *__restrict__ residual, int kind, float a,
    float b, float *__restrict__ y, int C, int HW, int total) {
    Act act = {kind, a, b};
    normalize<1>(x, mean, variance, eps, gamma, beta, residual, act, y, C, HW, total);
}

KERNEL batchNorm4(
    const float *__restrict__ x, const float *__restrict__ mean, const float *__restrict__ variance, float eps,
    const float *__restrict__ gamma, const float *__restrict__ beta, const float *__restrict__ residual, int kind, float a,
    float b, float *__restrict__ y, int C, int HW, int total) {
    Act act = {kind, a, b};
    normalize<4>(x, mean, variance, eps, gamma, beta, residual, act, y, C, HW, total);
}

// --- backward

// dBeta = sum of g, dGamma = sum of g * normal, with g = dy * act'(y); g itself goes to dResidual where that is given.
// Grid [C, parts]; sums [C, parts] twice where there are several parts.
template <int V>
__device__ __forceinline__ void gradientSums(
    const float *x, const float *mean, const float *variance, float eps, const float *y, Act act, const float *dy,
    float *dResidual, float *dGamma, float *dBeta, int N, int C, int HW) {
    int c = (int)blockIdx.x;
    float center = mean[c], inverse = rsqrtf(variance[c] + eps), sum = 0.f, product = 0.f;
    FOR_CHANNEL(at, N, C, HW) {
        Pack<V> p, g, v;
        p.load(x + at);
        g.load(dy + at);
        if (y) v.load(y + at);
        for (int j = 0; j < V; ++j) {
            if (y) g.v[j] *= act.df(v.v[j]);
            sum += g.v[j];
            product = fmaf(g.v[j], (p.v[j] - center) * inverse, product);
        }
        if (dResidual) g.store(dResidual + at);
    }
    sum = blockSum(sum);
    product = blockSum(product);
    if (threadIdx.x) return;
    dBeta[c * (int)gridDim.y + (int)blockIdx.y] = sum;
    dGamma[c * (int)gridDim.y + (int)blockIdx.y] = product;
}

KERNEL batchNormGradSums1(
    const float *__restrict__ x, const float *__restrict__ mean, const float *__restrict__ variance, float eps,
    const float *__restrict__ y, int kind, float a, float b, const float *__restrict__ dy, float *__restrict__ dResidual,
    float *__restrict__ dGamma, float *__restrict__ dBeta, int N, int C, int HW) {
    Act act = {kind, a, b};
    gradientSums<1>(x, mean, variance, eps, y, act, dy, dResidual, dGamma, dBeta, N, C, HW);
}

KERNEL batchNormGradSums4(
    const float *__restrict__ x, const float *__restrict__ mean, const float *__restrict__ variance, float eps,
    const float *__restrict__ y, int kind, float a, float b, const float *__restrict__ dy, float *__restrict__ dResidual,
    float *__restrict__ dGamma, float *__restrict__ dBeta, int N, int C, int HW) {
    Act act = {kind, a, b};
    gradientSums<4>(x, mean, variance, eps, y, act, dy, dResidual, dGamma, dBeta, N, C, HW);
}

// dx = gamma / sqrt(variance + eps) (g - (dBeta + normal dGamma) / count); without dGamma, statistics are constants.
// Where dResidual is given, g goes there too.
template <int V>
__device__ __forceinline__ void gradient(
    const float *x, const float *mean, const float *variance, float eps, const float *gamma, const float *y, Act act,
    const float *dy, const float *dGamma, const float *dBeta, float *dx, float *dResidual, float count, int C, int HW,
    int total) {
    int packs = HW / V;
    FOR_EACH(i, total) {
        int c = i / packs % C;
        float inverse = rsqrtf(variance[c] + eps), scale = gamma[c] * inverse;
        long long at = (long long)i * V;
        Pack<V> p, g, v;
        g.load(dy + at);
        if (y) {
            v.load(y + at);
            for (int j = 0; j < V; ++j) g.v[j] *= act.df(v.v[j]);
        }
        if (dResidual) g.store(dResidual + at);
        if (dGamma) {
            p.load(x + at);
            float center = mean[c], product = dGamma[c] / count, sum = dBeta[c] / count;
            for (int j = 0; j < V; ++j) g.v[j] -= fmaf((p.v[j] - center) * inverse, product, sum);
        }
        for (int j = 0; j < V; ++j) g.v[j] *= scale;
        g.store(dx + at);
    }
}

KERNEL batchNormGrad1(
    const float *__restrict__ x, const float *__restrict__ mean, const float *__restrict__ variance, float eps,
    const float *__restrict__ gamma, const float *__restrict__ y, int kind, float a, float b, const float *__restrict__ dy,
    const float *__restrict__ dGamma, const float *__restrict__ dBeta, float *__restrict__ dx,
    float *__restrict__ dResidual, float count, int C, int HW, int total) {
    Act act = {kind, a, b};
    gradient<1>(x, mean, variance, eps, gamma, y, act, dy, dGamma, dBeta, dx, dResidual, count, C, HW, total);
}

KERNEL batchNormGrad4(
    const float *__restrict__ x, const float *__restrict__ mean, const float *__restrict__ variance, float eps,
    const float *__restrict__ gamma, const float *__restrict__ y, int kind, float a, float b, const float *__restrict__ dy,
    const float *__restrict__ dGamma, const float *__restrict__ dBeta, float *__restrict__ dx,
    float *__restrict__ dResidual, float count, int C, int HW, int total) {
    Act act = {kind, a, b};
    gradient<4>(x, mean, variance, eps, gamma, y, act, dy, dGamma, dBeta, dx, dResidual, count, C, HW, total);
}

// --- sums per channel

// Grid [C, parts]; sums [C, parts].
template <int V>
__device__ __forceinline__ void channelSum(const float *x, float *sums, int N, int C, int HW) {
    float sum = 0.f;
    FOR_CHANNEL(at, N, C, HW) {
        Pack<V> p;
        p.load(x + at);
        for (int j = 0; j < V; ++j) sum += p.v[j];
    }
    sum = blockSum(sum);
    if (!threadIdx.x) sums[blockIdx.x * gridDim.y + blockIdx.y] = sum;
}

KERNEL channelSum1(const float *__restrict__ x, float *__restrict__ sums, int N, int C, int HW) {
    channelSum<1>(x, sums, N, C, HW);
}

KERNEL channelSum4(const float *__restrict__ x, float *__restrict__ sums, int N, int C, int HW) {
    channelSum<4>(x, sums, N, C, HW);
}

// first[r] = the sum of row r of parts [rows, count], in order; where there is a second, of the rows that follow too.
KERNEL sumParts(
    const float *__restrict__ parts, float *__restrict__ first, float *__restrict__ second, int rows, int count) {
    FOR_EACH(r, second ? 2 * rows : rows) {
        float sum = 0.f;
        ONCE for (int i = 0; i < count; ++i) sum += parts[r * count + i];
        (r < rows ? first : second - rows)[r] = sum;
    }
}
