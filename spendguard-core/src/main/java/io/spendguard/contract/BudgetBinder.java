package io.spendguard.contract;

import io.spendguard.contract.YamlNode.Mapping;
import io.spendguard.contract.YamlNode.Scalar;
import io.spendguard.contract.YamlNode.Sequence;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Amount;
import io.spendguard.model.Period;
import io.spendguard.model.Unit;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads one entry of {@code budgets}. */
final class BudgetBinder {
    private static final int NANOS_PER_MICRO = 1_000;
    private static final int MAX_KEYS = 1_000_000;
    private static final Pattern PERCENT = Pattern.compile("([1-9]|[1-9]\\d|100)%");

    private final ApiVersion apiVersion;
    private final Findings findings;
    private final Map<String, ParentUse> parents = new LinkedHashMap<>();

    BudgetBinder(ApiVersion apiVersion, Findings findings) {
        this.apiVersion = apiVersion;
        this.findings = findings;
    }

    /** The budget, or null when any part of it has faults. */
    @Nullable
    Budget bind(Members budget) {
        budget.required("id", "Give an id: rules refer to it.");
        budget.required("limit", "Write the most that may be spent, such as '25.00 USD'.");
        budget.required("window", "Say when the limit starts anew, such as {type: calendar_day, timezone: UTC}.");
        int faultsBefore = findings.faultCount();
        for (String name : List.of("appliesTo", "per", "whenKeyMissing", "maxKeys", "parent", "warnAt")) {
            budget.onlyIn(!apiVersion.isAlpha(), name, "needs apiVersion spendguard.ai/v1. Change apiVersion.");
        }
        String id = budget.id("id");
        Amount limit = limit(budget);
        WindowSpec window = new WindowBinder(apiVersion, findings).bind(budget);
        AppliesTo appliesTo = appliesTo(budget);
        List<KeyPart> per = per(budget);
        WhenKeyMissing whenKeyMissing =
                budget.choice("whenKeyMissing", List.of(WhenKeyMissing.values()), BudgetBinder::lower);
        Long maxKeys = budget.integer("maxKeys", 1, MAX_KEYS);
        String parent = budget.id("parent");
        Duration holdTtl = holdTtl(budget);
        SortedSet<Integer> warnAt = warnAt(budget);
        Overrun overrun = overrun(budget);
        checkKeys(budget, window, per, maxKeys, parent);
        checkOverrun(budget, window, overrun);
        if (parent != null) {
            parents.put(id == null ? "" : id, new ParentUse(parent, budget.position("parent"), budget.path("parent")));
        }
        if (findings.faultCount() > faultsBefore
                || id == null
                || limit == null
                || window == null
                || holdTtl == null
                || overrun == null) {
            return null;
        }
        return new Budget(
                id,
                limit,
                window,
                appliesTo,
                per,
                whenKeyMissing == null ? WhenKeyMissing.STOP : whenKeyMissing,
                maxKeys == null ? null : maxKeys.intValue(),
                parent,
                holdTtl,
                warnAt,
                overrun.policy(),
                overrun.absorbPercent());
    }

    /**
     * Checks that every parent is there, of the same unit, and no budget above itself.
     *
     * @param declared the ids of all budgets, also of those with faults
     */
    void checkParents(List<Budget> budgets, Set<String> declared) {
        Map<String, Budget> byId = new HashMap<>();
        budgets.forEach(budget -> byId.put(budget.id(), budget));
        parents.forEach((id, use) -> {
            Budget child = byId.get(id);
            Budget parent = byId.get(use.parent());
            if (!declared.contains(use.parent())) {
                fault(
                        use,
                        "names budget '" + use.parent() + "', which is not there."
                                + Texts.suggestion(use.parent(), declared));
            } else if (child != null && parent != null) {
                if (!child.limit().unit().equals(parent.limit().unit())) {
                    fault(
                            use,
                            "names budget '" + parent.id() + "' of "
                                    + parent.limit().unit() + ", but this one is of "
                                    + child.limit().unit()
                                    + ": units never convert. Choose a parent of the same unit.");
                } else if (isAboveItself(child, byId)) {
                    fault(
                            use,
                            "leads from budget '" + child.id() + "' back to itself: a parent stands above."
                                    + " Remove one of the parents.");
                } else if (mintsLimits(child) && !isBoundedAbove(child, byId)) {
                    fault(
                            use,
                            "leads to no budget that counts every action of '" + child.id()
                                    + "', which is kept per label: where those above are skipped, every fresh label would"
                                    + " bring a fresh limit. Add maxKeys, or a parent without whenKeyMissing: skip_budget.");
                }
            }
        });
    }

    /** Tells whether a caller gets one more limit by choosing one more label. */
    private static boolean mintsLimits(Budget budget) {
        return budget.maxKeys() == null
                && budget.per().stream().anyMatch(part -> part.source() == KeyPart.Source.LABEL);
    }

    private static boolean isBoundedAbove(Budget child, Map<String, Budget> byId) {
        Budget above = child;
        for (int steps = 0; steps < byId.size(); steps++) {
            above = above.parent() == null ? null : byId.get(above.parent());
            if (above == null) {
                return false;
            }
            if (!mintsLimits(above) && above.whenKeyMissing() == WhenKeyMissing.STOP) {
                return true;
            }
        }
        return false;
    }

    private void fault(ParentUse use, String rest) {
        findings.fault(use.position(), use.path(), "'parent' " + rest);
    }

    private static boolean isAboveItself(Budget budget, Map<String, Budget> byId) {
        Budget above = budget;
        for (int steps = 0; steps <= byId.size(); steps++) {
            above = above.parent() == null ? null : byId.get(above.parent());
            if (above == null) {
                return false;
            }
            if (above.id().equals(budget.id())) {
                return true;
            }
        }
        return false; // Below a cycle, not on it: those on it are reported.
    }

    private static void checkKeys(
            Members budget,
            @Nullable WindowSpec window,
            List<KeyPart> per,
            @Nullable Long maxKeys,
            @Nullable String parent) {
        if (per.isEmpty()) {
            if (budget.has("maxKeys") && !budget.has("per")) {
                budget.fault("maxKeys", "bounds the keys of a budget kept per something. Add per, or remove it.");
            }
            if (budget.has("whenKeyMissing") && !budget.has("per") && window != null && !window.perRun()) {
                budget.fault("whenKeyMissing", "means nothing in a budget without key. Add per, or remove it.");
            }
            return;
        }
        if (maxKeys != null && window != null && window.perRun()) {
            budget.fault(
                    "maxKeys",
                    "counts the keys of one window, and all runs share one: it would bound runs, not labels. Remove it, and"
                            + " add a parent budget where labels are the caller's to choose.");
        }
        boolean byLabel = per.stream().anyMatch(part -> part.source() == KeyPart.Source.LABEL);
        if (byLabel && maxKeys == null && parent == null && !budget.has("maxKeys") && !budget.has("parent")) {
            budget.fault(
                    "per",
                    "keeps the budget per label, whose values are the caller's to choose: every fresh one would bring a"
                            + " fresh limit. Add a parent budget or maxKeys.");
        }
    }

    private static void checkOverrun(Members budget, @Nullable WindowSpec window, @Nullable Overrun overrun) {
        if (overrun != null
                && window != null
                && overrun.policy() == OverrunPolicy.ABSORB_IN_NEXT_WINDOW
                && (window instanceof WindowSpec.Rolling
                        || window.period(Instant.EPOCH).equals(Period.ALWAYS))) {
            budget.fault(
                    "overrunPolicy",
                    "is absorb_in_next_window, but this window has no next one. Use record_violation_and_debt or"
                            + " block_until_resolved.");
        }
    }

    private AppliesTo appliesTo(Members budget) {
        Mapping mapping = budget.mapping("appliesTo");
        if (mapping == null) {
            return AppliesTo.EVERYTHING;
        }
        try (Members selector = new Members(mapping, budget.path("appliesTo"), findings)) {
            Set<ActionKind> kinds = new LinkedHashSet<>();
            for (String trigger : texts(selector, "at", List.of())) {
                List<String> known = Arrays.stream(ActionKind.values())
                        .map(ActionKind::trigger)
                        .toList();
                Arrays.stream(ActionKind.values())
                        .filter(kind -> kind.trigger().equals(trigger))
                        .findFirst()
                        .ifPresentOrElse(
                                kinds::add,
                                () -> selector.fault(
                                        "at",
                                        "names trigger '" + Texts.shorten(trigger, 60) + "'."
                                                + Texts.suggestion(trigger, known)));
            }
            return new AppliesTo(
                    kinds,
                    texts(selector, "providers", Set.of()),
                    texts(selector, "models", Set.of()),
                    texts(selector, "tools", Set.of()),
                    texts(selector, "agents", Set.of()),
                    labels(selector));
        }
    }

    private SortedMap<String, Set<String>> labels(Members selector) {
        SortedMap<String, Set<String>> labels = new TreeMap<>();
        Mapping mapping = selector.mapping("labels");
        if (mapping == null) {
            return labels;
        }
        try (Members names = new Members(mapping, selector.path("labels"), findings)) {
            for (YamlNode.Entry entry : mapping.entries()) {
                String name = entry.key().text();
                labels.put(name, texts(names, name, Set.of()));
            }
        }
        return labels;
    }

    /** One text, or a list of at least one. */
    private Set<String> texts(Members members, String name, Collection<String> absent) {
        YamlNode node = members.node(name);
        if (node == null) {
            return new LinkedHashSet<>(absent);
        }
        List<YamlNode> items = node instanceof Sequence sequence ? sequence.items() : List.of(node);
        Set<String> texts = new LinkedHashSet<>();
        for (YamlNode item : items) {
            if (item instanceof Scalar scalar
                    && !scalar.isNull()
                    && !scalar.text().isBlank()) {
                texts.add(scalar.text());
            } else {
                members.fault(name, "holds " + item.describe() + ": a text is expected, or a list of texts.");
            }
        }
        if (items.isEmpty()) {
            members.fault(name, "is an empty list, which would select nothing. Name something, or remove it.");
        }
        return texts;
    }

    private List<KeyPart> per(Members budget) {
        List<KeyPart> per = new ArrayList<>();
        for (String text : texts(budget, "per", List.of())) {
            try {
                per.add(KeyPart.parse(text));
            } catch (IllegalArgumentException unknown) {
                budget.fault("per", "does not fit. " + unknown.getMessage());
            }
        }
        return per;
    }

    private SortedSet<Integer> warnAt(Members budget) {
        SortedSet<Integer> percents = new TreeSet<>();
        for (String text : texts(budget, "warnAt", List.of())) {
            Matcher percent = PERCENT.matcher(text);
            if (percent.matches()) {
                percents.add(Integer.valueOf(percent.group(1)));
            } else {
                budget.fault(
                        "warnAt",
                        "holds '" + Texts.shorten(text, 60) + "': a whole share of the limit is expected, 1% to 100%.");
            }
        }
        return percents;
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private @Nullable Amount limit(Members budget) {
        YamlNode node = budget.node("limit");
        if (node instanceof Mapping mapping) {
            return limitInMicros(budget, mapping);
        }
        if (node != null && apiVersion.isAlpha()) {
            budget.fault(
                    "limit", "as text needs apiVersion spendguard.ai/v1. Write {amountMicros: ..., currency: ...}.");
            return null;
        }
        return budget.parsed("limit", "an amount such as '25.00 USD'", Amount::parse);
    }

    private @Nullable Amount limitInMicros(Members budget, Mapping mapping) {
        try (Members limit = new Members(mapping, budget.path("limit"), findings)) {
            limit.required("amountMicros", "Give the amount in millionths of the currency.");
            limit.required("currency", "Give an ISO-4217 currency such as USD.");
            Long micros = limit.integer("amountMicros", 0, Long.MAX_VALUE / NANOS_PER_MICRO);
            Unit unit = limit.parsed("currency", "a currency", Unit::new);
            if (unit != null && !unit.isMoney()) {
                limit.fault("currency", "is '" + unit + "': an ISO-4217 currency is expected, such as USD.");
                return null;
            }
            return micros == null || unit == null ? null : new Amount(micros * NANOS_PER_MICRO, unit);
        }
    }

    private @Nullable Duration holdTtl(Members budget) {
        Mapping mapping = budget.mapping("reservation");
        if (mapping == null) {
            return budget.has("reservation") ? null : Budget.DEFAULT_HOLD_TTL;
        }
        try (Members reservation = new Members(mapping, budget.path("reservation"), findings)) {
            if (apiVersion.isAlpha()) {
                ignoredReservationMembers(reservation);
            }
            return reservation.has("ttl") ? reservation.duration("ttl") : withoutTtl(reservation);
        }
    }

    private static Duration withoutTtl(Members reservation) {
        reservation.node("ttl");
        return Budget.DEFAULT_HOLD_TTL;
    }

    private void ignoredReservationMembers(Members reservation) {
        String source = reservation.text("amountSource");
        if (source != null) {
            findings.warn(
                    reservation.position("amountSource"),
                    reservation.path("amountSource"),
                    "'" + source
                            + "' has no effect here: a hold is the most the action can cost, never less. Nothing to do.");
        }
        if (Boolean.FALSE.equals(reservation.bool("requireHardCapWhenAvailable"))) {
            findings.warn(
                    reservation.position("requireHardCapWhenAvailable"),
                    reservation.path("requireHardCapWhenAvailable"),
                    "false has no effect here: a model call without a cap cannot be held. Nothing to do.");
        }
    }

    private @Nullable Overrun overrun(Members budget) {
        YamlNode node = budget.node("overrunPolicy");
        List<OverrunPolicy> policies = apiVersion.isAlpha()
                ? List.of(OverrunPolicy.RECORD_VIOLATION_AND_DEBT)
                : List.of(OverrunPolicy.values());
        if (node == null) {
            return Overrun.of(OverrunPolicy.RECORD_VIOLATION_AND_DEBT);
        }
        if (node instanceof Scalar && !apiVersion.isAlpha()) {
            return Overrun.of(budget.choice("overrunPolicy", policies, OverrunPolicy::text));
        }
        Mapping mapping = budget.mapping("overrunPolicy");
        if (mapping == null) {
            return null;
        }
        try (Members overrun = new Members(mapping, budget.path("overrunPolicy"), findings)) {
            overrun.choice("phase", List.of("post_commit"), phase -> phase);
            overrun.required("type", "Write record_violation_and_debt.");
            overrun.onlyIn(!apiVersion.isAlpha(), "share", "needs apiVersion spendguard.ai/v1. Change apiVersion.");
            Overrun policy = Overrun.of(overrun.choice("type", policies, OverrunPolicy::text));
            if (policy == null || !overrun.has("share")) {
                return policy;
            }
            if (policy.policy() != OverrunPolicy.ABSORB_IN_NEXT_WINDOW) {
                overrun.fault("share", "means nothing in " + policy.policy().text() + ". Remove it.");
                return null;
            }
            Integer percent = overrun.parsed("share", "a share such as 50%", BudgetBinder::percent);
            return percent == null ? null : new Overrun(policy.policy(), percent);
        }
    }

    private static Integer percent(String text) {
        Matcher percent = PERCENT.matcher(text);
        if (!percent.matches()) {
            throw new IllegalArgumentException("'share' is '" + Texts.shorten(text, 60)
                    + "': a whole share of the next window's limit is expected, 1% to 100%.");
        }
        return Integer.valueOf(percent.group(1));
    }

    private record ParentUse(String parent, Position position, String path) {}

    private record Overrun(OverrunPolicy policy, int absorbPercent) {
        static @Nullable Overrun of(@Nullable OverrunPolicy policy) {
            return policy == null ? null : new Overrun(policy, policy == OverrunPolicy.ABSORB_IN_NEXT_WINDOW ? 100 : 0);
        }
    }
}
