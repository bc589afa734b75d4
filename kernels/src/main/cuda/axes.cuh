// Elements of a tensor by their coordinates: axis 0 is the fastest. Sizes and strides are arguments of the kernel, of which the
// first `rank` count.
#pragma once

#define SIZES8(n) int n##0, int n##1, int n##2, int n##3, int n##4, int n##5, int n##6, int n##7
#define GIVEN8(n) {n##0, n##1, n##2, n##3, n##4, n##5, n##6, n##7}
#define SIZES4(n) int n##0, int n##1, int n##2, int n##3
#define GIVEN4(n) {n##0, n##1, n##2, n##3}

template <int MOST>
struct Axes {
    int n[MOST];

    // Calls visit(axis, coordinate) for each axis of element i.
    template <typename Visit>
    __device__ __forceinline__ void of(int i, int rank, Visit visit) const {
#pragma unroll
        for (int axis = 0; axis < MOST; ++axis) {
            if (axis < rank) {
                int rest = i / n[axis];
                visit(axis, i - rest * n[axis]);
                i = rest;
            }
        }
    }
};
