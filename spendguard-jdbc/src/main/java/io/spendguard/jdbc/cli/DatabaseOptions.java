package io.spendguard.jdbc.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Which database a command works on, and as whom. */
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class DatabaseOptions {
    @Option(names = "--url", required = true, description = "the ledger's database: jdbc:postgresql://HOST/DATABASE")
    private String url;

    @Option(names = "--user", description = "the database role; PGUSER by default")
    private @Nullable String user;

    @ArgGroup
    private @Nullable Password password;

    /** One new connection per call. Nothing here is ever echoed: a URL may hold a password too. */
    PGSimpleDataSource dataSource(Map<String, String> environment) throws IOException {
        PGSimpleDataSource driver = new PGSimpleDataSource();
        try {
            driver.setUrl(url);
        } catch (IllegalArgumentException notAUrl) {
            throw new IllegalArgumentException(
                    "Option --url is no URL of a PostgreSQL database: it has the form jdbc:postgresql://HOST/DATABASE."
                            + " Correct it.");
        }
        String role = user == null ? environment.get("PGUSER") : user;
        if (role != null) {
            driver.setUser(role);
        }
        String secret = secret(environment);
        if (secret != null) {
            driver.setPassword(secret);
        }
        driver.setApplicationName("spendguard-cli");
        driver.setConnectTimeout(10);
        return driver;
    }

    private @Nullable String secret(Map<String, String> environment) throws IOException {
        if (password == null) {
            return environment.get("PGPASSWORD");
        }
        if (password.prompted != null) {
            return new String(password.prompted);
        }
        if (password.file != null) {
            try {
                return Files.readString(password.file).strip();
            } catch (IOException unreadable) {
                throw new IOException(
                        "Password file " + password.file + " cannot be read. Name a file this process may read.",
                        unreadable);
            }
        }
        String value = environment.get(String.valueOf(password.variable));
        if (value == null) {
            throw new IllegalArgumentException("Environment variable " + password.variable
                    + " is not set, but --password-env names it. Set it or use --password-file.");
        }
        return value;
    }

    /** One way to hand over the password; none of them shows it in the process list. */
    private static final class Password {
        @Option(names = "--password", interactive = true, description = "ask for the password without echo")
        private char @Nullable [] prompted;

        @Option(names = "--password-env", paramLabel = "NAME", description = "the environment variable that holds it")
        private @Nullable String variable;

        @Option(names = "--password-file", paramLabel = "FILE", description = "the file that holds it")
        private @Nullable Path file;
    }
}
