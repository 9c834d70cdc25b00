package io.spendguard.contract;

import io.spendguard.contract.YamlNode.Mapping;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads the {@code window} of one entry of {@code budgets}. */
final class WindowBinder {
    private static final int DEFAULT_BUCKETS = 24;
    private static final List<String> OF_WINDOWS = List.of("timezone", "anchorDay", "length", "buckets");

    private final ApiVersion apiVersion;
    private final Findings findings;

    WindowBinder(ApiVersion apiVersion, Findings findings) {
        this.apiVersion = apiVersion;
        this.findings = findings;
    }

    /** The window, or null when it is absent or any part of it has faults. */
    @Nullable
    WindowSpec bind(Members budget) {
        Mapping mapping = budget.mapping("window");
        if (mapping == null) {
            return null;
        }
        try (Members window = new Members(mapping, budget.path("window"), findings)) {
            window.required("type", "Write calendar_day, calendar_month, rolling, run or another type.");
            // Known in every type, so that a wrong type does not report right members as well.
            OF_WINDOWS.forEach(window::node);
            WindowType type = window.choice("type", List.of(WindowType.values()), WindowBinder::lower);
            if (type == null) {
                return null;
            }
            if (apiVersion.isAlpha() && type != WindowType.CALENDAR_DAY) {
                window.fault("type", lower(type) + " needs apiVersion spendguard.ai/v1. Change apiVersion.");
                return null;
            }
            int faultsBefore = findings.faultCount();
            OF_WINDOWS.stream()
                    .filter(name -> window.has(name) && !type.takes(name))
                    .forEach(name ->
                            window.fault(name, "means nothing in a window of type " + lower(type) + ". Remove it."));
            WindowSpec spec = window(type, window);
            return findings.faultCount() > faultsBefore ? null : spec;
        }
    }

    private @Nullable WindowSpec window(WindowType type, Members window) {
        ZoneId zone = null;
        if (type.takes("timezone")) {
            if (window.required("timezone", "Say whose midnight counts, such as UTC or Europe/Berlin.") == null) {
                return null;
            }
            zone = window.parsed("timezone", "a time zone", WindowBinder::zone);
            if (zone == null) {
                return null;
            }
        }
        return switch (type) {
            case CALENDAR_DAY -> new WindowSpec.CalendarDay(Objects.requireNonNull(zone));
            case CALENDAR_WEEK -> new WindowSpec.CalendarWeek(Objects.requireNonNull(zone));
            case CALENDAR_MONTH -> new WindowSpec.CalendarMonth(Objects.requireNonNull(zone));
            case BILLING_CYCLE -> {
                window.required("anchorDay", "Say on which day of the month a cycle starts, 1 to 31.");
                Long day = window.integer("anchorDay", 1, 31);
                yield day == null ? null : new WindowSpec.BillingCycle(day.intValue(), Objects.requireNonNull(zone));
            }
            case ROLLING -> rolling(window);
            case RUN -> new WindowSpec.PerRun();
            case TOTAL -> new WindowSpec.Total();
        };
    }

    private static @Nullable WindowSpec rolling(Members window) {
        window.required("length", "Say how long what is spent counts, such as PT24H.");
        Duration length = window.duration("length");
        Long buckets = window.has("buckets")
                ? window.integer("buckets", 1, WindowSpec.Rolling.MAX_BUCKETS)
                : Long.valueOf(DEFAULT_BUCKETS);
        if (length == null || buckets == null) {
            return null;
        }
        try {
            return new WindowSpec.Rolling(length, buckets.intValue());
        } catch (IllegalArgumentException refused) {
            window.fault("length", "does not fit. " + refused.getMessage());
            return null;
        }
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

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** The types of windows, with the members each has beside its type. */
    private enum WindowType {
        CALENDAR_DAY,
        CALENDAR_WEEK,
        CALENDAR_MONTH,
        BILLING_CYCLE,
        ROLLING,
        RUN,
        TOTAL;

        private boolean takes(String member) {
            return switch (this) {
                case CALENDAR_DAY, CALENDAR_WEEK, CALENDAR_MONTH -> member.equals("timezone");
                case BILLING_CYCLE -> member.equals("timezone") || member.equals("anchorDay");
                case ROLLING -> member.equals("length") || member.equals("buckets");
                case RUN, TOTAL -> false;
            };
        }
    }
}
