package io.spendguard.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code examples/quickstart} is a project of its own, as a user would write it from the README. Maven builds it here as it would
 * there, against the modules of this build, once as it is and once with a test that overspends.
 */
class QuickstartProjectTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path QUICKSTART = ROOT.resolve("examples").resolve("quickstart");
    private static final String VERSION = "0.1.0-SNAPSHOT";

    /** Where the outer build finds everything else; read from, never written to. */
    private static final Path DOWNLOADED = Path.of(System.getProperty("maven.repo.downloaded"));

    private static final Path MAVEN = Path.of(System.getProperty("maven.home"), "bin", "mvn");

    @TempDir
    Path folder;

    private Path project;

    @BeforeEach
    void copy() throws IOException {
        project = folder.resolve("quickstart");
        try (Stream<Path> files = Files.walk(QUICKSTART)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path relative = QUICKSTART.relativize(file);
                if (!relative.startsWith("target")) {
                    Path copy = project.resolve(relative.toString());
                    Files.createDirectories(copy.getParent());
                    Files.copy(file, copy);
                }
            }
        }
        publish("spendguard-parent", ROOT, false);
        publish("spendguard-core", ROOT.resolve("spendguard-core"), true);
        publish("spendguard-test-fixtures", ROOT.resolve("src/test-fixtures"), true);
    }

    @Test
    void mvnTest_asItIs_runsItsTestAndPasses() throws Exception {
        Build build = mvnTest();

        assertThat(build.exitCode()).as(build.output()).isZero();
        assertThat(build.output()).contains("Tests run: 1, Failures: 0, Errors: 0, Skipped: 0");
    }

    @Test
    void mvnTest_withATestThatOverspends_failsForItsBudget() throws Exception {
        Path test = project.resolve("src/test/java/com/example/WebSearchTest.java");
        Files.writeString(test, Files.readString(test).replace("i < 5", "i < 6"));

        Build build = mvnTest();

        assertThat(build.exitCode()).as(build.output()).isNotZero();
        assertThat(build.output())
                .contains("Tests run: 1, Failures: 1, Errors: 0, Skipped: 0")
                .contains("0.06 USD", "0.05 USD", "tool_call search")
                .contains("There are test failures");
    }

    @Test
    void pom_isShort() throws IOException {
        assertThat(Files.readAllLines(QUICKSTART.resolve("pom.xml"))).hasSizeLessThanOrEqualTo(40);
    }

    @Test
    void readme_showsTheProjectAsItIs() throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));

        for (String file : List.of(
                "pom.xml",
                "src/main/java/com/example/WebSearch.java",
                "src/test/java/com/example/WebSearchTest.java")) {
            String content = Files.readString(QUICKSTART.resolve(file));
            assertThat(readme).as(file).contains(content.strip());
        }
    }

    private Build mvnTest() throws IOException, InterruptedException {
        Path output = folder.resolve("output.txt");
        Path settings = Files.writeString(folder.resolve("settings.xml"), """
                <settings>
                  <profiles>
                    <profile>
                      <id>downloaded</id>
                      <repositories>
                        <repository><id>downloaded</id><url>%1$s</url></repository>
                      </repositories>
                      <pluginRepositories>
                        <pluginRepository><id>downloaded</id><url>%1$s</url></pluginRepository>
                      </pluginRepositories>
                    </profile>
                  </profiles>
                  <activeProfiles><activeProfile>downloaded</activeProfile></activeProfiles>
                </settings>
                """.formatted(DOWNLOADED.toUri()));
        ProcessBuilder builder = new ProcessBuilder(
                        MAVEN.toString(),
                        "-B",
                        "-ntp",
                        "-Dstyle.color=never",
                        "--settings",
                        settings.toString(),
                        "-Dmaven.repo.local=" + folder.resolve("repository"),
                        "test")
                .directory(project.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        // What the outer Maven was started with is no business of the inner one.
        builder.environment().keySet().removeIf(name -> name.startsWith("MAVEN_"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        int exitCode = builder.start().waitFor();
        return new Build(exitCode, Files.readString(output));
    }

    /** Puts a module of this build where the inner Maven looks for it. */
    private void publish(String artifact, Path module, boolean hasJar) throws IOException {
        Path home = folder.resolve("repository")
                .resolve("io/spendguard")
                .resolve(artifact)
                .resolve(VERSION);
        Files.createDirectories(home);
        Files.copy(module.resolve("pom.xml"), home.resolve(artifact + "-" + VERSION + ".pom"));
        if (hasJar) {
            jar(module.resolve("target/classes"), home.resolve(artifact + "-" + VERSION + ".jar"));
        }
    }

    private static void jar(Path classes, Path jar) throws IOException {
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream zip = new JarOutputStream(out);
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                zip.putNextEntry(
                        new JarEntry(classes.relativize(file).toString().replace('\\', '/')));
                Files.copy(file, zip);
            }
        }
        assertThat(new String(Files.readAllBytes(jar), 0, 2, StandardCharsets.ISO_8859_1))
                .isEqualTo("PK");
    }

    /** How a build ended, and what it said. */
    private record Build(int exitCode, String output) {}
}
