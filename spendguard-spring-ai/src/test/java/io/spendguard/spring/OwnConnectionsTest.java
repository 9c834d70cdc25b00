package io.spendguard.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.spendguard.Guard;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.Amount;
import io.spendguard.model.Balance;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import io.spendguard.test.OpenAiStandIn;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The ledger and the application in one database, with the application's only connection taken. */
@Timeout(120)
class OwnConnectionsTest {
    private static final String LOGIN = "spring_app";

    @TempDir
    Path folder;

    @Test
    void callInsideATransaction_onAPoolOfOne_neitherWaitsNorRollsBack() throws Exception {
        try (OpenAiStandIn provider = OpenAiStandIn.start();
                Database database = EmbeddedPostgres.shared().newDatabase("spring_ledger", PostgresLedger::migrate)) {
            database.dataSourceFor(LOGIN, "spendguard_app");
            new JdbcTemplate(database.adminDataSource()).execute("create table note (text text)");
            new JdbcTemplate(database.adminDataSource()).execute("grant insert, select on note to " + LOGIN);
            Path contract = Files.writeString(folder.resolve("contract.yaml"), Bench.contract(""));

            new ApplicationContextRunner()
                    .withConfiguration(
                            AutoConfigurations.of(SpendGuardAutoConfiguration.class, DataSourceAutoConfiguration.class))
                    .withBean(Signer.class, Ed25519Signer::generate)
                    .withBean(
                            OpenAiChatModel.class,
                            () -> OpenAiChatModel.builder()
                                    .options(Bench.options(provider).build())
                                    .build())
                    .withPropertyValues(
                            "spendguard.contract=file:" + contract,
                            "spring.datasource.url=" + database.jdbcUrl(),
                            "spring.datasource.username=" + LOGIN,
                            "spring.datasource.password=" + EmbeddedPostgres.PASSWORD,
                            "spring.datasource.hikari.maximum-pool-size=1",
                            "spring.datasource.hikari.connection-timeout=2000")
                    .run(context -> {
                        DataSource pool = context.getBean(DataSource.class);
                        JdbcTemplate application = new JdbcTemplate(pool);
                        TransactionTemplate transaction =
                                new TransactionTemplate(new DataSourceTransactionManager(pool));
                        ChatModel model = context.getBean(ChatModel.class);
                        assertThat(((HikariDataSource) pool).getMaximumPoolSize())
                                .isEqualTo(1);
                        assertThat(context.getBean(Ledger.class)).isInstanceOf(PostgresLedger.class);

                        assertThatThrownBy(() -> transaction.executeWithoutResult(status -> {
                                    application.update("insert into note values ('before')");
                                    model.call("Hello");
                                    throw new IllegalStateException("rolled back");
                                }))
                                .hasMessage("rolled back");

                        assertThat(application.queryForObject("select count(*) from note", Long.class))
                                .isZero();
                        assertThat(provider.calls()).hasSize(1);
                        assertThat(context.getBean(Guard.class).balances(Bench.TENANT))
                                .extracting(Balance::spent)
                                .containsExactly(Amount.parse("0.00006 USD"));
                        assertThat(context.getBean(Guard.class).balances(Bench.TENANT))
                                .extracting(Balance::held)
                                .containsExactly(Amount.parse("0.00 USD"));
                    });
        }
    }
}
