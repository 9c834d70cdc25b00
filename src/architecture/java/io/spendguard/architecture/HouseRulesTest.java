package io.spendguard.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The rules every module keeps. Maven compiles this class into the tests of each module, where it reads that module's
 * own classes; rules about one module alone stand in an {@code ArchitectureTest} there.
 */
class HouseRulesTest {

    /** The classes that may ask the machine for the time, an id or chance. All others have them handed in. */
    private static final Set<String> SOURCES_OF_TIME_AND_CHANCE = Set.of(
            "io.spendguard.Guard",
            "io.spendguard.jdbc.LogKeeper",
            "io.spendguard.model.TimeOrderedIds",
            "io.spendguard.spring.SpendGuardAutoConfiguration",
            "io.spendguard.test.LedgerContract");

    /** The programs: they talk to a terminal and hand the machine's time and ids to the libraries. */
    private static final String[] TERMINAL_PACKAGES = {"io.spendguard.jdbc.cli..", "io.spendguard.examples.."};

    /** Written by a machine, or nobody's API. */
    private static final String[] PACKAGES_WITHOUT_API = {
        "..internal..", "io.spendguard.examples..", "io.spendguard.jdbc.cli..", "io.spendguard.jdbc.schema.."
    };

    /** What a public signature may mention outside packages named {@code internal}. */
    private static final List<String> SIGNATURE_PACKAGES = List.of("java.", "javax.sql.", "io.spendguard.");

    /** Modules whose users have the framework on their own class path, and meet its types on purpose. */
    private static final List<String> SIGNATURE_EXCEPTIONS = List.of(
            "io.spendguard.langchain4j:dev.langchain4j.",
            "io.spendguard.spring:org.springframework.",
            "io.spendguard.spring:reactor.core.",
            "io.spendguard.test:org.junit.jupiter.api.",
            "io.spendguard.test:org.assertj.core.");

    private static final Set<String> SKIPPING_ANNOTATIONS = Set.of(
            "org.junit.jupiter.api.Disabled",
            "org.junit.jupiter.api.condition.DisabledIf",
            "org.junit.jupiter.api.condition.DisabledIfEnvironmentVariable",
            "org.junit.jupiter.api.condition.DisabledIfSystemProperty",
            "org.junit.jupiter.api.condition.DisabledOnJre",
            "org.junit.jupiter.api.condition.DisabledOnOs",
            "net.jqwik.api.Disabled");

    private static final JavaClasses MAIN = importFolder(Path.of("target", "classes"));
    private static final JavaClasses TESTS = importFolder(Path.of("target", "test-classes"));

    @Test
    void classes_ofThisModule_areFound() throws Exception {
        Path sources = Path.of("src", "main", "java");
        boolean hasSources = Files.exists(sources);

        assertThat(TESTS.contain(HouseRulesTest.class)).isTrue();
        assertThat(MAIN.isEmpty()).isEqualTo(!hasSources);
    }

    @Test
    void packages_ofOneModule_haveNoCycles() {
        DescribedPredicate<JavaClass> generated = resideInAPackage("io.spendguard.jdbc.schema..");
        check(slices().matching("(io.spendguard..)").should().beFreeOfCycles().ignoreDependency(generated, generated));
    }

    @Test
    void packages_withClasses_areNullMarkedInPackageInfo() {
        List<String> unmarked = MAIN.stream()
                .map(JavaClass::getPackage)
                .distinct()
                .filter(it -> !it.getName().matches(".*\\.(schema|jmh_generated)(\\..*)?"))
                .filter(it -> !isNullMarked(it))
                .map(JavaPackage::getName)
                .sorted()
                .toList();

        assertThat(unmarked).as("packages without a @NullMarked package-info").isEmpty();
    }

    @Test
    void publicSignatures_outsideInternal_mentionNoLibrary() {
        check(classes()
                .that()
                .arePublic()
                .and()
                .resideOutsideOfPackages(PACKAGES_WITHOUT_API)
                .should(mentionOnlyOurTypesAndTheJdkInSignatures()));
    }

    @Test
    void timeIdsAndChance_areHandedIn() {
        check(classes()
                .that()
                .resideOutsideOfPackages(TERMINAL_PACKAGES)
                .and(DescribedPredicate.describe(
                        "are not the source of time and ids",
                        type -> !SOURCES_OF_TIME_AND_CHANCE.contains(
                                outermost(type).getName())))
                .should(notUse("time, ids or chance directly", HouseRulesTest::isTimeIdOrChance)));
    }

    @Test
    void output_isLeftToTheTerminalPackages() {
        check(classes()
                .that()
                .resideOutsideOfPackages(TERMINAL_PACKAGES)
                .should(notUse("the terminal", HouseRulesTest::isTerminal)));
    }

    @Test
    void publicClasses_areFinalUnlessMadeForExtension() {
        check(classes()
                .that()
                .arePublic()
                .and()
                .areTopLevelClasses()
                .and()
                .resideOutsideOfPackages("io.spendguard.examples..", "io.spendguard.jdbc.schema..")
                .should(beFinalAbstractSealedOrAnException()));
    }

    @Test
    void tests_areNeverSkipped() {
        List<String> skipped = new ArrayList<>();
        for (JavaClass type : TESTS) {
            Stream.concat(
                            type.getAnnotations().stream(),
                            type.getMembers().stream()
                                    .map(JavaMember::getAnnotations)
                                    .flatMap(Set::stream))
                    .map(annotation -> annotation.getRawType().getName())
                    .filter(SKIPPING_ANNOTATIONS::contains)
                    .forEach(annotation -> skipped.add(type.getName() + " is annotated with " + annotation));
            type.getAccessesFromSelf().stream()
                    .filter(access -> access.getTargetOwner().getSimpleName().matches("Assumptions|Assume"))
                    .forEach(access -> skipped.add(access.getDescription()));
        }

        assertThat(skipped).isEmpty();
    }

    private static void check(ArchRule rule) {
        // A rule may find nothing of its kind in a module; classes_ofThisModule_areFound tells that from a wrong path.
        rule.allowEmptyShould(true).check(MAIN);
    }

    private static JavaClasses importFolder(Path folder) {
        return Files.exists(folder)
                ? new ClassFileImporter().importPath(folder)
                : new ClassFileImporter().importPaths(Set.of());
    }

    private static boolean isNullMarked(JavaPackage declared) {
        return declared.tryGetPackageInfo()
                .map(it -> it.isAnnotatedWith("org.jspecify.annotations.NullMarked"))
                .orElse(false);
    }

    private static JavaClass outermost(JavaClass type) {
        JavaClass outer = type;
        while (outer.getEnclosingClass().isPresent()) {
            outer = outer.getEnclosingClass().get();
        }
        return outer;
    }

    /** Like ArchUnit's conditions about calls, but sees {@code Instant::now} as well as {@code Instant.now()}. */
    private static ArchCondition<JavaClass> notUse(String what, Predicate<JavaAccess<?>> isUse) {
        return new ArchCondition<>("not use " + what) {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                for (JavaAccess<?> access : type.getAccessesFromSelf()) {
                    if (isUse.test(access)) {
                        events.add(SimpleConditionEvent.violated(type, access.getDescription()));
                    }
                }
            }
        };
    }

    private static boolean isTimeIdOrChance(JavaAccess<?> access) {
        JavaClass owner = access.getTargetOwner();
        String name = access.getTarget().getName();
        List<String> parameters = access.getTarget() instanceof CodeUnitAccessTarget target
                ? target.getRawParameterTypes().stream().map(JavaClass::getName).toList()
                : List.of();
        return switch (owner.getName()) {
            case "java.time.Clock" -> name.startsWith("system") || (name.startsWith("tick") && !name.equals("tick"));
            case "java.lang.System" -> name.equals("currentTimeMillis");
            case "java.lang.Math", "java.lang.StrictMath" -> name.equals("random");
            case "java.util.UUID" -> name.equals("randomUUID");
            case "java.util.concurrent.ThreadLocalRandom" -> name.equals("current");
            // A seeded Random repeats itself and is welcome.
            case "java.util.Date", "java.util.Random", "java.util.SplittableRandom" ->
                name.equals("<init>") && parameters.isEmpty();
            default ->
                owner.getPackageName().startsWith("java.time")
                        && name.equals("now")
                        && !parameters.contains("java.time.Clock");
        };
    }

    private static boolean isTerminal(JavaAccess<?> access) {
        JavaClass owner = access.getTargetOwner();
        String name = access.getTarget().getName();
        boolean stream = owner.isEquivalentTo(System.class) && (name.equals("out") || name.equals("err"));
        return stream || (name.equals("printStackTrace") && owner.isAssignableTo(Throwable.class));
    }

    private static ArchCondition<JavaClass> mentionOnlyOurTypesAndTheJdkInSignatures() {
        return new ArchCondition<>("mention only our types and the JDK's in public signatures") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                Set<JavaClass> mentioned = new HashSet<>();
                type.getTypeParameters().forEach(it -> mentioned.addAll(it.getAllInvolvedRawTypes()));
                type.getSuperclass().ifPresent(it -> mentioned.addAll(it.getAllInvolvedRawTypes()));
                type.getInterfaces().forEach(it -> mentioned.addAll(it.getAllInvolvedRawTypes()));
                report(type.getName() + " extends or implements", type, mentioned, events);
                for (JavaMember member : type.getMembers()) {
                    if (isVisible(member)) {
                        report(member.getDescription() + " mentions", type, typesOf(member), events);
                    }
                }
            }
        };
    }

    private static boolean isVisible(JavaMember member) {
        Set<JavaModifier> modifiers = member.getModifiers();
        return !modifiers.contains(JavaModifier.SYNTHETIC)
                && (modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED));
    }

    private static Set<JavaClass> typesOf(JavaMember member) {
        Set<JavaClass> types = new HashSet<>();
        if (member instanceof JavaField field) {
            types.addAll(field.getType().getAllInvolvedRawTypes());
        }
        if (member instanceof JavaCodeUnit code) {
            types.addAll(code.getReturnType().getAllInvolvedRawTypes());
            code.getParameterTypes().forEach(it -> types.addAll(it.getAllInvolvedRawTypes()));
            code.getTypeParameters().forEach(it -> types.addAll(it.getAllInvolvedRawTypes()));
            code.getExceptionTypes().forEach(it -> types.addAll(it.getAllInvolvedRawTypes()));
        }
        return types;
    }

    private static void report(String subject, JavaClass type, Set<JavaClass> mentioned, ConditionEvents events) {
        for (JavaClass other : mentioned) {
            JavaClass base = other.getBaseComponentType();
            boolean internal = base.getName().startsWith("io.spendguard.")
                    && base.getPackageName().matches(".*\\.internal(\\..*)?");
            if (!isAllowed(type, base) || internal) {
                events.add(SimpleConditionEvent.violated(type, subject + " " + base.getName()));
            }
        }
    }

    private static boolean isAllowed(JavaClass type, JavaClass mentioned) {
        return mentioned.isPrimitive()
                || SIGNATURE_PACKAGES.stream().anyMatch(mentioned.getName()::startsWith)
                || SIGNATURE_EXCEPTIONS.stream()
                        .map(it -> it.split(":", 2))
                        .anyMatch(it -> type.getPackageName().startsWith(it[0])
                                && mentioned.getName().startsWith(it[1]));
    }

    private static ArchCondition<JavaClass> beFinalAbstractSealedOrAnException() {
        return new ArchCondition<>("be final, abstract, sealed or an exception") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                Set<JavaModifier> modifiers = type.getModifiers();
                boolean closed = modifiers.contains(JavaModifier.FINAL)
                        || modifiers.contains(JavaModifier.ABSTRACT)
                        || type.isInterface()
                        || type.isEnum()
                        || type.isAnnotation()
                        || type.isAssignableTo(Throwable.class)
                        || type.reflect().isSealed();
                if (!closed) {
                    events.add(SimpleConditionEvent.violated(type, type.getName() + " can be extended by anyone"));
                }
            }
        };
    }
}
