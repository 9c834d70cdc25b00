package io.spendguard.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
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
