package io.spendguard.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonObjectTest {
    @Test
    void toCanonicalBytes_everyType_isSortedAndTight() {
        JsonObject json = JsonObject.create()
                .put("z", "text")
                .put("a", 9_007_199_254_740_991L)
                .put("b", false)
                .put("list", List.of(1L, "two", true, JsonObject.create(), List.of()))
                .putIfPresent("absent", null)
                .put("o", JsonObject.create().put("y", -1).put("x", 0));

        assertThat(json)
                .hasToString("{\"a\":9007199254740991,\"b\":false,\"list\":[1,\"two\",true,{},[]],"
                        + "\"o\":{\"x\":0,\"y\":-1},\"z\":\"text\"}");
    }

    @Test
    void toCanonicalBytes_beyondTheBasicPlane_isPlainUtf8() {
        JsonObject json = JsonObject.create().put("\uD83D\uDE00", "\uD83D\uDE00\u20ac\u0080\u007f\u2028/");

        assertThat(HexFormat.of().formatHex(json.toCanonicalBytes()))
                .isEqualTo("7b22" + "f09f9880" + "223a22" + "f09f9880" + "e282ac" + "c280" + "7f" + "e280a8" + "2f"
                        + "227d");
    }

    @Test
    void toCanonicalBytes_controlCharacters_useTheShortEscapes() {
        JsonObject json = JsonObject.create().put("c", "\b\t\n\f\r\"\\\u0000\u001f");

        assertThat(json).hasToString("{\"c\":\"\\b\\t\\n\\f\\r\\\"\\\\\\u0000\\u001f\"}");
    }

    @Test
    void toCanonicalBytes_names_areSortedByUtf16Units() {
        JsonObject json = JsonObject.create()
                .put("\uFB33", 1)
                .put("\uD83D\uDE00", 2)
                .put("\u20ac", 3)
                .put("1", 4);

        assertThat(json.names()).containsExactly("1", "\u20ac", "\uD83D\uDE00", "\uFB33");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uD800", "a\uDC00", "\uDC00\uD800", "\uD83Dx"})
    void toCanonicalBytes_unpairedSurrogate_isRefused(String text) {
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> JsonObject.create().put("a", text).toCanonicalBytes());
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> JsonObject.create().put(text, "a").toCanonicalBytes());
    }

    @Test
    void put_sameNameTwice_isRefused() {
        JsonObject json = JsonObject.create().put("a", 1);

        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> json.put("a", 2))
                .withMessage("Member 'a' is there already: a name stands once. Choose another name.");
    }

    @Test
    void put_integerBeyondDoublePrecision_isRefused() {
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> JsonObject.create().put("a", 9_007_199_254_740_992L))
                .withMessage("Integer 9007199254740992 is beyond 2^53-1, where JSON numbers stop being exact."
                        + " Write it as a string.");
    }

    @Test
    void put_listOfForeignValues_isRefused() {
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> JsonObject.create().put("a", List.of(1.5)))
                .withMessage(
                        "A Double is no JSON value here: use String, Long, Boolean, JsonObject or a list of them.");
    }

    @Test
    void parse_privateKeyByMistake_isNotSaidAgain() {
        String key = "MC4CAQAwBQYDK2VwBCIEIGJhc2U2NCBvZiBhIGtleSwgYXMgaXQgd2VyZSAhIQ";

        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> JsonObject.parse(key.getBytes(UTF_8)))
                .withMessageStartingWith("Document is not strict JSON at character 0: Unrecognized token")
                .withMessageNotContaining(key.substring(0, 12));
    }

    @Test
    void parse_canonicalText_readsEveryMember() {
        JsonObject json = JsonObject.parse(
                bytes("{\"b\":true,\"i\":-7,\"l\":[\"x\",[1]],\"o\":{\"n\":\"\\u00e9\"},\"s\":\"t\",\"os\":[{}]}"));

        assertThat(json.bool("b")).isTrue();
        assertThat(json.integer("i")).isEqualTo(-7);
        assertThat(json.list("l")).containsExactly("x", List.of(1L));
        assertThat(json.object("o").string("n")).isEqualTo("\u00e9");
        assertThat(json.stringOrNull("s")).isEqualTo("t");
        assertThat(json.stringOrNull("none")).isNull();
        assertThat(json.objects("os")).containsExactly(JsonObject.create());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
                    {"a":1}x           | Document goes on after its object at character 7. Remove what follows.
                    {"a":1}{}          | Document goes on after its object at character 7. Remove what follows.
                    [1]                | Document does not start with '{': one JSON object is expected.
                    {"a":null}         | Value null at character 5 is neither string, integer, boolean, list nor object. Write decimals as strings.
                    {"a":1.0}          | Value 1.0 at character 5 is neither string, integer, boolean, list nor object. Write decimals as strings.
                    {"a":1e2}          | Value 1e2 at character 5 is neither string, integer, boolean, list nor object. Write decimals as strings.
                    {"a":-0}           | Integer -0 at character 5 has another canonical form: write 0.
                    {"a":9007199254740992} | Integer 9007199254740992 is beyond 2^53-1, where JSON numbers stop being exact. Write it as a string.
                    {"a":99999999999999999999} | Integer 99999999999999999999 is beyond 2^53-1, where JSON numbers stop being exact. Write it as a string.
                    {"a":1,"a":2}      | Document is not strict JSON at character 10: Duplicate field 'a'.
                    {"a":"\\ud800"}    | String at character 5 holds an unpaired surrogate: UTF-8 cannot carry it. Remove it.
                    {"\\udc00":1}      | Document is not strict JSON at character 8: Unexpected low surrogate in field name: 0xdc00.
                    """)
    void parse_notOurJson_namesPlaceAndRule(String text, String message) {
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> JsonObject.parse(bytes(text)))
                .withMessage(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{a:1}",
                "{'a':1}",
                "{\"a\":01}",
                "{\"a\":+1}",
                "{\"a\":NaN}",
                "{\"a\":\"\n\"}",
                "/**/{}",
                "{}//",
                "{\"a\":[1,]}",
                "{\"a\":tru}",
                "\uFEFF{}"
            })
    void parse_notJson_isRefused(String text) {
        assertThatExceptionOfType(JsonException.class).isThrownBy(() -> JsonObject.parse(bytes(text)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "7b2261223a22c0af227d", // overlong '/'
                "7b2261223a22eda080227d", // a surrogate, encoded
                "7b2261223a22f4908080227d", // beyond U+10FFFF
                "7b2261223a22c3227d", // cut short
                "7b2261223a2280227d" // a stray continuation byte
            })
    void parse_invalidUtf8_isRefused(String hex) {
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> JsonObject.parse(HexFormat.of().parseHex(hex)))
                .withMessage("Document is not valid UTF-8: canonical JSON is UTF-8. Encode it so.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "007b00220061002200 3a0031007d", // UTF-16BE
                "7b002200610022003a0031007d00", // UTF-16LE
                "0000007b0000007d", // UTF-32BE
                "efbbbf7b7d" // UTF-8 with a byte order mark
            })
    void parse_otherEncodings_areNotGuessed(String hex) {
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> JsonObject.parse(HexFormat.of().parseHex(hex.replace(" ", ""))));
    }

    /** However it is spelt. */
    @ParameterizedTest
    @ValueSource(strings = {"", " "})
    void parse_longNamesAndTexts_areRead(String space) {
        String name = "n".repeat(50_001);
        String text = "t".repeat(20_000_001);
        JsonObject json = JsonObject.parse(bytes("{\"" + name + "\":\"" + text + "\"}" + space));

        assertThat(json.names()).containsExactly(name);
        assertThat(json.string(name)).hasSize(text.length());
    }

    @Test
    void parse_64Levels_isRead() {
        String json = "{\"a\":".repeat(63) + "{}" + "}".repeat(63);

        assertThat(JsonObject.parse(bytes(json))).hasToString(json);
    }

    @Test
    void parse_65Levels_isRefused() {
        String json = "{\"a\":".repeat(64) + "{}" + "}".repeat(64);

        assertThatExceptionOfType(JsonException.class).isThrownBy(() -> JsonObject.parse(bytes(json)));
    }

    @Test
    void accessors_missingOrOtherType_nameTheMember() {
        JsonObject json = JsonObject.create().put("a", 1).put("l", List.of(1L));

        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> json.string("b"))
                .withMessage("Member 'b' is missing: a string is expected.");
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> json.object("a"))
                .withMessage("Member 'a' is of another type: an object is expected.");
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> json.strings("l"))
                .withMessage("Member 'l' holds something else than strings.");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
