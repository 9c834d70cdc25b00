package io.spendguard.contract;

import io.spendguard.contract.YamlNode.Entry;
import io.spendguard.contract.YamlNode.Mapping;
import io.spendguard.contract.YamlNode.Scalar;
import io.spendguard.contract.YamlNode.Sequence;
import io.spendguard.contract.YamlNode.Style;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads the part of YAML that contracts use: one document of mappings, lists and scalars. Anchors, aliases, tags and
 * deep nesting are refused, so that a document is never larger than it looks.
 */
final class YamlReader {
    static final int MAX_DEPTH = 32;

    /** The nodes are built from parser events, with a stack of our own: nothing recurses over hostile nesting. */
    private final Findings findings;

    private final Deque<Open> open = new ArrayDeque<>();
    private @Nullable YamlNode root;
    private int documents;

    private YamlReader(Findings findings) {
        this.findings = findings;
    }

    /** The document's root, or null when it is malformed or empty; every reason is among the findings then. */
    static @Nullable YamlNode read(String source, Findings findings) {
        YamlReader reader = new YamlReader(findings);
        LoadSettings settings = LoadSettings.builder()
                .setUseMarks(true)
                .setCodePointLimit(Integer.MAX_VALUE)
                .build();
        try {
            for (Event event : new Parse(settings).parseString(source)) {
                if (!reader.accept(event)) {
                    return null;
                }
            }
        } catch (MarkedYamlEngineException malformed) {
            Position at = malformed.getProblemMark().map(YamlReader::position).orElse(Position.WHOLE);
            findings.fault(
                    at, "", "malformed YAML: " + malformed.getProblem() + ". Correct the syntax here or just above.");
            return null;
        } catch (YamlEngineException unreadable) {
            findings.fault(
                    Position.WHOLE,
                    "",
                    "malformed YAML: " + unreadable.getMessage() + ". Save it as plain UTF-8 text.");
            return null;
        }
        if (reader.root == null) {
            findings.fault(Position.WHOLE, "", "the document is empty. Start with 'apiVersion: spendguard.ai/v1'.");
        }
        return reader.root;
    }

    /** Takes one event; false when reading on makes no sense. */
    private boolean accept(Event event) {
        if (event instanceof DocumentStartEvent && ++documents > 1) {
            findings.fault(
                    position(event),
                    "",
                    "a second document begins: a file holds one contract. Move it to a file of its own.");
            return false;
        }
        if (event instanceof AliasEvent alias) {
            findings.fault(
                    position(event),
                    "",
                    "alias '*" + alias.getAlias() + "': contracts have no aliases. Write the value out.");
            add(new Scalar(position(event), "", Style.PLAIN, 0, 0));
            return true;
        }
        if (event instanceof NodeEvent node) {
            refuseAnchorAndTag(node);
        }
        if (event instanceof ScalarEvent scalar) {
            add(new Scalar(
                    position(event),
                    scalar.getValue(),
                    style(scalar),
                    mark(event).getIndex(),
                    event.getEndMark().orElseThrow().getIndex()));
        } else if (event instanceof CollectionStartEvent start) {
            if (open.size() == MAX_DEPTH) {
                findings.fault(
                        position(event), "", "nesting is deeper than " + MAX_DEPTH + " levels. Flatten the document.");
                return false;
            }
            open.push(new Open(position(event), start instanceof MappingStartEvent));
        } else if (event instanceof CollectionEndEvent) {
            add(open.pop().close());
        }
        return true;
    }

    private void refuseAnchorAndTag(NodeEvent node) {
        if (node.getAnchor().isPresent()) {
            findings.fault(
                    position(node),
                    "",
                    "anchor '&" + node.getAnchor().get() + "': contracts have no anchors. Remove it.");
        }
        String tag = node instanceof ScalarEvent scalar
                ? scalar.getTag().orElse(null)
                : node instanceof CollectionStartEvent start ? start.getTag().orElse(null) : null;
        if (tag != null) {
            findings.fault(position(node), "", "tag '" + tag + "': contracts have no tags. Remove it.");
        }
    }

    private void add(YamlNode node) {
        Open parent = open.peek();
        if (parent == null) {
            root = node;
        } else if (!parent.mapping) {
            parent.items.add(node);
        } else if (parent.key != null) {
            parent.entries.add(new Entry(parent.key, node));
            parent.key = null;
        } else if (node instanceof Scalar key) {
            Position before = parent.keys.putIfAbsent(key.text(), key.position());
            if (before != null) {
                findings.fault(
                        key.position(),
                        "",
                        "member '" + key.text() + "' stands here a second time, first in line " + before.line()
                                + ". Remove one.");
            }
            parent.key = key;
        } else {
            findings.fault(
                    node.position(), "", "a key is " + node.describe() + ": keys are plain names. Write a name.");
            parent.key = new Scalar(node.position(), "?", Style.PLAIN, 0, 0);
        }
    }

    private static Style style(ScalarEvent scalar) {
        if (scalar.isPlain()) {
            return Style.PLAIN;
        }
        if (scalar.isSQuoted()) {
            return Style.SINGLE_QUOTED;
        }
        return scalar.isDQuoted() ? Style.DOUBLE_QUOTED : Style.BLOCK;
    }

    private static Position position(Event event) {
        return position(mark(event));
    }

    private static Mark mark(Event event) {
        return Objects.requireNonNull(event.getStartMark().orElse(null), "marks are switched on");
    }

    private static Position position(Mark mark) {
        return new Position(mark.getLine() + 1, mark.getColumn() + 1);
    }

    /** A collection whose end was not reached yet. */
    private static final class Open {
        final Position position;
        final boolean mapping;
        final List<YamlNode> items = new ArrayList<>();
        final List<Entry> entries = new ArrayList<>();
        final Map<String, Position> keys = new HashMap<>();

        @Nullable
        Scalar key;

        Open(Position position, boolean mapping) {
            this.position = position;
            this.mapping = mapping;
        }

        YamlNode close() {
            return mapping ? new Mapping(position, List.copyOf(entries)) : new Sequence(position, List.copyOf(items));
        }
    }
}
