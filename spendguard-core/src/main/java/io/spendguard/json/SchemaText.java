package io.spendguard.json;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The JSON Schemas that ship in the library's jar. */
public final class SchemaText {
    private SchemaText() {}

    /**
     * A schema's text.
     *
     * @param owner a class of the package the schema lies in
     * @param name the schema's file name
     */
    public static String of(Class<?> owner, String name) {
        try (InputStream in = owner.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("The library's schema '" + name
                        + "' is missing from its jar. Use an unmodified spendguard-core jar.");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException("The library's schema '" + name + "' cannot be read.", unreadable);
        }
    }
}
