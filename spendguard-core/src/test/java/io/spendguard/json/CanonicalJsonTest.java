package io.spendguard.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 8785 by the vectors of its author (cyberphone/json-canonicalization). */
class CanonicalJsonTest {
    @ParameterizedTest
    @ValueSource(strings = {"arrays", "french", "structures", "unicode", "values", "weird"})
    void canonicalize_publishedVector_givesItsOutput(String vector) {
        byte[] canonical = CanonicalJson.canonicalize(resource("input/" + vector + ".json"));

        assertThat(new String(canonical, UTF_8)).isEqualTo(new String(resource("output/" + vector + ".json"), UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"arrays", "french", "structures", "unicode", "values", "weird"})
    void canonicalize_publishedVector_givesItsBytes(String vector) {
        byte[] canonical = CanonicalJson.canonicalize(resource("input/" + vector + ".json"));

        String hex = new String(resource("outhex/" + vector + ".txt"), UTF_8).replaceAll("\\s", "");
        assertThat(HexFormat.of().formatHex(canonical)).isEqualTo(hex);
    }

    @Test
    void canonicalize_itsOwnOutput_changesNothing() {
        byte[] once = CanonicalJson.canonicalize(resource("input/weird.json"));

        assertThat(CanonicalJson.canonicalize(once)).isEqualTo(once);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
                    1e21     | 1e+21
                    -0       | 0
                    0.000001 | 0.000001
                    1e-7     | 1e-7
                    "a"      | "a"
                    true     | true
                    null     | null
                    []       | []
                    """)
    void canonicalize_anyTopLevelValue_isAccepted(String json, String canonical) {
        assertThat(new String(CanonicalJson.canonicalize(json.getBytes(UTF_8)), UTF_8))
                .isEqualTo(canonical);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{\"a\":1,\"a\":2}",
                "{\"a\":1,\"\\u0061\":2}",
                "[1] [2]",
                "[01]",
                "[+1]",
                "[1.]",
                "[.5]",
                "[0x10]",
                "[1d]",
                "[NaN]",
                "[Infinity]",
                "[1e400]",
                "[\"\\ud800\"]",
                "[\"\\udc00\\ud800\"]",
                "{\"\\ud800\":1}",
                "['a']",
                "[1,]",
                "{\"a\":1,}",
                "[\"\t\"]",
                "[\"\\x41\"]",
                "/**/[1]",
                "\uFEFF[1]",
                "[tru]"
            })
    void canonicalize_notStrictJson_isRefused(String text) {
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> CanonicalJson.canonicalize(text.getBytes(UTF_8)));
    }

    @Test
    void canonicalize_invalidUtf8_isRefused() {
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> CanonicalJson.canonicalize(HexFormat.of().parseHex("5b22ff225d")))
                .withMessage("Document is not valid UTF-8: canonical JSON is UTF-8. Encode it so.");
    }

    @Test
    void canonicalize_utf16_isRefused() {
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> CanonicalJson.canonicalize(HexFormat.of().parseHex("005b0031005d")));
    }

    @Test
    void canonicalize_deepNesting_isRefusedWithoutOverflow() {
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(
                        () -> CanonicalJson.canonicalize("[".repeat(1_000_000).getBytes(UTF_8)));
    }

    private static byte[] resource(String name) {
        try (InputStream in = CanonicalJsonTest.class.getResourceAsStream("/vectors/jcs/testdata/" + name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
