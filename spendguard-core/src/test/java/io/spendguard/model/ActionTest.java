package io.spendguard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class ActionTest {
    @Test
    void build_withoutKey_fixesAFreshOne() {
        Action.Builder builder = Action.llmCall("openai", "gpt-4o");

        assertThat(builder.build().key()).isNotEqualTo(builder.build().key());
        assertThat(builder.key("mine").build().key()).isEqualTo("mine");
    }

    @Test
    void requestDigest_coversWhatTheCallerGave_butNotTheKey() {
        Action action = Action.llmCall("openai", "gpt-4o")
                .tenant("acme")
                .run("r1")
                .inputTokens(10)
                .build();

        assertThat(action.toBuilder().key("other").build().requestDigest()).isEqualTo(action.requestDigest());
        assertThat(action.toBuilder().inputTokens(11).build().requestDigest()).isNotEqualTo(action.requestDigest());
        assertThat(action.toBuilder().label("a", "b").build().requestDigest()).isNotEqualTo(action.requestDigest());
        assertThat(action.toBuilder().personalLabel("a", "b").build().requestDigest())
                .isNotEqualTo(action.toBuilder().label("a", "b").build().requestDigest());
        assertThat(charged(action, "1 credits.a").requestDigest())
                .isNotEqualTo(action.requestDigest())
                .isNotEqualTo(charged(action, "2 credits.a").requestDigest())
                .isEqualTo(charged(action, "1 credits.a").toBuilder().build().requestDigest());
    }

    @Test
    void charge_goesToItsUnit() {
        Action action = Action.toolCall("t")
                .charge(Amount.parse("3 credits.b"))
                .charge(Amount.parse("1 credits.a"))
                .charge(Amount.parse("2 credits.b"))
                .charge(Amount.parse("0.05 USD"))
                .build();

        assertThat(action.charges()).containsExactly(Amount.parse("1 credits.a"), Amount.parse("2 credits.b"));
        assertThat(action.fixedCost()).contains(Money.parse("0.05 USD"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> charged(action, "5 tokens.total"))
                .withMessage("Action charge of 5 tokens.total: calls and tokens are counted, not charged."
                        + " Charge money or credits.NAME.");
    }

    @Test
    void requestDigest_fieldsThatJoinAlike_differ() {
        Action one = Action.toolCall("t").run("ab").step("c").build();
        Action other = Action.toolCall("t").run("a").step("bc").build();

        assertThat(one.requestDigest()).isNotEqualTo(other.requestDigest());
    }

    @Test
    void builder_badValues_areRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Action.llmCall("openai", " "))
                .withMessage("Action model of 1 characters is blank or longer than 200. Give a short stable name.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Action.toolCall("a\u0000b"))
                .withMessage(
                        "Action tool holds a control character or half a surrogate pair, which evidence cannot carry."
                                + " Remove it.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Action.toolCall("\ud800"))
                .withMessage(
                        "Action tool holds a control character or half a surrogate pair, which evidence cannot carry."
                                + " Remove it.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Action.llmCall("openai", "gpt-4o").inputTokens(-1))
                .withMessage("Action with -1 input tokens: at least 0 is needed. Leave an unknown count out instead.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Action.llmCall("openai", "gpt-4o").maxOutputTokens(0))
                .withMessage(
                        "Action with 0 maximum output tokens: at least 1 is needed. Leave an unknown count out instead.");
    }

    @Test
    void builder_badPersonalValue_isNotInTheMessage() {
        String user = "ada@example.com".repeat(20);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Action.toolCall("t").user(user))
                .withMessage("Action user of 300 characters is blank or longer than 200. Give a short stable name.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Action.toolCall("t").personalLabel("mail", user))
                .withMessage(
                        "Action label 'mail' of 300 characters is blank or longer than 200. Give a short stable name.");
    }

    @Test
    void builder_countBeyondExactJson_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Action.llmCall("p", "m").inputTokens(1L << 53))
                .withMessage("Action with 9007199254740992 input tokens: at most 9007199254740991 can be recorded."
                        + " Leave an unknown count out instead.");
    }

    private static Action charged(Action action, String amount) {
        return action.toBuilder().charge(Amount.parse(amount)).build();
    }
}
