package org.lrcc.engine.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.lrcc.engine.autograd.Op;
import org.lrcc.engine.op.Conv2d;

/** An op without a row is refused. */
class OpCasesTest {
    @Test
    void everyOpHasARow() throws IOException, URISyntaxException, ClassNotFoundException {
        Set<String> ops = new TreeSet<>();
        Path classes = Path.of(
                Conv2d.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.list(classes.resolve("org/lrcc/engine/op"))) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".class") && !name.equals("package-info.class")) {
                    Class<?> type = Class.forName("org.lrcc.engine.op." + name.substring(0, name.length() - 6));
                    if (Op.class.isAssignableFrom(type) && !type.isInterface()) {
                        ops.add(type.getSimpleName());
                    }
                }
            }
        }
        Set<String> rows = OpCases.all().stream()
                .map(row -> row.op().getClass().getSimpleName())
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(ops).hasSizeGreaterThanOrEqualTo(22);
        assertThat(rows).isEqualTo(ops);
    }

    @Test
    void namesAreUnique() {
        assertThat(OpCases.all().stream().map(OpCase::name)).doesNotHaveDuplicates();
    }
}
