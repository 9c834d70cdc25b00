package io.spendguard.contract;

/** A place in a document: line and column in characters, both from 1; 0 and 0 mean the document as a whole. */
record Position(int line, int column) implements Comparable<Position> {
    static final Position WHOLE = new Position(0, 0);

    @Override
    public int compareTo(Position other) {
        return line != other.line ? Integer.compare(line, other.line) : Integer.compare(column, other.column);
    }
}
