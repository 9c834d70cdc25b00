package io.spendguard.contract;

import io.spendguard.model.Effect;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A contract's meaning, read and checked except for its conditions. Parts with faults are left out; of the budgets left
 * out, {@code declaredBudgets} still has the ids, so that rules that name them are not blamed.
 */
record ContractSpec(
        @Nullable String name,
        @Nullable String tenant,
        @Nullable String version,
        @Nullable String owner,
        @Nullable Long revision,
        Mode mode,
        ModelCatalogue models,
        List<Budget> budgets,
        Set<String> declaredBudgets,
        List<RuleSpec> rules,
        Effect defaultEffect,
        Policies policies) {}
