package io.spendguard.evidence;

import io.spendguard.model.Digest;
import io.spendguard.proof.SignedNote;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/** The log as of one signed checkpoint, to be enclosed in an evidence package. */
public interface LogExport {
    /** The checkpoint, with the witnesses' lines. */
    SignedNote checkpoint();

    /** Hands over the leaves of the tree of all tenants that the checkpoint covers, in order, everything shown. */
    void heads(Consumer<LogHead> sink);

    /** Hands over whose events the leaves of the tenants' trees are, in order of tenant and leaf. */
    void runs(Consumer<LogRun> sink);

    /**
     * Where events stand under the checkpoint, in the order given; empty for those that it does not cover. An excerpt asks for
     * some hundreds at a time.
     */
    default List<Optional<LogInclusion>> inclusions(List<SealedAuditEvent> events) {
        return events.stream().map(event -> Optional.<LogInclusion>empty()).toList();
    }

    /** The chain value at a position, of a dropped event too; empty where there is none. */
    default Optional<Digest> chain(String tenant, UUID stream, long seq) {
        return Optional.empty();
    }

    /** Hands over what is left of closed events that were dropped, in order of tenant, stream and position. */
    default void dropped(Consumer<DroppedEvent> sink) {}

    /** Hands over what the dropped events' entries came to, in order of tenant and account. */
    default void openings(Consumer<OpeningBalance> sink) {}

    /**
     * Hands over how the log stood at the earlier checkpoint after which the export begins: the log first, then tenants, then
     * streams, those that go on after it only. Nothing for an export from the first event on. Heads and runs are then those after
     * that checkpoint.
     */
    default void start(Consumer<LogStart> sink) {}

    /** The last position of a stream that the earlier checkpoint covers; 0 where it covers none, or there is no such checkpoint. */
    default long lastBefore(String tenant, UUID stream) {
        return 0;
    }
}
