package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.json.JsonObject;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SpendGuardCliTest {
    @Test
    void run_help_listsTheCommands() {
        Console console = Console.run("--help");

        assertThat(console.exitCode()).isZero();
        assertThat(console.out()).startsWith("Usage: spendguard ").contains("contract", "evidence", "verify");
        assertThat(console.err()).isEmpty();
    }

    @Test
    void run_nothing_cannotRun() {
        Console console = Console.run();

        assertThat(console.exitCode()).isEqualTo(2);
        assertThat(console.out()).isEmpty();
        assertThat(console.err()).isEqualTo("spendguard: Missing required subcommand. Try 'spendguard --help'.\n");
    }

    @Test
    void run_unknownCommand_cannotRun() {
        Console console = Console.run("verfy");

        assertThat(console.exitCode()).isEqualTo(2);
        assertThat(console.err())
                .isEqualTo("spendguard: Unmatched argument at index 0: 'verfy'. Try 'spendguard --help'.\n");
    }

    @Test
    void run_argumentThatSteersTerminals_isShownHarmless() {
        assertThat(Console.run("a\u001B[2J\u009B2J\u202Eb").err())
                .isEqualTo("spendguard: Unmatched argument at index 0: 'a?[2J?2J?b'. Try 'spendguard --help'.\n");
    }

    @Test
    void run_badUsageWithJson_isOneObjectAllTheSame() {
        Console console = Console.run("verify", "--json");

        JsonObject answer = JsonObject.parse(console.out().strip().getBytes(StandardCharsets.UTF_8));
        assertThat(console.exitCode()).isEqualTo(2);
        assertThat(answer.string("error")).startsWith("Missing required ");
    }
}
