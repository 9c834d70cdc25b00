package io.spendguard.verify;

import io.spendguard.evidence.LogStart;
import io.spendguard.evidence.OpeningBalance;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.evidence.internal.StoredZip;
import io.spendguard.json.JsonException;
import io.spendguard.model.Digest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks where a package begins that does not begin at the first event: that tenants, streams and balances stood so under the earlier
 * checkpoint. That this checkpoint is one the auditor holds, and that the log continues it, {@link LogCheck} tells.
 */
final class StartCheck {
    /** A package that claims more than this is not read into memory. */
    private static final int MAX_KEPT = 5_000_000;

    private final AccountBooks accounts;
    private final Scope scope;
    private final Findings findings;
    private final Map<String, LogStart.OfTenant> tenants = new TreeMap<>();
    private final Map<PackageNames.StreamName, LogStart.OfStream> streams = new HashMap<>();
    private final Map<String, List<OpeningBalance>> openings = new TreeMap<>();
    /** The tenants that did not stand as the package claims. */
    private final Set<String> differing = new HashSet<>();

    private LogStart.@Nullable OfLog log;
    private int kept;
    private boolean isSound = true;

    StartCheck(AccountBooks accounts, Scope scope, Findings findings) {
        this.accounts = accounts;
        this.scope = scope;
        this.findings = findings;
    }

    /** Reads the start, if there is one, before the log and the events. */
    void read(PackageReader reader, List<StoredZip.Entry> entries) throws IOException {
        Map<String, StoredZip.Entry> files = new HashMap<>();
        entries.forEach(entry -> files.putIfAbsent(entry.name(), entry));
        StoredZip.Entry file = files.get(PackageNames.START);
        if (file == null) {
            return;
        }
        scope.beginsLater();
        lines(reader, file, line -> take(LogStart.parse(line)));
        LogStart.OfLog begin = log;
        if (begin == null && isSound) {
            malformed(Place.file(PackageNames.START), "It does not say after which checkpoint the package begins.");
        }
        if (files.containsKey(PackageNames.DROPPED) || scope.isExcerpt()) {
            malformed(
                    Place.file(PackageNames.START),
                    "A package that begins after a checkpoint is no excerpt and holds nothing that was dropped.");
        }
        if (begin == null || !isSound) {
            return;
        }
        requireUnder(begin);
        StoredZip.Entry balances = files.get(PackageNames.OPENINGS);
        if (balances != null) {
            lines(reader, balances, line -> {
                OpeningBalance opening = OpeningBalance.parse(line);
                openings.computeIfAbsent(opening.tenant(), name -> new ArrayList<>())
                        .add(opening);
                accounts.carry(opening);
            });
        }
        requireBalances(begin);
    }

    /** Where the tree of all tenants begins; null where it begins with its first leaf, or nothing legible tells. */
    LogStart.@Nullable OfLog log() {
        return isSound ? log : null;
    }

    Collection<LogStart.OfTenant> tenants() {
        return tenants.values();
    }

    /** Tells whether the package says that it begins later, but not legibly where. */
    boolean isIllegible() {
        return !isSound;
    }

    /** The last event of a stream before the package begins; null where its first one belongs into it. */
    LogStart.@Nullable OfStream stream(String tenant, UUID stream) {
        return streams.get(new PackageNames.StreamName(tenant, stream));
    }

    private void take(LogStart line) {
        if (line instanceof LogStart.OfLog tree) {
            if (log != null) {
                throw new JsonException("The log begins twice.");
            }
            log = tree;
            scope.beginsAfter(tree.size());
        } else if (line instanceof LogStart.OfTenant tenant) {
            if (tenants.put(tenant.tenant(), tenant) != null) {
                throw new JsonException("Tenant '" + tenant.tenant() + "' begins twice.");
            }
        } else if (line instanceof LogStart.OfStream stream
                && streams.put(new PackageNames.StreamName(stream.tenant(), stream.stream()), stream) != null) {
            throw new JsonException("Stream " + stream.stream() + " begins twice.");
        }
    }

    private void requireUnder(LogStart.OfLog begin) {
        Digest root = begin.range().root();
        tenants.values().stream()
                .filter(tenant -> !tenant.isUnder(begin.size(), root))
                .forEach(tenant -> differs(
                        new Place(PackageNames.START, 0, tenant.tenant(), null, 0, null),
                        "Tenant '" + tenant.tenant() + "' did not stand at " + tenant.size()
                                + " events with these roots under checkpoint " + begin.size()));
        streams.values().forEach(stream -> {
            LogStart.OfTenant tenant = tenants.get(stream.tenant());
            if (tenant == null || !stream.isUnder(tenant)) {
                differs(
                        new Place(PackageNames.START, 0, stream.tenant(), stream.stream(), stream.seq(), null),
                        "Stream " + stream.stream() + " of tenant '" + stream.tenant() + "' did not stand at position "
                                + stream.seq() + " under checkpoint " + begin.size());
            }
        });
    }

    private void requireBalances(LogStart.OfLog begin) {
        for (String tenant : openings.keySet()) {
            if (!tenants.containsKey(tenant)) {
                balancesDiffer(tenant, begin.size());
            }
        }
        tenants.forEach((tenant, start) -> {
            if (!isFalse(tenant)
                    && !OpeningBalance.root(openings.getOrDefault(tenant, List.of()))
                            .equals(start.balanceRoot())) {
                balancesDiffer(tenant, begin.size());
            }
        });
    }

    /** Tells whether a tenant did not stand so under the earlier checkpoint, which explains whatever follows from it. */
    boolean isFalse(String tenant) {
        return differing.contains(tenant);
    }

    private void balancesDiffer(String tenant, long size) {
        differing.add(tenant);
        findings.add(
                FindingCode.BALANCES_DIFFER,
                Place.file(PackageNames.OPENINGS),
                "The opening balances of tenant '" + tenant + "' are not those that checkpoint " + size
                        + " covers. Ask who changed them.");
    }

    private void differs(Place place, String fault) {
        differing.add(String.valueOf(place.tenant()));
        findings.add(FindingCode.LOG_DIFFERS, place, fault + ", as the package claims. Ask who exported it.");
    }

    private void malformed(Place place, String fault) {
        isSound = false;
        findings.add(FindingCode.LOG_MALFORMED, place, fault + " Export again.");
    }

    private void lines(PackageReader reader, StoredZip.Entry entry, Consumer<byte[]> sink) throws IOException {
        long[] count = {0};
        reader.lines(entry, piece -> {}, line -> {
            count[0]++;
            if (!isSound) {
                return;
            }
            try {
                if (++kept > MAX_KEPT) {
                    throw new JsonException("More than " + MAX_KEPT + " lines are not checked. Export one tenant.");
                }
                sink.accept(line);
            } catch (JsonException malformed) {
                malformed(
                        new Place(entry.name(), count[0], null, null, 0, null),
                        "Line " + count[0] + " of " + entry.name() + " is not what belongs there: "
                                + malformed.getMessage());
            }
        });
    }
}
