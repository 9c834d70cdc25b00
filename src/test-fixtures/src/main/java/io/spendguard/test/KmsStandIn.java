package io.spendguard.test;

import com.sun.net.httpserver.HttpExchange;
import io.spendguard.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * AWS KMS on the loopback interface, as far as signing goes: it holds P-256 keys made by the JDK's own provider and answers
 * {@code DescribeKey}, {@code GetPublicKey} and {@code Sign} over HTTP in the service's JSON. A message of type RAW is hashed
 * and at most 4,096 bytes long; one of type DIGEST is 32 bytes and signed as it is. Signatures are DER, with any s. Calls
 * without a SigV4 header are refused, and so is signing with a key that is not enabled; the header itself is not checked.
 *
 * <p>Safe for any number of threads.
 */
public final class KmsStandIn implements AutoCloseable {
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;
    private static final int INTERNAL_ERROR = 500;
    private static final int MAX_RAW_BYTES = 4_096;
    private static final int DIGEST_BYTES = 32;

    private final LoopbackServer server;
    private final KeyPair key = newKey();
    private final KeyPair other = newKey();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Object lock = new Object();
    private final Deque<Fault> faults = new ArrayDeque<>();
    private final List<String> calls = new ArrayList<>();
    private String state = "Enabled";
    private String spec = "ECC_NIST_P256";

    private KmsStandIn() {
        this.server = LoopbackServer.start("kms-stand-in", this::handle);
    }

    /** A stand-in on a free port of the loopback interface, listening. */
    public static KmsStandIn start() {
        return new KmsStandIn();
    }

    /** Where it listens. */
    public URI endpoint() {
        return URI.create(server.address());
    }

    /** The key's ARN. */
    public String arn() {
        return "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    }

    /** What goes wrong with the next calls, one each. */
    public KmsStandIn failWith(Fault... next) {
        synchronized (lock) {
            faults.addAll(Arrays.asList(next));
        }
        return this;
    }

    /** The key's state from now on, such as {@code Disabled}. */
    public KmsStandIn state(String value) {
        synchronized (lock) {
            state = value;
        }
        return this;
    }

    /** What the key says it is from now on, such as {@code RSA_2048}. */
    public KmsStandIn spec(String value) {
        synchronized (lock) {
            spec = value;
        }
        return this;
    }

    /** The operations asked for so far, in order. */
    public List<String> calls() {
        synchronized (lock) {
            return List.copyOf(calls);
        }
    }

    @Override
    public void close() {
        closing.countDown();
        server.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String operation = String.valueOf(exchange.getRequestHeaders().getFirst("X-Amz-Target"))
                    .replace("TrentService.", "");
            JsonObject request = JsonObject.parse(exchange.getRequestBody().readAllBytes());
            Fault fault;
            synchronized (lock) {
                calls.add(operation);
                fault = faults.poll();
            }
            String authorization = exchange.getRequestHeaders().getFirst("Authorization");
            if (authorization == null || !authorization.startsWith("AWS4-HMAC-SHA256 ")) {
                refuse(exchange, BAD_REQUEST, "MissingAuthenticationTokenException");
            } else if (fault == Fault.THROTTLED) {
                refuse(exchange, BAD_REQUEST, "ThrottlingException");
            } else if (fault == Fault.INTERNAL) {
                refuse(exchange, INTERNAL_ERROR, "KMSInternalException");
            } else if (fault == Fault.DENIED) {
                refuse(exchange, BAD_REQUEST, "AccessDeniedException");
            } else if (fault == Fault.SILENT) {
                closing.await();
            } else {
                answer(exchange, operation, request, fault);
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void answer(HttpExchange exchange, String operation, JsonObject request, @Nullable Fault fault)
            throws IOException, GeneralSecurityException {
        String keyState;
        String keySpec;
        synchronized (lock) {
            keyState = state;
            keySpec = spec;
        }
        String asked = request.string("KeyId");
        if (!asked.equals(arn()) && !asked.equals("alias/spendguard")) {
            refuse(exchange, BAD_REQUEST, "NotFoundException");
            return;
        }
        switch (operation) {
            case "DescribeKey" ->
                reply(
                        exchange,
                        OK,
                        JsonObject.create()
                                .put(
                                        "KeyMetadata",
                                        JsonObject.create()
                                                .put("KeyId", arn())
                                                .put("Arn", arn())
                                                .put("KeyState", keyState)));
            case "GetPublicKey" ->
                reply(
                        exchange,
                        OK,
                        JsonObject.create()
                                .put("KeyId", arn())
                                .put("KeySpec", keySpec)
                                .put("KeyUsage", "SIGN_VERIFY")
                                .put("SigningAlgorithms", List.of("ECDSA_SHA_256"))
                                .put("PublicKey", base64(key.getPublic().getEncoded())));
            case "Sign" -> {
                if (keyState.equals("Enabled")) {
                    sign(exchange, request, fault);
                } else {
                    refuse(
                            exchange,
                            BAD_REQUEST,
                            keyState.equals("Disabled") ? "DisabledException" : "KMSInvalidStateException");
                }
            }
            default -> refuse(exchange, BAD_REQUEST, "UnknownOperationException");
        }
    }

    private void sign(HttpExchange exchange, JsonObject request, @Nullable Fault fault)
            throws IOException, GeneralSecurityException {
        byte[] message = Base64.getDecoder().decode(request.string("Message"));
        boolean isDigest = "DIGEST".equals(request.stringOrNull("MessageType"));
        if (!request.string("SigningAlgorithm").equals("ECDSA_SHA_256")
                || (isDigest ? message.length != DIGEST_BYTES : message.length > MAX_RAW_BYTES)) {
            refuse(exchange, BAD_REQUEST, "ValidationException");
            return;
        }
        // The double hash: what a client gets that passes a digest as a message.
        Signature signature =
                Signature.getInstance(isDigest && fault != Fault.HASHED_AGAIN ? "NONEwithECDSA" : "SHA256withECDSA");
        signature.initSign((fault == Fault.OTHER_KEY ? other : key).getPrivate());
        signature.update(message);
        byte[] der = signature.sign();
        reply(
                exchange,
                OK,
                JsonObject.create()
                        .put("KeyId", fault == Fault.OTHER_ARN ? arn() + "0" : arn())
                        .put("SigningAlgorithm", "ECDSA_SHA_256")
                        .put("Signature", base64(fault == Fault.GARBLED ? Arrays.copyOf(der, der.length - 1) : der)));
    }

    private static void refuse(HttpExchange exchange, int status, String type) throws IOException {
        reply(
                exchange,
                status,
                JsonObject.create()
                        .put("__type", type)
                        .put("message", "The stand-in was told to answer " + type + "."));
    }

    private static void reply(HttpExchange exchange, int status, JsonObject body) throws IOException {
        byte[] bytes = body.toCanonicalBytes();
        exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.1");
        exchange.sendResponseHeaders(status, bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static KeyPair newKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This Java platform has no P-256, which every platform must have.", e);
        }
    }

    /** What may go wrong with a call. */
    public enum Fault {
        /** Refused for now: too many calls. */
        THROTTLED,
        /** Failed inside the service. */
        INTERNAL,
        /** Refused for good. */
        DENIED,
        /** Never answered. */
        SILENT,
        /** Signed by another key, under this key's name. */
        OTHER_KEY,
        /** Answered in another key's name. */
        OTHER_ARN,
        /** Signed over the digest's digest. */
        HASHED_AGAIN,
        /** Answered with a signature that was cut off. */
        GARBLED
    }
}
