package io.spendguard.verify;

import static io.spendguard.verify.Attack.Means.WRITER;
import static io.spendguard.verify.Specimen.NOW;
import static io.spendguard.verify.Specimen.inRun;
import static io.spendguard.verify.Specimen.with;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.verify.Attack.Spot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Lies about approvals by whoever holds a writer's key. */
final class ApprovalAttacks {
    private static final String HOOLI = "hooli";

    private ApprovalAttacks() {}

    static List<Attack> all() {
        return List.of(
                lie(
                        "a decision that says it was approved, by an approval that nobody gave",
                        FindingCode.APPROVAL_MISSING,
                        4,
                        writer -> {
                            UUID asking = writer.id();
                            writer.write(asked(writer, asking), used(writer, asking, "APPROVED", writer.id()));
                        }),
                lie(
                        "the same, without a word of which approval",
                        FindingCode.APPROVAL_MISSING,
                        3,
                        writer -> writer.write(with(
                                writer.decision(HOOLI, writer.id(), 5),
                                data -> data.object("decision")
                                        .put(
                                                "reasons",
                                                List.of(JsonObject.create()
                                                        .put("code", "APPROVED")
                                                        .put("text", "It was approved.")))))),
                lie("one approval used by two decisions", FindingCode.APPROVAL_TWICE, 6, writer -> {
                    UUID asking = writer.id();
                    AuditEvent approval = resolved(writer, asking, "APPROVED");
                    writer.write(
                            asked(writer, asking),
                            approval,
                            used(writer, asking, "APPROVED", approval.id()),
                            used(writer, asking, "APPROVED", approval.id()));
                }),
                lie("a denial followed by an approval", FindingCode.APPROVAL_TWICE, 5, writer -> {
                    UUID asking = writer.id();
                    AuditEvent approval = resolved(writer, asking, "APPROVED");
                    writer.write(
                            asked(writer, asking),
                            resolved(writer, asking, "DENIED"),
                            approval,
                            used(writer, asking, "APPROVED", approval.id()));
                }),
                lie("an approval by a lead where an admin was asked for", FindingCode.APPROVAL_UNFIT, 4, writer -> {
                    UUID asking = writer.id();
                    AuditEvent approval = by("team-lead", resolved(writer, asking, "APPROVED"));
                    writer.write(asked(writer, asking), approval, used(writer, asking, "APPROVED", approval.id()));
                }),
                lie("the same, who calls himself an admin afterwards", FindingCode.APPROVAL_UNFIT, 4, writer -> {
                    UUID asking = writer.id();
                    AuditEvent approval = resolved(writer, asking, "APPROVED");
                    writer.write(
                            asked(writer, asking),
                            by("team-lead", resolved(writer, asking, "APPROVED")),
                            approval,
                            used(writer, asking, "APPROVED", approval.id()));
                }),
                lie("another action run under an approval", FindingCode.APPROVAL_UNFIT, 5, writer -> {
                    UUID asking = writer.id();
                    AuditEvent approval = resolved(writer, asking, "APPROVED");
                    writer.write(
                            asked(writer, asking),
                            approval,
                            said(used(writer, asking, "APPROVED", approval.id()), "\"wire\"", "\"wipe\""));
                }),
                lie("an approval given when its time was over", FindingCode.APPROVAL_UNFIT, 4, writer -> {
                    UUID asking = writer.id();
                    AuditEvent approval = dated(NOW.plus(Duration.ofMinutes(30)), resolved(writer, asking, "APPROVED"));
                    writer.write(asked(writer, asking), approval, used(writer, asking, "APPROVED", approval.id()));
                }),
                lie("a denied action passed off as approved", FindingCode.APPROVAL_UNFIT, 5, writer -> {
                    UUID asking = writer.id();
                    AuditEvent denial = resolved(writer, asking, "DENIED");
                    writer.write(asked(writer, asking), denial, used(writer, asking, "APPROVED", denial.id()));
                }),
                lie("a denied action that ran all the same", FindingCode.APPROVAL_UNFIT, 5, writer -> {
                    UUID asking = writer.id();
                    AuditEvent denial = resolved(writer, asking, "DENIED");
                    writer.write(asked(writer, asking), denial, used(writer, asking, "DENIED", denial.id()));
                }),
                lie("a denial ignored as if nobody had answered", FindingCode.APPROVAL_UNFIT, 5, writer -> {
                    UUID asking = writer.id();
                    writer.write(
                            silenceIsAYes(asked(writer, asking)),
                            resolved(writer, asking, "DENIED"),
                            dated(NOW.plus(Duration.ofMinutes(31)), used(writer, asking, "EXPIRED", null)));
                }),
                lie(
                        "an action that nobody approved, and that ran where silence is a no",
                        FindingCode.APPROVAL_UNFIT,
                        4,
                        writer -> {
                            UUID asking = writer.id();
                            writer.write(
                                    asked(writer, asking),
                                    dated(NOW.plus(Duration.ofMinutes(31)), used(writer, asking, "EXPIRED", null)));
                        }),
                lie(
                        "an action that ran before the time for its approval was over",
                        FindingCode.APPROVAL_UNFIT,
                        4,
                        writer -> {
                            UUID asking = writer.id();
                            writer.write(silenceIsAYes(asked(writer, asking)), used(writer, asking, "EXPIRED", null));
                        }),
                lie("an action approved under another contract", FindingCode.APPROVAL_UNFIT, 5, writer -> {
                    UUID asking = writer.id();
                    AuditEvent approval = resolved(writer, asking, "APPROVED");
                    writer.write(
                            asked(writer, asking),
                            approval,
                            said(
                                    used(writer, asking, "APPROVED", approval.id()),
                                    "\"contract\":\"aa\"",
                                    "\"contract\":\"bb\""));
                }),
                lie("an approval of a decision that asked for none", FindingCode.APPROVAL_UNFIT, 4, writer -> {
                    UUID decision = writer.id();
                    writer.write(writer.decision(HOOLI, decision, 5), resolved(writer, decision, "APPROVED"));
                }),
                lie(
                        "an approval of a decision that stopped, as if it had asked",
                        FindingCode.APPROVAL_UNFIT,
                        4,
                        writer -> {
                            UUID asking = writer.id();
                            AuditEvent approval = resolved(writer, asking, "APPROVED");
                            writer.write(
                                    said(asked(writer, asking), "\"require_approval\"", "\"stop\""),
                                    approval,
                                    used(writer, asking, "APPROVED", approval.id()));
                        }),
                lie(
                        "an approval used in another run than it was asked for",
                        FindingCode.EVENT_DATA_MALFORMED,
                        5,
                        writer -> {
                            UUID asking = writer.id();
                            AuditEvent approval = resolved(writer, asking, "APPROVED");
                            writer.write(
                                    inRun(asked(writer, asking), "run-7"),
                                    approval,
                                    said(
                                            used(writer, asking, "APPROVED", approval.id()),
                                            "\"tool\"",
                                            "\"run\":\"run-7\",\"tool\""));
                        }),
                lie("an action approved, and more said of it afterwards", FindingCode.APPROVAL_UNFIT, 5, writer -> {
                    UUID asking = writer.id();
                    AuditEvent approval = resolved(writer, asking, "APPROVED");
                    writer.write(
                            asked(writer, asking),
                            approval,
                            said(
                                    used(writer, asking, "APPROVED", approval.id()),
                                    "\"user\":{\"commitment\":\"7b\"}",
                                    "\"user\":{\"commitment\":\"7b\",\"limit\":\"none\"}"));
                }),
                lie(
                        "a denied action decided once more, without a word of that",
                        FindingCode.DECISION_TWICE,
                        5,
                        writer -> {
                            UUID asking = writer.id();
                            writer.write(
                                    asked(writer, asking),
                                    resolved(writer, asking, "DENIED"),
                                    with(
                                            writer.decision(HOOLI, writer.id(), 5),
                                            data -> terms(data).put("action", action("7b"))));
                        }),
                lie("an approval that covers what had not asked for it", FindingCode.APPROVAL_UNFIT, 4, writer -> {
                    UUID asking = writer.id();
                    AuditEvent approval = said(
                            resolved(writer, asking, "APPROVED"),
                            "\"covers\":[]",
                            "\"covers\":[{\"code\":\"LARGE\",\"rule\":\"large\"}]");
                    writer.write(asked(writer, asking), approval, used(writer, asking, "APPROVED", approval.id()));
                }),
                lie("the same, of a decision that asked for another reason", FindingCode.APPROVAL_UNFIT, 4, writer -> {
                    UUID asking = writer.id();
                    AuditEvent approval = said(
                            resolved(writer, asking, "APPROVED"), "\"covers\":[]", "\"covers\":[{\"code\":\"LARGE\"}]");
                    writer.write(
                            with(asked(writer, asking), data -> {
                                JsonObject decision = data.object("decision");
                                decision.object("approval").put("asks", 1);
                                decision.put(
                                        "reasons",
                                        List.of(
                                                JsonObject.create().put("code", "WIRE"),
                                                JsonObject.create().put("code", "LARGE")));
                            }),
                            approval,
                            used(writer, asking, "APPROVED", approval.id()));
                }),
                lie(
                        "an approval waited for longer than its contract says",
                        FindingCode.EVENT_DATA_MALFORMED,
                        3,
                        writer -> {
                            UUID asking = writer.id();
                            writer.write(with(
                                    asked(writer, asking),
                                    data -> data.object("decision")
                                            .object("approval")
                                            .put("until", "2026-11-23T18:00:00Z")));
                        }),
                lie("an approval given before it was asked for", FindingCode.APPROVAL_UNFIT, 4, writer -> {
                    UUID asking = writer.id();
                    AuditEvent approval = dated(NOW.minus(Duration.ofMinutes(5)), resolved(writer, asking, "APPROVED"));
                    writer.write(asked(writer, asking), approval, used(writer, asking, "APPROVED", approval.id()));
                }),
                lie("an approval used before it was given", FindingCode.APPROVAL_UNFIT, 5, writer -> {
                    UUID asking = writer.id();
                    AuditEvent approval = dated(NOW.plus(Duration.ofMinutes(5)), resolved(writer, asking, "APPROVED"));
                    writer.write(asked(writer, asking), approval, used(writer, asking, "APPROVED", approval.id()));
                }),
                lie("an approval that moves money", FindingCode.ENTRIES_UNFIT, 4, writer -> {
                    UUID asking = writer.id();
                    writer.write(
                            asked(writer, asking),
                            said(
                                    resolved(writer, asking, "APPROVED"),
                                    "\"entries\":[]",
                                    "\"entries\":[" + Specimen.entry("AVAILABLE", -5) + "," + Specimen.entry("SPENT", 5)
                                            + "]"));
                }));
    }

    private static Attack lie(String what, FindingCode code, long seq, Consumer<Specimen> lie) {
        return new Attack(what, WRITER, code, Spot.event(HOOLI, seq), honest -> honest.hooli(lie));
    }

    /** A decision that asks for an admin's approval within half an hour. */
    static AuditEvent asked(Specimen writer, UUID decision) {
        JsonObject asks = JsonObject.create()
                .put("id", decision.toString())
                .put("effect", "require_approval")
                .put(
                        "approval",
                        JsonObject.create()
                                .put("role", "tenant-admin")
                                .put("ttl", "PT30M")
                                .put("fallback", "stop"));
        return AuditEvent.of(EventTypes.DECISION, writer.id(), HOOLI, NOW)
                .decision(decision)
                .data(terms(JsonObject.create())
                        .put("transaction", writer.id().toString())
                        .put("entries", List.of())
                        .put("decision", asks)
                        .put("action", action("5e")))
                .build();
    }

    /** Of the same action, whose personal value has another salt. */
    private static JsonObject action(String commitment) {
        return JsonObject.create()
                .put("tool", "wire")
                .put("key", "k")
                .put("user", JsonObject.create().put("commitment", commitment));
    }

    private static JsonObject terms(JsonObject data) {
        return data.put("contract", "aa").put("priceBook", "00");
    }

    /** An admin's answer. */
    static AuditEvent resolved(Specimen writer, UUID decision, String state) {
        JsonObject approval = JsonObject.create()
                .put("decision", decision.toString())
                .put("state", state)
                .put(
                        "by",
                        JsonObject.create()
                                .put("name", JsonObject.create().put("commitment", "ad"))
                                .put("role", "tenant-admin"))
                .put("covers", List.of())
                .put("reason", "right");
        return AuditEvent.of(EventTypes.APPROVAL_RESOLVED, writer.id(), HOOLI, NOW)
                .decision(decision)
                .data(terms(JsonObject.create())
                        .put("transaction", writer.id().toString())
                        .put("entries", List.of())
                        .put("approval", approval))
                .build();
    }

    /** A decision that lets the action run upon that. */
    static AuditEvent used(Specimen writer, UUID asking, String state, @Nullable UUID event) {
        return with(
                writer.decision(HOOLI, writer.id(), 5),
                data -> terms(data)
                        .put("action", action("7b"))
                        .put(
                                "approval",
                                JsonObject.create()
                                        .put("decision", asking.toString())
                                        .put("state", state)
                                        .putIfPresent("event", event == null ? null : event.toString())));
    }

    static AuditEvent silenceIsAYes(AuditEvent asked) {
        return said(asked, "\"fallback\":\"stop\"", "\"fallback\":\"continue\"");
    }

    private static AuditEvent by(String role, AuditEvent resolved) {
        return said(resolved, "tenant-admin", role);
    }

    static AuditEvent dated(Instant at, AuditEvent event) {
        return said(event, "\"time\":\"" + NOW, "\"time\":\"" + at);
    }

    private static AuditEvent said(AuditEvent event, String what, String instead) {
        return KeyHolderAttacks.said(event, what, instead);
    }
}
