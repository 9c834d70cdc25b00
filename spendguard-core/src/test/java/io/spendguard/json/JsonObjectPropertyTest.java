package io.spendguard.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** What we write is RFC 8785 to the letter: an independent implementation changes nothing in it. */
class JsonObjectPropertyTest {
    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void toCanonicalBytes_isAFixedPointOfCanonicalize(@ForAll("objects") JsonObject json) {
        byte[] written = json.toCanonicalBytes();

        assertThat(CanonicalJson.canonicalize(written)).isEqualTo(written);
    }

    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
    void parse_ofWhatWasWritten_isEqual(@ForAll("objects") JsonObject json) {
        assertThat(JsonObject.parse(json.toCanonicalBytes())).isEqualTo(json);
    }

    @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
    void toCanonicalBytes_orderOfPutting_doesNotMatter(
            @ForAll("members") Map<String, Object> members, @ForAll Random random) {
        List<Map.Entry<String, Object>> shuffled = new ArrayList<>(members.entrySet());
        Collections.shuffle(shuffled, random);

        assertThat(object(shuffled).toCanonicalBytes())
                .isEqualTo(object(List.copyOf(members.entrySet())).toCanonicalBytes());
    }

    @Property(tries = 2_000)
    void parse_arbitraryBytes_answersOrRefuses(@ForAll byte[] bytes) {
        try {
            byte[] canonical = JsonObject.parse(bytes).toCanonicalBytes();
            assertThat(CanonicalJson.canonicalize(bytes)).isEqualTo(canonical);
        } catch (JsonException refused) {
            assertThat(refused).hasMessageNotContaining("\n");
        }
    }

    /** The quick reader takes what is canonical and nothing else: the forgiving one judges, and a library writes. */
    @Property(tries = 1_500, edgeCases = EdgeCasesMode.NONE)
    void parseCanonical_ofAnEditedText_readsItOnlyWhenItIsCanonicalStill(
            @ForAll("objects") JsonObject json, @ForAll("edits") Edit edit) {
        byte[] edited = edit.of(json.toCanonicalBytes());
        JsonObject read = JsonObject.parseCanonical(edited);

        if (read != null) {
            assertThat(read.toCanonicalBytes()).isEqualTo(edited);
            assertThat(CanonicalJson.canonicalize(edited)).isEqualTo(edited);
        } else {
            assertThatExceptionOfType(JsonException.class).isThrownBy(() -> {
                if (Arrays.equals(JsonObject.parse(edited).toCanonicalBytes(), edited)) {
                    throw new AssertionError("canonical, but not read: " + new String(edited, UTF_8));
                }
                throw new JsonException("not canonical");
            });
        }
    }

    @Provide
    Arbitrary<Edit> edits() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 10_000),
                        Arbitraries.of(
                                "", "x", " ", "\"", "\\", "\\/", "\\u001F", "\\u001f", "\\u000a", "\\u0041", "\\n", "0",
                                "-", "-0", "1.0", "e", ",", ":", "{", "}", "[]", "null", "true", "\u007f", "\u0080"),
                        Arbitraries.integers().between(0, 3))
                .as(Edit::new);
    }

    /** Puts a text in place of some bytes. */
    record Edit(int place, String text, int instead) {
        byte[] of(byte[] json) {
            int from = place % (json.length + 1);
            int until = Math.min(json.length, from + instead);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.write(json, 0, from);
            out.writeBytes(text.getBytes(UTF_8));
            out.write(json, until, json.length - until);
            return out.toByteArray();
        }
    }

    @Provide
    Arbitrary<JsonObject> objects() {
        return members().map(members -> object(List.copyOf(members.entrySet())));
    }

    @Provide
    Arbitrary<Map<String, Object>> members() {
        return Arbitraries.maps(text(), values(3)).ofMaxSize(6);
    }

    private static Arbitrary<Object> values(int depth) {
        Arbitrary<Object> scalars = Arbitraries.oneOf(
                text().map(Object.class::cast),
                Arbitraries.longs()
                        .between(-JsonObject.MAX_INTEGER, JsonObject.MAX_INTEGER)
                        .map(Object.class::cast),
                Arbitraries.of(true, false).map(Object.class::cast));
        if (depth == 0) {
            return scalars;
        }
        Arbitrary<Object> lists = values(depth - 1).list().ofMaxSize(4).map(Object.class::cast);
        Arbitrary<Object> objects = Arbitraries.maps(text(), values(depth - 1))
                .ofMaxSize(4)
                .map(members -> object(List.copyOf(members.entrySet())));
        return Arbitraries.frequencyOf(Tuple.of(4, scalars), Tuple.of(1, lists), Tuple.of(1, objects));
    }

    /** Code points of every kind but surrogates: control characters, ASCII, the basic plane and what lies beyond. */
    private static Arbitrary<String> text() {
        Arbitrary<Integer> codePoints = Arbitraries.oneOf(
                Arbitraries.integers().between(0, 0x20),
                Arbitraries.integers().between(0x21, 0xff),
                Arbitraries.integers().between(0x100, 0xd7ff),
                Arbitraries.integers().between(0xe000, 0xffff),
                Arbitraries.integers().between(0x10000, 0x10ffff));
        return codePoints
                .list()
                .ofMaxSize(12)
                .map(points -> points.stream()
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString());
    }

    @SuppressWarnings("unchecked")
    private static JsonObject object(List<Map.Entry<String, Object>> members) {
        JsonObject json = JsonObject.create();
        for (Map.Entry<String, Object> member : members) {
            Object value = member.getValue();
            if (value instanceof String text) {
                json.put(member.getKey(), text);
            } else if (value instanceof Long number) {
                json.put(member.getKey(), number);
            } else if (value instanceof Boolean bool) {
                json.put(member.getKey(), bool);
            } else if (value instanceof JsonObject object) {
                json.put(member.getKey(), object);
            } else {
                json.put(member.getKey(), (List<Object>) value);
            }
        }
        return json;
    }
}
