package io.spendguard.jdbc;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/**
 * Stands between a driver and a PostgreSQL server and speaks enough of the protocol to count round trips (each request ends
 * with one Sync message), to lose an answer (the request reaches the server, is carried out, and the connection breaks), and to
 * hold a request back (the connection breaks, and the server may see the request much later).
 */
final class WireProxy implements Closeable {
    private static final int SYNC = 'S';
    private static final int SIMPLE_QUERY = 'Q';
    /** Parse, Bind, Describe, Execute, Close: parts of a request that ends with Sync. */
    private static final String EXTENDED = "PBDEC";

    private final ServerSocket listener;
    private final int serverPort;
    private final AtomicInteger roundTrips = new AtomicInteger();
    private final Set<Closeable> open = ConcurrentHashMap.newKeySet();
    private volatile Predicate<String> losesAnswerTo = request -> false;
    private volatile Predicate<String> holdsBack = request -> false;
    /** Hands over the request held back, on the connection it belongs to. */
    private volatile Work delivery = () -> {};

    WireProxy(int serverPort) {
        this.serverPort = serverPort;
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start("wire-proxy", this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Forgets what was counted so far. */
    void startCounting() {
        roundTrips.set(0);
    }

    int roundTrips() {
        return roundTrips.get();
    }

    /** Loses the answer to the next request whose bytes contain this text; only that one. */
    void loseNextAnswerTo(String text) {
        losesAnswerTo = request -> request.contains(text);
    }

    /** Cuts the client off at the next request whose bytes contain this text, and keeps the request; the server sees nothing. */
    void holdBackNext(String text) {
        holdsBack = request -> request.contains(text);
    }

    /** Delivers the request that was held back, late, and waits for the server's answer. */
    void deliver() throws IOException {
        delivery.run();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Closeable socket : open) {
            socket.close();
        }
    }

    private void accept() throws IOException {
        while (!listener.isClosed()) {
            Socket client = listener.accept();
            Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            open.add(client);
            open.add(server);
            Pipe pipe = new Pipe(client, server);
            start("wire-proxy-requests", pipe::requests);
            start("wire-proxy-answers", pipe::answers);
        }
    }

    private static void start(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException closed) {
                        // Either side went away, which is what tests do.
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    private interface Work {
        void run() throws IOException;
    }

    private final class Pipe {
        private final Socket client;
        private final Socket server;
        private volatile boolean losesAnswer;
        private volatile boolean keepsServer;
        private volatile Runnable onAnswer = () -> {};

        Pipe(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void requests() throws IOException {
            DataInputStream in = new DataInputStream(client.getInputStream());
            DataOutputStream out = new DataOutputStream(server.getOutputStream());
            try {
                startup(in, out);
                StringBuilder request = new StringBuilder();
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                DataOutputStream message = new DataOutputStream(bytes);
                while (true) {
                    int type = in.readUnsignedByte();
                    int length = in.readInt();
                    byte[] body = in.readNBytes(length - 4);
                    request.append(new String(body, StandardCharsets.ISO_8859_1));
                    if (type == SYNC || type == SIMPLE_QUERY) {
                        roundTrips.incrementAndGet();
                        if (losesAnswerTo.test(request.toString())) {
                            losesAnswerTo = none -> false;
                            losesAnswer = true;
                        }
                    }
                    message.writeByte(type);
                    message.writeInt(length);
                    message.write(body);
                    if (type == SYNC || type == SIMPLE_QUERY) {
                        if (holdsBack.test(request.toString())) {
                            holdsBack = none -> false;
                            keep(bytes.toByteArray());
                            return;
                        }
                        request.setLength(0);
                        bytes.writeTo(out);
                        bytes.reset();
                        out.flush();
                    } else if (EXTENDED.indexOf(type) < 0) {
                        bytes.writeTo(out);
                        bytes.reset();
                        out.flush();
                    }
                }
            } finally {
                if (!keepsServer) {
                    server.close();
                }
            }
        }

        private void keep(byte[] request) throws IOException {
            keepsServer = true;
            CountDownLatch answered = new CountDownLatch(1);
            onAnswer = answered::countDown;
            delivery = () -> {
                server.getOutputStream().write(request);
                server.getOutputStream().flush();
                try {
                    answered.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            };
            client.close();
        }

        void answers() throws IOException {
            InputStream in = server.getInputStream();
            byte[] buffer = new byte[8192];
            try {
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    if (losesAnswer) {
                        return; // the server has answered, so that it was carried out
                    }
                    if (keepsServer) {
                        onAnswer.run();
                        continue;
                    }
                    client.getOutputStream().write(buffer, 0, read);
                }
            } finally {
                onAnswer.run();
                client.close();
            }
        }

        /** Messages without a type: the requests for encryption, which the server declines, and the startup message. */
        private void startup(DataInputStream in, DataOutputStream out) throws IOException {
            int code;
            do {
                int length = in.readInt();
                byte[] body = in.readNBytes(length - 4);
                code = ByteBuffer.wrap(body).getInt();
                out.writeInt(length);
                out.write(body);
                out.flush();
            } while (code >>> 16 != 3);
        }
    }
}
