package io.spendguard.evidence;

import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.proof.KeyCertificate;
import io.spendguard.proof.Signer;
import io.spendguard.proof.VerificationKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes an evidence package: a zip whose every byte follows from its content, with a signed manifest over all files.
 *
 * <p>Events are spooled to a temporary file beside the target as they come, so that memory does not grow with their
 * number. The package appears under its name at {@link #finish()}, whole, or never; {@link #close()} without it leaves
 * nothing behind. Blocks on the file system. Not safe for several threads.
 */
public final class EvidencePackageWriter implements AutoCloseable {
    private static final int EXCERPT_BATCH = 512;

    private final Path target;
    private final Signer exporter;
    private final Clock clock;
    private final EvidenceFilter filter;
    private final PackageSpool spool;
    private final Map<String, VerificationKey> keys = new TreeMap<>();
    private final Map<String, byte[]> members = new TreeMap<>();
    private final Map<String, EvidenceManifest.Stream> streams = new TreeMap<>();
    /** By their canonical text, so that what many streams state is there once. */
    private final Map<String, JsonObject> certificates = new TreeMap<>();

    /** Whose keys signed what was written. */
    private final Set<String> signers = new HashSet<>();

    private final Set<String> begun = new HashSet<>();
    /** Events of an excerpt whose places in the log are not asked for yet. */
    private final List<Chosen> excerpt = new ArrayList<>();

    private final CarriedBalances carried = new CarriedBalances();
    /** Of a package that begins after a checkpoint: the tenants that go on from there, by name. */
    private final Map<String, LogStart.OfTenant> starts = new TreeMap<>();
    /** Of a package that begins after a checkpoint: up to where each stream belongs into it, by file. */
    private final Map<String, Long> lastOf = new HashMap<>();

    private @Nullable LogExport log;
    private LogStart.@Nullable OfLog start;
    private @Nullable String openStream;
    /** The event before, of the open stream, whether it matched or not. */
    private @Nullable SealedAuditEvent last;

    private long events;
    private @Nullable String openFile;

    private EvidencePackageWriter(Path target, Signer exporter, Clock clock, EvidenceFilter filter) {
        this.target = target;
        this.exporter = exporter;
        this.clock = clock;
        this.filter = filter;
        this.spool = PackageSpool.beside(target);
    }

    /**
     * Starts a package.
     *
     * @param target the file to be; it must not exist
     * @param exporter who signs the manifest
     * @param clock tells when it was made
     * @param filter which of the events that will come belong there; the manifest says so
     * @throws EvidenceException when the file exists already or its directory cannot be written
     */
    public static EvidencePackageWriter create(Path target, Signer exporter, Clock clock, EvidenceFilter filter) {
        Objects.requireNonNull(exporter, "exporter");
        Objects.requireNonNull(clock, "clock");
        Objects.requireNonNull(filter, "filter");
        if (Files.exists(target)) {
            throw new EvidenceException("Evidence package " + target
                    + " exists already: evidence is never overwritten. Choose another name.");
        }
        return new EvidencePackageWriter(target, exporter, clock, filter);
    }

    /** Adds a public key that signed events. It helps a reader to name keys; it is not trusted for being here. */
    public EvidencePackageWriter key(VerificationKey key) {
        keys.put(key.id(), key);
        return this;
    }

    /** Adds the contract that decisions name; throws {@link IllegalArgumentException} when it has another digest. */
    public EvidencePackageWriter contract(Digest digest, byte[] canonical) {
        return member(PackageNames.contract(digest), digest, canonical);
    }

    /** Adds the price book that decisions name; throws {@link IllegalArgumentException} when it has another digest. */
    public EvidencePackageWriter priceBook(Digest digest, byte[] canonical) {
        return member(PackageNames.priceBook(digest), digest, canonical);
    }

    /**
     * Adds the log as of a checkpoint. Of other tenants than the one exported it shows only that their heads are
     * unchanged. The events that follow must include all that the log covers, so it is read before them; an excerpt shows where
     * each of its events stands instead.
     *
     * <p>Where the log tells of an {@linkplain LogExport#start earlier checkpoint}, the package begins after it: of the events that
     * follow, exactly those between both checkpoints are written, and what those before made of accounts.
     *
     * @throws IllegalArgumentException when an excerpt shall begin after a checkpoint
     * @throws EvidenceException when the disk fails or the package outgrows 4 GiB
     */
    public EvidencePackageWriter log(LogExport log) {
        String tenant = filter.tenant();
        this.log = log;
        spool.file(PackageNames.CHECKPOINT, log.checkpoint().toBytes());
        log.start(this::start);
        Digest shown = tenant == null ? null : LogHead.tenantDigest(tenant);
        spool.begin(PackageNames.HEADS);
        log.heads(head -> spool.line((shown == null || head.tenant().equals(shown) ? head : head.hidden()).toBytes()));
        if (filter.isExcerpt()) {
            return this; // each event brings its own proof; that there are no others is not shown
        }
        spool.begin(PackageNames.RUNS);
        log.runs(run -> {
            if (tenant == null || tenant.equals(run.tenant())) {
                spool.line(run.toBytes());
                if (start != null) {
                    lastOf.merge(PackageNames.events(run.tenant(), run.stream()), run.to(), Math::max);
                }
            }
        });
        if (start != null) {
            log.openings(carried::add);
            openFile = null;
            return this;
        }
        log.dropped(event -> optional(PackageNames.DROPPED, event.tenant(), event.toBytes()));
        log.openings(opening -> optional(PackageNames.OPENINGS, opening.tenant(), opening.toBytes()));
        openFile = null;
        return this;
    }

    private void start(LogStart line) {
        if (filter.isExcerpt()) {
            throw new IllegalArgumentException("An excerpt (" + filter
                    + ") cannot begin after a checkpoint: its events prove themselves already. Filter by tenant only.");
        }
        if (line instanceof LogStart.OfLog tree) {
            start = tree;
            spool.begin(PackageNames.START);
        } else if (line instanceof LogStart.OfTenant tenant) {
            starts.put(tenant.tenant(), tenant);
        }
        spool.line(line.toBytes());
    }

    /** A line of a file that is there only if it has any. */
    private void optional(String name, String of, byte[] line) {
        if (filter.tenant() != null && !filter.tenant().equals(of)) {
            return;
        }
        if (!name.equals(openFile)) {
            spool.begin(name);
            openFile = name;
        }
        spool.line(line);
    }

    /**
     * Adds an event, if the filter lets it through. All events of a stream come one after another, in order of position; streams
     * come in any order.
     *
     * @throws IllegalArgumentException when another stream's events stand between, or the tenant is not the one exported
     * @throws EvidenceException when the disk fails, the package outgrows 4 GiB, or an excerpt would need what was dropped before the
     *     event and has no log to ask
     */
    public void event(SealedAuditEvent sealed) {
        AuditEvent event = sealed.event();
        if (filter.tenant() != null && !filter.tenant().equals(event.tenant())) {
            throw new IllegalArgumentException("Event " + event.id() + " is of tenant '" + event.tenant()
                    + "', but the export is of '" + filter.tenant() + "' only. Filter the events.");
        }
        String file = PackageNames.events(event.tenant(), sealed.stream());
        if (!file.equals(openStream)) {
            if (!begun.add(file)) {
                throw new IllegalArgumentException("Stream " + sealed.stream()
                        + " comes back after another one. Hand over events in order of stream and position.");
            }
            openStream = file;
            last = null;
        }
        keepCertificate(event);
        if (start != null && (carry(sealed) || sealed.seq() > lastOf.getOrDefault(file, 0L))) {
            return;
        }
        if (!filter.isExcerpt()) {
            write(file, sealed, EventLine.of(sealed));
        } else if (matches(event)) {
            excerpt.add(new Chosen(file, sealed, chainBefore(sealed)));
            if (excerpt.size() >= EXCERPT_BATCH) {
                writeExcerpt();
            }
        }
        last = sealed;
    }

    /** Takes what an event before the start moved; tells whether it is one. */
    private boolean carry(SealedAuditEvent sealed) {
        AuditEvent event = sealed.event();
        LogExport enclosed = log;
        if (enclosed == null || sealed.seq() > enclosed.lastBefore(event.tenant(), sealed.stream())) {
            return false;
        }
        carried.add(event);
        return true;
    }

    /** What is carried must be what the earlier checkpoint covers: nothing else could be proved of it. */
    private void writeCarried() {
        LogStart.OfLog earlier = start;
        if (earlier == null) {
            return;
        }
        if (events == 0) {
            throw new EvidenceException("No event lies between checkpoint " + earlier.size()
                    + " and the last one, so there is nothing to prove. Run: spendguard log checkpoint");
        }
        starts.forEach((tenant, before) -> {
            List<OpeningBalance> balances = carried.of(tenant);
            if (!OpeningBalance.root(balances).equals(before.balanceRoot())) {
                throw new EvidenceException("The balances that follow from the events of tenant '" + tenant
                        + "' before checkpoint " + earlier.size()
                        + " are not those that it covers. Run: spendguard ledger check");
            }
            balances.forEach(balance -> optional(PackageNames.OPENINGS, tenant, balance.toBytes()));
        });
    }

    /** What cannot be read is not held back: verification will say what is wrong with it. */
    private boolean matches(AuditEvent event) {
        try {
            return filter.matches(JsonObject.parse(event.payload()));
        } catch (JsonException illegible) {
            return true;
        }
    }

    private Digest chainBefore(SealedAuditEvent sealed) {
        String tenant = sealed.event().tenant();
        if (sealed.seq() == 1) {
            return SealFormat.start(tenant, sealed.stream());
        }
        SealedAuditEvent before = last;
        if (before != null && before.seq() == sealed.seq() - 1) {
            return before.chain();
        }
        LogExport enclosed = log;
        Optional<Digest> dropped =
                enclosed == null ? Optional.empty() : enclosed.chain(tenant, sealed.stream(), sealed.seq() - 1);
        return dropped.orElseThrow(
                () -> new EvidenceException(
                        "Event " + (sealed.seq() - 1) + " of stream "
                                + sealed.stream() + " of tenant '" + tenant
                                + "' is not there, so that the one after it cannot be shown alone. Export with the log, or without a filter."));
    }

    /** The log is asked about many events at a time. */
    private void writeExcerpt() {
        List<SealedAuditEvent> events = excerpt.stream().map(Chosen::sealed).toList();
        LogExport enclosed = log;
        List<Optional<LogInclusion>> places = enclosed == null ? List.of() : enclosed.inclusions(events);
        for (int i = 0; i < events.size(); i++) {
            Chosen chosen = excerpt.get(i);
            LogInclusion place = enclosed == null ? null : places.get(i).orElse(null);
            write(chosen.file(), chosen.sealed(), EventLine.of(chosen.sealed()).alone(chosen.before(), place));
        }
        excerpt.clear();
    }

    private void write(String file, SealedAuditEvent sealed, EventLine line) {
        if (!file.equals(openFile)) {
            spool.begin(file);
            openFile = file;
        }
        spool.line(line.toBytes());
        signers.add(line.keyId());
        streams.put(
                file,
                new EvidenceManifest.Stream(sealed.event().tenant(), sealed.stream(), sealed.seq(), sealed.chain()));
        events++;
    }

    /**
     * Completes the package and puts it under its name, durably.
     *
     * @return what it holds
     * @throws EvidenceException when the disk fails, the package outgrows 4 GiB, or no event matches its filter; nothing appears
     *     under its name
     */
    public EvidenceManifest finish() {
        try {
            writeExcerpt();
            if (events == 0 && filter.tenant() != null && !filter.isExcerpt() && start == null) {
                throw new EvidenceException("Tenant '" + filter.tenant()
                        + "' has no event here, so there is nothing to prove. Name a tenant of this ledger.");
            }
            if (events == 0 && filter.isExcerpt()) {
                throw new EvidenceException(
                        "No event matches the filter (" + filter + "), so there is nothing to prove. Widen it.");
            }
            writeCarried();
            members.forEach(spool::file);
            spool.file(PackageNames.KEYS, keysJson());
            EvidenceManifest manifest = new EvidenceManifest(
                    clock.instant(), filter, events, spool.files(), new ArrayList<>(streams.values()));
            byte[] content = manifest.toBytes();
            spool.file(PackageNames.MANIFEST, content);
            spool.file(PackageNames.SIGNATURE, signatureJson(content));
            spool.writeZip(target);
            return manifest;
        } finally {
            close();
        }
    }

    /** Forgets what was not finished. */
    @Override
    public void close() {
        spool.close();
    }

    private EvidencePackageWriter member(String name, Digest digest, byte[] canonical) {
        Digest actual = Digest.sha256(canonical);
        if (!actual.equals(digest)) {
            throw new IllegalArgumentException("File " + name + " has digest " + actual
                    + ": it must be the one it is named by. Pass the bytes that were hashed.");
        }
        members.put(name, canonical.clone());
        return this;
    }

    /** An event that cannot be read states none; verification will say what is wrong with it. */
    private void keepCertificate(AuditEvent event) {
        if (!event.type().equals(EventTypes.STREAM_OPENED) && !event.type().equals(EventTypes.KEY_CERTIFIED)) {
            return;
        }
        try {
            JsonObject data = JsonObject.parse(event.payload()).object("data");
            if (data.has("certificate")) {
                JsonObject certificate =
                        KeyCertificate.parse(data.object("certificate")).toJson();
                certificates.put(certificate.toString(), certificate);
            }
        } catch (JsonException illegible) {
            // Not worth an export that fails: without it the key is not trusted.
        }
    }

    private byte[] keysJson() {
        List<JsonObject> list = keys.values().stream()
                .map(key -> JsonObject.create()
                        .put("id", key.id())
                        .put("algorithm", key.algorithm())
                        .put("publicKey", Base64.getEncoder().encodeToString(key.bytes())))
                .toList();
        JsonObject json =
                JsonObject.create().put("format", "spendguard.keys.v1").put("keys", list);
        List<JsonObject> enclosed = certificates.values().stream()
                .filter(certificate -> start == null || isNeeded(certificate))
                .toList();
        if (!enclosed.isEmpty()) {
            json.put("certificates", enclosed);
        }
        return json.toCanonicalBytes();
    }

    /** Streams before the start may state any number of them, but whoever closes another's stream may have stated his own there. */
    private boolean isNeeded(JsonObject certificate) {
        String key = certificate.object("key").string("id");
        return signers.contains(key) || key.equals(exporter.keyId());
    }

    private byte[] signatureJson(byte[] manifest) {
        return JsonObject.create()
                .put("algorithm", exporter.algorithm())
                .put("keyId", exporter.keyId())
                .put("signature", Base64.getEncoder().encodeToString(exporter.sign(SealFormat.manifest(manifest))))
                .toCanonicalBytes();
    }

    /** An event of an excerpt, and the chain value before it. */
    private record Chosen(String file, SealedAuditEvent sealed, Digest before) {}
}
