package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The contracts on the language's page load. */
class LanguagePageTest {
    @Test
    void everyExample_loadsWithoutWarning() throws IOException {
        String page = Files.readString(Path.of("../docs/contract.md"));

        List<String> examples = Pattern.compile("```yaml\n(apiVersion:.*?)```", Pattern.DOTALL)
                .matcher(page)
                .results()
                .map(example -> example.group(1))
                .toList();

        assertThat(examples).hasSizeGreaterThanOrEqualTo(5);
        for (String example : examples) {
            assertThat(Contract.parse(example, "contract.md").warnings()).isEmpty();
        }
    }
}
