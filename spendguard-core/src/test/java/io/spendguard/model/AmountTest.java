package io.spendguard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class AmountTest {
    @Test
    void parse_money_countsNanos() {
        assertThat(Amount.parse("25.00 USD")).isEqualTo(new Amount(25_000_000_000L, new Unit("USD")));
        assertThat(Amount.parse("0.000000001 EUR").atomic()).isEqualTo(1);
        assertThat(Amount.parse("3 calls")).isEqualTo(new Amount(3, Unit.CALLS));
        assertThat(Amount.parse("1200 tokens.input")).isEqualTo(new Amount(1_200, Unit.INPUT_TOKENS));
    }

    @Test
    void toString_money_keepsTheCurrencysDecimalsAndNoMoreZeros() {
        assertThat(Amount.parse("0.9 USD")).hasToString("0.90 USD");
        assertThat(Amount.parse("0.1234567 USD")).hasToString("0.1234567 USD");
        assertThat(Amount.parse("100 JPY")).hasToString("100 JPY");
        assertThat(Amount.parse("0.5 JPY")).hasToString("0.5 JPY");
        assertThat(Amount.parse("0 USD")).hasToString("0.00 USD");
        assertThat(Amount.parse("10.000000001 USD")).hasToString("10.000000001 USD");
        assertThat(Amount.parse("0.100 KWD")).hasToString("0.100 KWD");
        assertThat(new Amount(Long.MAX_VALUE, new Unit("USD"))).hasToString("9223372036.854775807 USD");
        assertThat(new Amount(7, Unit.CALLS)).hasToString("7 calls");
    }

    @Test
    void parse_otherForms_areRefusedNamingTextAndForm() {
        String form = "' is malformed: write number, one space, unit, such as '25.00 USD' or '3 calls',"
                + " without sign, symbol or thousands separator.";
        for (String text : new String[] {
            "", "25.00", "$25", "-1.00 USD", "1,000 USD", "1.0000000001 USD", " 1 USD", "1  USD", "٣ USD"
        }) {
            assertThatIllegalArgumentException()
                    .as(text)
                    .isThrownBy(() -> Amount.parse(text))
                    .withMessage("Amount '" + text + form);
        }
    }

    @Test
    void parse_unknownUnitDecimalsOfCallsAndOverflow_areRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Amount.parse("1 dollars"))
                .withMessage("Unknown unit 'dollars'. Use an ISO-4217 currency such as USD, calls, tokens.input,"
                        + " tokens.output, tokens.total or credits.NAME.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Amount.parse("1.5 calls"))
                .withMessage("Amount '1.5 calls' has decimals, but calls are counted whole. Drop them.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Amount.parse("9223372036.854775808 USD"))
                .withMessage("Amount '9223372036.854775808 USD' is too large: at most 9223372036.854775807 USD.");
    }

    @Test
    void arithmetic_overflowOrOtherUnit_throws() {
        Amount most = new Amount(Long.MAX_VALUE, Unit.CALLS);

        assertThatThrownBy(() -> most.plus(new Amount(1, Unit.CALLS))).isInstanceOf(ArithmeticException.class);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> most.plus(Amount.parse("1.00 USD")))
                .withMessage("Amounts of calls and USD do not mix: units never convert. Compare amounts of one unit.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Amount.parse("1 calls").minus(Amount.parse("2 calls")))
                .withMessage(
                        "Amount -1 of calls is negative: amounts have no sign. Post the opposite direction instead.");
    }

    @Property
    void parse_ofToString_isTheSameAmount(@ForAll @LongRange(min = 0) long atomic) {
        for (Unit unit : new Unit[] {new Unit("USD"), new Unit("JPY"), Unit.CALLS, new Unit("credits.gpu")}) {
            Amount amount = new Amount(atomic, unit);

            assertThat(Amount.parse(amount.toString())).isEqualTo(amount);
        }
    }

    @Test
    void money_parsesOnlyMoney() {
        assertThat(Money.parse("1.00 USD").nanos()).isEqualTo(1_000_000_000L);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Money.parse("1 calls"))
                .withMessage("Amount '1 calls' is not money: end it with an ISO-4217 currency such as USD.");
        assertThat(String.format(Locale.ROOT, "%s", Money.parse("0.18 USD"))).isEqualTo("0.18 USD");
    }

    @Test
    void times_countsUpAndRefusesOverflow() {
        assertThat(Amount.parse("0.01 USD").times(3)).isEqualTo(Amount.parse("0.03 USD"));
        assertThat(Amount.parse("5 credits.gpu").times(0)).isEqualTo(Amount.parse("0 credits.gpu"));
        assertThatThrownBy(() -> Amount.parse("0.01 USD").times(Long.MAX_VALUE))
                .isInstanceOf(ArithmeticException.class);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Amount.parse("0 credits.gpu").times(-1))
                .withMessage("Amount 0 credits.gpu times -1 is negative: amounts have no sign. Count from 0.");
    }
}
