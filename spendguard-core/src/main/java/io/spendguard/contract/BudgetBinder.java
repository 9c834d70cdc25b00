package io.spendguard.contract;

import io.spendguard.contract.YamlNode.Mapping;
import io.spendguard.contract.YamlNode.Scalar;
import io.spendguard.model.Amount;
import io.spendguard.model.Unit;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads one entry of {@code budgets}. */
final class BudgetBinder {
    private static final int NANOS_PER_MICRO = 1_000;
    private static final List<String> OF_WINDOWS = List.of("timezone", "anchorDay");

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
            window.required("type", "Write calendar_day, calendar_month, run or another type.");
            // Known in every type, so that a wrong type does not report right members as well.
            OF_WINDOWS.forEach(window::node);
            WindowType type = window.choice("type", List.of(WindowType.values()), WindowType::text);
            if (type == null) {
                return null;
            }
            if (apiVersion.isAlpha() && type != WindowType.CALENDAR_DAY) {
                window.fault("type", type.text() + " needs apiVersion spendguard.ai/v1. Change apiVersion.");
                return null;
            }
            int faultsBefore = findings.faultCount();
            OF_WINDOWS.stream()
                    .filter(name -> window.has(name) && !type.takes(name))
                    .forEach(name ->
                            window.fault(name, "means nothing in a window of type " + type.text() + ". Remove it."));
            WindowSpec spec = window(type, window);
            return findings.faultCount() > faultsBefore ? null : spec;
        }
    }

    private static @Nullable WindowSpec window(WindowType type, Members window) {
        if (type == WindowType.RUN) {
            return new WindowSpec.PerRun();
        }
        if (type == WindowType.TOTAL) {
            return new WindowSpec.Total();
        }
        window.required("timezone", "Say whose midnight counts, such as UTC or Europe/Berlin.");
        ZoneId zone = window.parsed("timezone", "a time zone", BudgetBinder::zone);
        Long day = null;
        if (type == WindowType.BILLING_CYCLE) {
            window.required("anchorDay", "Say on which day of the month a cycle starts, 1 to 31.");
            day = window.integer("anchorDay", 1, 31);
        }
        if (zone == null) {
            return null;
        }
        return switch (type) {
            case CALENDAR_DAY -> new WindowSpec.CalendarDay(zone);
            case CALENDAR_WEEK -> new WindowSpec.CalendarWeek(zone);
            case CALENDAR_MONTH -> new WindowSpec.CalendarMonth(zone);
            case BILLING_CYCLE -> day == null ? null : new WindowSpec.BillingCycle(day.intValue(), zone);
            case RUN, TOTAL -> throw new IllegalStateException("Window " + type + " has no calendar.");
        };
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

    /** The types a window can have, with the members each takes. */
    private enum WindowType {
        CALENDAR_DAY,
        CALENDAR_WEEK,
        CALENDAR_MONTH,
        BILLING_CYCLE,
        RUN,
        TOTAL;

        private boolean takes(String member) {
            return switch (this) {
                case CALENDAR_DAY, CALENDAR_WEEK, CALENDAR_MONTH -> member.equals("timezone");
                case BILLING_CYCLE -> true;
                case RUN, TOTAL -> false;
            };
        }

        private String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
