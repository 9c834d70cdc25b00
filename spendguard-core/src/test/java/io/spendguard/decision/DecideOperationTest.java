package io.spendguard.decision;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import io.spendguard.contract.ModelCatalogue;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import io.spendguard.model.Action;
import io.spendguard.model.Digest;
import io.spendguard.model.Effect;
import io.spendguard.model.IdSource;
import io.spendguard.model.Money;
import io.spendguard.price.PriceBook;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** One decision as a ledger may carry it out: more than once, until something is written. */
class DecideOperationTest {
    private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");
    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: one, tenant: acme}
            spec:
              budgets:
                - {id: all, limit: 1.00 USD, window: {type: total}}
            """, "one.yaml");

    @Test
    void requestDigest_ofAPersonalRequest_tellsNobodyWithoutTheSecretWhoseItWas() {
        Action plain = Action.toolCall("search").tenant("acme").key("k").build();
        Action ada = plain.toBuilder().user("ada@example.com").build();
        Action bob = plain.toBuilder().user("bob@example.com").build();
        Action labelled = plain.toBuilder().personalLabel("patient", "Ada").build();

        assertThat(request(plain, 0)).isEqualTo(plain.requestDigest()).isEqualTo(request(plain, 1));
        assertThat(request(ada, 0))
                .isEqualTo(request(plain.toBuilder().user("ada@example.com").build(), 0))
                .isNotEqualTo(ada.requestDigest())
                .isNotEqualTo(request(bob, 0))
                .as("under another tenant's secret")
                .isNotEqualTo(request(ada, 1));
        assertThat(request(labelled, 0)).isNotEqualTo(labelled.requestDigest());
    }

    @Test
    void verdict_afterAPlanThatWasGivenUp_isThatOfThePostingWritten() {
        Action action = Action.toolCall("search")
                .tenant("acme")
                .cost(Money.parse("0.50 USD"))
                .build();
        DecideOperation operation = operation(action, 0);
        Posting assumed = operation.assumed().orElseThrow();

        Posting refused = operation.plan(new Exhausted(operation));

        assertThat(operation.verdict(refused).effect()).isEqualTo(Effect.STOP);
        assertThat(operation.verdict(assumed).effect()).isEqualTo(Effect.CONTINUE);
    }

    private static Digest request(Action action, int secret) {
        return operation(action, secret).requestDigest();
    }

    private static DecideOperation operation(Action action, int secret) {
        byte[] secrets = new byte[32];
        secrets[0] = (byte) secret;
        InForce in = InForce.of(
                CONTRACT,
                ModelCatalogue.EMPTY,
                PriceBook.bundled(),
                new KeyNames(tenant -> secrets),
                IdSource.system());
        return in.operation(new Snapshot(
                action,
                null,
                null,
                "acme",
                Namespace.ENFORCE,
                NOON,
                UUID.randomUUID(),
                UUID.randomUUID(),
                UUID.randomUUID()));
    }

    /** Every account the operation names, with nothing available. */
    private record Exhausted(DecideOperation operation) implements LedgerView {
        @Override
        public Instant now() {
            return NOON;
        }

        @Override
        public List<AccountState> accounts() {
            return operation.accounts(NOON).stream()
                    .map(account -> new AccountState(account, 0, 0, 0, 0))
                    .toList();
        }

        @Override
        public Optional<RunState> run() {
            return Optional.empty();
        }

        @Override
        public Optional<Reservation> reservation() {
            return Optional.empty();
        }
    }
}
