package io.spendguard.contract;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which models each alias stands for, first choice first. Immutable; safe for any number of threads. */
public final class ModelCatalogue {
    /** Knows no alias. */
    public static final ModelCatalogue EMPTY = new ModelCatalogue(new TreeMap<>(), new TreeMap<>());

    private final SortedMap<ModelAlias, List<ModelProfile>> candidates;
    private final SortedMap<ModelAlias, ModelRef> models;
    private final SortedMap<ModelAlias, String> classes;

    private ModelCatalogue(Map<ModelAlias, List<ModelProfile>> candidates, Map<ModelAlias, String> classes) {
        TreeMap<ModelAlias, List<ModelProfile>> copy = new TreeMap<>();
        TreeMap<ModelAlias, ModelRef> first = new TreeMap<>();
        candidates.forEach((alias, list) -> {
            copy.put(alias, List.copyOf(list));
            first.put(alias, list.get(0).model());
        });
        this.candidates = Collections.unmodifiableSortedMap(copy);
        this.models = Collections.unmodifiableSortedMap(first);
        this.classes = Collections.unmodifiableSortedMap(new TreeMap<>(classes));
    }

    /** Starts an empty catalogue. */
    public static Builder builder() {
        return new Builder();
    }

    /** The first model of an alias, empty when the catalogue does not know it. */
    public Optional<ModelRef> resolve(ModelAlias alias) {
        return Optional.ofNullable(models.get(alias));
    }

    /**
     * The first model of an alias in text form, as a patch carries it; empty when the catalogue does not know it.
     *
     * @throws IllegalArgumentException when the text is no alias
     */
    public Optional<ModelRef> resolve(String alias) {
        return resolve(ModelAlias.parse(alias));
    }

    /**
     * The first model of an alias that the provider has, because a client calls one provider only; the very first where
     * it has none, so that an alias always stands for one model. Empty when the catalogue does not know the alias.
     */
    public Optional<ModelRef> resolve(ModelAlias alias, @Nullable String provider) {
        for (ModelProfile candidate : candidates.getOrDefault(alias, List.of())) {
            if (candidate.model().provider().equals(provider)) {
                return Optional.of(candidate.model());
            }
        }
        return resolve(alias);
    }

    /** Every alias with its first model, in order of alias. */
    public SortedMap<ModelAlias, ModelRef> models() {
        return models;
    }

    /** Every alias with all its models, in order of alias. */
    public SortedMap<ModelAlias, List<ModelProfile>> candidates() {
        return candidates;
    }

    /** The class within which an alias may stand in for another; empty when it has none. */
    public Optional<String> compatibilityClass(ModelAlias alias) {
        return Optional.ofNullable(classes.get(alias));
    }

    /**
     * What changes for those who used the catalogue before, in order of alias; empty when nothing does. What only this
     * catalogue knows is no change.
     */
    public List<CatalogueChange> changesSince(ModelCatalogue before) {
        return CatalogueReview.of(before, this);
    }

    /** A catalogue that knows both; where both know an alias, this one's models stand. */
    public ModelCatalogue or(ModelCatalogue fallback) {
        if (candidates.isEmpty() || fallback.candidates.isEmpty()) {
            return candidates.isEmpty() ? fallback : this;
        }
        Map<ModelAlias, List<ModelProfile>> both = new TreeMap<>(fallback.candidates);
        Map<ModelAlias, String> bothClasses = new TreeMap<>(fallback.classes);
        bothClasses.keySet().removeAll(candidates.keySet());
        both.putAll(candidates);
        bothClasses.putAll(classes);
        return new ModelCatalogue(both, bothClasses);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ModelCatalogue that
                && candidates.equals(that.candidates)
                && classes.equals(that.classes);
    }

    @Override
    public int hashCode() {
        return 31 * candidates.hashCode() + classes.hashCode();
    }

    @Override
    public String toString() {
        return models.toString();
    }

    /** Collects aliases. Not safe for several threads. */
    public static final class Builder {
        private final Map<ModelAlias, List<ModelProfile>> candidates = new TreeMap<>();
        private final Map<ModelAlias, String> classes = new TreeMap<>();

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
            return candidates(alias, null, List.of(ModelProfile.of(model)));
        }

        /**
         * Adds an alias with several models, first choice first.
         *
         * @param compatibilityClass the class within which the alias may stand in for another, or null
         * @throws IllegalArgumentException when there is no model, or the alias stands for others already
         */
        public Builder candidates(ModelAlias alias, @Nullable String compatibilityClass, List<ModelProfile> models) {
            if (models.isEmpty()) {
                throw new IllegalArgumentException(
                        "Model alias '" + alias + "' stands for no model: an alias has one at least. Name it.");
            }
            List<ModelProfile> before = candidates.putIfAbsent(alias, new ArrayList<>(models));
            if (before != null && !before.equals(models)) {
                throw new IllegalArgumentException("Model alias '" + alias + "' stands for "
                        + before.get(0).model() + " and " + models.get(0).model()
                        + ": an alias has one model. Give the second a channel, such as '" + alias.name() + "@beta'.");
            }
            if (compatibilityClass != null) {
                classes.put(alias, compatibilityClass);
            }
            return this;
        }

        /** The catalogue. */
        public ModelCatalogue build() {
            return new ModelCatalogue(candidates, classes);
        }
    }
}
