package io.spendguard.jdbc;

import io.spendguard.jdbc.OperationQueue.Waiting;
import io.spendguard.ledger.EventDraft;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.LedgerUnavailableException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A batch that has its place in the streams and is to become durable as one.
 *
 * @param writes the operations and what is written for each, in the order of their events
 * @param events what was sealed for them, with the events that open streams
 */
record SealedBatch(List<Write> writes, List<SealedEvent> events) {
    /**
     * Seals the events of some writes; the sealer must be told what becomes of them before it seals anything else.
     *
     * @throws LedgerUnavailableException when nothing can be signed; nothing was sealed then
     */
    static SealedBatch of(List<Write> writes, EventSealer sealer) {
        List<EventDraft> drafts = writes.stream()
                .flatMap(write -> Stream.concat(
                        write.plan().before().stream(), Stream.of(write.plan().posting())))
                .map(Posting::event)
                .toList();
        return new SealedBatch(writes, sealer.seal(drafts));
    }

    /** What makes all of it durable, ready to be executed. */
    PostCall call() {
        PostCall call = new PostCall();
        for (Write write : writes) {
            LedgerOperation operation = write.waiting().operation();
            write.plan().before().forEach(first -> call.before(operation, first));
            call.operation(operation, write.plan().posting());
        }
        return call.events(events);
    }

    List<Waiting> waiting() {
        return waiting(writes);
    }

    static List<Waiting> waiting(List<Write> writes) {
        return writes.stream().map(Write::waiting).toList();
    }

    /** Tells the callers that their operations are durable. */
    void complete() {
        Map<UUID, SealedEvent> places = new HashMap<>();
        events.forEach(event -> places.put(event.draft().id(), event));
        for (Write write : writes) {
            Posting posting = write.plan().posting();
            SealedEvent event =
                    Objects.requireNonNull(places.get(posting.event().id()));
            write.waiting().future().complete(new PostResult.Written(posting, event));
        }
    }

    /** An operation and what is written for it. */
    record Write(Waiting waiting, Planned.Writes plan) {}
}
