package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.TenantRouter;
import io.spendguard.model.IdSource;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Two servers behind a router keep every law of one ledger, and each tenant stays where it belongs. */
class TenantRouterTest extends LedgerContract {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final InMemoryLedger east = new InMemoryLedger(Clock.systemUTC());
    private final InMemoryLedger west = new InMemoryLedger(Clock.systemUTC());

    @Override
    protected Ledger openLedger() {
        return TenantRouter.builder()
                .server("east", east)
                .server("west", west)
                .tenant("acme", "east")
                .otherwise("west")
                .build();
    }

    @Test
    void submit_twoTenants_writeToTheirOwnServersOnly() throws Exception {
        activate(openLedger(), "acme");
        activate(openLedger(), "globex");

        assertThat(east.tenants()).containsExactly("acme");
        assertThat(west.tenants()).containsExactly("globex");
        assertThat(openLedger().tenants()).containsExactly("acme", "globex");
        assertThat(openLedger().keys()).hasSize(2);
    }

    @Test
    void submit_tenantWithAccountsOnAnotherServer_isRefusedAndWritesNothing() throws Exception {
        hold(openLedger(), "globex");
        Ledger moved = TenantRouter.builder()
                .server("east", east)
                .server("west", west)
                .otherwise("east")
                .build();

        assertThatThrownBy(() -> hold(moved, "globex"))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "Tenant 'globex' is assigned to server 'east', but has accounts on server 'west': its budgets"
                                + " would begin anew. Assign it to 'west', or move its rows first.");
        assertThat(east.accounts("globex", Namespace.ENFORCE)).isEmpty();
        assertThat(east.tenants()).isEmpty();
    }

    @Test
    void submit_tenantOfNoServer_isRefusedByName() {
        Ledger router = TenantRouter.builder()
                .server("east", east)
                .tenant("acme", "east")
                .build();

        assertThatThrownBy(() -> activate(router, "globex"))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .hasMessage(
                        "Tenant 'globex' is assigned to no server: there are [east]. Assign it, or name a server for all"
                                + " others.");
        assertThatThrownBy(() -> router.accounts("globex", Namespace.ENFORCE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void build_faultyAssignments_areRefusedWithTheirNames() {
        TenantRouter.Builder builder = TenantRouter.builder()
                .server("east", east)
                .tenant("acme", "east")
                .server("west", west);

        assertThatThrownBy(() -> builder.server("east", west))
                .hasMessage("Server 'east' was added before: names tell servers apart. Use another name.");
        assertThatThrownBy(() -> builder.tenant("acme", "west"))
                .hasMessage("Tenant 'acme' was assigned to server 'east' before and cannot be on 'west' too. Assign it"
                        + " once.");
        assertThatThrownBy(() -> builder.otherwise("north"))
                .hasMessage("Server 'north' was not added: there are [east, west]. Add it with server() first.");
        assertThatThrownBy(() -> TenantRouter.builder().build())
                .hasMessage("Router has no server: nothing can be kept. Add one with server().");
    }

    private static void activate(Ledger ledger, String tenant) throws Exception {
        IdSource ids = IdSource.system();
        LedgerOperations operations = new LedgerOperations(tenant, ids, Clock.systemUTC());
        try (LedgerSession session = ledger.connect(TestHost.of(ids))) {
            session.submit(operations.activate("a-" + tenant).limit("team", "100 calls"), PATIENCE)
                    .get(60, TimeUnit.SECONDS);
        }
    }

    private static void hold(Ledger ledger, String tenant) throws Exception {
        activate(ledger, tenant);
        IdSource ids = IdSource.system();
        LedgerOperations operations = new LedgerOperations(tenant, ids, Clock.systemUTC());
        try (LedgerSession session = ledger.connect(TestHost.of(ids))) {
            session.submit(operations.hold("h-" + tenant).claim(operations.account("team"), 1), PATIENCE)
                    .get(60, TimeUnit.SECONDS);
        }
    }
}
