package io.spendguard;

import io.spendguard.json.CanonicalJson;
import io.spendguard.json.JsonException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A tool call's arguments as an adapter finds them in a model's answer. */
public final class ToolArguments {
    private static final Pattern LONG_NUMBER = Pattern.compile("\\d{16}");

    private ToolArguments() {}

    /**
     * The content of an action that calls a tool with these arguments: the same text for the same arguments, in whatever order,
     * spacing, escapes or form of number and letter the model wrote them. What is no JSON is its own content, and so is what has
     * numbers that a double cannot tell apart.
     */
    public static String content(@Nullable String json) {
        String text = Normalizer.normalize(String.valueOf(json), Normalizer.Form.NFC);
        if (LONG_NUMBER.matcher(text).find()) {
            return text.strip();
        }
        try {
            String canonical = new String(
                    CanonicalJson.canonicalize(text.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
            // Once more, for letters that had been escapes.
            return Normalizer.normalize(canonical, Normalizer.Form.NFC);
        } catch (JsonException noJson) {
            return text.strip();
        }
    }
}
