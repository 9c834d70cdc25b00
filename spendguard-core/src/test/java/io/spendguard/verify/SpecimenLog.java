package io.spendguard.verify;

import io.spendguard.evidence.LogExport;
import io.spendguard.evidence.LogHead;
import io.spendguard.evidence.LogInclusion;
import io.spendguard.evidence.LogRun;
import io.spendguard.evidence.SealFormat;
import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.MerkleTree;
import io.spendguard.proof.SignedNote;
import io.spendguard.proof.Signer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A log as its keeper makes it, step by step, from events of {@link Specimen}; what it hands over may be another one. */
final class SpecimenLog implements LogExport {
    static final String ORIGIN = "example.com/log";

    private final Map<String, List<Digest>> leaves = new TreeMap<>();
    private final Map<String, long[]> balances = new TreeMap<>();
    private final List<LogHead> heads = new ArrayList<>();
    private final List<LogRun> runs = new ArrayList<>();
    /** By tenant, in order of leaf. */
    private final Map<String, List<SealedAuditEvent>> taken = new TreeMap<>();

    private final List<String> headOf = new ArrayList<>();
    private final Signer signer;
    private String origin = ORIGIN;
    private UnaryOperator<List<LogHead>> shownHeads = UnaryOperator.identity();
    private UnaryOperator<List<LogRun>> shownRuns = UnaryOperator.identity();
    private long falseSpending;

    private SpecimenLog(Signer signer) {
        this.signer = signer;
    }

    static SpecimenLog by(Signer signer) {
        return new SpecimenLog(signer);
    }

    /** Takes up events, in the order given, and one head for each of their tenants. */
    SpecimenLog take(Collection<SealedAuditEvent> events) {
        for (SealedAuditEvent event : events) {
            String tenant = event.event().tenant();
            List<Digest> tree = leaves.computeIfAbsent(tenant, name -> new ArrayList<>());
            LogRun last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
            if (last != null
                    && last.tenant().equals(tenant)
                    && last.stream().equals(event.stream())
                    && last.to() + 1 == event.seq()) {
                runs.set(runs.size() - 1, new LogRun(tenant, last.index(), last.stream(), last.from(), event.seq()));
            } else {
                runs.add(new LogRun(tenant, tree.size(), event.stream(), event.seq(), event.seq()));
            }
            taken.computeIfAbsent(tenant, name -> new ArrayList<>()).add(event);
            tree.add(SealFormat.leaf(tenant, event.stream(), event.seq(), event.chain()));
            post(tenant, event);
        }
        events.stream().map(event -> event.event().tenant()).distinct().sorted().forEach(tenant -> {
            heads.add(head(tenant));
            headOf.add(tenant);
        });
        return this;
    }

    /** Another log. */
    SpecimenLog named(String other) {
        origin = other;
        return this;
    }

    /** What it came to since it had so many heads. */
    LogExport from(int size) {
        return new SpecimenStart(this, size, 0);
    }

    /** The same, where tenants are said to have stood so many events further on. */
    LogExport from(int size, int movedOn) {
        return new SpecimenStart(this, size, movedOn);
    }

    List<LogHead> heads() {
        return heads;
    }

    List<String> headOf() {
        return headOf;
    }

    List<SealedAuditEvent> taken(String tenant) {
        return taken.getOrDefault(tenant, List.of());
    }

    List<Digest> leaves(String tenant) {
        return leaves.getOrDefault(tenant, List.of());
    }

    /** From now on the keeper signs balances with this much more spent than the events tell of. */
    SpecimenLog lieAboutSpending(long atoms) {
        falseSpending = atoms;
        return this;
    }

    SpecimenLog showHeads(UnaryOperator<List<LogHead>> change) {
        shownHeads = change;
        return this;
    }

    SpecimenLog showRuns(UnaryOperator<List<LogRun>> change) {
        shownRuns = change;
        return this;
    }

    long size() {
        return heads.size();
    }

    Checkpoint signed() {
        return new Checkpoint(
                origin,
                heads.size(),
                MerkleTree.of(heads.stream().map(LogHead::leaf).toList()).root());
    }

    @Override
    public SignedNote checkpoint() {
        return SignedNote.of(signed().text()).signedBy(origin, signer);
    }

    @Override
    public void heads(Consumer<LogHead> sink) {
        shownHeads.apply(new ArrayList<>(heads)).forEach(sink);
    }

    @Override
    public void runs(Consumer<LogRun> sink) {
        List<LogRun> inOrder = new ArrayList<>();
        leaves.keySet()
                .forEach(tenant ->
                        runs.stream().filter(run -> run.tenant().equals(tenant)).forEach(inOrder::add));
        shownRuns.apply(inOrder).forEach(sink);
    }

    @Override
    public List<Optional<LogInclusion>> inclusions(List<SealedAuditEvent> events) {
        return events.stream().map(this::inclusion).toList();
    }

    private Optional<LogInclusion> inclusion(SealedAuditEvent event) {
        String tenant = event.event().tenant();
        List<Digest> tree = leaves.getOrDefault(tenant, List.of());
        int index = tree.indexOf(SealFormat.leaf(tenant, event.stream(), event.seq(), event.chain()));
        return index < 0
                ? Optional.empty()
                : Optional.of(
                        new LogInclusion(index, tree.size(), MerkleTree.of(tree).path(index)));
    }

    private LogHead head(String tenant) {
        List<Digest> tree = leaves.get(tenant);
        long[] balance = balances.getOrDefault(tenant, new long[4]);
        Digest balanceLeaf =
                LogHead.balanceLeaf(Specimen.ACCOUNT, balance[0], balance[1] + falseSpending, balance[2], balance[3]);
        return LogHead.of(
                tenant,
                tree.size(),
                MerkleTree.of(tree).root(),
                balances.containsKey(tenant) ? balanceLeaf : MerkleTree.emptyRoot());
    }

    private void post(String tenant, SealedAuditEvent event) {
        JsonObject data = JsonObject.parse(event.event().payload()).object("data");
        if (!data.has("entries")) {
            return;
        }
        long[] balance = balances.computeIfAbsent(tenant, name -> new long[4]);
        for (JsonObject entry : data.objects("entries")) {
            long atoms = Long.parseLong(entry.string("atomic"));
            switch (entry.string("kind")) {
                case "ADJUSTMENT" -> balance[0] -= atoms;
                case "SPENT" -> balance[1] += atoms;
                case "HELD" -> balance[2] += atoms;
                case "DEBT" -> balance[3] -= atoms;
                default -> {
                    // What is available follows from the others.
                }
            }
        }
    }
}
