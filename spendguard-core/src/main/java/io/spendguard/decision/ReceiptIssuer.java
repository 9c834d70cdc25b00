package io.spendguard.decision;

import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.Receipt;
import io.spendguard.proof.KeyCertificate;
import io.spendguard.proof.Signer;
import java.time.Clock;
import org.jspecify.annotations.Nullable;

/** Makes a caller's share of the evidence out of an event that is durable. Safe for any number of threads. */
final class ReceiptIssuer {
    private final Signer signer;
    private final Clock clock;
    private volatile @Nullable Stated stated;

    ReceiptIssuer(Signer signer, Clock clock) {
        this.signer = signer;
        this.clock = clock;
    }

    Receipt of(SealedEvent event) {
        return new Receipt(
                event.draft().tenant(),
                event.draft().id(),
                event.stream(),
                event.seq(),
                event.chain(),
                event.batchSize(),
                event.leafIndex(),
                event.path(),
                event.signature(),
                event.keyId(),
                certificate(),
                clock.instant());
    }

    /** As text, made once for each certificate and not for each decision. */
    private @Nullable String certificate() {
        KeyCertificate now = signer.certificate().orElse(null);
        if (now == null) {
            return null;
        }
        Stated known = stated;
        if (known == null || !known.certificate().equals(now)) {
            known = new Stated(now, now.toJson().toString());
            stated = known;
        }
        return known.text();
    }

    private record Stated(KeyCertificate certificate, String text) {}
}
