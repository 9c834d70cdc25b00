package io.spendguard.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows is what there is. */
class ReadmeTest {
    private static final Path ROOT = Path.of("..");

    @TempDir
    Path folder;

    private String readme;

    @BeforeEach
    void read() throws IOException {
        readme = Files.readString(ROOT.resolve("README.md"));
    }

    @Test
    void example_isTheRegionThatQuickstartTestRuns() throws IOException {
        String test =
                Files.readString(Path.of("src", "test", "java", "io", "spendguard", "examples", "QuickstartTest.java"));
        String region =
                between(test, "// tag::quickstart[]\n", "// end::quickstart[]").stripIndent();

        assertThat(readme).contains("```java\n" + region.stripTrailing() + "\n```");
        assertThat(region.strip().lines()).hasSizeLessThanOrEqualTo(15);
    }

    @Test
    void contract_isTheSampleThatTheExampleLoads() throws IOException {
        String contract = Files.readString(Path.of("contracts", "quickstart.yaml"));

        assertThat(readme).contains("```yaml\n" + contract + "```");
    }

    @Test
    void dependencies_haveTheCoordinatesAndVersionBuilt() throws IOException {
        String pom = Files.readString(ROOT.resolve("pom.xml"));
        String version = between(pom, "<artifactId>spendguard-parent</artifactId>\n  <version>", "</version>");
        Matcher dependency = Pattern.compile("<dependency>\\s*<groupId>(.*)</groupId>\\s*<artifactId>(.*)</artifactId>"
                        + "\\s*<version>(.*)</version>\\s*</dependency>")
                .matcher(between(readme, "```xml\n", "```"));

        assertThat(dependency.results().map(found -> found.group(1) + ":" + found.group(2) + ":" + found.group(3)))
                .containsExactly(
                        "io.spendguard:spendguard-core:" + version, "io.spendguard:spendguard-jdbc:" + version);
    }

    @Test
    void output_isWhatTheDemosPrint() {
        List<String> shown = between(readme, "$ mvn -q -Pdemo verify\n", "```")
                .lines()
                .takeWhile(line -> !line.startsWith("an agent on ")) // those have modules, and tests, of their own
                .filter(line -> !line.isBlank() && !line.startsWith("ledger: "))
                .toList();
        List<String> printed = new ArrayList<>(Play.linesOf(new Runaway(), folder));
        printed.addAll(Play.linesOf(new Replay(), folder));

        assertThat(shown).hasSizeGreaterThan(10);
        // An ellipsis in the README stands for the rest of a line.
        assertThat(printed.stream().filter(line -> shown.stream().anyMatch(it -> isShownAs(it, line))))
                .hasSameSizeAs(shown)
                .zipSatisfy(
                        shown,
                        (line, it) -> assertThat(isShownAs(it, line)).as(it).isTrue());
    }

    @Test
    void proofs_namedForEachPromise_exist() throws IOException {
        String promises = between(readme, "## What it guarantees\n", "\n## What it does not");
        List<MatchResult> proofs = Pattern.compile("`(\\w+(?:Test|Laws|Contract))(?:\\.(\\w+))?`")
                .matcher(promises)
                .results()
                .toList();

        assertThat(proofs).hasSizeGreaterThan(8);
        assertThat(proofs).allSatisfy(proof -> {
            Path source = source(proof.group(1));
            assertThat(source).content().contains(proof.group(2) == null ? "class " : "void " + proof.group(2) + "(");
        });
    }

    private static Path source(String name) throws IOException {
        try (Stream<Path> files = Files.find(ROOT, 12, (file, is) -> file.endsWith(name + ".java"))) {
            return files.findFirst().orElseThrow(() -> new AssertionError("No source of " + name));
        }
    }

    private static boolean isShownAs(String shown, String line) {
        return shown.endsWith("…") ? line.startsWith(shown.substring(0, shown.length() - 1)) : line.equals(shown);
    }

    private static String between(String text, String begin, String end) {
        int from = text.indexOf(begin);
        assertThat(from).as("'%s' in: %s", begin, text).isNotNegative();
        int to = text.indexOf(end, from + begin.length());
        return text.substring(from + begin.length(), to);
    }
}
