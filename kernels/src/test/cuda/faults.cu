// Kernels for the tests of the interpreter: a sound one of each kind, which the tests then damage.
#include "common.cuh"

// Two elements a thread in a tree over shared memory.
KERNEL blockSums(const float *__restrict__ x, float *__restrict__ sums, int n) {
    __shared__ float shared[64];
    int t = threadIdx.x, at = blockIdx.x * 64 + t;
    shared[t] = at < n ? x[at] : 0.f;
    __syncthreads();
    for (int half = 32; half; half >>= 1) {
        if (t < half) shared[t] += shared[t + half];
        __syncthreads();
    }
    if (!t) sums[blockIdx.x] = shared[0];
}

KERNEL addVectors(const float4 *__restrict__ a, const float4 *__restrict__ b, float4 *__restrict__ y, int n4) {
    FOR_EACH(i, n4) {
        float4 p = a[i], q = b[i];
        y[i] = make_float4(p.x + q.x, p.y + q.y, p.z + q.z, p.w + q.w);
    }
}

KERNEL shift(const float *x, float *y, int n, float by) {
    FOR_EACH(i, n) y[i] = x[i] + by;
}

// In place and past its own element: right for one thread alone.
KERNEL smear(float *x, int n) {
    FOR_EACH(i, n - 1) x[i + 1] = x[i];
}

KERNEL warpSums(const float *__restrict__ x, float *__restrict__ sums, int n) {
    float v = threadIdx.x < n ? x[threadIdx.x] : 0.f;
    for (int o = 16; o; o >>= 1) v += __shfl_down_sync(~0u, v, o);
    if (!(threadIdx.x & 31)) sums[threadIdx.x >> 5] = v;
}

KERNEL histogram(const int *__restrict__ x, int *counts, int n) {
    FOR_EACH(i, n) atomicAdd(counts + (x[i] & 7), 1);
}

// Every third thread leaves its loop at another time.
KERNEL collatz(const int *__restrict__ x, int *__restrict__ steps, int n) {
    FOR_EACH(i, n) {
        int count = 0;
        ONCE for (int v = x[i]; v != 1; ++count) {
            if (count > 1000) break;
            v = v & 1 ? 3 * v + 1 : v / 2;
        }
        steps[i] = count;
    }
}

KERNEL arithmetic(const float *__restrict__ a, const float *__restrict__ b, float *__restrict__ y, int n) {
    FOR_EACH(i, n) {
        float p = a[i], q = b[i];
        y[i * 10] = p / q;
        y[i * 10 + 1] = sqrtf(fabsf(p));
        y[i * 10 + 2] = expf(p);
        y[i * 10 + 3] = logf(fabsf(p));
        y[i * 10 + 4] = fmaf(p, q, p);
        y[i * 10 + 5] = fminf(p, q);
        y[i * 10 + 6] = fmaxf(p, q);
        y[i * 10 + 7] = (float)(int)p;
        y[i * 10 + 8] = rsqrtf(fabsf(p));
        y[i * 10 + 9] = (float)((double)p * (double)q);
    }
}

KERNEL integers(const int *__restrict__ a, const int *__restrict__ b, int *__restrict__ y, int n) {
    FOR_EACH(i, n) {
        int p = a[i], q = b[i];
        y[i * 12] = p / q;
        y[i * 12 + 1] = p % q;
        y[i * 12 + 2] = (int)((unsigned)p / (unsigned)q);
        y[i * 12 + 3] = (int)__umulhi(p, q);
        y[i * 12 + 4] = __mulhi(p, q);
        y[i * 12 + 5] = p >> (q & 31);
        y[i * 12 + 6] = (int)((unsigned)p >> (q & 31));
        y[i * 12 + 7] = min(p, q) ^ max(p, q);
        y[i * 12 + 8] = __popc(p) + __clz(q);
        y[i * 12 + 9] = (int)((long long)p * q >> 7);
        y[i * 12 + 10] = (signed char)p + (unsigned char)q + (short)p;
        y[i * 12 + 11] = (int)__brev(p);
    }
}

// How often a walk visits; ended where it does not end by itself.
KERNEL visits(int *counts, int first, int n, int step) {
    int count = 0;
    WALK(i, first + (int)threadIdx.x, n, step) {
        if (i < 0 || ++count > 100) {
            count = -1;
            break;
        }
    }
    counts[threadIdx.x] = count;
}
