package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Contracts that must be refused, each with the whole text of its findings in the file beside it. After changing a
 * message, rewrite those and read the difference:
 *
 * <pre>{@code mvn -o -pl spendguard-core -am test -Dtest=BrokenContractsTest -Dspendguard.contracts.rewrite=true}</pre>
 */
class BrokenContractsTest {
    private static final Path FOLDER = Path.of("src/test/resources/contracts/broken");

    static List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void load_brokenContract_reportsEveryFinding(String name) throws IOException {
        Path expected = FOLDER.resolve(name.replace(".yaml", ".txt"));

        ContractException refused =
                catchThrowableOfType(ContractException.class, () -> Contract.load(FOLDER.resolve(name)));

        String text = Objects.requireNonNull(refused, name + " was accepted").findings().stream()
                .map(finding -> finding + "\n")
                .collect(Collectors.joining());
        if (Boolean.getBoolean("spendguard.contracts.rewrite")) {
            Files.writeString(expected, text);
        }
        assertThat(text).isEqualTo(Files.readString(expected));
        refused.findings().forEach(BrokenContractsTest::saysWhatToDo);
    }

    @Test
    void names_coverTheLanguage() throws IOException {
        assertThat(names()).hasSizeGreaterThanOrEqualTo(40);
    }

    /** Subject, value, rule and remedy: two sentences at least, the last of them an advice. */
    private static void saysWhatToDo(Finding finding) {
        assertThat(finding.message()).containsPattern("[.:,] ").matches("(?s).*[.?]");
    }
}
