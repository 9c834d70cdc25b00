package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DelegatesTest {
    /** What wrappers and wrapped have in common. */
    interface Tool {
        String call();
    }

    /** A framework's own. */
    record MethodTool(String call) implements Tool {}

    record Logging(Tool delegate) implements Tool {
        @Override
        public String call() {
            return delegate.call();
        }
    }

    record Either(Tool first, Tool second) implements Tool {
        @Override
        public String call() {
            return first.call() + second.call();
        }
    }

    record Gate(Tool delegate) implements Tool {
        @Override
        public String call() {
            return delegate.call();
        }
    }

    /** Knows its tool as an object of some type, and itself. */
    static final class Loose<T> implements Tool {
        private final T delegate;
        private final Tool self = this;

        Loose(T delegate) {
            this.delegate = delegate;
        }

        @Override
        public String call() {
            return self.toString() + delegate;
        }
    }

    @Test
    void find_behindRecordsLambdasAndGenerics_isTheMethod() {
        MethodTool method = new MethodTool("a");
        Tool lambda = () -> "logged " + method.call();

        assertThat(find(method)).isSameAs(method);
        assertThat(find(new Logging(new Logging(method)))).isSameAs(method);
        assertThat(find(new Loose<>(method))).isSameAs(method);
        assertThat(find(new Logging(lambda))).isSameAs(method);
        assertThat(find(new Either(method, new Logging(method)))).isSameAs(method);
    }

    @Test
    void find_nothingOrSeveral_isNothing() {
        assertThat(find(() -> "nothing")).isNull();
        assertThat(find(new Either(new MethodTool("a"), new MethodTool("b")))).isNull();
        assertThat(find(new Loose<>("no tool"))).isNull();
        assertThat(find(new Logging(new Gate(new MethodTool("decided by itself")))))
                .isNull();
    }

    private static MethodTool find(Tool wrapper) {
        return Delegates.find(wrapper, Tool.class, MethodTool.class, Gate.class).orElse(null);
    }
}
