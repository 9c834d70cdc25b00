package io.spendguard.contract;

import io.spendguard.model.Action;
import org.jspecify.annotations.Nullable;

/**
 * The models of a contract as its degrades use them.
 *
 * @param catalogue the contract's own aliases
 * @param priorityDecides whether, of two aliases of one compatibility class, the rule of higher priority names the model
 */
record Models(ModelCatalogue catalogue, boolean priorityDecides) {
    /** Whether the action calls the alias's model already. */
    boolean isCalled(ModelAlias alias, Action action, EvaluationInput input) {
        String provider = action.provider().orElse(null);
        ModelRef model = catalogue
                .resolve(alias, provider)
                .or(() -> input.catalogue().resolve(alias, provider))
                .orElse(null);
        return model != null
                && model.provider().equals(action.provider().orElse(null))
                && model.model().equals(action.model().orElse(null));
    }

    /** Whether two different aliases are no conflict. */
    boolean priorityMayDecide(ModelAlias one, ModelAlias other) {
        @Nullable String compatible = catalogue.compatibilityClass(one).orElse(null);
        return priorityDecides
                && compatible != null
                && compatible.equals(catalogue.compatibilityClass(other).orElse(null));
    }
}
