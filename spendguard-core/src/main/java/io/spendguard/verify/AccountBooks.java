package io.spendguard.verify;

import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.LogHead;
import io.spendguard.evidence.OpeningBalance;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.Digest;
import io.spendguard.proof.MerkleTree;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Re-derives every account from its entries. Within one stream order is proved, so balances are checked after each
 * event; across streams it is not, so an account that several streams move is checked at its end.
 */
final class AccountBooks {
    /** What may change a limit. */
    private static final Set<String> GRANTING =
            Set.of(EventTypes.ACCOUNT_OPENED, EventTypes.CONTRACT_ACTIVATED, EventTypes.LIMIT_CARRIED);

    /** What may give beside a limit. */
    private static final Set<String> ALLOTTING = Set.of(EventTypes.BUDGET_GRANTED, EventTypes.BUDGET_TRANSFERRED);

    private static final int SHARED = 4_096;
    private static final int LONGEST_SHARED = 200;

    private final Scope scope;
    private final ContractBook contracts;
    private final Findings findings;
    private final Map<Key, AccountBook> books = new HashMap<>();
    /** What accounts are, each by a digest of it. */
    private final UuidMap<Boolean> identities = new UuidMap<>();
    /** What the accounts of one budget have in common, so that a million of them hold it once. */
    private final Map<String, String> shared = new HashMap<>();

    /** Filled at the end. */
    private final Map<String, List<Map.Entry<Key, AccountBook>>> byTenant = new HashMap<>();

    private boolean isMovedByUnknown;

    AccountBooks(Scope scope, ContractBook contracts, Findings findings) {
        this.scope = scope;
        this.contracts = contracts;
        this.findings = findings;
    }

    /**
     * Takes an event's entries; throws {@link JsonException} or {@link IllegalArgumentException} for malformed ones.
     *
     * @param isCovered whether the log's checkpoint covers the event
     */
    void event(Place place, String tenant, String type, Instant at, JsonObject data, boolean isCovered) {
        UUID.fromString(data.string("transaction"));
        Map<UUID, Movement> movements = movements(data);
        if (type.equals(EventTypes.ACCOUNT_OPENED)) {
            open(place, tenant, data, movements);
        }
        isMovedByUnknown |= !EventTypes.isKnown(type) && !movements.isEmpty();
        ContractBook.Limits limits = limits(place, tenant, type, at, data);
        movements.forEach((account, movement) -> {
            if (movement.sum() != 0) {
                findings.add(
                        FindingCode.ENTRIES_UNBALANCED,
                        place,
                        "Event " + place.event() + " moves account " + account + " by " + movement.sum()
                                + ": every movement has two sides, which sum to 0. Ask who wrote it.");
            }
            if (movement.adjustment() != 0 && !GRANTING.contains(type)) {
                findings.add(
                        FindingCode.LIMIT_MISMATCH,
                        place,
                        "Event " + place.event() + " (" + type + ") changes the limit of account " + account
                                + ": only contracts and openings grant. Ask who wrote it.");
            }
            if (movement.grant() != 0 && !ALLOTTING.contains(type)) {
                findings.add(
                        FindingCode.LIMIT_MISMATCH,
                        place,
                        "Event " + place.event() + " (" + type + ") grants to account " + account
                                + ": only grants and transfers do. Ask who wrote it.");
            }
            AccountBook book = book(tenant, account);
            book.apply(place, at, movement, isCovered);
            AccountRules rules = new AccountRules(account, book, findings);
            if (limits != null && movement.adjustment() != 0) {
                rules.limited(place, limits);
            }
            if (type.equals(EventTypes.DECISION)) {
                book.carriedOver(place, at, movement.spent());
            }
            boolean isTaken = type.equals(EventTypes.DECISION) && (movement.held() > 0 || movement.spent() > 0);
            if (isTaken || movement.grant() != 0) {
                rules.open(place, at);
            }
        });
        if (type.equals(EventTypes.BUDGET_TRANSFERRED)) {
            requireNothingMinted(place, movements);
        }
    }

    private ContractBook.@Nullable Limits limits(Place place, String tenant, String type, Instant at, JsonObject data) {
        if (type.equals(EventTypes.CONTRACT_ACTIVATED) && data.has("limits")) {
            return contracts.activated(place, tenant, at, data);
        }
        return type.equals(EventTypes.LIMIT_CARRIED) ? contracts.carried(place, tenant, data) : null;
    }

    /** An event calls an account so. */
    void named(Place place, UUID account, AccountWords.Name name) {
        String tenant = Objects.requireNonNull(place.tenant(), "tenant");
        new AccountRules(account, book(tenant, account), findings).named(place, name);
    }

    /** Goes on from what dropped entries came to. */
    void carry(OpeningBalance opening) {
        beganBefore(opening.tenant());
        AccountBook book = book(opening.tenant(), opening.account());
        if (book.isCarried) {
            throw new JsonException("Account " + opening.account() + " has two opening balances.");
        }
        try {
            AccountIdentity identity = new AccountIdentity(
                    opening.account(),
                    opening.namespace(),
                    opening.budget(),
                    opening.key(),
                    opening.from(),
                    opening.until(),
                    AccountWords.window(opening.from(), opening.until()),
                    opening.unit());
            identities.put(identity.digest(opening.tenant()), true);
            book.carry(identity, Movement.of(opening));
            if (!book.isReportable()) {
                throw new JsonException(
                        "Account " + opening.account() + " cannot have begun with these balances: none is below"
                                + " zero, and no more was granted than its limit is.");
            }
        } catch (ArithmeticException overflow) {
            throw new JsonException("Its balances sum to more than a long holds.", overflow);
        }
    }

    /** Some of the tenant's events are not there. */
    void beganBefore(String tenant) {
        contracts.beganBefore(tenant);
    }

    private void requireNothingMinted(Place place, Map<UUID, Movement> movements) {
        BigInteger sum = movements.values().stream()
                .map(movement -> BigInteger.valueOf(movement.grant()))
                .reduce(BigInteger.ZERO, BigInteger::add);
        if (sum.signum() != 0) {
            findings.add(
                    FindingCode.LIMIT_MISMATCH,
                    place,
                    "Event " + place.event() + " transfers " + sum.negate()
                            + " atoms more than it takes: what one account gets another gives. Ask who wrote it.");
        }
    }

    /** Whether events moved money that this version does not know, so that nobody can tell whether they may. */
    boolean isMovedByUnknown() {
        return isMovedByUnknown;
    }

    /** Draws the conclusions that need every stream; of an excerpt there are none, since others' entries are left out. */
    List<AccountReport> end() {
        if (scope.isExcerpt()) {
            return List.of();
        }
        books.forEach(this::conclude);
        WindowCarry carry = new WindowCarry(findings);
        books.forEach((key, book) -> carry.account(key.tenant(), key.account(), book));
        books.forEach((key, book) -> carry.window(key.tenant(), book));
        carry.conclude();
        contracts.end();
        return books.entrySet().stream()
                .filter(entry -> entry.getValue().isReportable())
                .map(entry -> entry.getValue()
                        .report(entry.getKey().tenant(), entry.getKey().account()))
                .sorted(Comparator.comparing(AccountReport::tenant)
                        .thenComparing(AccountReport::namespace)
                        .thenComparing(AccountReport::budget)
                        .thenComparing(AccountReport::key)
                        .thenComparing(AccountReport::from)
                        .thenComparing(AccountReport::account))
                .toList();
    }

    /**
     * The root over what the events that the checkpoint covers make of a tenant's accounts, as the log's heads have it;
     * empty where sums overflow.
     */
    Optional<Digest> coveredRoot(String tenant) {
        TreeMap<String, Digest> leaves = new TreeMap<>();
        for (Map.Entry<Key, AccountBook> entry : byTenant().getOrDefault(tenant, List.of())) {
            Movement balance = entry.getValue().covered;
            if (entry.getValue().isOverflown || balance.limitOrNull() == null) {
                return Optional.empty();
            }
            long limit = Objects.requireNonNull(balance.limitOrNull());
            if (limit == 0 && balance.spent() == 0 && balance.held() == 0 && balance.debt() == 0) {
                continue;
            }
            UUID account = entry.getKey().account();
            leaves.put(
                    account.toString(),
                    LogHead.balanceLeaf(account, limit, balance.spent(), balance.held(), -balance.debt()));
        }
        return Optional.of(
                leaves.isEmpty()
                        ? MerkleTree.emptyRoot()
                        : MerkleTree.of(List.copyOf(leaves.values())).root());
    }

    /** Once every event was read: to look at all accounts for each of many tenants would take hours. */
    private Map<String, List<Map.Entry<Key, AccountBook>>> byTenant() {
        if (byTenant.isEmpty()) {
            for (Map.Entry<Key, AccountBook> entry : books.entrySet()) {
                byTenant.computeIfAbsent(entry.getKey().tenant(), none -> new ArrayList<>())
                        .add(entry);
            }
        }
        return byTenant;
    }

    private void conclude(Key key, AccountBook book) {
        String account = "Account " + key.account() + " of tenant '" + key.tenant() + "'";
        Place use = book.firstUse;
        if (use != null && book.opening == null && !book.isCarried) {
            findings.add(
                    FindingCode.ACCOUNT_NOT_OPENED,
                    use,
                    account + " is used by event " + use.event()
                            + " but never opened: its limit is unknown. Export all streams.");
        } else if (use != null && book.opening != null && book.isUsedBefore(book.opening)) {
            findings.add(
                    FindingCode.ACCOUNT_NOT_OPENED,
                    use,
                    account + " is used by event " + use.event() + " before event " + book.opening.event()
                            + " opens it. Ask who wrote it.");
        }
        Place impossible = book.impossible();
        if (impossible != null) {
            findings.add(
                    FindingCode.BALANCE_IMPOSSIBLE,
                    impossible,
                    account + " has an impossible balance after event " + impossible.event()
                            + ": available, held, spent, debt and limit are never negative, and who owes has nothing"
                            + " available. Ask who wrote it.");
        }
        new AccountRules(key.account(), book, findings).end();
        requireStatedLimit(key, book);
    }

    private void requireStatedLimit(Key key, AccountBook book) {
        AccountIdentity identity = book.identity;
        Place opening = book.opening;
        if (identity == null || opening == null || book.isOverflown || book.isCarried) {
            return;
        }
        String fault = contracts.fault(
                key.tenant(),
                identity.namespace(),
                identity.budget(),
                identity.unit(),
                opening,
                book.openedWith,
                -book.balance.adjustment(),
                identity.window().until(),
                book.isMovedBySeveral ? null : book.lastInWindow);
        if (fault != null) {
            findings.add(
                    FindingCode.LIMIT_MISMATCH,
                    opening,
                    "Account " + key.account() + " of tenant '" + key.tenant() + "' and budget '" + identity.budget()
                            + "' " + fault + ": a limit is what a contract states. Ask who wrote it.");
        }
    }

    private void open(Place place, String tenant, JsonObject data, Map<UUID, Movement> movements) {
        AccountIdentity identity = AccountIdentity.parse(data.object("account"), this::shared);
        Amount limit = Amount.parse(data.string("limit"));
        AccountBook book = book(tenant, identity.id());
        if (book.opening != null || book.isCarried) {
            findings.add(
                    FindingCode.ACCOUNT_OPENED_TWICE,
                    place,
                    "Account " + identity.id() + " of tenant '" + tenant + "' is opened once more by event "
                            + place.event() + ": it is opened once. Ask who wrote it twice.");
            return;
        }
        if (identities.put(identity.digest(tenant), true) != null) {
            findings.add(
                    FindingCode.ACCOUNT_OPENED_TWICE,
                    place,
                    "Account " + identity.id() + " of tenant '" + tenant + "', opened by event " + place.event()
                            + ", is for what another account is for already (budget '" + identity.budget() + "', key '"
                            + identity.key() + "', from " + identity.from() + " until " + identity.until()
                            + "): a budget's limit is given once. Ask who wrote it.");
        }
        book.open(place, identity, limit.atomic());
        AccountWords words = book.words;
        if (words != null) {
            book.words = null;
            book.isLimitedBySeveral |= book.limitedIn != null; // whose changes are not told in their order
            words.replay(new AccountRules(identity.id(), book, findings));
        }
        Movement movement = movements.getOrDefault(identity.id(), Movement.NONE);
        if (movement.adjustment() != -limit.atomic() || !limit.unit().equals(identity.unit())) {
            findings.add(
                    FindingCode.LIMIT_MISMATCH,
                    place,
                    "Event " + place.event() + " states a limit of " + limit + " for account " + identity.id()
                            + ", but its entries grant "
                            + BigInteger.valueOf(movement.adjustment()).negate() + " atoms of "
                            + identity.unit() + ": both must agree. Ask who wrote it.");
        }
    }

    private String shared(String text) {
        if (shared.size() >= SHARED || text.length() > LONGEST_SHARED) {
            return shared.getOrDefault(text, text);
        }
        String first = shared.putIfAbsent(text, text);
        return first == null ? text : first;
    }

    private AccountBook book(String tenant, UUID account) {
        return books.computeIfAbsent(new Key(tenant, account), key -> new AccountBook());
    }

    private static Map<UUID, Movement> movements(JsonObject data) {
        Map<UUID, Movement> movements = new LinkedHashMap<>();
        try {
            for (EntryLine entry : EntryLine.of(data)) {
                movements.merge(entry.account(), Movement.of(entry.kind(), entry.atomic()), Movement::plus);
            }
            for (Movement movement : movements.values()) {
                Math.negateExact(movement.sum()); // so that nobody after this meets an overflow
            }
        } catch (ArithmeticException overflow) {
            throw new JsonException("Its entries sum to more than a long holds.", overflow);
        }
        return movements;
    }

    private record Key(String tenant, UUID account) implements Comparable<Key> {
        private static final Comparator<Key> ORDER =
                Comparator.comparing(Key::tenant).thenComparing(Key::account);

        /** Whoever writes events chooses ids; those of one hash are found by this. */
        @Override
        public int compareTo(Key other) {
            return ORDER.compare(this, other);
        }
    }
}
