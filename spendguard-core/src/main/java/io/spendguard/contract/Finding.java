package io.spendguard.contract;

import java.util.Objects;

/**
 * One fault of a contract, or one warning about it, at its place in the file.
 *
 * @param file the file's name, as the caller gave it
 * @param line the line, from 1; 0 when the finding concerns the whole file
 * @param column the column in characters, from 1; 0 when the finding concerns the whole file
 * @param path the member, such as {@code spec.rules[2].when}; empty for the whole document
 * @param message subject, value, rule and remedy
 */
public record Finding(String file, int line, int column, String path, String message) {
    /** Checks that every part is present. */
    public Finding {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(message, "message");
    }

    /** One line: {@code contract.yaml:14:9 spec.rules[2].when: unknown field …}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(file);
        if (line > 0) {
            text.append(':').append(line).append(':').append(column);
        }
        if (!path.isEmpty()) {
            text.append(' ').append(path);
        }
        return text.append(": ").append(message).toString();
    }
}
