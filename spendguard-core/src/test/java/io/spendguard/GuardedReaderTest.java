package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.spendguard.model.Guarded;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardedReaderTest {
    private static final String PLACE = "io.spendguard.GuardedReaderTest$Faults.";

    @Test
    void of_perInAClassWithoutParameterNames_namesTheFlag(@TempDir Path folder) throws Exception {
        Path source = Files.writeString(folder.resolve("Nameless.java"), """
                public class Nameless {
                    @io.spendguard.model.Guarded(cost = "0.01 USD", per = "pages")
                    public void search(int pages) {}
                    @io.spendguard.model.Guarded(cost = "0.01 USD")
                    public void fixed(int pages) {}
                }
                """);
        Path core = Path.of(Guarded.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        int compiled = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-proc:none", "-cp", core.toString(), source.toString());
        assertThat(compiled).isZero();

        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            Class<?> nameless = loader.loadClass("Nameless");

            assertThatIllegalArgumentException()
                    .isThrownBy(() -> GuardedMethod.of(nameless.getMethod("search", int.class)))
                    .withMessage("Nameless.search(int) @Guarded per 'pages': its class keeps no parameter names."
                            + " Compile it with javac -parameters.");
            assertThat(GuardedMethod.of(nameless.getMethod("fixed", int.class))).isPresent();
        }
    }

    @Test
    void of_perThatMeansNothing_isRefused() {
        assertFault(
                "ratio",
                "ratio(double) @Guarded per 'share': a double counts nothing."
                        + " Use a whole number, a collection, a map, an array or a text.");
        assertFault("unpriced", "unpriced(int) @Guarded per 'pages': there is no cost to multiply. Name a cost too.");
    }

    @Test
    void of_fallbackThatCannotStandIn_isRefused() {
        assertFault(
                "itself",
                "itself() @Guarded fallback 'itself': is @Guarded itself, and a refusal must not spend."
                        + " Name a method that is not.");
        assertFault(
                "number",
                "number() @Guarded fallback 'text': returns String, which is no int."
                        + " Return what the method returns.");
        assertFault(
                "fixed",
                "fixed() @Guarded fallback 'number2': is not static, but the method is."
                        + " Make both or neither static.");
        assertFault(
                "safe",
                "safe() @Guarded fallback 'risky': throws IOException, which the method does not declare."
                        + " Catch it there.");
        assertFault(
                "other",
                "other(int) @Guarded fallback 'text': its class has no method of that name with the same"
                        + " parameters. Declare one beside it.");
    }

    @Test
    void of_fallbackThatReturnsOrThrowsLess_isFine() {
        assertThat(GuardedMethod.of(method("wide"))).isPresent();
    }

    private static void assertFault(String method, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GuardedMethod.of(method(method)))
                .withMessage(PLACE + message);
    }

    private static Method method(String name) {
        return Arrays.stream(Faults.class.getDeclaredMethods())
                .filter(method -> method.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    static class Faults {
        @Guarded(cost = "0.01 USD", per = "share")
        void ratio(double share) {}

        @Guarded(per = "pages")
        void unpriced(int pages) {}

        @Guarded(fallback = "itself")
        void itself() {}

        @Guarded(fallback = "text")
        int number() {
            return 1;
        }

        String text() {
            return "one";
        }

        @Guarded(fallback = "number2")
        static int fixed() {
            return 1;
        }

        int number2() {
            return 2;
        }

        @Guarded(fallback = "risky")
        void safe() {}

        void risky() throws IOException {
            throw new IOException("risk");
        }

        @Guarded(fallback = "text")
        String other(int number) {
            return "other " + number;
        }

        @Guarded(fallback = "narrow")
        Iterable<String> wide() throws IOException {
            throw new IOException("wide");
        }

        List<String> narrow() throws UncheckedIOException {
            return List.of();
        }
    }
}
