package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model that asks for the same again is known by it, however it writes it down. */
class ToolArgumentsTest {
    private static final String PLAIN = "{\"caf\u00e9\":\"tea\",\"most\":10}";

    @ParameterizedTest
    @ValueSource(
            strings = {
                " { \"most\" : 10.0,\n\t\"caf\u00e9\" : \"tea\" } ",
                "{\"most\":1e1,\"caf\\u00e9\":\"t\\u0065a\"}",
                "{\"cafe\u0301\":\"tea\",\"most\":10}",
                "{\"cafe\\u0301\":\"tea\",\"most\":10}"
            })
    void content_sameArgumentsWrittenOtherwise_isTheSame(String written) {
        assertThat(ToolArguments.content(written)).isEqualTo(PLAIN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"card\":\"4111111111111111\",\"n\":12345678901234567890}",
                "{ \"n\": 1234567890123456789.0e1, \"card\": \"4111111111111111\" }"
            })
    void content_longNumbersWrittenOtherwise_isTheSame(String written) {
        assertThat(ToolArguments.content(written))
                .isEqualTo("{\"card\":\"4111111111111111\",\"n\":\"\\u00001.234567890123456789E+19\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"a", "\"\\", "12345678901234567890.e", "-", "{\"a\":1234567890123456789-1}", ""})
    void content_noJson_isItself(String written) {
        assertThat(ToolArguments.content(written)).isEqualTo(written);
    }

    @Test
    void content_otherArguments_isAnother() {
        assertThat(ToolArguments.content("{\"id\":12345678901234567890}"))
                .isNotEqualTo(ToolArguments.content("{\"id\":12345678901234567891}"));
        assertThat(ToolArguments.content("{\"at\":1234567890.12345678}"))
                .isNotEqualTo(ToolArguments.content("{\"at\":1234567890.12345679}"));
        assertThat(ToolArguments.content("{\"a\":\"1234567890123456789\"}"))
                .isNotEqualTo(ToolArguments.content("{\"a\":1234567890123456789}"));
        assertThat(ToolArguments.content("[1,2]")).isNotEqualTo(ToolArguments.content("[2,1]"));
        assertThat(ToolArguments.content("{\"a\":1,\"a\":2}")).isEqualTo("{\"a\":1,\"a\":2}");
        assertThat(ToolArguments.content(" no json")).isEqualTo("no json");
        assertThat(ToolArguments.content(null)).isEqualTo("null");
    }
}
