package io.spendguard.spring;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.io.Resource;

/**
 * The settings under {@code spendguard}. Only the contract is required.
 *
 * @param enabled whether models and tools are guarded at all
 * @param contract where the contract is, such as {@code classpath:contract.yaml} or {@code file:/etc/contract.yaml}
 * @param ledger where budgets and evidence are kept
 * @param jdbc how the ledger reaches its database, where that differs from {@code spring.datasource}
 * @param signingKey the file with the key that signs audit events; by default {@code .spendguard/signing-key.pem} in the
 *     user's home
 * @param patience how long a call waits for the ledger; five seconds by default
 * @param defaults for whom calls are made that do not say so themselves
 * @param excludeBeans names of beans that are left unguarded
 * @param providers the provider's name by name of model bean, where its class does not tell
 * @param toolAdmission what happens when an answer asks for tools that no guarded callback stands in front of
 * @param toolCosts what one call of a tool costs, by name, such as {@code 0.01 USD}
 * @param tokensPerMedia how many input tokens an image or another attachment counts as; without it, calls with
 *     attachments have no known cost
 */
@ConfigurationProperties("spendguard")
public record SpendGuardProperties(
        @DefaultValue("true") boolean enabled,
        @Nullable Resource contract,
        @DefaultValue("postgres") LedgerKind ledger,
        @DefaultValue Jdbc jdbc,
        @Nullable Path signingKey,
        @Nullable Duration patience,
        @DefaultValue Defaults defaults,
        @DefaultValue Set<String> excludeBeans,
        @DefaultValue Map<String, String> providers,
        @DefaultValue("stop-only") ToolAdmission toolAdmission,
        @DefaultValue Map<String, String> toolCosts,
        @Nullable Long tokensPerMedia) {

    /**
     * How the ledger reaches its database, always through connections of its own.
     *
     * @param url the JDBC URL; {@code spring.datasource.url} by default
     * @param username the login role; {@code spring.datasource.username} by default
     * @param password its password; {@code spring.datasource.password} by default
     * @param allowOwner accepts a role that owns the ledger's schema and could alter its records: for development only
     */
    public record Jdbc(
            @Nullable String url,
            @Nullable String username,
            @Nullable String password,
            @DefaultValue("false") boolean allowOwner) {
        /** Names no password. */
        @Override
        public String toString() {
            return "Jdbc[url=" + url + ", username=" + username + ", allowOwner=" + allowOwner + "]";
        }
    }

    /**
     * For whom calls are made that do not say so themselves.
     *
     * @param tenant whose budget and evidence
     * @param agent the agent that acts
     * @param user the person served
     */
    public record Defaults(
            @Nullable String tenant,
            @Nullable String agent,
            @Nullable String user) {}
}
