package io.spendguard.model;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What an agent is about to do and may cost something: a model call, a tool call, a step, a run, a sub-agent.
 *
 * <p>An action carries its idempotency key from the moment it is built: deciding the same action again is a retry,
 * building another is a new spend. Immutable; safe for any number of threads. It never holds prompt text.
 */
public final class Action {
    private final ActionKind kind;
    private final String key;
    private final boolean isNamed;
    private final @Nullable String tenant;
    private final @Nullable String run;
    private final @Nullable String step;
    private final @Nullable String agent;
    private final @Nullable String user;
    private final @Nullable String provider;
    private final @Nullable String model;
    private final @Nullable String tool;
    private final @Nullable ContentDigest content;
    private final @Nullable Long inputTokens;
    private final @Nullable Long maxOutputTokens;
    private final @Nullable ReasoningEffort reasoningEffort;
    private final @Nullable BigDecimal temperature;
    private final @Nullable BigDecimal topP;
    private final List<String> stopSequences;
    private final @Nullable Long plannedSteps;
    private final @Nullable Money fixedCost;
    private final List<Amount> charges;
    private final SortedMap<String, String> labels;
    private final SortedSet<String> personalLabels;

    private Action(Builder b) {
        this.kind = b.kind;
        this.key = b.key == null ? b.ids.next().toString() : b.key;
        this.isNamed = b.isNamed;
        this.tenant = b.tenant;
        this.run = b.run;
        this.step = b.step;
        this.agent = b.agent;
        this.user = b.user;
        this.provider = b.provider;
        this.model = b.model;
        this.tool = b.tool;
        this.content = b.content;
        this.inputTokens = b.inputTokens;
        this.maxOutputTokens = b.maxOutputTokens;
        this.reasoningEffort = b.reasoningEffort;
        this.temperature = b.temperature;
        this.topP = b.topP;
        this.stopSequences = b.stopSequences;
        this.plannedSteps = b.plannedSteps;
        this.fixedCost = b.fixedCost;
        this.charges = List.copyOf(b.charges.values());
        this.labels = Collections.unmodifiableSortedMap(new TreeMap<>(b.labels));
        this.personalLabels = Collections.unmodifiableSortedSet(new TreeSet<>(b.personalLabels));
    }

    /** Starts a call of a model, named as its provider names it. */
    public static Builder llmCall(String provider, String model) {
        Builder builder = new Builder(ActionKind.LLM_CALL);
        builder.provider = ActionChecks.identifier("provider", provider);
        builder.model = ActionChecks.identifier("model", model);
        return builder;
    }

    /** Starts a call of a tool. Its cost is nothing unless {@link Builder#cost} says otherwise. */
    public static Builder toolCall(String tool) {
        Builder builder = new Builder(ActionKind.TOOL_CALL);
        builder.tool = ActionChecks.identifier("tool", tool);
        return builder;
    }

    /** Starts an action of any kind without model or tool. */
    public static Builder of(ActionKind kind) {
        return new Builder(Objects.requireNonNull(kind, "kind"));
    }

    /** What is about to be done. */
    public ActionKind kind() {
        return kind;
    }

    /** The idempotency key, fixed when the action was built. */
    public String key() {
        return key;
    }

    /** Tells whether somebody gave the key: an action of another key is another one then, however alike they are. */
    public boolean isNamed() {
        return isNamed;
    }

    /** Whose budget and evidence this belongs to; empty until a scope or the contract supplies it. */
    public Optional<String> tenant() {
        return Optional.ofNullable(tenant);
    }

    /** The run this is a part of; empty when it belongs to none. */
    public Optional<String> run() {
        return Optional.ofNullable(run);
    }

    /** The step within the run. */
    public Optional<String> step() {
        return Optional.ofNullable(step);
    }

    /** The agent that acts. */
    public Optional<String> agent() {
        return Optional.ofNullable(agent);
    }

    /** The person on whose behalf it acts: a personal value, stored as a commitment. */
    public Optional<String> user() {
        return Optional.ofNullable(user);
    }

    /** The provider of the model, such as {@code openai}. */
    public Optional<String> provider() {
        return Optional.ofNullable(provider);
    }

    /** The model as its provider names it. */
    public Optional<String> model() {
        return Optional.ofNullable(model);
    }

    /** The tool's name. */
    public Optional<String> tool() {
        return Optional.ofNullable(tool);
    }

    /**
     * A digest of what is done in detail, by which a run knows a repeated action again; empty when the caller gives none.
     * Neither evidence nor {@link #requestDigest} holds it. Made by the first call where the caller gave a supplier.
     */
    public Optional<Digest> content() {
        return content == null ? Optional.empty() : Optional.of(content.get());
    }

    /** How many tokens will be sent; empty when not counted. */
    public OptionalLong inputTokens() {
        return inputTokens == null ? OptionalLong.empty() : OptionalLong.of(inputTokens);
    }

    /** The cap on tokens the model may produce; empty when the caller sets none. */
    public OptionalLong maxOutputTokens() {
        return maxOutputTokens == null ? OptionalLong.empty() : OptionalLong.of(maxOutputTokens);
    }

    /** How much the model is asked to think; empty when the caller does not say. */
    public Optional<ReasoningEffort> reasoningEffort() {
        return Optional.ofNullable(reasoningEffort);
    }

    /** How freely the model picks its words; empty when the caller does not say. */
    public Optional<BigDecimal> temperature() {
        return Optional.ofNullable(temperature);
    }

    /** The share of likely words the model picks from; empty when the caller does not say. */
    public Optional<BigDecimal> topP() {
        return Optional.ofNullable(topP);
    }

    /** The texts that end an answer, as the caller gave them; empty when there are none. */
    public List<String> stopSequences() {
        return stopSequences;
    }

    /** How many steps the whole run is planned to take; empty when the caller has no plan. */
    public OptionalLong plannedSteps() {
        return plannedSteps == null ? OptionalLong.empty() : OptionalLong.of(plannedSteps);
    }

    /** The price the caller knows beforehand; empty when the price book decides. */
    public Optional<Money> fixedCost() {
        return Optional.ofNullable(fixedCost);
    }

    /** The credits this action costs beside money, at most one amount of each programme, in order of unit. */
    public List<Amount> charges() {
        return charges;
    }

    /** Tells whether this action costs at least what the caller of another one says that it costs. */
    boolean isAsDearAs(Action other) {
        List<Amount> own = named();
        return other.named().stream()
                .allMatch(cost -> cost.atomic() == 0
                        || own.stream()
                                .anyMatch(most -> most.unit().equals(cost.unit()) && most.atomic() >= cost.atomic()));
    }

    private List<Amount> named() {
        List<Amount> named = new ArrayList<>(charges);
        fixedCost().map(Money::toAmount).ifPresent(named::add);
        return named;
    }

    /** Labels by name, in order of name. */
    public SortedMap<String, String> labels() {
        return labels;
    }

    /** The names of labels whose values are personal and are stored as commitments. */
    public Set<String> personalLabels() {
        return personalLabels;
    }

    /** A builder that starts with everything of this action, its key included. */
    public Builder toBuilder() {
        Builder b = new Builder(kind);
        b.key = key;
        b.isNamed = isNamed;
        b.tenant = tenant;
        b.run = run;
        b.step = step;
        b.agent = agent;
        b.user = user;
        b.provider = provider;
        b.model = model;
        b.tool = tool;
        b.content = content;
        b.inputTokens = inputTokens;
        b.maxOutputTokens = maxOutputTokens;
        b.reasoningEffort = reasoningEffort;
        b.temperature = temperature;
        b.topP = topP;
        b.stopSequences = stopSequences;
        b.plannedSteps = plannedSteps;
        b.fixedCost = fixedCost;
        charges.forEach(b::charge);
        b.labels.putAll(labels);
        b.personalLabels.addAll(personalLabels);
        return b;
    }

    /**
     * A digest of everything the caller gave except the key: two requests under one key are the same request exactly
     * when their digests are equal. Covers neither price nor contract.
     */
    public Digest requestDigest() {
        return RequestDigest.of(this);
    }

    @Override
    public String toString() {
        String what = model != null ? provider + "/" + model : tool != null ? tool : kind.name();
        return "Action[" + kind.trigger() + " " + what + ", run=" + run + ", key=" + key + "]";
    }

    /** Collects what is known about an action. Not safe for several threads. */
    public static final class Builder {
        private final ActionKind kind;
        private IdSource ids = IdSource.system();
        private @Nullable String key;
        private boolean isNamed;
        private @Nullable String tenant;
        private @Nullable String run;
        private @Nullable String step;
        private @Nullable String agent;
        private @Nullable String user;
        private @Nullable String provider;
        private @Nullable String model;
        private @Nullable String tool;
        private @Nullable ContentDigest content;
        private @Nullable Long inputTokens;
        private @Nullable Long maxOutputTokens;
        private @Nullable ReasoningEffort reasoningEffort;
        private @Nullable BigDecimal temperature;
        private @Nullable BigDecimal topP;
        private List<String> stopSequences = List.of();
        private @Nullable Long plannedSteps;
        private @Nullable Money fixedCost;
        private final Map<Unit, Amount> charges = new TreeMap<>();
        private final Map<String, String> labels = new TreeMap<>();
        private final Set<String> personalLabels = new TreeSet<>();

        private Builder(ActionKind kind) {
            this.kind = kind;
        }

        /** Sets the idempotency key instead of a fresh one; deciding an equal action under it again is a retry. */
        public Builder key(String value) {
            this.key = ActionChecks.identifier("key", value);
            this.isNamed = true;
            return this;
        }

        /** Where a fresh key comes from; the system's by default. */
        public Builder ids(IdSource source) {
            this.ids = Objects.requireNonNull(source, "source");
            return this;
        }

        /** Whose budget and evidence this belongs to. */
        public Builder tenant(String value) {
            this.tenant = ActionChecks.identifier("tenant", value);
            return this;
        }

        /** The run this is a part of. */
        public Builder run(String value) {
            this.run = ActionChecks.identifier("run", value);
            return this;
        }

        /** The step within the run. */
        public Builder step(String value) {
            this.step = ActionChecks.identifier("step", value);
            return this;
        }

        /** The agent that acts. */
        public Builder agent(String value) {
            this.agent = ActionChecks.identifier("agent", value);
            return this;
        }

        /** The person on whose behalf it acts; appears in evidence only as a salted commitment. */
        public Builder user(String value) {
            this.user = ActionChecks.identifier("user", value);
            return this;
        }

        /** Another model of the same provider. */
        public Builder model(String value) {
            this.model = ActionChecks.identifier("model", value);
            return this;
        }

        /** Another provider and model. */
        public Builder model(String providerName, String modelName) {
            this.provider = ActionChecks.identifier("provider", providerName);
            return model(modelName);
        }

        /**
         * Sets what is done in detail, such as a tool's arguments or a prompt. Two actions of a run with the same kind, tool or
         * model and content are the same to {@code run.repeats}. Only a digest of the text is kept.
         */
        public Builder content(String text) {
            return content(Digest.sha256(text.getBytes(StandardCharsets.UTF_8)));
        }

        /**
         * Sets what is done in detail as a text that is made when a rule first asks for it, which most contracts never do;
         * what it is made of must not change until the action is decided.
         *
         * @param text may be called from any thread, once; what it throws, {@link Action#content} and the decision throw
         */
        public Builder content(Supplier<String> text) {
            this.content = new ContentDigest(text);
            return this;
        }

        /** Sets the digest of what is done in detail, for callers who have it already. */
        public Builder content(Digest digest) {
            this.content = new ContentDigest(digest);
            return this;
        }

        /** How many tokens will be sent, 0 or more. */
        public Builder inputTokens(long count) {
            this.inputTokens = ActionChecks.tokens("input", count, 0);
            return this;
        }

        /** The cap on tokens the model may produce, 1 or more. */
        public Builder maxOutputTokens(long count) {
            this.maxOutputTokens = ActionChecks.tokens("maximum output", count, 1);
            return this;
        }

        /** How much the model is asked to think. */
        public Builder reasoningEffort(ReasoningEffort effort) {
            this.reasoningEffort = Objects.requireNonNull(effort, "effort");
            return this;
        }

        /** How freely the model picks its words, 0 or more; trailing zeros do not count. */
        public Builder temperature(BigDecimal value) {
            this.temperature = ActionChecks.number("temperature", value);
            return this;
        }

        /** The share of likely words the model picks from, 0 or more; trailing zeros do not count. */
        public Builder topP(BigDecimal value) {
            this.topP = ActionChecks.number("topP", value);
            return this;
        }

        /** The texts that end an answer; replaces those given before. */
        public Builder stopSequences(List<String> texts) {
            this.stopSequences = List.copyOf(texts);
            return this;
        }

        /** How many steps the whole run is planned to take, 1 or more: rules compare it with what the run did. */
        public Builder plannedSteps(long count) {
            this.plannedSteps = ActionChecks.steps(count);
            return this;
        }

        /** The most this action costs, known beforehand: a tool with a price of its own. */
        public Builder cost(Money cost) {
            this.fixedCost = Objects.requireNonNull(cost, "cost");
            return this;
        }

        /**
         * The most this action costs in the amount's unit, known beforehand: money, as {@link #cost} does, or credits.
         * Another amount of the same unit replaces the first; other units stay.
         *
         * @throws IllegalArgumentException for calls and tokens, which are counted and never charged
         */
        public Builder charge(Amount amount) {
            if (amount.unit().isMoney()) {
                return cost(Money.of(amount));
            }
            if (!amount.unit().isCredits()) {
                throw new IllegalArgumentException("Action charge of " + amount + ": calls and tokens are counted, not"
                        + " charged. Charge money or credits.NAME.");
            }
            charges.put(amount.unit(), amount);
            return this;
        }

        /** A label that contracts and reports may use; its value appears in evidence as it is. */
        public Builder label(String name, String value) {
            labels.put(
                    ActionChecks.identifier("label name", name),
                    ActionChecks.identifier("label '" + name + "'", value));
            personalLabels.remove(name);
            ActionChecks.requireFew(labels);
            return this;
        }

        /** A label whose value is personal: it appears in evidence only as a salted commitment. */
        public Builder personalLabel(String name, String value) {
            label(name, value);
            personalLabels.add(name);
            return this;
        }

        /** The action, with its key fixed. */
        public Action build() {
            return new Action(this);
        }
    }
}
