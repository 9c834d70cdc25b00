package io.spendguard.evidence;

import io.spendguard.model.Digest;
import java.util.UUID;

/**
 * Where a stream ends, as far as its writer knows it to be durable.
 *
 * @param tenant whose
 * @param stream the stream
 * @param seq its last position
 * @param chain the chain value there
 */
public record StreamEnd(String tenant, UUID stream, long seq, Digest chain) {}
