package org.lrcc.kernels.cuda;

import java.util.ArrayList;
import java.util.List;
import org.lrcc.engine.tensor.Shape;

/**
 * A walk over the elements of a shape with the strides of some tensors, as kernels take it: fastest axis first, axes of one element left out, neighbours
 * joined where every tensor allows it. A stride is 0 where the tensor stands still along the axis.
 */
final class AxisWalk {
    /** An axis: its size, and the stride of each tensor. */
    record Axis(int size, int[] strides) {
        private boolean continues(Axis faster) {
            for (int i = 0; i < strides.length; i++) {
                if (strides[i] != faster.strides[i] * faster.size) {
                    return false;
                }
            }
            return true;
        }
    }

    private AxisWalk() {}

    /** The axes of {@code shape}; {@code strides} by tensor and axis of the shape. */
    static List<Axis> of(Shape shape, int[]... strides) {
        List<Axis> axes = new ArrayList<>();
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            if (shape.size(axis) == 1) {
                continue;
            }
            int[] own = new int[strides.length];
            for (int i = 0; i < own.length; i++) {
                own[i] = strides[i][axis];
            }
            Axis next = new Axis(shape.size(axis), own);
            Axis last = axes.isEmpty() ? null : axes.get(axes.size() - 1);
            if (last != null && next.continues(last)) {
                axes.set(axes.size() - 1, new Axis(last.size * next.size, last.strides));
            } else {
                axes.add(next);
            }
        }
        return axes;
    }

    /** Strides of a dense tensor. */
    static int[] dense(Shape shape) {
        int[] strides = new int[shape.rank()];
        int stride = 1;
        for (int axis = strides.length - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= shape.size(axis);
        }
        return strides;
    }

    /** Strides of a dense tensor that numpy's rule broadcasts to {@code big}, by axis of that. */
    static int[] broadcast(Shape small, Shape big) {
        int[] own = dense(small);
        int[] strides = new int[big.rank()];
        int lead = big.rank() - small.rank();
        for (int axis = lead; axis < strides.length; axis++) {
            strides[axis] = small.size(axis - lead) == 1 ? 0 : own[axis - lead];
        }
        return strides;
    }

    /** Adds the sizes of the axes as arguments, up to {@code most} of them; missing ones are 1. */
    static void sizes(LaunchArguments arguments, List<Axis> axes, int most) {
        for (int i = 0; i < most; i++) {
            arguments.int32(i < axes.size() ? axes.get(i).size : 1);
        }
    }

    /** Adds the strides of one tensor. */
    static void strides(LaunchArguments arguments, List<Axis> axes, int tensor, int most) {
        for (int i = 0; i < most; i++) {
            arguments.int32(i < axes.size() ? axes.get(i).strides[tensor] : 0);
        }
    }
}
