package io.spendguard.test;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An HTTP server on a free port of the loopback interface, with as many daemon threads as it needs. */
final class LoopbackServer implements AutoCloseable {
    /** The JDK's server reads it once, when the first one is made. Without it each answer waits 40 ms for the client's delayed acknowledgement. */
    private static final String NO_DELAY = "sun.net.httpserver.nodelay";

    private final HttpServer server;
    private final ExecutorService workers;

    private LoopbackServer(HttpServer server, ExecutorService workers) {
        this.server = server;
        this.workers = workers;
    }

    /**
     * Listens.
     *
     * @param name what its threads are called, and what a failure to listen names
     * @throws IllegalStateException when it cannot listen
     */
    static LoopbackServer start(String name, HttpHandler handler) {
        if (System.getProperty(NO_DELAY) == null) {
            System.setProperty(NO_DELAY, "true");
        }
        HttpServer server;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException(name + " cannot listen on 127.0.0.1: " + e.getMessage(), e);
        }
        ExecutorService workers = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
        server.createContext("/", handler);
        server.setExecutor(workers);
        server.start();
        return new LoopbackServer(server, workers);
    }

    /** Its address, without a slash at the end. */
    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Breaks off whatever is being answered. */
    @Override
    public void close() {
        workers.shutdownNow();
        server.stop(0);
    }
}
