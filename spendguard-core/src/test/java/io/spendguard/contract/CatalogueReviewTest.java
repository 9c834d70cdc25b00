package io.spendguard.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CatalogueReviewTest {
    private static final String MODEL =
            "provider: openai, model: a, capabilities: [tools, vision], maxInputTokens: 100, maxOutputTokens: 50, quality: 5,"
                    + " inputPrice: 1.00 USD, outputPrice: 4.00 USD";

    private static ModelCatalogue catalogue(String entry) {
        String source = "apiVersion: spendguard.ai/v1\nmetadata: {name: t}\nspec:\n  models:\n    " + entry
                + "\n  budgets:\n    - {id: calls, limit: 20 calls, window: {type: run}}\n";
        return Contract.parse(source, "c.yaml").catalogue();
    }

    private static List<String> changes(String before, String after) {
        return catalogue(after).changesSince(catalogue(before)).stream()
                .map(CatalogueChange::toString)
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[tools, vision] | [tools] | REVIEW: 'openai/a' lacks [VISION], which 'openai/a' has",
                "maxInputTokens: 100 | maxInputTokens: 99 | REVIEW: 'openai/a' takes less input, 99 instead of 100",
                "maxOutputTokens: 50 | maxOutputTokens: 9 | REVIEW: 'openai/a' gives less output, 9 instead of 50",
                "quality: 5 | quality: 4 | REVIEW: 'openai/a' is of lower quality, 4 instead of 5",
                "1.00 USD | 1.01 USD | REVIEW: 'openai/a' costs more for input, 1.01 USD instead of 1.00 USD",
                "4.00 USD | 4.00 EUR | REVIEW: 'openai/a' costs another currency for output, 4.00 EUR instead of 4.00 USD",
                "4.00 USD | 1.99 USD | REVIEW: 'openai/a' costs less than half for output, 1.99 USD instead of 4.00 USD:"
                        + " such a drop is often a mistake",
                "4.00 USD | 2.00 USD | ACCEPTED: 'openai/a' is equal or better",
                "maxInputTokens: 100 | maxInputTokens: 900 | ACCEPTED: 'openai/a' is equal or better",
                "model: a | model: b | ACCEPTED: 'openai/b' is equal or better",
                "provider: openai | provider: azure | REVIEW: no model of provider 'openai' is left",
            })
    void changesSince_oneDifference_saysWhatAndWhetherItMayBe(String part, String other, String expected) {
        assertThat(changes("m: {" + MODEL + "}", "m: {" + MODEL.replace(part, other) + "}"))
                .contains("m: " + expected);
    }

    @ParameterizedTest
    @CsvSource({"m, REVIEW", "m@pinned, BLOCKED", "m@latest, ACCEPTED", "m@beta, REVIEW"})
    void changesSince_breakingChange_theChannelDecides(String alias, CatalogueChange.Verdict verdict) {
        ModelCatalogue before = catalogue(alias + ": {" + MODEL + "}");
        ModelCatalogue after = catalogue(alias + ": {" + MODEL.replace("quality: 5", "quality: 4") + "}");

        assertThat(after.changesSince(before))
                .extracting(CatalogueChange::verdict)
                .containsExactly(verdict);
        assertThat(ModelCatalogue.EMPTY.changesSince(before))
                .extracting(CatalogueChange::verdict)
                .containsExactly(verdict);
        assertThat(before.changesSince(before)).isEmpty();
    }

    @Test
    void changesSince_modelReplacedWithoutQuality_needsAReview() {
        assertThat(changes("m: {provider: openai, model: a}", "m: {provider: openai, model: b}"))
                .containsExactly(
                        "m: REVIEW: 'openai/b' takes the place of 'openai/a', and nobody vouches for its quality");
    }

    @Test
    void resolve_severalProviders_theCallersOwnOrElseTheFirst() {
        ModelCatalogue catalogue = catalogue("m: {class: small, candidates: [{provider: openai, model: a},"
                + " {provider: anthropic, model: b}, {provider: anthropic, model: c}]}");
        ModelAlias alias = ModelAlias.parse("m");

        assertThat(catalogue.resolve(alias, "anthropic")).contains(new ModelRef("anthropic", "b"));
        assertThat(catalogue.resolve(alias, "google")).contains(new ModelRef("openai", "a"));
        assertThat(catalogue.resolve(alias, null)).contains(new ModelRef("openai", "a"));
        assertThat(catalogue.compatibilityClass(alias)).contains("small");
    }
}
