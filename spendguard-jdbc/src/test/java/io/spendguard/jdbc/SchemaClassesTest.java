package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jooq.codegen.GenerationTool;
import org.jooq.meta.jaxb.Configuration;
import org.jooq.meta.jaxb.ForcedType;
import org.jooq.meta.jaxb.Generate;
import org.jooq.meta.jaxb.GeneratedSerialVersionUID;
import org.jooq.meta.jaxb.Generator;
import org.jooq.meta.jaxb.Jdbc;
import org.jooq.meta.jaxb.Logging;
import org.jooq.meta.jaxb.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * The committed schema classes are those jOOQ makes of the migrated database. After changing a migration, rewrite them:
 *
 * <pre>{@code mvn -o -pl spendguard-jdbc -am test -Dtest=SchemaClassesTest -Dspendguard.schema.rewrite=true}</pre>
 */
@Isolated("sets the default locale while it generates")
class SchemaClassesTest {
    private static final String PACKAGE = "io.spendguard.jdbc.schema";
    /** "all" is no lint group of javac's, and jOOQ's tables hand themselves to their fields. */
    private static final String AS_GENERATED = "@SuppressWarnings({ \"all\", \"unchecked\", \"rawtypes\" })";

    private static final String AS_COMMITTED =
            "@SuppressWarnings({ \"all\", \"unchecked\", \"rawtypes\", \"this-escape\" })";
    private static final Path COMMITTED = Path.of("src/main/java").resolve(PACKAGE.replace('.', '/'));

    @Test
    void schemaClasses_generatedAnew_areTheCommittedOnes(@TempDir Path generated) throws Exception {
        try (Database database = EmbeddedPostgres.shared().newDatabase("spendguard_ledger", PostgresLedger::migrate)) {
            Locale before = Locale.getDefault();
            Locale.setDefault(Locale.ROOT); // jOOQ makes names by the default locale's upper and lower case
            try {
                generate(database, generated);
            } finally {
                Locale.setDefault(before);
            }
        }
        Map<String, String> fresh = sourcesIn(generated.resolve(PACKAGE.replace('.', '/')));
        fresh.replaceAll((file, source) -> source.replace(AS_GENERATED, AS_COMMITTED));
        if (Boolean.getBoolean("spendguard.schema.rewrite")) {
            rewrite(fresh);
        }

        Map<String, String> committed = sourcesIn(COMMITTED);

        Set<String> differing = new TreeSet<>(fresh.keySet());
        differing.addAll(committed.keySet());
        differing.removeIf(file -> Objects.equals(fresh.get(file), committed.get(file)));
        assertThat(differing).isEmpty();
    }

    private static void generate(Database database, Path target) throws Exception {
        GenerationTool.generate(new Configuration()
                .withLogging(Logging.WARN)
                .withJdbc(new Jdbc()
                        .withDriver("org.postgresql.Driver")
                        .withUrl(database.jdbcUrl())
                        .withUser(EmbeddedPostgres.ADMIN)
                        .withPassword(EmbeddedPostgres.PASSWORD))
                .withGenerator(new Generator()
                        .withDatabase(new org.jooq.meta.jaxb.Database()
                                .withName("org.jooq.meta.postgres.PostgresDatabase")
                                .withInputSchema("spendguard")
                                .withOutputSchemaToDefault(false)
                                .withIncludeTriggerRoutines(false)
                                .withIncludeCheckConstraints(false)
                                // The array call is plain JDBC: jOOQ would inline each array's cast.
                                .withExcludes("post|schema_history")
                                .withForcedTypes(
                                        new ForcedType().withName("INSTANT").withIncludeTypes("(?i:TIMESTAMP.*)")))
                        .withGenerate(new Generate()
                                .withGeneratedAnnotation(false)
                                .withGeneratedSerialVersionUID(GeneratedSerialVersionUID.CONSTANT)
                                .withJooqVersionReference(false)
                                .withRecords(false)
                                .withIndexes(false)
                                .withImplicitJoinPathsToOne(false)
                                .withImplicitJoinPathsToMany(false)
                                .withWhereMethodOverrides(false)
                                .withComments(true))
                        .withTarget(new Target().withPackageName(PACKAGE).withDirectory(target.toString()))));
    }

    private static Map<String, String> sourcesIn(Path folder) throws IOException {
        Map<String, String> sources = new TreeMap<>();
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    sources.put(folder.relativize(file).toString(), Files.readString(file));
                }
            }
        }
        return sources;
    }

    private static void rewrite(Map<String, String> fresh) throws IOException {
        for (String stale : sourcesIn(COMMITTED).keySet()) {
            Files.delete(COMMITTED.resolve(stale));
        }
        for (Map.Entry<String, String> source : fresh.entrySet()) {
            Path file = COMMITTED.resolve(source.getKey());
            Files.createDirectories(file.getParent());
            Files.writeString(file, source.getValue());
        }
    }
}
