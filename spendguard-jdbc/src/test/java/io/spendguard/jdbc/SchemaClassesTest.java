package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The committed schema classes are those jOOQ makes of the migrated database. After changing a migration, rewrite them:
 *
 * <pre>{@code mvn -o -pl spendguard-jdbc -am test -Dtest=SchemaClassesTest -Dspendguard.schema.rewrite=true}</pre>
 */
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
            generate(database, generated);
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

    /**
     * In a JVM of its own: jOOQ makes names by the default locale's upper and lower case, and keeps some from the time its
     * classes were loaded, which here may be under any locale.
     */
    private static void generate(Database database, Path target) throws IOException, InterruptedException {
        Path output = target.resolve("output.txt");
        Process generator = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Duser.language=en",
                        "-Duser.country=US",
                        "-classpath",
                        System.getProperty("java.class.path"),
                        SchemaGenerator.class.getName(),
                        database.jdbcUrl(),
                        PACKAGE,
                        target.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(generator.waitFor()).as(() -> read(output)).isZero();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
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
