package io.spendguard.jdbc;

import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.SealFormat;
import io.spendguard.model.Digest;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** How far a stream was forwarded; only the event that follows takes it further. */
final class StreamCursor {
    private final String tenant;
    private final UUID stream;
    private long seq;
    private Digest chain;
    private boolean isClosed;

    /**
     * A cursor after a position.
     *
     * @param seq the last position forwarded, 0 before the first
     * @param chain the chain value there, or null before the first
     */
    StreamCursor(String tenant, UUID stream, long seq, byte @Nullable [] chain) {
        this.tenant = tenant;
        this.stream = stream;
        this.seq = seq;
        this.chain = chain == null ? SealFormat.start(tenant, stream) : Digest.of(chain);
    }

    long seq() {
        return seq;
    }

    Digest chain() {
        return chain;
    }

    /** Whether the last event passed was the stream's closing one. */
    boolean isClosed() {
        return isClosed;
    }

    /** Goes on to the next event, or throws {@link EvidenceException} when this is not the one that was signed there. */
    void advance(long next, Digest digest, Digest claimed, UUID event, String type) {
        if (next != seq + 1) {
            throw new EvidenceException("Checkpoint is blocked: position " + (seq + 1) + " of stream " + stream
                    + " of tenant '" + tenant + "' is missing before " + next
                    + ", and positions have no gaps. Look for it in a backup.");
        }
        if (!SealFormat.next(chain, digest).equals(claimed)) {
            throw new EvidenceException("Checkpoint is blocked: event " + event + " (position " + next + " of stream "
                    + stream + ", tenant '" + tenant + "') is not what was signed there. Compare it with a backup.");
        }
        seq = next;
        chain = claimed;
        isClosed = EventTypes.closesItsStream(type);
    }
}
