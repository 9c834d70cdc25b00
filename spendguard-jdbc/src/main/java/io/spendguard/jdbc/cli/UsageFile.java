package io.spendguard.jdbc.cli;

import io.spendguard.json.JsonObject;
import io.spendguard.model.BilledCall;
import io.spendguard.model.CostState;
import io.spendguard.model.Money;
import io.spendguard.model.Usage;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A provider's word on many calls: a CSV file whose first line names its columns, or a file of one JSON object per line
 * ({@code .jsonl}), with the same names. Read strictly, all faults at once, each with its line.
 */
final class UsageFile {
    private static final String BYTE_ORDER_MARK = "\uFEFF";
    private static final String KEY = "key";
    private static final String INPUT = "inputTokens";
    private static final String CACHE_READ = "cacheReadTokens";
    private static final String CACHE_WRITE = "cacheWriteTokens";
    private static final String OUTPUT = "outputTokens";
    private static final String REASONING = "reasoningTokens";
    private static final String COST = "cost";
    private static final String STATE = "state";
    private static final String REFERENCE = "reference";
    private static final List<String> COLUMNS =
            List.of(KEY, INPUT, CACHE_READ, CACHE_WRITE, OUTPUT, REASONING, COST, STATE, REFERENCE);

    private final String name;
    private final String tenant;
    private final List<BilledCall> calls = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    /** The line of each key and state. */
    private final Map<List<String>, Integer> said = new HashMap<>();

    private UsageFile(String name, String tenant) {
        this.name = name;
        this.tenant = tenant;
    }

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException with every fault
     */
    static List<BilledCall> read(Path file, String tenant) throws IOException {
        UsageFile usage = new UsageFile(String.valueOf(file.getFileName()), tenant);
        List<String> lines = lines(file, usage.name);
        if (usage.name.toLowerCase(Locale.ROOT).endsWith(".jsonl")) {
            usage.json(lines);
        } else {
            usage.csv(lines);
        }
        if (!usage.faults.isEmpty()) {
            throw new IllegalArgumentException(String.join("\n", usage.faults));
        }
        return usage.calls;
    }

    private static List<String> lines(Path file, String name) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (CharacterCodingException otherEncoding) {
            throw new IllegalArgumentException(name + " is not encoded in UTF-8. Save it so.", otherEncoding);
        }
        if (!lines.isEmpty() && lines.get(0).startsWith(BYTE_ORDER_MARK)) {
            lines.set(0, lines.get(0).substring(BYTE_ORDER_MARK.length()));
        }
        return lines;
    }

    private void json(List<String> lines) {
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).isBlank()) {
                continue;
            }
            try {
                JsonObject json = JsonObject.parse(lines.get(i).getBytes(StandardCharsets.UTF_8));
                Map<String, String> values = new HashMap<>();
                for (String member : json.names()) {
                    if (!COLUMNS.contains(member)) {
                        fault(
                                i + 1,
                                "unknown member '" + member + "': " + String.join(", ", COLUMNS)
                                        + " are known. Rename it.");
                    }
                }
                for (String column : COLUMNS) {
                    if (json.has(column)) {
                        values.put(
                                column,
                                column.endsWith("Tokens") ? Long.toString(json.integer(column)) : json.string(column));
                    }
                }
                call(i + 1, values);
            } catch (IllegalArgumentException malformed) {
                fault(i + 1, String.valueOf(malformed.getMessage()));
            }
        }
    }

    private void csv(List<String> lines) {
        List<String> header = lines.isEmpty() ? List.of() : fields(1, lines.get(0));
        Set<String> known = new HashSet<>();
        for (String column : header) {
            if (!COLUMNS.contains(column)) {
                fault(1, "unknown column '" + column + "': " + String.join(", ", COLUMNS) + " are known. Rename it.");
            } else if (!known.add(column)) {
                fault(1, "column '" + column + "' stands there twice. Remove one.");
            }
        }
        if (!known.contains(KEY)) {
            fault(1, "there is no column '" + KEY + "': the first line names the columns. Add it.");
        }
        if (!faults.isEmpty()) {
            return;
        }
        for (int i = 1; i < lines.size(); i++) {
            if (lines.get(i).isBlank()) {
                continue;
            }
            List<String> fields = fields(i + 1, lines.get(i));
            if (fields.size() != header.size()) {
                fault(i + 1, fields.size() + " fields for " + header.size() + " columns. Give one for each.");
                continue;
            }
            Map<String, String> values = new HashMap<>();
            for (int column = 0; column < fields.size(); column++) {
                if (!fields.get(column).isEmpty()) {
                    values.put(header.get(column), fields.get(column));
                }
            }
            try {
                call(i + 1, values);
            } catch (IllegalArgumentException malformed) {
                fault(i + 1, String.valueOf(malformed.getMessage()));
            }
        }
    }

    /** The fields of a line: commas between them, quotes around those that hold commas, a quote doubled inside. */
    private List<String> fields(int number, String line) {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        boolean closed = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quoted && c == '"' && i + 1 < line.length() && line.charAt(i + 1) == '"') {
                field.append(c);
                i++;
            } else if (quoted) {
                quoted = c != '"';
                closed = !quoted;
                if (quoted) {
                    field.append(c);
                }
            } else if (c == ',') {
                fields.add(field.toString().strip());
                field.setLength(0);
                closed = false;
            } else if (c == '"' && !closed && field.toString().isBlank()) {
                quoted = true;
            } else if (c == '"' || (closed && !Character.isWhitespace(c))) {
                fault(number, "a quote stands inside a field. Quote the whole field, and double the quotes in it.");
                return List.of();
            } else {
                field.append(c);
            }
        }
        if (quoted) {
            fault(number, "a quote is never closed. Close it; a field has no line breaks.");
        }
        fields.add(field.toString().strip());
        return fields;
    }

    private void call(int line, Map<String, String> values) {
        String key = values.get(KEY);
        if (key == null) {
            fault(line, "'" + KEY + "' is missing: it is the action's key or its decision's id. Add it.");
            return;
        }
        String state = values.getOrDefault(STATE, "provider_reported");
        Integer other = said.putIfAbsent(List.of(key, state), line);
        if (other != null) {
            fault(
                    line,
                    "'" + KEY + "' " + key + " is " + state + " in line " + other
                            + " already: nobody can tell which of them counts, or both. Give one line for each call.");
        }
        if (values.keySet().stream().noneMatch(column -> column.endsWith("Tokens") || column.equals(COST))) {
            fault(line, "there are neither tokens nor a cost: nothing is said of the call. Add one or leave it out.");
        }
        Usage.Builder usage = Usage.builder();
        Long input = count(values, INPUT);
        Long output = count(values, OUTPUT);
        Long cacheRead = count(values, CACHE_READ);
        Long cacheWrite = count(values, CACHE_WRITE);
        Long reasoning = count(values, REASONING);
        if (input != null) {
            usage.inputTokens(input);
        }
        if (output != null) {
            usage.outputTokens(output);
        }
        if (cacheRead != null) {
            usage.cacheReadTokens(cacheRead);
        }
        if (cacheWrite != null) {
            usage.cacheWriteTokens(cacheWrite);
        }
        if (reasoning != null) {
            usage.reasoningTokens(reasoning);
        }
        String cost = values.get(COST);
        calls.add(new BilledCall(
                tenant,
                key,
                usage.build(),
                cost == null ? null : Money.parse(cost),
                state(state),
                values.getOrDefault(REFERENCE, name + ":" + line)));
    }

    private static @Nullable Long count(Map<String, String> values, String column) {
        String text = values.get(column);
        if (text == null) {
            return null;
        }
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException malformed) {
            throw new IllegalArgumentException(
                    column + " is '" + text + "': a whole number of tokens is expected. Correct it.", malformed);
        }
    }

    private static CostState state(String text) {
        return switch (text) {
            case "provider_reported" -> CostState.PROVIDER_REPORTED;
            case "invoiced" -> CostState.INVOICED;
            default ->
                throw new IllegalArgumentException(
                        STATE + " is '" + text + "': provider_reported or invoiced is expected. Correct it.");
        };
    }

    private void fault(int line, String what) {
        faults.add(name + ":" + line + " " + what);
    }
}
