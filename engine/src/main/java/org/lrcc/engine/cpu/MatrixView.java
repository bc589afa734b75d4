package org.lrcc.engine.cpu;

/** A matrix in an array: the element of row i and column j is {@code values[offset + i*row + j*column]}, and one of the steps is 1. */
@SuppressWarnings("ArrayRecordComponent") // a bundle of arguments, never compared
record MatrixView(float[] values, int offset, int row, int column) {
    /** Row-major, rows {@code ld} floats apart; or the transpose of such a matrix. */
    static MatrixView of(boolean transposed, float[] values, int offset, int ld) {
        return transposed ? new MatrixView(values, offset, 1, ld) : new MatrixView(values, offset, ld, 1);
    }

    /** Row-major without gaps. */
    static MatrixView of(Floats values, int columns) {
        return new MatrixView(values.array(), values.offset(), columns, 1);
    }

    MatrixView transposed() {
        return new MatrixView(values, offset, column, row);
    }

    /** Whether rows are contiguous. */
    boolean rowMajor() {
        return column == 1;
    }

    int at(int i, int j) {
        return offset + i * row + j * column;
    }

    /** The columns from {@code first} on. */
    MatrixView columns(int first) {
        return new MatrixView(values, at(0, first), row, column);
    }

    /** A row-major copy of {@code rows} rows, {@code ld} floats apart, in the calling thread's workspace. */
    MatrixView rowMajorCopy(Workspace.Purpose purpose, int rows, int columns, int ld) {
        float[] copy = Workspace.take(purpose, (long) rows * ld);
        MatrixView to = new MatrixView(copy, Workspace.START, ld, 1);
        to.set(this, rows, columns);
        return to;
    }

    /** Copies another one of as many rows and columns, row by row. */
    void set(MatrixView from, int rows, int columns) {
        float[] x = from.values;
        for (int i = 0; i < rows; i++) {
            int source = from.at(i, 0);
            int to = at(i, 0);
            for (int j = 0; j < columns; j++) {
                values[to + j * column] = x[source + j * from.column];
            }
        }
    }
}
