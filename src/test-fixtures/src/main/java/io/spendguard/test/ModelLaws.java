package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.PostResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random operations leave what a ledger small enough to be obviously right would have. */
interface ModelLaws extends LedgerLaws {
    @Test
    default void operations_inAnyOrder_leaveWhatTheModelHas() {
        for (long seed = 1; seed <= 4; seed++) {
            follow(seed, 60);
        }
    }

    private void follow(long seed, int steps) {
        Random random = new Random(seed);
        LedgerOperations operations = lab().operations("model-" + seed);
        List<LedgerSession> sessions = List.of(lab().session(), lab().connect(lab().openAnother()));
        LedgerModel model = new LedgerModel(operations, random);
        model.start().forEach(lab()::post);
        List<LedgerOperation> done = new ArrayList<>();
        for (int step = 1; step <= steps; step++) {
            String place = "seed " + seed + ", step " + step;
            LedgerSession session = sessions.get(random.nextInt(2));
            if (!done.isEmpty() && random.nextInt(8) == 0) {
                LedgerOperation again = done.get(random.nextInt(done.size()));
                assertThat(lab().post(session, again)).as(place).isInstanceOf(PostResult.Replayed.class);
            } else {
                LedgerModel.Step next = model.next();
                String answer = LedgerLab.text(lab().post(session, next.operation()));
                assertThat(answer).as(place).isEqualTo(next.expectedAnswer());
                done.add(next.operation());
            }
            for (Account account : model.accounts()) {
                AccountState expected = model.state(account);
                assertThat(lab().isOpen(account) ? lab().state(account) : null)
                        .as(place)
                        .isEqualTo(expected);
            }
        }
    }
}
