package io.spendguard.jdbc.cli;

import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.EventSealer;
import io.spendguard.proof.VerificationKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spendguard keys list|jwks} */
final class KeyCommands {
    private KeyCommands() {}

    private static List<EventSealer.Key> keys(DataSource database) {
        try (PostgresLedger ledger = PostgresLedger.open(database)) {
            return ledger.keys();
        }
    }

    /** {@code spendguard keys list} */
    @Command(
            name = "list",
            description = "Lists the public keys that signed events. Being listed is no reason to trust one.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class ListAll extends DatabaseCommand {
        ListAll(Terminal terminal, Map<String, String> environment) {
            super(terminal, environment);
        }

        @Override
        public Integer call() throws IOException {
            List<EventSealer.Key> keys = keys(dataSource());
            if (json) {
                terminal.json(JsonObject.create()
                        .put(
                                "keys",
                                keys.stream()
                                        .map(key -> JsonObject.create()
                                                .put("id", key.id())
                                                .put("algorithm", key.algorithm())
                                                .put(
                                                        "publicKey",
                                                        Base64.getEncoder().encodeToString(key.encoded())))
                                        .toList()));
            } else if (keys.isEmpty()) {
                terminal.line("No key has signed here yet: keys appear with the first event.");
            } else {
                List<List<String>> rows = new ArrayList<>();
                rows.add(List.of("ALGORITHM", "KEY"));
                keys.forEach(key -> rows.add(List.of(key.algorithm(), key.id())));
                TextTable.format(rows).forEach(terminal::line);
            }
            return SpendGuardCli.OK;
        }
    }

    /** {@code spendguard keys jwks} */
    @Command(
            name = "jwks",
            description = "Writes the public keys that signed events as a JSON Web Key Set (RFC 7517, RFC 8037).",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Jwks implements Callable<Integer> {
        private static final int COORDINATE_BYTES = 32;

        private final Terminal terminal;
        private final Map<String, String> environment;

        @Mixin
        private DatabaseOptions database;

        @Option(names = "--json", description = "the answer is JSON in any case")
        @SuppressWarnings("unused") // taken, so that every command may be given it
        private boolean json;

        Jwks(Terminal terminal, Map<String, String> environment) {
            this.terminal = terminal;
            this.environment = environment;
        }

        @Override
        public Integer call() throws IOException {
            terminal.json(JsonObject.create()
                    .put(
                            "keys",
                            keys(database.dataSource(environment)).stream()
                                    .map(Jwks::toJwk)
                                    .toList()));
            return SpendGuardCli.OK;
        }

        private static JsonObject toJwk(EventSealer.Key key) {
            JsonObject jwk = JsonObject.create().put("kid", key.id()).put("use", "sig");
            byte[] bytes = key.encoded();
            if (key.algorithm().equals(VerificationKey.ED25519)) {
                return jwk.put("kty", "OKP")
                        .put("crv", "Ed25519")
                        .put("alg", "EdDSA")
                        .put("x", base64(bytes));
            }
            return jwk.put("kty", "EC")
                    .put("crv", "P-256")
                    .put("alg", "ES256")
                    .put("x", base64(Arrays.copyOfRange(bytes, 1, 1 + COORDINATE_BYTES)))
                    .put("y", base64(Arrays.copyOfRange(bytes, 1 + COORDINATE_BYTES, bytes.length)));
        }

        private static String base64(byte[] bytes) {
            return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        }
    }
}
