package io.spendguard.jdbc.cli;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.EvidenceException;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.price.PriceBook;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * The events of an evidence package, taken at their word: whether they are genuine is for {@code verify} to say.
 *
 * @param events in order of stream and position
 * @param prices the price book enclosed last, by name; empty when there is none
 */
record RecordedEvents(List<AuditEvent> events, Optional<PriceBook> prices) {
    static RecordedEvents read(Path file) throws IOException {
        List<AuditEvent> events = new ArrayList<>();
        Optional<PriceBook> prices = Optional.empty();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                try (InputStream in = zip.getInputStream(entry)) {
                    if (entry.getName().startsWith("events/")) {
                        new String(in.readAllBytes(), StandardCharsets.UTF_8)
                                .lines()
                                .map(RecordedEvents::event)
                                .forEach(events::add);
                    } else if (entry.getName().startsWith("pricebooks/")) {
                        prices = Optional.of(PriceBook.parse(in.readAllBytes(), entry.getName()));
                    }
                }
            }
        } catch (ZipException | JsonException malformed) {
            throw new EvidenceException(
                    "Evidence package " + file + " cannot be read: " + malformed.getMessage()
                            + ". Verify it, and get it from its source once more.",
                    malformed);
        }
        return new RecordedEvents(events, prices);
    }

    private static AuditEvent event(String text) {
        EventLine line = EventLine.parse(text.getBytes(StandardCharsets.UTF_8));
        byte[] payload = line.payloadBytes();
        return AuditEvent.stored(line.id(), JsonObject.parse(payload).string("tenantid"), line.type(), payload);
    }
}
