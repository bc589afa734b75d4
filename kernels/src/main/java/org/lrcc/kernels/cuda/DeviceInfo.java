package org.lrcc.kernels.cuda;

/**
 * A device in figures.
 *
 * @param name as the maker calls it
 * @param major compute capability before the point
 * @param minor compute capability behind the point
 * @param multiprocessors how many
 * @param memoryBytes of device memory
 */
public record DeviceInfo(String name, int major, int minor, int multiprocessors, long memoryBytes) {}
