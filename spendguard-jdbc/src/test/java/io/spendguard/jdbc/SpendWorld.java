package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.BudgetOperations;
import io.spendguard.decision.BudgetRef;
import io.spendguard.decision.Reconciler;
import io.spendguard.jdbc.SpendModel.Book;
import io.spendguard.jdbc.SpendModel.Budget;
import io.spendguard.jdbc.SpendModel.Call;
import io.spendguard.jdbc.SpendModel.Hold;
import io.spendguard.jdbc.SpendModel.Place;
import io.spendguard.jdbc.SpendModel.State;
import io.spendguard.jdbc.SpendModel.Window;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Balance;
import io.spendguard.model.BilledCall;
import io.spendguard.model.BudgetOperationException;
import io.spendguard.model.CostChangeException;
import io.spendguard.model.CostState;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.Extension;
import io.spendguard.model.IdSource;
import io.spendguard.model.IdempotencyConflictException;
import io.spendguard.model.Money;
import io.spendguard.model.Period;
import io.spendguard.model.Permit;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.Reconciled;
import io.spendguard.model.Settlement;
import io.spendguard.model.SettlementConflictException;
import io.spendguard.model.Sweep;
import io.spendguard.model.Unit;
import io.spendguard.model.Usage;
import io.spendguard.proof.Signer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A guard and the model side by side: each method does one thing to both, and requires that they answer the same and that every
 * balance is the same afterwards.
 */
final class SpendWorld implements AutoCloseable {
    static final String TENANT = "acme";

    private static final Unit USD = Amount.parse("1.00 USD").unit();
    private static final Map<String, Contract> CONTRACTS = new ConcurrentHashMap<>();
    /** Ways to settle beside a cost. */
    private static final long RELEASED = -1;

    private static final long BILLED = -2;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** What a test varies. Moves time by so much, where it can be moved. */
    record Setting(
            Ledger ledger, Clock clock, IdSource ids, Signer signer, Duration rolling, int buckets, boolean blocks) {}

    /** One allowed call. */
    private static final class Allowed {
        final Action action;
        final Permit permit;
        final Hold hold;
        Instant expiresAt;
        CostState state = CostState.ESTIMATED;
        long disputed;
        int references;

        @Nullable
        Long settledFor;

        /** What the application or its provider said last that it cost, whatever an operator made of it. */
        @Nullable
        List<Long> said;

        CostState saidState = CostState.ESTIMATED;

        Allowed(Action action, Permit permit, Hold hold) {
            this.action = action;
            this.permit = permit;
            this.hold = hold;
            this.expiresAt = permit.expiresAt();
        }

        List<Long> recorded() {
            return hold.parts.stream().map(part -> part.recorded).toList();
        }
    }

    private final Setting setting;
    private final Guard guard;
    private final BudgetOperations operations;
    private final Reconciler reconciler;
    private final SpendModel model;
    private final List<Allowed> calls = new ArrayList<>();
    private final Set<Place> opened = new HashSet<>();
    /** An allowed decision forgets what counts no longer: at once or, where it need not look, at a later one. */
    private final Map<Book, Instant> mayForget = new HashMap<>();

    private @Nullable Action last;
    private int keys;
    private int decisions;
    private int outcomes;

    SpendWorld(Setting setting) {
        this.setting = setting;
        this.guard = Guard.builder()
                .contract(contract(100))
                .ledger(setting.ledger())
                .clock(setting.clock())
                .ids(setting.ids())
                .signer(setting.signer())
                .patience(PATIENCE)
                .sweepEvery(Duration.ZERO)
                .build();
        this.operations =
                BudgetOperations.open(setting.ledger(), setting.signer(), setting.clock(), setting.ids(), PATIENCE);
        this.reconciler = Reconciler.open(setting.ledger(), setting.signer(), setting.clock(), setting.ids(), PATIENCE);
        this.model = new SpendModel(
                budgets(setting.blocks()), setting.rolling(), setting.rolling().dividedBy(setting.buckets()));
    }

    private static List<Budget> budgets(boolean blocks) {
        List<Budget> budgets = new ArrayList<>(List.of(
                new Budget("all", usd(4_000), Window.DAY, call -> Optional.of(""), Call::cost, true, false),
                new Budget("org", usd(1_500), Window.TOTAL, call -> word(call.team(), ""), Call::cost, true, false),
                new Budget("team", usd(800), Window.DAY, call -> word(call.team(), null), Call::cost, true, false),
                new Budget("run", usd(600), Window.TOTAL, call -> word(call.run(), null), Call::cost, true, false),
                new Budget(
                        "agent", usd(500), Window.ROLLING, call -> word(call.agent(), null), Call::cost, true, false),
                new Budget(
                        "searches",
                        10,
                        Window.DAY,
                        call -> call.tool().equals("search") ? Optional.of("") : Optional.empty(),
                        call -> 1,
                        false,
                        false),
                new Budget(
                        "tokens",
                        60_000,
                        Window.DAY,
                        call -> call.isModelCall() ? Optional.of("") : Optional.empty(),
                        Call::tokens,
                        false,
                        false)));
        if (blocks) {
            budgets.add(new Budget(
                    "risky",
                    usd(300),
                    Window.DAY,
                    call -> call.tool().equals("risky") ? Optional.of("") : Optional.empty(),
                    Call::cost,
                    true,
                    true));
        }
        return budgets;
    }

    private static Optional<String> word(String value, @Nullable String instead) {
        return value.isEmpty() ? Optional.empty() : Optional.of(instead == null ? value : instead);
    }

    private Contract contract(long percent) {
        String text = """
                apiVersion: spendguard.ai/v1
                metadata: {name: modelled, tenant: acme}
                spec:
                  budgets:
                    - {id: all, limit: %s, window: {type: calendar_day, timezone: UTC}}
                    - {id: org, limit: %s, window: {type: total}, appliesTo: {tools: [none]}}
                    - {id: team, limit: %s, window: {type: calendar_day, timezone: UTC}, per: label.team, parent: org,
                       whenKeyMissing: skip_budget}
                    - {id: run, limit: %s, window: {type: run}, whenKeyMissing: skip_budget}
                    - {id: agent, limit: %s, window: {type: rolling, length: %s, buckets: %d}, per: agent,
                       whenKeyMissing: skip_budget}
                    - {id: searches, limit: %d calls, window: {type: calendar_day, timezone: UTC},
                       appliesTo: {tools: [search]}}
                    - {id: tokens, limit: %d tokens.total, window: {type: calendar_day, timezone: UTC}}
                """.formatted(
                                money(4_000 * percent / 100),
                                money(1_500 * percent / 100),
                                money(800 * percent / 100),
                                money(600 * percent / 100),
                                money(500 * percent / 100),
                                setting.rolling(),
                                setting.buckets(),
                                10 * percent / 100,
                                60_000 * percent / 100)
                + (setting.blocks()
                        ? "    - {id: risky, limit: %s, window: {type: calendar_day, timezone: UTC}, appliesTo: {tools: [risky]}, overrunPolicy: block_until_resolved}\n"
                                .formatted(money(300 * percent / 100))
                        : "");
        return CONTRACTS.computeIfAbsent(text, yaml -> Contract.parse(yaml, "modelled.yaml"));
    }

    void decideTool(String tool, String run, String team, String agent, long cents) {
        Action.Builder action = Action.toolCall(tool).cost(money(cents));
        decide(new Call(tool, run, team, agent, usd(cents), 0), action);
    }

    void decideModel(String run, String team, String agent, long input, long output) {
        Action.Builder action =
                Action.llmCall("openai", "gpt-4o").inputTokens(input).maxOutputTokens(output);
        decide(new Call("", run, team, agent, price(input, output), input + output), action);
    }

    private void decide(Call call, Action.Builder builder) {
        builder.key("key-" + ++keys);
        if (!call.run().isEmpty()) {
            builder.run(call.run());
        }
        if (!call.team().isEmpty()) {
            builder.label("team", call.team());
        }
        if (!call.agent().isEmpty()) {
            builder.agent(call.agent());
        }
        Action action = builder.build();
        Instant now = setting.clock().instant();
        boolean wasStopped = model.isStopped(call.run());

        Hold expected = model.decide(call, now);
        Decision decision = guard.decide(action);

        decisions++;
        assertThat(decision.effect())
                .as("%s: %s", call, decision.reasons())
                .isEqualTo(expected == null ? Effect.STOP : Effect.CONTINUE);
        if (expected != null) {
            calls.add(new Allowed(action, decision.orThrow(), expected));
            expected.parts.forEach(part -> mayForget.put(part.book, now));
        } else {
            assertThat(decision.reasons().get(0).code().equals(ReasonCode.RUN_STOPPED))
                    .as("%s", decision.reasons())
                    .isEqualTo(wasStopped);
        }
        last = action;
    }

    /** An action decided before starts no second call, whatever was answered. */
    void decideAgain() {
        Action action = last;
        if (action != null) {
            assertThat(guard.decide(action).effect()).isEqualTo(Effect.STOP);
        }
    }

    void decideAnotherUnderAKey(int which) {
        if (!calls.isEmpty()) {
            Action first = call(which).action;

            assertThatThrownBy(() -> guard.decide(Action.toolCall("other")
                            .cost(money(1))
                            .key(first.key())
                            .build()))
                    .isInstanceOf(IdempotencyConflictException.class);
        }
    }

    /** So many thousandths of the hold, by any of its permits. */
    void commit(int which, int permille, boolean isRecovered) {
        if (calls.isEmpty()) {
            return;
        }
        Allowed call = call(which);
        Permit permit = isRecovered ? guard.recover(TENANT, call.action.key()).orElseThrow() : call.permit;
        long cost = Math.max(call.hold.parts.get(0).held, usd(1)) / 1_000 * permille;
        List<Long> actual = call.hold.parts.stream()
                .map(part -> part.book.budget.isMoney() ? Long.valueOf(cost) : Long.valueOf(part.held))
                .toList();
        // The cost alone tells nothing of tokens: theirs stay an estimate.
        CostState state = call.action.model().isPresent() ? CostState.ESTIMATED : CostState.PROVIDER_REPORTED;
        settle(call, cost, actual, state, () -> permit.commit(Money.of(amount(cost))));
    }

    void release(int which) {
        if (!calls.isEmpty()) {
            Allowed call = call(which);
            List<Long> nothing = call.hold.parts.stream().map(part -> 0L).toList();
            settle(call, RELEASED, nothing, CostState.PROVIDER_REPORTED, () -> call.permit.release("not needed"));
        }
    }

    /** Settles what is not settled, answers as before what is settled that way, and refuses anything else. */
    private void settle(Allowed call, long way, List<Long> actual, CostState state, Supplier<Settlement> settlement) {
        if (call.settledFor == null) {
            outcomes += call.hold.state == State.OPEN ? 1 : 0;
            model.settle(call.hold, actual);
            Settlement answer = settlement.get();
            assertThat(answer.actual().stream().map(Amount::atomic).distinct())
                    .containsExactlyInAnyOrderElementsOf(new HashSet<>(actual));
            call.settledFor = way;
            call.state = state;
            call.said = actual;
            call.saidState = state;
        } else if (call.settledFor == way) {
            assertThat(settlement.get().replayed()).isTrue();
        } else {
            assertThatThrownBy(settlement::get).isInstanceOf(SettlementConflictException.class);
        }
    }

    void extend(int which, int minutes, int cents) {
        if (calls.isEmpty()) {
            return;
        }
        Allowed call = call(which);
        Duration time = Duration.ofMinutes(minutes);
        if (call.hold.state != State.OPEN) {
            assertThatThrownBy(() -> call.permit.extend(time, money(cents)))
                    .isInstanceOf(SettlementConflictException.class);
            return;
        }
        List<Long> wanted = call.hold.parts.stream()
                .map(part -> part.book.budget.isMoney() ? Long.valueOf(usd(cents)) : Long.valueOf(part.held))
                .toList();
        boolean isStopped = model.isStopped(call.action.run().orElse(""));
        Instant now = setting.clock().instant();

        Extension extension = call.permit.extend(time, money(cents));

        // What counts no longer makes room only once a decision has looked.
        boolean isGranted = extension.isGranted();
        boolean certainly = !isStopped && SpendModel.hasRoom(call.hold, wanted, Book::spent);
        boolean perhaps = !isStopped && SpendModel.hasRoom(call.hold, wanted, book -> model.countedAt(book, now));
        if (isGranted ? !perhaps : certainly && !model.isBoundByItsBucket(call.hold, now)) {
            throw new AssertionError("Extension to " + wanted + ": " + extension);
        }
        if (extension.isGranted()) {
            model.extend(call.hold, wanted);
            call.expiresAt = extension.expiresAt();
        }
    }

    void sweep() {
        Instant now = setting.clock().instant();
        List<Allowed> overdue = calls.stream()
                .filter(call -> call.hold.state == State.OPEN && !now.isBefore(call.expiresAt))
                .toList();
        overdue.forEach(call -> model.expire(call.hold));
        outcomes += overdue.size();

        assertThat(guard.sweep()).isEqualTo(new Sweep(true, overdue.size(), 0, 0));
    }

    /** The provider reports or bills. */
    void bill(int which, int permille, boolean isInvoice) {
        if (calls.isEmpty()) {
            return;
        }
        Allowed call = call(which);
        CostState state = isInvoice ? CostState.INVOICED : CostState.PROVIDER_REPORTED;
        long cost = Math.max(call.hold.parts.get(0).held, usd(1)) / 1_000 * permille;
        List<Long> actual = call.hold.parts.stream()
                .map(part -> part.book.budget.isMoney() ? Long.valueOf(cost) : Long.valueOf(part.held))
                .toList();

        Reconciled result = reconciler.record(new BilledCall(
                TENANT, call.action.key(), Usage.unknown(), Money.of(amount(cost)), state, "r-" + ++call.references));

        if (result.result() == Reconciled.Result.OUTRANKED) {
            assertThat(call.state).isGreaterThan(state);
            return;
        }
        assertThat(call.settledFor == null || call.state.compareTo(state) <= 0).isTrue();
        if (call.saidState == state && actual.equals(call.said)) {
            assertThat(result.result()).isIn(Reconciled.Result.UNCHANGED, Reconciled.Result.RELEASED_BUT_BILLED);
            return;
        }
        call.said = actual;
        call.saidState = state;
        if (call.settledFor == null) {
            outcomes += call.hold.state == State.OPEN ? 1 : 0;
            model.settle(call.hold, actual);
            call.settledFor = BILLED;
        } else {
            correct(call, actual);
        }
        call.state = state;
    }

    private void correct(Allowed call, List<Long> actual) {
        for (int i = 0; i < actual.size(); i++) {
            model.record(call.hold.parts.get(i), actual.get(i));
        }
    }

    void refund(int which, int cents) {
        if (!calls.isEmpty()) {
            Allowed call = call(which);
            String reference = "r-" + ++call.references;
            change(
                    call,
                    isRefundable(call, usd(cents)),
                    less(call, usd(cents)),
                    () -> reconciler.refund(TENANT, call.action.key(), amount(usd(cents)), reference));
        }
    }

    void dispute(int which, int cents) {
        if (!calls.isEmpty()) {
            Allowed call = call(which);
            boolean isPossible = call.disputed == 0 && isRefundable(call, usd(cents));
            String reference = "r-" + ++call.references;
            change(
                    call,
                    isPossible,
                    call.recorded(),
                    () -> reconciler.openDispute(TENANT, call.action.key(), amount(usd(cents)), reference));
            call.disputed = isPossible ? usd(cents) : call.disputed;
        }
    }

    void resolve(int which, boolean isWon) {
        if (!calls.isEmpty()) {
            Allowed call = call(which);
            boolean isPossible = call.disputed > 0 && (!isWon || isRefundable(call, call.disputed));
            String reference = "r-" + ++call.references;
            change(
                    call,
                    isPossible,
                    isWon ? less(call, call.disputed) : call.recorded(),
                    () -> reconciler.resolveDispute(TENANT, call.action.key(), isWon, reference));
            call.disputed = isPossible ? 0 : call.disputed;
        }
    }

    void compensate(int which, int cents) {
        if (!calls.isEmpty()) {
            Allowed call = call(which);
            List<Long> actual = call.hold.parts.stream()
                    .map(part -> part.book.budget.isMoney() ? Long.valueOf(usd(cents)) : Long.valueOf(part.recorded))
                    .toList();
            String reference = "r-" + ++call.references;
            change(
                    call,
                    call.settledFor != null,
                    actual,
                    () -> reconciler.compensate(TENANT, call.action.key(), amount(usd(cents)), reference));
        }
    }

    private void change(Allowed call, boolean isPossible, List<Long> actual, Runnable change) {
        if (isPossible) {
            change.run();
            correct(call, actual);
        } else {
            assertThatThrownBy(change::run).isInstanceOf(CostChangeException.class);
        }
    }

    private static boolean isRefundable(Allowed call, long nanos) {
        return call.settledFor != null
                && call.hold.parts.stream().allMatch(part -> !part.book.budget.isMoney() || part.recorded >= nanos);
    }

    private static List<Long> less(Allowed call, long nanos) {
        return call.hold.parts.stream()
                .map(part ->
                        part.book.budget.isMoney() ? Long.valueOf(part.recorded - nanos) : Long.valueOf(part.recorded))
                .toList();
    }

    void grant(String team, int cents) {
        boolean isPossible = isOpen(team);
        Runnable grant = () -> operations.grant(team(team), amount(usd(cents)), "more", "grant-" + ++keys);
        if (isPossible) {
            grant.run();
            teamBook(team).limit += usd(cents);
        } else {
            assertThatThrownBy(grant::run).isInstanceOf(BudgetOperationException.class);
        }
    }

    void transfer(String from, String to, int cents) {
        boolean isPossible =
                !from.equals(to) && isOpen(from) && isOpen(to) && teamBook(from).available() >= usd(cents);
        Runnable transfer =
                () -> operations.transfer(team(from), team(to), amount(usd(cents)), "left over", "move-" + ++keys);
        if (isPossible) {
            transfer.run();
            teamBook(from).limit -= usd(cents);
            teamBook(to).limit += usd(cents);
        } else {
            assertThatThrownBy(transfer::run).isInstanceOf(BudgetOperationException.class);
        }
    }

    private Book teamBook(String team) {
        return model.book(model.budget("team"), team, setting.clock().instant());
    }

    private boolean isOpen(String team) {
        return opened.contains(new Place("team", team, teamBook(team).from));
    }

    void limitTo(int percent) {
        model.limitTo(percent, setting.clock().instant());
        guard.swap(contract(percent));
    }

    /** What must hold whatever happened: every balance is the model's. */
    void check() {
        Set<Book> seen = new HashSet<>();
        for (Balance balance : guard.balances(TENANT)) {
            Instant from = balance.window().equals(Period.ALWAYS)
                    ? Instant.MIN
                    : balance.window().from();
            Place place = new Place(balance.budgetId(), balance.key(), from);
            opened.add(place);
            Book book = model.find(place);
            if (book == null) {
                assertThat(balance.spent().atomic() + balance.held().atomic())
                        .as("%s", balance)
                        .isZero();
                continue;
            }
            seen.add(book);
            Instant decided = mayForget.get(book);
            if (decided != null && balance.spent().atomic() == model.countedAt(book, decided)) {
                model.forget(book, decided);
            }
            if (!isSame(balance, book)) {
                throw new AssertionError("%s from %s is to have limit %d, spent %d, held %d, available %d, debt %d: %s"
                        .formatted(
                                place,
                                from,
                                book.limit,
                                book.spent(),
                                book.held,
                                book.available(),
                                book.debt(),
                                balance));
            }
        }
        mayForget.clear();
        for (Book book : model.books()) {
            if (!seen.contains(book) && (book.spent() != 0 || book.held != 0)) {
                throw new AssertionError(book.budget.id() + "/" + book.key + " has no account.");
            }
        }
    }

    private static boolean isSame(Balance balance, Book book) {
        return balance.limit().atomic() == Math.max(0, book.limit)
                && balance.spent().atomic() == book.spent()
                && balance.held().atomic() == book.held
                && balance.available().atomic() == book.available()
                && balance.debt().atomic() == book.debt();
    }

    int decisions() {
        return decisions;
    }

    int outcomes() {
        return outcomes;
    }

    /** Ends the evidence streams; the guard closes the ledger. */
    @Override
    public void close() {
        operations.close();
        reconciler.close();
        guard.close();
    }

    private Allowed call(int which) {
        return calls.get(Math.max(0, calls.size() - 1 - which % Math.min(calls.size(), 12)));
    }

    private static BudgetRef team(String team) {
        return BudgetRef.of(TENANT, "team").key(team);
    }

    private static Amount amount(long nanos) {
        return new Amount(nanos, USD);
    }

    private static Money money(long cents) {
        return Money.of(amount(usd(cents)));
    }

    private static long usd(long cents) {
        return cents * 10_000_000;
    }

    /** 2.50 USD a million tokens of input, 10.00 USD of output. */
    private static long price(long input, long output) {
        return input * 2_500 + output * 10_000;
    }
}
