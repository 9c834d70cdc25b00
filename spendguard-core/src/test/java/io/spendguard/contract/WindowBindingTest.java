package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.ZoneId;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each type of window, as it is written and as it is refused. */
class WindowBindingTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    static Stream<Arguments> windows() {
        return Stream.of(
                Arguments.of("{type: calendar_day, timezone: Europe/Berlin}", new WindowSpec.CalendarDay(BERLIN)),
                Arguments.of("{type: calendar_week, timezone: Europe/Berlin}", new WindowSpec.CalendarWeek(BERLIN)),
                Arguments.of("{type: calendar_month, timezone: Europe/Berlin}", new WindowSpec.CalendarMonth(BERLIN)),
                Arguments.of(
                        "{type: billing_cycle, anchorDay: 31, timezone: Europe/Berlin}",
                        new WindowSpec.BillingCycle(31, BERLIN)),
                Arguments.of("{type: run}", new WindowSpec.PerRun()),
                Arguments.of("{type: total}", new WindowSpec.Total()));
    }

    @ParameterizedTest
    @MethodSource("windows")
    void window_ofEachType_isReadAndHasADigestOfItsOwn(String window, WindowSpec spec) {
        Contract contract = parse("spendguard.ai/v1", window);

        assertThat(contract.budgets().get(0).window()).isEqualTo(spec);
        assertThat(windows()
                        .map(other -> parse("spendguard.ai/v1", (String) other.get()[0])
                                .digest())
                        .filter(contract.digest()::equals))
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "{type: run, timezone: UTC}|'timezone' means nothing in a window of type run. Remove it.",
                "{type: total, anchorDay: 1}|'anchorDay' means nothing in a window of type total. Remove it.",
                "{type: calendar_week, timezone: UTC, anchorDay: 1}|'anchorDay' means nothing in a window of type calendar_week.",
                "{type: calendar_month}|Say whose midnight counts, such as UTC or Europe/Berlin.",
                "{type: billing_cycle, timezone: UTC}|Say on which day of the month a cycle starts, 1 to 31.",
                "{type: billing_cycle, timezone: UTC, anchorDay: 32}|anchorDay",
                "{type: calendar_year, timezone: UTC}|'type' is 'calendar_year': one of calendar_day, calendar_week"
            })
    void window_withAFault_isRefusedByName(String window, String message) {
        assertThatThrownBy(() -> parse("spendguard.ai/v1", window))
                .isInstanceOf(ContractException.class)
                .hasMessageContaining("budgets[0].window")
                .hasMessageContaining(message);
    }

    @Test
    void window_theReferenceDoesNotHave_needsTheNewerDialect() {
        assertThatThrownBy(() -> Contract.parse("""
                        apiVersion: spendguard.ai/v1alpha1
                        kind: Contract
                        metadata: {name: windows, tenant: acme}
                        spec:
                          budgets:
                            - {id: b, limit: {amountMicros: 1000000, currency: USD}, window: {type: total}}
                        """, "windows.yaml"))
                .isInstanceOf(ContractException.class)
                .hasMessageContaining("'type' total needs apiVersion spendguard.ai/v1. Change apiVersion.");
    }

    private static Contract parse(String apiVersion, String window) {
        return Contract.parse("""
                apiVersion: %s
                kind: Contract
                metadata: {name: windows, tenant: acme}
                spec:
                  budgets:
                    - {id: b, limit: 1.00 USD, window: %s}
                """.formatted(apiVersion, window), "windows.yaml");
    }
}
