package io.spendguard.verify;

import io.spendguard.evidence.SealFormat;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.model.Digest;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The events of one stream that do not hash into their own signed chain values: edited, or exchanged with each other. */
final class EditedEvents {
    /** Among so many edited events it is tried whether they swapped their content. */
    private static final int COMPARED = 64;

    private final String tenant;
    private final UUID stream;
    private final Findings findings;
    private final List<Edit> edits = new ArrayList<>();

    EditedEvents(PackageNames.StreamName name, Findings findings) {
        this.tenant = name.tenant();
        this.stream = name.stream();
        this.findings = findings;
    }

    /** Whether an event hashes into its signed chain value; unknown, and taken to be so, without the one before. */
    boolean requireLink(Place place, String type, @Nullable Digest before, Digest chain, Digest digest) {
        if (before == null || SealFormat.next(before, digest).equals(chain)) {
            return true;
        }
        Edit edit = new Edit(place, type, before, chain, digest);
        if (edits.size() < COMPARED) {
            edits.add(edit);
        } else {
            reportEdited(edit);
        }
        return false;
    }

    /** Reports those that are left to compare, once the stream has ended. */
    void end() {
        edits.forEach(this::reportEdit);
    }

    private void reportEdit(Edit edit) {
        for (Edit other : edits) {
            if (SealFormat.next(edit.before, other.digest).equals(edit.chain)) {
                findings.add(
                        FindingCode.EVENT_REORDERED,
                        edit.place,
                        "Position " + edit.place.seq() + " of stream " + stream + " holds event " + edit.place.event()
                                + ", but event " + other.place.event()
                                + " was signed there. Ask who exchanged them.");
                return;
            }
        }
        reportEdited(edit);
    }

    private void reportEdited(Edit edit) {
        findings.add(
                FindingCode.EVENT_EDITED,
                edit.place,
                "Event " + edit.place.event() + " (" + edit.type + ", position " + edit.place.seq() + " of stream "
                        + stream + ", tenant '" + tenant
                        + "') was edited: its bytes are not those that were signed. Compare it with a backup.");
    }

    /** A trusted place whose event does not hash into it. */
    private record Edit(Place place, String type, Digest before, Digest chain, Digest digest) {}
}
