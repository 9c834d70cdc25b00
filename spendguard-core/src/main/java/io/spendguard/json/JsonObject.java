package io.spendguard.json;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
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

    private static final int MEMBERS_AT_FIRST = 8;
    private static final String[] NO_NAMES = {};
    private static final Object[] NO_VALUES = {};

    /** Sorted by UTF-16 code units, which is both String's natural order and the order of RFC 8785. */
    private String[] names = NO_NAMES;

    /** In the order of their names. */
    private Object[] values = NO_VALUES;

    private int size;

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
        return Collections.unmodifiableSet(
                new LinkedHashSet<>(Arrays.asList(names).subList(0, size)));
    }

    /** How many members there are. */
    public int size() {
        return size;
    }

    /** Tells whether there is a member of that name. */
    public boolean has(String name) {
        return find(name) >= 0;
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
        return CanonicalWriter.write(this);
    }

    /**
     * Reads strict JSON: one object, valid UTF-8, no repeated name, no null, no number but integers within ±(2⁵³−1),
     * nothing after it, at most 64 levels.
     *
     * @throws JsonException naming the place and the rule
     */
    public static JsonObject parse(byte[] json) {
        JsonObject canonical = parseCanonical(json);
        if (canonical != null) {
            return canonical;
        }
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

    /** Reads the canonical bytes of an object; null when they are no object's, though {@link #parse} might read them. */
    public static @Nullable JsonObject parseCanonical(byte[] json) {
        return CanonicalReader.read(json);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof JsonObject that
                && Arrays.equals(names, 0, size, that.names, 0, that.size)
                && Arrays.equals(values, 0, size, that.values, 0, that.size);
    }

    @Override
    public int hashCode() {
        int hash = 0;
        for (int i = 0; i < size; i++) {
            hash = 31 * hash + (names[i].hashCode() ^ values[i].hashCode());
        }
        return hash;
    }

    /** The canonical text. */
    @Override
    public String toString() {
        return new String(toCanonicalBytes(), StandardCharsets.UTF_8);
    }

    String name(int index) {
        return names[index];
    }

    Object value(int index) {
        return values[index];
    }

    /** Adds a member whose name comes after all others. */
    void append(String name, Object value) {
        insert(size, name, value);
    }

    /** Lets go of room for more members. What is read is kept in numbers and seldom added to. */
    JsonObject trim() {
        if (size < names.length) {
            names = Arrays.copyOf(names, size);
            values = Arrays.copyOf(values, size);
        }
        return this;
    }

    private JsonObject add(String name, Object value) {
        int found = find(name);
        if (found >= 0) {
            throw new JsonException("Member '" + name + "' is there already: a name stands once. Choose another name.");
        }
        insert(-found - 1, name, value);
        return this;
    }

    private void insert(int index, String name, Object value) {
        if (size == names.length) {
            int room = Math.max(MEMBERS_AT_FIRST, 2 * size);
            names = Arrays.copyOf(names, room);
            values = Arrays.copyOf(values, room);
        }
        System.arraycopy(names, index, names, index + 1, size - index);
        System.arraycopy(values, index, values, index + 1, size - index);
        names[index] = name;
        values[index] = value;
        size++;
    }

    private int find(String name) {
        return Arrays.binarySearch(names, 0, size, name);
    }

    private <T> T get(String name, Class<T> type, String expected) {
        int found = find(name);
        Object value = found < 0 ? null : values[found];
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

    private static JsonObject readObject(JsonParser parser) throws IOException {
        SortedMap<String, Object> members = new TreeMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = StrictJson.text(parser, "Name");
            parser.nextToken();
            members.put(name, readValue(parser));
        }
        JsonObject object = new JsonObject();
        members.forEach(object::append);
        return object.trim();
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
