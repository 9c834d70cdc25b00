package io.spendguard.test;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** JSON as providers send it, with decimals and nulls: maps, lists, strings, longs, decimals, booleans, null. */
final class LooseJson {
    static final JsonFactory FACTORY = new JsonFactory();

    private LooseJson() {}

    /** The value, or null when the bytes are no JSON. */
    static @Nullable Object parse(byte[] json) {
        try (JsonParser parser = FACTORY.createParser(json)) {
            return parser.nextToken() == null ? null : read(parser);
        } catch (IOException notJson) {
            return null;
        }
    }

    static boolean has(@Nullable Object root, String path) {
        int dot = path.lastIndexOf('.');
        Object parent = dot < 0 ? root : find(root, path.substring(0, dot));
        return parent instanceof Map<?, ?> map ? map.containsKey(path.substring(dot + 1)) : find(root, path) != null;
    }

    static Optional<Object> scalar(@Nullable Object root, String path) {
        return Optional.ofNullable(find(root, path))
                .filter(value -> !(value instanceof Map<?, ?>) && !(value instanceof List<?>));
    }

    static List<?> list(@Nullable Object root, String path) {
        return find(root, path) instanceof List<?> list ? list : List.of();
    }

    private static @Nullable Object find(@Nullable Object root, String path) {
        Object value = root;
        for (String step : path.split("\\.", -1)) {
            if (value instanceof Map<?, ?> map) {
                value = map.get(step);
            } else if (value instanceof List<?> list
                    && step.matches("\\d{1,6}")
                    && Integer.parseInt(step) < list.size()) {
                value = list.get(Integer.parseInt(step));
            } else {
                return null;
            }
        }
        return value;
    }

    private static @Nullable Object read(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    String name = parser.currentName();
                    parser.nextToken();
                    map.put(name, read(parser));
                }
                yield Collections.unmodifiableMap(map);
            }
            case START_ARRAY -> {
                List<@Nullable Object> list = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    list.add(read(parser));
                }
                yield Collections.unmodifiableList(list);
            }
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> new BigDecimal(parser.getText());
            case VALUE_STRING -> parser.getText();
            default -> null;
        };
    }
}
