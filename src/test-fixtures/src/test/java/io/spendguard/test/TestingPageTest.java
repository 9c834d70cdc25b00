package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TestingPageTest {
    @Test
    void example_onThePage_isTheTestThatRuns() throws IOException {
        String source = Files.readString(Path.of("src/test/java/io/spendguard/test/RunawayAgentTest.java"));
        String page = Files.readString(Path.of("../../docs/testing.md"));

        String example = source.substring(source.indexOf("@SpendGuardTest"));
        assertThat(page).contains("```java\n" + example + "```\n");
    }
}
