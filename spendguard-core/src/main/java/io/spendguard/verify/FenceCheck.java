package io.spendguard.verify;

import io.spendguard.evidence.internal.PackageNames;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Whoever closes a dead writer's stream names a stream of its own, of the same tenant and under the same key: it must be there.
 * Streams are read one after another, so that this is looked at last. Keeps one key and one closing event for each stream at most.
 */
final class FenceCheck {
    private final Scope scope;
    private final Findings findings;
    /** The keys that streams were opened with. */
    private final Map<PackageNames.StreamName, String> openedBy = new HashMap<>();

    /** By the stream that was closed. */
    private final Map<PackageNames.StreamName, Fence> fences = new HashMap<>();

    FenceCheck(Scope scope, Findings findings) {
        this.scope = scope;
        this.findings = findings;
    }

    /** Takes a stream with the trusted key that signed its first event. */
    void opened(String tenant, UUID stream, String keyId) {
        openedBy.put(new PackageNames.StreamName(tenant, stream), keyId);
    }

    /** Takes a stream that another writer closed, and what that writer says of itself; of several that closed it the last. */
    void closed(Place place, String tenant, UUID stream, UUID by, String keyId) {
        fences.put(
                new PackageNames.StreamName(tenant, stream),
                new Fence(place, stream, new PackageNames.StreamName(tenant, by), keyId));
    }

    /** Draws the conclusions that need every stream; an excerpt has not all of them. */
    void end() {
        if (scope.isExcerpt()) {
            return;
        }
        for (Fence fence : fences.values()) {
            if (scope.isLater() && !openedBy.containsKey(fence.by)) {
                continue; // it may have been opened, and closed, before the package begins
            }
            if (!fence.keyId.equals(openedBy.get(fence.by))) {
                findings.add(
                        FindingCode.STREAM_MALFORMED,
                        fence.place,
                        "Event " + fence.place.event() + " closes stream " + fence.stream + " for a writer with stream "
                                + fence.by.stream() + " and key '" + fence.keyId
                                + "', but there is no such stream of tenant '" + fence.by.tenant()
                                + "': who closes another's stream names an own one. Ask who signed it.");
            }
        }
    }

    private record Fence(Place place, UUID stream, PackageNames.StreamName by, String keyId) {}
}
