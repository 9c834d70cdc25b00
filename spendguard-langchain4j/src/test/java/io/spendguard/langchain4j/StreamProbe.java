package io.spendguard.langchain4j;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Listens to a stream, and cancels it after so many parts when told to. */
final class StreamProbe implements StreamingChatResponseHandler {
    final List<String> parts = new CopyOnWriteArrayList<>();
    final CompletableFuture<ChatResponse> end = new CompletableFuture<>();
    private final int cancelAfter;

    StreamProbe() {
        this(Integer.MAX_VALUE);
    }

    StreamProbe(int cancelAfter) {
        this.cancelAfter = cancelAfter;
    }

    @Override
    public void onPartialResponse(PartialResponse partialResponse, PartialResponseContext context) {
        parts.add(partialResponse.text());
        if (parts.size() == cancelAfter) {
            context.streamingHandle().cancel();
            end.cancel(false);
        }
    }

    @Override
    public void onCompleteResponse(ChatResponse completeResponse) {
        end.complete(completeResponse);
    }

    @Override
    public void onError(Throwable error) {
        end.completeExceptionally(error);
    }

    ChatResponse response() throws ExecutionException, InterruptedException, TimeoutException {
        return end.get(30, TimeUnit.SECONDS);
    }

    Throwable error() throws InterruptedException, TimeoutException {
        try {
            throw new AssertionError("The stream did not fail but ended with " + end.get(30, TimeUnit.SECONDS));
        } catch (ExecutionException failed) {
            return failed.getCause();
        }
    }
}
