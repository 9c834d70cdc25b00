package io.spendguard;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The arrows between core's packages, and what core never touches. */
class ArchitectureTest {

    private static final String ROOT = "io.spendguard";

    /** For each layer, the layers it may use. The front door, {@code io.spendguard} itself, may use all. */
    private static final Map<String, Set<String>> ARROWS = Map.ofEntries(
            entry("json", Set.of()),
            entry("model", Set.of()),
            entry("trace", Set.of("model")),
            entry("ledger", Set.of("trace", "model")),
            entry("price", Set.of("trace", "model", "json")),
            entry("contract", Set.of("trace", "model", "json")),
            entry("proof", Set.of("model", "json")),
            entry("evidence", Set.of("proof", "trace", "model", "json")),
            entry("decision", Set.of("contract", "ledger", "evidence", "proof", "price", "trace", "model", "json")),
            entry("bundle", Set.of("contract", "price", "proof", "trace", "model", "json")),
            entry("verify", Set.of("evidence", "proof", "price", "model", "json")));

    private static final JavaClasses CORE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_JARS)
            .importPackages(ROOT);

    @Test
    void packages_ofCore_areLayersWeKnow() {
        Set<String> unknown = new TreeSet<>();
        for (JavaClass type : CORE) {
            String layer = layerOf(type);
            if (!layer.isEmpty() && !ARROWS.containsKey(layer)) {
                unknown.add(layer);
            }
        }

        assertThat(unknown).as("packages that no layer of DESIGN.md names").isEmpty();
    }

    @Test
    void layers_useOnlyWhatLiesBelow() {
        Map<String, String> forbidden = new TreeMap<>();
        for (JavaClass type : CORE) {
            String from = layerOf(type);
            if (from.isEmpty()) {
                continue;
            }
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                JavaClass target = dependency.getTargetClass().getBaseComponentType();
                if (!isOurs(target)) {
                    continue;
                }
                String to = layerOf(target);
                if (!to.equals(from) && !ARROWS.getOrDefault(from, Set.of()).contains(to)) {
                    forbidden.putIfAbsent(
                            from + " -> " + (to.isEmpty() ? "front door" : to), dependency.getDescription());
                }
            }
        }

        assertThat(forbidden).as("arrows that ARROWS does not allow").isEmpty();
    }

    @Test
    void core_touchesNoDatabaseAndNoFramework() {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAnyOf(
                        "java.sql",
                        "javax.sql",
                        "com.zaxxer",
                        "dev.langchain4j",
                        "io.micrometer",
                        "jakarta",
                        "org.flywaydb",
                        "org.jooq",
                        "org.postgresql",
                        "org.springframework",
                        "reactor"))
                .allowEmptyShould(true)
                .check(CORE);
    }

    private static boolean isOurs(JavaClass type) {
        return type.getPackageName().equals(ROOT) || type.getPackageName().startsWith(ROOT + ".");
    }

    /** The package right below the root: {@code proof} for {@code io.spendguard.proof.internal}. */
    private static String layerOf(JavaClass type) {
        String name = type.getPackageName();
        return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1).split("\\.", 2)[0];
    }

    private static DescribedPredicate<JavaClass> resideInAnyOf(String... roots) {
        List<String> packages = List.of(roots);
        return DescribedPredicate.describe(
                "reside in any of " + packages,
                type -> packages.stream()
                        .anyMatch(it -> type.getPackageName().equals(it)
                                || type.getPackageName().startsWith(it + ".")));
    }
}
