package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Balance;
import io.spendguard.model.Money;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.verify.Verifier;
import java.nio.file.Path;
import java.time.Clock;

/** Guards of tenant acme on one ledger in memory, with one key and a clock to be moved, and what their tests look at. */
final class GuardLab {
    private final TestClock clock = TestClock.create();
    private final InMemoryLedger ledger = new InMemoryLedger(clock);
    private final Ed25519Signer key = Ed25519Signer.generate();

    /** The ledger's clock, and that of its guards unless they have another. */
    TestClock clock() {
        return clock;
    }

    InMemoryLedger ledger() {
        return ledger;
    }

    Ed25519Signer key() {
        return key;
    }

    Guard guard(Contract contract) {
        return guard(contract, clock);
    }

    /** A guard on a host with a clock of its own. */
    Guard guard(Contract contract, Clock host) {
        return Guard.builder()
                .contract(contract)
                .ledger(ledger)
                .signer(key)
                .clock(host)
                .build();
    }

    /** A tool call that costs so much; each one is another. */
    static Action priced(String cost) {
        return Action.toolCall("t").cost(Money.parse(cost)).build();
    }

    /** The only account's. */
    static void assertBalance(Guard guard, String spent, String held) {
        assertThat(guard.balances("acme"))
                .singleElement()
                .returns(Amount.parse(spent), Balance::spent)
                .returns(Amount.parse(held), Balance::held);
    }

    /** Closed streams only: the guards must be closed before. */
    void assertEvidenceVerifies(Contract contract, Path folder) {
        Path file = folder.resolve("evidence.zip");
        EvidenceExport.from(ledger).tenant("acme").contract(contract).write(key, clock, file);
        assertThat(Verifier.verify(file, Anchors.of(key.verificationKey())).findings())
                .isEmpty();
    }
}
