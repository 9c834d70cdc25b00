package io.spendguard.examples.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.examples.Stage;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.IdSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpringAiDemoTest {
    @TempDir
    Path folder;

    @Test
    void play_agentThatIsNeverContent_isStoppedByItsBudget_asTheReadmeShows() throws IOException {
        InMemoryLedger ledger = new InMemoryLedger(Clock.systemUTC());
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        new SpringAiDemo()
                .play(new Stage(
                        () -> ledger,
                        Path.of("..", "contracts"),
                        folder.resolve("evidence"),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        false,
                        Clock.systemUTC(),
                        IdSource.system()));

        List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        String readme = Files.readString(Path.of("..", "..", "README.md"));
        assertThat(lines)
                .contains(
                        "agent_spring_ai: 7 model calls and 7 searches, spent 0.09975 USD, stopped by BUDGET_EXHAUSTED",
                        "evidence: verified, 33 events, 0 findings");
        assertThat(lines)
                .allSatisfy(line -> assertThat(readme).contains(line.replaceFirst(" available .*", " available")));
        assertThat(folder.resolve("evidence").resolve("agent_spring_ai.zip")).exists();
        assertThat(folder.resolve("evidence").resolve("agent_spring_ai.anchors"))
                .exists();
    }
}
