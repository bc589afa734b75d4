package org.lrcc.kernels.cuda;

/** The last launches since all was done, for the message of a fault that surfaces later. */
final class RecentLaunches {
    /** Begins the list in a message. */
    static final String BEFORE = "; launched before, last first:";

    private static final int KEPT = 8;

    private final String[] kernels = new String[KEPT];
    private final int[] shapes = new int[3 * KEPT];
    private long count;

    void add(String kernel, int gridX, int gridY, int blockX) {
        int at = (int) (count++ % KEPT);
        kernels[at] = kernel;
        shapes[3 * at] = gridX;
        shapes[3 * at + 1] = gridY;
        shapes[3 * at + 2] = blockX;
    }

    void clear() {
        count = 0;
    }

    @Override
    public String toString() {
        if (count == 0) {
            return "";
        }
        StringBuilder text = new StringBuilder(BEFORE);
        for (long i = count - 1; i >= Math.max(0, count - KEPT); i--) {
            int at = (int) (i % KEPT);
            text.append(i == count - 1 ? " " : ", ")
                    .append(kernels[at])
                    .append(" [")
                    .append(shapes[3 * at])
                    .append(',')
                    .append(shapes[3 * at + 1])
                    .append("]x")
                    .append(shapes[3 * at + 2]);
        }
        return text.append(" (-D")
                .append(KernelQueue.SYNC)
                .append("=true waits after each)")
                .toString();
    }
}
