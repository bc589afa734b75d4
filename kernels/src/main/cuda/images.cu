// Pixels as image files have them, three bytes each, to planes of floats: y = (x / 255 - mean) / std, each operation rounded, as on the
// processor, whose bits these are.
#include "common.cuh"

struct Channel {
    float mean, std;

    __device__ __forceinline__ float f(uint32 value) const { return ((float)value / 255.f - mean) / std; }
};

// A pixel a thread. x [n, plane, 3], y [n, 3, plane], total = n plane.
KERNEL normalizeImages1(
    const uint8 *__restrict__ x, float m0, float m1, float m2, float s0, float s1, float s2, float *__restrict__ y, int plane,
    int total) {
    Channel red = {m0, s0}, green = {m1, s1}, blue = {m2, s2};
    FOR_EACH(i, total) {
        float *to = y + (i / plane * 3 * plane + i % plane);
        const uint8 *pixel = x + 3 * i;
        to[0] = red.f(pixel[0]);
        to[plane] = green.f(pixel[1]);
        to[2 * plane] = blue.f(pixel[2]);
    }
}

__device__ __forceinline__ uint32 byteOf(uint32 word, int at) { return word >> 8 * at & 255; }

// Four pixels a thread: three words in, 16 bytes out to each plane. For planes of a multiple of four, total counts the fours.
KERNEL normalizeImages4(
    const uint32 *__restrict__ x, float m0, float m1, float m2, float s0, float s1, float s2, float4 *__restrict__ y, int plane,
    int total) {
    Channel red = {m0, s0}, green = {m1, s1}, blue = {m2, s2};
    int fours = plane / 4;
    FOR_EACH(i, total) {
        uint32 a = x[3 * i], b = x[3 * i + 1], c = x[3 * i + 2];
        float4 *to = y + (i / fours * 3 * fours + i % fours);
        to[0] = make_float4(red.f(byteOf(a, 0)), red.f(byteOf(a, 3)), red.f(byteOf(b, 2)), red.f(byteOf(c, 1)));
        to[fours] = make_float4(green.f(byteOf(a, 1)), green.f(byteOf(b, 0)), green.f(byteOf(b, 3)), green.f(byteOf(c, 2)));
        to[2 * fours] = make_float4(blue.f(byteOf(a, 2)), blue.f(byteOf(b, 1)), blue.f(byteOf(c, 0)), blue.f(byteOf(c, 3)));
    }
}
