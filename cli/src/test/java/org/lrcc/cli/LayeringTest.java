package org.lrcc.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the direction of dependencies between the modules, inside the engine, and towards the libraries. */
class LayeringTest {
    /** What each module may use of the project's own modules, itself aside. */
    private static final Map<String, Set<String>> MAY_USE = Map.of(
            "testdata", Set.of(),
            "engine", Set.of(),
            "kernels", Set.of("engine"),
            "nn", Set.of("engine"),
            "lowrank", Set.of("engine", "nn"),
            "cli", Set.of("engine", "nn", "lowrank", "testdata"));

    /** Classes that must at least have been seen per module: rules over nothing would always hold. Raise them as code lands. */
    private static final Map<String, Integer> AT_LEAST =
            Map.of("testdata", 2, "engine", 170, "kernels", 3, "nn", 180, "lowrank", 55, "cli", 75);

    private static JavaClasses classes;

    @BeforeAll
    static void importClasses() {
        classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .withImportOption(location -> !location.contains("-tests.jar"))
                .importPackages("org.lrcc");
    }

    @Test
    void seesTheClassesOfEveryModule() {
        Map<String, Long> seen = classes.stream()
                .collect(Collectors.groupingBy(type -> type.getPackageName().split("\\.")[2], Collectors.counting()));
        assertThat(seen.keySet()).isEqualTo(MAY_USE.keySet());
        AT_LEAST.forEach((module, count) ->
                assertThat(seen.get(module)).as("classes of " + module).isGreaterThanOrEqualTo(count));
    }

    @ParameterizedTest
    @ValueSource(strings = {"testdata", "engine", "kernels", "nn", "lowrank", "cli"})
    void modulesUseOnlyWhatLiesBelowThem(String module) {
        Set<String> allowed = MAY_USE.get(module);
        String[] forbidden = MAY_USE.keySet().stream()
                .filter(other -> !other.equals(module) && !allowed.contains(other))
                .map(other -> "org.lrcc." + other + "..")
                .toArray(String[]::new);
        if (forbidden.length > 0) {
            noClasses()
                    .that()
                    .resideInAPackage("org.lrcc." + module + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(forbidden)
                    .check(classes);
        }
    }

    @Test
    void onlyTheSimdPackageUsesTheVectorApi() {
        onlyIn("org.lrcc.engine.cpu.simd..", "jdk.incubator.vector..").check(classes);
    }

    @Test
    void onlyTheLinalgPackageUsesEjml() {
        onlyIn("org.lrcc.engine.cpu.linalg..", "org.ejml..").check(classes);
    }

    @Test
    void onlyKernelsUsesJCuda() {
        onlyIn("org.lrcc.kernels.cuda..", "jcuda..").check(classes);
    }

    @Test
    void onlyTheOnnxPackageUsesProtobuf() {
        onlyIn("org.lrcc.nn.onnx..", "ai.onnx.proto..", "com.google.protobuf..").check(classes);
    }

    @Test
    void onlyTheCommandLinePrints() {
        noClasses()
                .that()
                .resideOutsideOfPackage("org.lrcc.cli..")
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .callMethod(Throwable.class, "printStackTrace")
                .check(classes);
    }

    @Test
    void nothingReadsJavaSerialization() {
        noClasses()
                .should()
                .dependOnClassesThat(DescribedPredicate.describe(
                        "read serialized objects",
                        (JavaClass type) -> type.getName().equals("java.io.ObjectInputStream")))
                .check(classes);
    }

    private static ArchRule onlyIn(String home, String... libraries) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(home)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(libraries);
    }
}
