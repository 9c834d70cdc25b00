package io.spendguard.verify;

import io.spendguard.json.JsonObject;
import io.spendguard.model.ApprovalTerms;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Effect;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Brings together the decision that asks for an approval, what was answered, and the decision made upon that, across a tenant's streams: of
 * a part of the asking decisions at a time. Whatever is not here need not be missing in an excerpt, in a package that begins after a
 * checkpoint, and where events were dropped.
 */
final class ApprovalBook {
    private static final String KIND = "is";
    /** By how much the clocks of a guard and of its ledger may differ, at least. */
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(1);

    private final ContractBook contracts;
    private final DecisionBook decisions;
    private final Findings findings;
    /** By tenant and asking decision. */
    private final Map<String, Map<UUID, Matter>> matters = new HashMap<>();

    ApprovalBook(ContractBook contracts, DecisionBook decisions, Findings findings) {
        this.contracts = contracts;
        this.decisions = decisions;
        this.findings = findings;
    }

    /** Takes what an event says of the approval that a decision asks for. */
    void fact(Place place, String tenant, UUID asking, JsonObject fact) {
        Matter matter =
                matters.computeIfAbsent(tenant, none -> new HashMap<>()).computeIfAbsent(asking, none -> new Matter());
        switch (fact.string(KIND)) {
            case "asked" -> matter.asked = matter.asked == null ? Asked.of(place, fact) : matter.asked;
            case "resolved" -> {
                Resolved resolved = Resolved.of(place, fact);
                matter.resolved.add(resolved);
                matter.answers.putIfAbsent(resolved.event, resolved);
            }
            default -> matter.used.add(Used.of(place, fact));
        }
    }

    /** Draws the conclusions that need every stream, and forgets the decisions; while the book of decisions still knows them. */
    void conclude() {
        matters.forEach((tenant, ofTenant) -> ofTenant.forEach((asking, matter) -> conclude(tenant, asking, matter)));
        matters.clear();
    }

    private void conclude(String tenant, UUID asking, Matter matter) {
        boolean isWhole = contracts.isWhole(tenant);
        for (int i = 0; i < matter.resolved.size(); i++) {
            Resolved resolved = matter.resolved.get(i);
            if (i > 0) {
                twice(resolved.place, "answers the approval that decision " + asking + " asked for once more");
            }
            String fault = fault(tenant, asking, matter.asked, isWhole, resolved);
            if (fault != null) {
                unfit(resolved.place, "answers for an approval of decision " + asking + ", " + fault);
            }
        }
        for (int i = 0; i < matter.used.size(); i++) {
            Used used = matter.used.get(i);
            if (i > 0) {
                twice(used.place, "decides once more upon the approval that decision " + asking + " asked for");
            }
            conclude(tenant, asking, matter, isWhole, used);
        }
    }

    private @Nullable String fault(
            String tenant, UUID asking, @Nullable Asked asked, boolean isWhole, Resolved resolved) {
        if (asked == null) {
            return notAsking(tenant, asking, isWhole);
        }
        if (resolved.role.compareTo(asked.role) < 0) {
            return "as a " + resolved.role.text() + " where a " + asked.role.text() + " was asked for";
        }
        if (!resolved.at.isBefore(asked.until)) {
            return "at " + resolved.at + ", though it waited until " + asked.until;
        }
        if (asked.place.isBehind(resolved.place)) {
            return "which asks for it only afterwards";
        }
        if (resolved.at.isBefore(asked.notBefore)) {
            return "at " + resolved.at + ", though it was asked for only after " + asked.notBefore;
        }
        if (!resolved.covers.equals(asked.asking)) {
            return "covering other reasons than asked for it";
        }
        return resolved.terms.equals(asked.terms)
                ? null
                : "naming " + resolved.terms + " where it was made under " + asked.terms;
    }

    private @Nullable String notAsking(String tenant, UUID asking, boolean isWhole) {
        if (decisions.isDecided(tenant, asking)) {
            return "which asked for none";
        }
        return isWhole ? "which is not there" : null;
    }

    private void conclude(String tenant, UUID asking, Matter matter, boolean isWhole, Used used) {
        Asked asked = matter.asked;
        String fault = asked == null ? notAsking(tenant, asking, isWhole) : fault(asked, used);
        if (fault == null && used.event == null && !matter.resolved.isEmpty()) {
            fault = "as if nobody had answered, though event " + matter.resolved.get(0).event + " does";
        }
        Resolved resolved = used.event == null ? null : matter.answers.get(used.event);
        if (fault == null && resolved != null) {
            if (resolved.isApproved != used.state.equals("APPROVED")) {
                fault = "as " + used.state + ", which event " + resolved.event + " does not say";
            } else if (!resolved.isApproved && used.allows) {
                fault = "and allows what event " + resolved.event + " denies";
            } else if (resolved.place.isBehind(used.place)) {
                fault = "which event " + resolved.event + " answers only afterwards";
            } else if (used.at.isBefore(resolved.at.minus(CLOCKS_DIFFER))) {
                fault = "at " + used.at + ", though event " + resolved.event + " answers only at " + resolved.at;
            }
        }
        if (fault != null) {
            unfit(used.place, "decides upon the approval of decision " + asking + ", " + fault);
        } else if (used.event != null && resolved == null && isWhole) {
            findings.add(
                    FindingCode.APPROVAL_MISSING,
                    used.place,
                    "Event " + used.place.event() + " decides upon event " + used.event + " as the answer ("
                            + used.state
                            + ") to the approval that decision " + asking
                            + " asked for, which is not there: what nobody answered is neither approved nor denied. Ask who"
                            + " wrote it.");
        }
    }

    private static @Nullable String fault(Asked asked, Used used) {
        if (!used.request.equals(asked.request)) {
            return "which was asked for another action";
        }
        if (used.allows && !used.terms.equals(asked.terms)) {
            return "under " + used.terms + " where it was asked for under " + asked.terms;
        }
        if (used.state.equals("EXPIRED")) {
            if (used.at.isBefore(asked.until)) {
                return "at " + used.at + " as if its time were over, though it waited until " + asked.until;
            }
            if (used.allows && !asked.isSilenceAYes) {
                return "and allows what nobody answered, though silence was to stop it";
            }
        }
        return null;
    }

    private void twice(Place place, String what) {
        findings.add(
                FindingCode.APPROVAL_TWICE,
                place,
                "Event " + place.event() + " " + what + ": an approval is given once and used once. Ask who wrote it.");
    }

    private void unfit(Place place, String what) {
        findings.add(
                FindingCode.APPROVAL_UNFIT,
                place,
                "Event " + place.event() + " " + what
                        + ": an approval permits what was asked, by whom and until when it was asked. Ask who wrote it.");
    }

    /** All that is said of one asking decision. */
    private static final class Matter {
        private final List<Resolved> resolved = new ArrayList<>(1);
        /** The same by event, so that many answers and many who name them are not held against each other. */
        private final Map<UUID, Resolved> answers = new HashMap<>(2);

        private final List<Used> used = new ArrayList<>(1);
        private @Nullable Asked asked;
    }

    /**
     * A decision asks.
     *
     * @param notBefore before when nobody can have answered: its date is its guard's, which may be ahead of the ledger by a tenth of the
     *     time that it waits
     * @param until when nobody may answer any more, by its own date and what its contract says
     * @param isSilenceAYes whether it goes on when nobody answered
     * @param terms contract and price book
     * @param request the digest of its action, without personal values
     * @param asking the digest of the reasons that asked, each by code and rule
     */
    record Asked(
            Place place,
            ApproverRole role,
            Instant notBefore,
            Instant until,
            boolean isSilenceAYes,
            String terms,
            String request,
            String asking) {
        static JsonObject toJson(ApprovalTerms needed, Instant at, String terms, String request, String asking) {
            Duration tenth = needed.ttl().dividedBy(10);
            Duration leeway = tenth.compareTo(CLOCKS_DIFFER) > 0 ? tenth : CLOCKS_DIFFER;
            return JsonObject.create()
                    .put(KIND, "asked")
                    .put("role", needed.role().text())
                    .put("notBefore", at.minus(leeway).toString())
                    .put("until", at.plus(needed.ttl()).toString())
                    .put("silence", needed.fallback() == Effect.CONTINUE)
                    .put("asking", asking)
                    .put("terms", terms)
                    .put("request", request);
        }

        private static Asked of(Place place, JsonObject fact) {
            return new Asked(
                    place,
                    ApproverRole.parse(fact.string("role")),
                    Instant.parse(fact.string("notBefore")),
                    Instant.parse(fact.string("until")),
                    fact.bool("silence"),
                    fact.string("terms"),
                    fact.string("request"),
                    fact.string("asking"));
        }
    }

    /**
     * Somebody answers.
     *
     * @param covers the digest of the reasons that he says he answers, each by code and rule
     */
    record Resolved(
            Place place, UUID event, boolean isApproved, ApproverRole role, Instant at, String terms, String covers) {
        static JsonObject toJson(
                UUID event, boolean isApproved, ApproverRole role, Instant at, String terms, String covers) {
            return JsonObject.create()
                    .put(KIND, "resolved")
                    .put("event", event.toString())
                    .put("approved", isApproved)
                    .put("role", role.text())
                    .put("at", at.toString())
                    .put("terms", terms)
                    .put("covers", covers);
        }

        private static Resolved of(Place place, JsonObject fact) {
            return new Resolved(
                    place,
                    UUID.fromString(fact.string("event")),
                    fact.bool("approved"),
                    ApproverRole.parse(fact.string("role")),
                    Instant.parse(fact.string("at")),
                    fact.string("terms"),
                    fact.string("covers"));
        }
    }

    /**
     * A decision is made upon what became of it.
     *
     * @param state what it says became of it
     * @param event the event that it says answered; null where it says that nobody did
     * @param allows whether it lets the action run
     */
    record Used(
            Place place, String state, @Nullable UUID event, boolean allows, Instant at, String terms, String request) {
        static JsonObject toJson(
                String state, @Nullable UUID event, boolean allows, Instant at, String terms, String request) {
            return JsonObject.create()
                    .put(KIND, "used")
                    .put("state", state)
                    .putIfPresent("event", Objects.toString(event, null))
                    .put("allows", allows)
                    .put("at", at.toString())
                    .put("terms", terms)
                    .put("request", request);
        }

        private static Used of(Place place, JsonObject fact) {
            return new Used(
                    place,
                    fact.string("state"),
                    fact.has("event") ? UUID.fromString(fact.string("event")) : null,
                    fact.bool("allows"),
                    Instant.parse(fact.string("at")),
                    fact.string("terms"),
                    fact.string("request"));
        }
    }
}
