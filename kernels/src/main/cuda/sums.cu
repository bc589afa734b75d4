// Sums in one fixed order: parts of a thread, then a tree over the block, then over the blocks. In double, so that the order costs
// no digits.
#include "axes.cuh"
#include "common.cuh"

#define MOST_THREADS 256

// The sum over the block, in every thread. Every thread must call it, and the block is a power of 2.
__device__ __forceinline__ double blockSum(double v) {
    __shared__ double parts[MOST_THREADS];
    int t = (int)threadIdx.x;
    __syncthreads();
    parts[t] = v;
    ONCE for (int half = (int)blockDim.x / 2; half; half >>= 1) {
        __syncthreads();
        if (t < half) parts[t] += parts[t + half];
    }
    __syncthreads();
    return parts[0];
}

// parts[block] = a part of the sum of f(x).
template <typename F>
__device__ __forceinline__ void sumParts(const float *x, double *parts, int n, F f) {
    double sum = 0.;
    FOR_EACH(i, n) sum += f(x[i]);
    sum = blockSum(sum);
    if (!threadIdx.x) parts[blockIdx.x] = sum;
}

KERNEL sumValues(const float *__restrict__ x, double *__restrict__ parts, int n) {
    sumParts(x, parts, n, [](float v) { return (double)v; });
}

KERNEL sumAbsolute(const float *__restrict__ x, double *__restrict__ parts, int n) {
    sumParts(x, parts, n, [](float v) { return (double)fabsf(v); });
}

KERNEL sumSquares(const float *__restrict__ x, double *__restrict__ parts, int n) {
    sumParts(x, parts, n, [](float v) { return (double)v * v; });
}

// parts[block] = a part of the sum of min((w - low)^2, limit).
KERNEL sumTruncated(
    const float *__restrict__ w, const float *__restrict__ low, double limit, double *__restrict__ parts, int n) {
    double sum = 0.;
    FOR_EACH(i, n) {
        double e = (double)(w[i] - low[i]);
        sum += fmin(e * e, limit);
    }
    sum = blockSum(sum);
    if (!threadIdx.x) parts[blockIdx.x] = sum;
}

// One block: the sum of the parts, divided by `divisor`, as a float and as a double where they are wanted.
KERNEL sumOfParts(
    const double *__restrict__ parts, int n, double divisor, float *__restrict__ narrow, double *__restrict__ wide) {
    double sum = 0.;
    FOR_BLOCK(i, n) sum += parts[i];
    sum = blockSum(sum) / divisor;
    if (threadIdx.x) return;
    if (narrow) *narrow = (float)sum;
    if (wide) *wide = sum;
}

// Where an output and a term of its sum lie in x: strides of x along the axes that stay and along those that are summed.
#define REDUCTION int kept, SIZES4(size), SIZES4(stride), int summed, SIZES4(count), SIZES4(step)
#define AXES_OF_REDUCTION \
    Axes<4> sizes = {GIVEN4(size)}, strides = {GIVEN4(stride)}, counts = {GIVEN4(count)}, steps = {GIVEN4(step)};

__device__ __forceinline__ int offset(int i, int rank, const Axes<4> &sizes, const Axes<4> &strides) {
    int at = 0;
    sizes.of(i, rank, [&](int axis, int coordinate) { at += coordinate * strides.n[axis]; });
    return at;
}

// One thread for each output.
KERNEL sumToThread(const float *__restrict__ x, float *__restrict__ y, REDUCTION, int terms, int n) {
    AXES_OF_REDUCTION
    FOR_EACH(i, n) {
        const float *from = x + offset(i, kept, sizes, strides);
        double sum = 0.;
        ONCE for (int j = 0; j < terms; ++j) sum += from[offset(j, summed, counts, steps)];
        y[i] = (float)sum;
    }
}

// One block for each output.
KERNEL sumToBlock(const float *__restrict__ x, float *__restrict__ y, REDUCTION, int terms) {
    AXES_OF_REDUCTION
    const float *from = x + offset((int)blockIdx.x, kept, sizes, strides);
    double sum = 0.;
    FOR_BLOCK(j, terms) sum += from[offset(j, summed, counts, steps)];
    sum = blockSum(sum);
    if (!threadIdx.x) y[blockIdx.x] = (float)sum;
}

// --- softmax and loss, one block for each row

__device__ __forceinline__ float blockMax(float v) {
    __shared__ float parts[MOST_THREADS];
    int t = (int)threadIdx.x;
    parts[t] = v;
    ONCE for (int half = (int)blockDim.x / 2; half; half >>= 1) {
        __syncthreads();
        if (t < half) parts[t] = fmaxf(parts[t], parts[t + half]);
    }
    __syncthreads();
    return parts[0];
}

// The largest of a row and the logarithm of the sum of exp(x - largest), in every thread.
struct RowSum {
    float most, logSum;
};

__device__ __forceinline__ RowSum rowSum(const float *x, int classes) {
    __shared__ float result;
    float most = -INFINITY_F;
    FOR_BLOCK(k, classes) most = fmaxf(most, x[k]);
    most = blockMax(most);
    double sum = 0.;
    FOR_BLOCK(k, classes) sum += (double)expf(x[k] - most);
    sum = blockSum(sum);
    if (!threadIdx.x) result = logf((float)sum);
    __syncthreads();
    RowSum row = {most, result};
    return row;
}

KERNEL softmax(const float *__restrict__ x, float *__restrict__ y, int classes) {
    const float *in = x + (long long)blockIdx.x * classes;
    float *out = y + (long long)blockIdx.x * classes;
    RowSum row = rowSum(in, classes);
    FOR_BLOCK(k, classes) out[k] = expf(in[k] - row.most - row.logSum);
}

// losses [N] and dLogits (or 0). Classes weigh 1 where there are no weights.
KERNEL crossEntropy(
    const float *__restrict__ logits, const int *__restrict__ labels, float smoothing, const float *__restrict__ weights,
    float normalizer, double *__restrict__ losses, float *__restrict__ dLogits, int classes) {
    __shared__ double all;
    const float *in = logits + (long long)blockIdx.x * classes;
    int label = labels[blockIdx.x];
    RowSum row = rowSum(in, classes);
    float even = smoothing / (float)classes;
    double loss = 0., targets = 0.;
    FOR_BLOCK(k, classes) {
        float target = ((k == label ? 1.f - smoothing : 0.f) + even) * (weights ? weights[k] : 1.f);
        targets += target;
        // A target of 0 counts nothing, also where the probability is 0 and its logarithm infinite.
        if (target != 0.f) loss += (double)target * (double)(row.logSum - (in[k] - row.most));
    }
    loss = blockSum(loss);
    targets = blockSum(targets);
    if (!threadIdx.x) {
        losses[blockIdx.x] = loss;
        all = targets;
    }
    if (!dLogits) return;
    __syncthreads();
    float sum = (float)all;
    float *out = dLogits + (long long)blockIdx.x * classes;
    FOR_BLOCK(k, classes) {
        float target = ((k == label ? 1.f - smoothing : 0.f) + even) * (weights ? weights[k] : 1.f);
        out[k] = (expf(in[k] - row.most - row.logSum) * sum - target) / normalizer;
    }
}
