package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LogKeepingTest {
    @Test
    void settings_outOfBounds_areRefusedAllAtOnce() {
        assertThatThrownBy(
                        () -> new LogKeeping("example.com/spendguard", null, Duration.ZERO, Duration.ofMillis(999), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Log keeping: origin and signer belong together; forwardEvery PT0S is shorter than 100 ms;"
                        + " checkpointEvery PT0.999S is shorter than 1 s; checkpointEvents 0 is less than 1.");
    }
}
