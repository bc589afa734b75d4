package org.lrcc.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;

/**
 * Where messages go. The launcher filters the JVM's own stderr, because the JVM warns of the incubator module at every start, and
 * hands the real one over as another descriptor ({@code -Dlrcc.stderr=3}, see docs/adr/0004-launcher.md).
 */
final class StandardError {
    static final String PROPERTY = "lrcc.stderr";

    private StandardError() {}

    /**
     * Makes {@link System#err} the descriptor that the launcher named; call it before anything logs. Without the property, or where the
     * JVM does not let us, stderr stays as it is: messages still arrive, through the filter.
     *
     * <p>The inherited descriptor itself is needed, which Java offers no public way to name. Opening {@code /dev/fd/3} anew would not
     * do: a file that both stdout and stderr were redirected to would get two positions, and one would write over the other.
     */
    static void restore() {
        Integer number = Integer.getInteger(PROPERTY);
        if (number == null) {
            return;
        }
        try {
            Constructor<FileDescriptor> inherited = FileDescriptor.class.getDeclaredConstructor(int.class);
            inherited.setAccessible(true);
            System.setErr(new PrintStream(new FileOutputStream(inherited.newInstance(number)), true));
        } catch (ReflectiveOperationException | InaccessibleObjectException e) {
            System.clearProperty(PROPERTY);
        }
    }
}
