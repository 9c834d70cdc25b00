package io.spendguard.verify;

import io.spendguard.proof.Anchors;
import java.io.IOException;
import java.util.function.Predicate;

/**
 * One way to make evidence say something else.
 *
 * @param does what the attacker does
 * @param with what he holds
 * @param finding what the verifier calls it first
 * @param names where the verifier sees it
 * @param craft makes the package
 * @param auditor whom it should deceive
 */
record Attack(String does, Means with, FindingCode finding, Spot names, Craft craft, Anchors auditor) {
    Attack(String does, Means with, FindingCode finding, Spot names, Craft craft) {
        this(does, with, finding, names, craft, HonestPackage.anchors());
    }

    /** The row of the catalogue in {@code docs/evidence.md}. */
    String row() {
        return "| " + does + " | " + with.text + " | `" + finding + "` | " + names.text() + " |";
    }

    @Override
    public String toString() {
        return does;
    }

    /** What an attacker holds; he recomputes whatever needs no other key. */
    enum Means {
        /** He changes the package on its way to the auditor. */
        PACKAGE("the package"),
        /** He is a superuser of the database; an honest exporter signs what he left there. */
        DATABASE("the database"),
        /** And he signs events as the application does. */
        WRITER("the writer's key"),
        /** And he signs checkpoints. */
        LOG("the log's key");

        private final String text;

        Means(String text) {
            this.text = text;
        }
    }

    /** Makes a package out of an honest one. */
    @FunctionalInterface
    interface Craft {
        byte[] make(HonestPackage honest) throws IOException;
    }

    /**
     * Where a finding must be.
     *
     * @param text for the catalogue
     * @param covers tells whether a place is there
     */
    record Spot(String text, Predicate<Place> covers) {
        static Spot event(String tenant, long seq) {
            return new Spot(
                    "event " + seq + " of " + tenant,
                    place -> place.seq() == seq && tenant.equals(place.tenant()) && place.file() != null);
        }

        static Spot line(String tenant, long line) {
            return new Spot(
                    "line " + line + " of " + tenant,
                    place ->
                            place.line() == line && String.valueOf(place.file()).startsWith("events/" + tenant + "/"));
        }

        static Spot stream(String tenant) {
            return new Spot(
                    "the stream of " + tenant,
                    place -> String.valueOf(place.file()).startsWith("events/" + tenant + "/"));
        }

        static Spot file(String name) {
            return new Spot("`" + name + "`", place -> name.equals(place.file()));
        }

        /** A file whose name is a digest. */
        static Spot member(String folder) {
            return new Spot(
                    "the file in `" + folder + "/`",
                    place -> String.valueOf(place.file()).startsWith(folder + "/"));
        }

        static Spot container() {
            return new Spot("the package", place -> place.line() == 0 && place.tenant() == null);
        }
    }
}
