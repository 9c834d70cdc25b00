package io.spendguard.json;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object of strings, integers, booleans, lists and objects, written in RFC 8785 canonical form.
 *
 * <p>Numbers are integers within ±(2⁵³−1), the range in which canonical JSON is exact; larger quantities and decimals
 * travel as strings. There is no null: what is unknown is absent. Not safe for several threads while it is built.
 */
public final class JsonObject {
    /** The largest integer JSON numbers carry exactly, 2⁵³−1. */
    public static final long MAX_INTEGER = (1L << 53) - 1;

    /** Sorted by UTF-16 code units, which is both String's natural order and the order of RFC 8785. */
    private final TreeMap<String, Object> members = new TreeMap<>();

    private JsonObject() {}

    /** An empty object to be filled. */
    public static JsonObject create() {
        return new JsonObject();
    }

    /** Adds a string member. */
    public JsonObject put(String name, String value) {
        return add(name, value);
    }

    /** Adds an integer member; throws {@link JsonException} beyond ±(2⁵³−1). */
    public JsonObject put(String name, long value) {
        return add(name, requireExact(value));
    }

    /** Adds a boolean member. */
    public JsonObject put(String name, boolean value) {
        return add(name, value);
    }

    /** Adds an object member. */
    public JsonObject put(String name, JsonObject value) {
        return add(name, value);
    }

    /** Adds a list of strings, integers ({@link Long}), booleans, objects or lists of them. */
    public JsonObject put(String name, List<?> value) {
        value.forEach(JsonObject::requireValue);
        return add(name, List.copyOf(value));
    }

    /** Adds a string member unless the value is null. */
    public JsonObject putIfPresent(String name, @Nullable String value) {
        return value == null ? this : add(name, value);
    }

    /** The members' names, sorted. */
    public Set<String> names() {
        return Collections.unmodifiableSet(members.keySet());
    }

    /** Tells whether there is a member of that name. */
    public boolean has(String name) {
        return members.containsKey(name);
    }

    /**
     * A member of any type: String, Long, Boolean, JsonObject or a list of them.
     *
     * @throws JsonException when it is absent
     */
    public Object value(String name) {
        return get(name, Object.class, "a member");
    }

    /** A string member; throws {@link JsonException} when it is absent or of another type. */
    public String string(String name) {
        return get(name, String.class, "a string");
    }

    /** An integer member; throws {@link JsonException} when it is absent or of another type. */
    public long integer(String name) {
        return get(name, Long.class, "an integer");
    }

    /** A boolean member; throws {@link JsonException} when it is absent or of another type. */
    public boolean bool(String name) {
        return get(name, Boolean.class, "a boolean");
    }

    /** An object member; throws {@link JsonException} when it is absent or of another type. */
    public JsonObject object(String name) {
        return get(name, JsonObject.class, "an object");
    }

    /** A list member; throws {@link JsonException} when it is absent or of another type. */
    public List<Object> list(String name) {
        @SuppressWarnings("unchecked") // put and parse admit nothing but JSON values
        List<Object> list = (List<Object>) get(name, List.class, "a list");
        return Collections.unmodifiableList(list);
    }

    /** A list of objects; throws {@link JsonException} when it is absent or holds anything else. */
    public List<JsonObject> objects(String name) {
        return elements(name, JsonObject.class, "objects");
    }

    /** A list of strings; throws {@link JsonException} when it is absent or holds anything else. */
    public List<String> strings(String name) {
        return elements(name, String.class, "strings");
    }

    /** A string member, or null when there is none. */
    public @Nullable String stringOrNull(String name) {
        return has(name) ? string(name) : null;
    }

    /** The RFC 8785 canonical bytes; throws {@link JsonException} when a name or string has an unpaired surrogate. */
    public byte[] toCanonicalBytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        try (JsonGenerator generator = StrictJson.FACTORY.createGenerator(out)) {
            write(generator, this);
        } catch (IOException impossibleInMemory) {
            throw new IllegalStateException("JSON text cannot be written to memory.", impossibleInMemory);
        }
        return out.toByteArray();
    }

    /**
     * Reads strict JSON: one object, valid UTF-8, no repeated name, no null, no number but integers within ±(2⁵³−1),
     * nothing after it, at most 64 levels.
     *
     * @throws JsonException naming the place and the rule
     */
    public static JsonObject parse(byte[] json) {
        try (JsonParser parser = StrictJson.parser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new JsonException("Document does not start with '{': one JSON object is expected.");
            }
            JsonObject object = readObject(parser);
            requireEnd(parser);
            return object;
        } catch (JsonException e) {
            throw e;
        } catch (IOException | RuntimeException malformed) {
            throw StrictJson.malformed(malformed);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof JsonObject that && members.equals(that.members);
    }

    @Override
    public int hashCode() {
        return members.hashCode();
    }

    /** The canonical text. */
    @Override
    public String toString() {
        return new String(toCanonicalBytes(), StandardCharsets.UTF_8);
    }

    private JsonObject add(String name, Object value) {
        if (members.putIfAbsent(name, value) != null) {
            throw new JsonException("Member '" + name + "' is there already: a name stands once. Choose another name.");
        }
        return this;
    }

    private <T> T get(String name, Class<T> type, String expected) {
        Object value = members.get(name);
        if (!type.isInstance(value)) {
            throw new JsonException("Member '" + name + "' is " + (value == null ? "missing" : "of another type") + ": "
                    + expected + " is expected.");
        }
        return type.cast(value);
    }

    private <T> List<T> elements(String name, Class<T> type, String expected) {
        List<T> result = new ArrayList<>();
        for (Object element : list(name)) {
            if (!type.isInstance(element)) {
                throw new JsonException("Member '" + name + "' holds something else than " + expected + ".");
            }
            result.add(type.cast(element));
        }
        return result;
    }

    private static long requireExact(long value) {
        if (value > MAX_INTEGER || value < -MAX_INTEGER) {
            throw inexact(Long.toString(value));
        }
        return value;
    }

    private static JsonException inexact(String number) {
        return new JsonException(
                "Integer " + number + " is beyond 2^53-1, where JSON numbers stop being exact. Write it as a string.");
    }

    private static void requireValue(Object value) {
        if (value instanceof Long number) {
            requireExact(number);
        } else if (value instanceof List<?> list) {
            list.forEach(JsonObject::requireValue);
        } else if (!(value instanceof String || value instanceof Boolean || value instanceof JsonObject)) {
            throw new JsonException("A " + value.getClass().getSimpleName()
                    + " is no JSON value here: use String, Long, Boolean, JsonObject or a list of them.");
        }
    }

    private static void write(JsonGenerator generator, Object value) throws IOException {
        if (value instanceof JsonObject object) {
            generator.writeStartObject();
            for (Map.Entry<String, Object> member : object.members.entrySet()) {
                generator.writeFieldName(requirePaired(member.getKey()));
                write(generator, member.getValue());
            }
            generator.writeEndObject();
        } else if (value instanceof List<?> list) {
            generator.writeStartArray();
            for (Object element : list) {
                write(generator, element);
            }
            generator.writeEndArray();
        } else if (value instanceof Long number) {
            generator.writeNumber(number);
        } else if (value instanceof Boolean bool) {
            generator.writeBoolean(bool);
        } else {
            generator.writeString(requirePaired((String) value));
        }
    }

    /** Checked here, since the generator lets some of them pass as escapes. */
    private static String requirePaired(String text) {
        if (!StrictJson.isPaired(text)) {
            throw new JsonException("A name or string holds an unpaired surrogate: UTF-8 cannot carry it. Remove it.");
        }
        return text;
    }

    private static JsonObject readObject(JsonParser parser) throws IOException {
        JsonObject object = new JsonObject();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = StrictJson.text(parser, "Name");
            parser.nextToken();
            object.members.put(name, readValue(parser));
        }
        return object;
    }

    private static Object readValue(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> readObject(parser);
            case START_ARRAY -> {
                List<Object> list = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    list.add(readValue(parser));
                }
                yield Collections.unmodifiableList(list);
            }
            case VALUE_STRING -> StrictJson.text(parser, "String");
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NUMBER_INT -> readInteger(parser);
            default ->
                throw new JsonException("Value " + parser.getText() + StrictJson.at(parser)
                        + " is neither string, integer, boolean, list nor object. Write decimals as strings.");
        };
    }

    private static long readInteger(JsonParser parser) throws IOException {
        String text = parser.getText();
        if (text.equals("-0")) {
            throw new JsonException("Integer -0" + StrictJson.at(parser) + " has another canonical form: write 0.");
        }
        if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            throw inexact(text);
        }
        return requireExact(parser.getLongValue());
    }

    private static void requireEnd(JsonParser parser) throws IOException {
        long end = parser.currentLocation().getCharOffset();
        boolean more;
        try {
            more = parser.nextToken() != null;
        } catch (JacksonException notEvenJson) {
            more = true;
        }
        if (more) {
            throw new JsonException("Document goes on after its object at character " + end + ". Remove what follows.");
        }
    }
}
