package io.spendguard.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class DemosTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void play_unknownName_listsTheNamesAndFails() {
        int exit = play("nope", "--url=");

        assertThat(exit).isEqualTo(2);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(err.toString(StandardCharsets.UTF_8))
                .isEqualTo(
                        "Demo 'nope' does not exist: there are runaway, replay, agent_langchain4j and agent_spring_ai, or all"
                                + " of them. Say -Ddemo=NAME.\n");
    }

    @Test
    void play_demoOfAnotherModule_keepsSilent() {
        assertThat(play("agent_spring_ai", "--url=")).isZero();
        assertThat(out.size()).isZero();
        assertThat(err.size()).isZero();
    }

    @Test
    void play_twiceOnADatabaseGivenByUrl_showsTheSameBothTimes() {
        try (Database database = EmbeddedPostgres.shared().newDatabase()) {
            String url = "--url=" + database.jdbcUrl() + "?user=" + EmbeddedPostgres.ADMIN + "&password="
                    + EmbeddedPostgres.PASSWORD;

            assertThat(play("runaway", url)).as(err::toString).isZero();
            String first = summary();
            out.reset();
            assertThat(play("runaway", url)).as(err::toString).isZero();

            assertThat(first)
                    .isEqualTo(
                            "runaway: 5 of 100 calls reached the provider, spent 0.90 USD, stopped by BUDGET_EXHAUSTED");
            assertThat(summary()).isEqualTo(first);
        }
    }

    @Test
    void play_unreachableDatabase_saysSoAndFails() {
        int exit = play("runaway", "--url=jdbc:postgresql://localhost:1/none");

        assertThat(exit).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("localhost:1").doesNotContain("\tat ");
    }

    @Test
    void play_malformedUrl_showsItsFormAndNotThePassword() {
        int exit = play("runaway", "--url", "postgres://owner:secret@db/demo");

        assertThat(exit).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .isEqualTo("The demos' URL is none of a PostgreSQL database. Write"
                        + " jdbc:postgresql://HOST/DATABASE?user=OWNER&password=PASSWORD.\n");
    }

    private int play(String... args) {
        return Demos.play(
                args,
                List.of(new Runaway(), new Replay()),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private String summary() {
        return out.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith("runaway: "))
                .findFirst()
                .orElseThrow();
    }
}
