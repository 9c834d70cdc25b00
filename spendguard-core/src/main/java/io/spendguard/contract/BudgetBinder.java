package io.spendguard.contract;

import io.spendguard.contract.YamlNode.Mapping;
import io.spendguard.contract.YamlNode.Scalar;
import io.spendguard.model.Amount;
import io.spendguard.model.Unit;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads one entry of {@code budgets}. */
final class BudgetBinder {
    private static final int NANOS_PER_MICRO = 1_000;

    private final ApiVersion apiVersion;
    private final Findings findings;

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
        String id = budget.id("id");
        Amount limit = limit(budget);
        WindowSpec window = window(budget);
        Duration holdTtl = holdTtl(budget);
        OverrunPolicy overrun = overrunPolicy(budget);
        if (id == null || limit == null || window == null || holdTtl == null || overrun == null) {
            return null;
        }
        return new Budget(id, limit, window, holdTtl, overrun);
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

    private @Nullable WindowSpec window(Members budget) {
        Mapping mapping = budget.mapping("window");
        if (mapping == null) {
            return null;
        }
        try (Members window = new Members(mapping, budget.path("window"), findings)) {
            window.required("type", "Write calendar_day or run.");
            // Known in every type, so that a wrong type does not report a right zone as well.
            window.node("timezone");
            String type = window.choice("type", List.of("calendar_day", "run"), name -> name);
            if ("run".equals(type)) {
                return perRun(window);
            }
            if (type == null
                    || window.required("timezone", "Say whose midnight counts, such as UTC or Europe/Berlin.")
                            == null) {
                return null;
            }
            ZoneId zone = window.parsed("timezone", "a time zone", BudgetBinder::zone);
            return zone == null ? null : new WindowSpec.CalendarDay(zone);
        }
    }

    private @Nullable WindowSpec perRun(Members window) {
        if (apiVersion.isAlpha()) {
            window.fault("type", "run needs apiVersion spendguard.ai/v1. Change apiVersion.");
            return null;
        }
        if (window.has("timezone")) {
            window.fault("timezone", "means nothing in a window of type run. Remove it.");
            return null;
        }
        return new WindowSpec.PerRun();
    }

    private static ZoneId zone(String text) {
        try {
            return ZoneId.of(text);
        } catch (DateTimeException unknown) {
            throw new IllegalArgumentException(
                    "unknown time zone '" + Texts.shorten(text, 60)
                            + "'. Use a name of the IANA database such as Europe/Berlin, or UTC."
                            + nearestZone(text),
                    unknown);
        }
    }

    private static String nearestZone(String text) {
        String suggestion = Texts.suggestion(
                text, ZoneId.getAvailableZoneIds().stream().sorted().toList());
        return suggestion.startsWith(" Did you mean") ? suggestion : "";
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

    private @Nullable OverrunPolicy overrunPolicy(Members budget) {
        YamlNode node = budget.node("overrunPolicy");
        List<OverrunPolicy> policies = List.of(OverrunPolicy.values());
        if (node == null) {
            return OverrunPolicy.RECORD_VIOLATION_AND_DEBT;
        }
        if (node instanceof Scalar && !apiVersion.isAlpha()) {
            return budget.choice("overrunPolicy", policies, OverrunPolicy::text);
        }
        Mapping mapping = budget.mapping("overrunPolicy");
        if (mapping == null) {
            return null;
        }
        try (Members overrun = new Members(mapping, budget.path("overrunPolicy"), findings)) {
            overrun.choice("phase", List.of("post_commit"), phase -> phase);
            overrun.required("type", "Write record_violation_and_debt.");
            return overrun.choice("type", policies, OverrunPolicy::text);
        }
    }
}
