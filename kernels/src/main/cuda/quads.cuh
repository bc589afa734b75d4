// Walks over n elements, four at a time where all addresses are multiples of 16 bytes, else one at a time.
#pragma once

__device__ __forceinline__ bool quads(const void *a, const void *b = 0, const void *c = 0, const void *d = 0) {
    return !(((uint64)a | (uint64)b | (uint64)c | (uint64)d) & 15);
}

// Calls four(i) for elements i..i + 3 as long as there are four, one(i) for those that are left.
template <typename Four, typename One>
__device__ __forceinline__ void each(int n, bool wide, Four four, One one) {
    int done = wide ? n & ~3 : 0;
    FOR_EACH(q, done / 4) four(q * 4);
    FOR_EACH(i, n - done) one(done + i);
}

__device__ __forceinline__ float4 load4(const float *p) { return *(const float4 *)p; }
__device__ __forceinline__ void store4(float *p, float4 v) { *(float4 *)p = v; }

// y[i] = f(x[i]); y may be x.
template <typename F>
__device__ __forceinline__ void map(const float *x, float *y, int n, F f) {
    each(
        n, quads(x, y),
        [&](int i) {
            float4 v = load4(x + i);
            store4(y + i, make_float4(f(v.x), f(v.y), f(v.z), f(v.w)));
        },
        [&](int i) { y[i] = f(x[i]); });
}

// y[i] = f(a[i], b[i]); y may be a or b.
template <typename F>
__device__ __forceinline__ void zip(const float *a, const float *b, float *y, int n, F f) {
    each(
        n, quads(a, b, y),
        [&](int i) {
            float4 v = load4(a + i), w = load4(b + i);
            store4(y + i, make_float4(f(v.x, w.x), f(v.y, w.y), f(v.z, w.z), f(v.w, w.w)));
        },
        [&](int i) { y[i] = f(a[i], b[i]); });
}
