package io.spendguard.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.exception.HttpException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.LangChain4jException;
import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProviderFailureTest {
    @ParameterizedTest
    @CsvSource({
        "400, false",
        "401, true",
        "402, false",
        "403, true",
        "404, true",
        "408, false",
        "409, false",
        "422, false",
        "429, true",
        "500, false",
        "502, false",
        "503, false",
        "504, false",
        "529, false"
    })
    void isUnbilled_byStatus(int status, boolean unbilled) {
        HttpException refused = new HttpException(status, "no");

        assertThat(ProviderFailure.isUnbilled(refused)).isEqualTo(unbilled);
        assertThat(ProviderFailure.isUnbilled(new LangChain4jException(refused)))
                .isEqualTo(unbilled);
    }

    @Test
    void isUnbilled_byWhatHappened() {
        RuntimeException circle = new RuntimeException("a");
        circle.initCause(new RuntimeException("b", circle));

        assertThat(ProviderFailure.isUnbilled(new RuntimeException(new ConnectException("refused"))))
                .isTrue();
        assertThat(ProviderFailure.isUnbilled(new RuntimeException(new HttpTimeoutException("read"))))
                .isFalse();
        assertThat(ProviderFailure.isUnbilled(new InvalidRequestException("bad")))
                .isFalse();
        assertThat(ProviderFailure.isUnbilled(circle)).isFalse();
    }
}
