package io.spendguard.contract;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Which model each alias stands for. Immutable; safe for any number of threads. */
public final class ModelCatalogue {
    /** Knows no alias. */
    public static final ModelCatalogue EMPTY = new ModelCatalogue(new TreeMap<>());

    private final SortedMap<ModelAlias, ModelRef> models;

    private ModelCatalogue(Map<ModelAlias, ModelRef> models) {
        this.models = Collections.unmodifiableSortedMap(new TreeMap<>(models));
    }

    /** Starts an empty catalogue. */
    public static Builder builder() {
        return new Builder();
    }

    /** The model of an alias, empty when the catalogue does not know it. */
    public Optional<ModelRef> resolve(ModelAlias alias) {
        return Optional.ofNullable(models.get(alias));
    }

    /**
     * The model of an alias in text form, as a patch carries it; empty when the catalogue does not know it.
     *
     * @throws IllegalArgumentException when the text is no alias
     */
    public Optional<ModelRef> resolve(String alias) {
        return resolve(ModelAlias.parse(alias));
    }

    /** Every alias with its model, in order of alias. */
    public SortedMap<ModelAlias, ModelRef> models() {
        return models;
    }

    /** A catalogue that knows both; where both know an alias, this one's model stands. */
    public ModelCatalogue or(ModelCatalogue fallback) {
        if (models.isEmpty() || fallback.models.isEmpty()) {
            return models.isEmpty() ? fallback : this;
        }
        Map<ModelAlias, ModelRef> both = new TreeMap<>(fallback.models);
        both.putAll(models);
        return new ModelCatalogue(both);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ModelCatalogue that && models.equals(that.models);
    }

    @Override
    public int hashCode() {
        return models.hashCode();
    }

    @Override
    public String toString() {
        return models.toString();
    }

    /** Collects aliases. Not safe for several threads. */
    public static final class Builder {
        private final Map<ModelAlias, ModelRef> models = new TreeMap<>();

        private Builder() {}

        /**
         * Adds an alias, {@code name} or {@code name@channel}.
         *
         * @throws IllegalArgumentException when the alias is malformed or stands for another model already
         */
        public Builder model(String alias, String provider, String model) {
            return model(ModelAlias.parse(alias), new ModelRef(provider, model));
        }

        /** Adds an alias; throws {@link IllegalArgumentException} when it stands for another model already. */
        public Builder model(ModelAlias alias, ModelRef model) {
            Objects.requireNonNull(alias, "alias");
            Objects.requireNonNull(model, "model");
            ModelRef before = models.putIfAbsent(alias, model);
            if (before != null && !before.equals(model)) {
                throw new IllegalArgumentException("Model alias '" + alias + "' stands for " + before + " and " + model
                        + ": an alias has one model. Give the second a channel, such as '" + alias.name() + "@beta'.");
            }
            return this;
        }

        /** The catalogue. */
        public ModelCatalogue build() {
            return new ModelCatalogue(models);
        }
    }
}
